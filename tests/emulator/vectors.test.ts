import { equal, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { crc64 } from "../../pkg/src/emulator/crc64.ts";
import * as acs3 from "../../pkg/src/emulator/sign/acs3.ts";
import * as v1 from "../../pkg/src/emulator/sign/oss-v1.ts";
import * as v4 from "../../pkg/src/emulator/sign/oss-v4.ts";
import * as rpc from "../../pkg/src/emulator/sign/rpc.ts";
import { type Headers, type Parameter, parseQuery } from "../../pkg/src/emulator/sign/text.ts";

type Inputs = {
  method: string;
  url: string;
  bucket: string | null;
  key: string | null;
  headers: Record<string, string>;
  access_key_id: string;
  access_key_secret: string;
  security_token?: string;
  signing_time?: string;
  expiration_time?: string;
  region: string;
  product: string;
  additional_headers?: string[];
  params: Record<string, string>;
  canonical_uri: string;
  query: Record<string, string>;
  body?: string;
  payload_hash?: string;
  data: string;
  derived_signing_key_hex?: string;
  string_to_sign?: string;
};
type Vector = { name: string; kind: string; inputs: Inputs; expected: Record<string, string> };

const file = new URL("../vectors/vectors.json", import.meta.url);
const { vectors }: { vectors: Vector[] } = JSON.parse(readFileSync(file, "utf8"));

function headersOf(inputs: Inputs, extra: Record<string, string> = {}): Headers {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of Object.entries({ ...inputs.headers, ...extra })) {
    const lower = name.toLowerCase();
    headers[lower] = [...(headers[lower] ?? []), value];
  }
  return headers;
}

function queryOf(inputs: Inputs): Parameter[] {
  const mark = inputs.url.indexOf("?");
  return mark < 0 ? [] : parseQuery(inputs.url.slice(mark + 1));
}

function addressOf({ bucket, key }: Inputs) {
  return { bucket: bucket ?? undefined, key: key ?? undefined };
}

/** Compares every value that was computed with the vector's, and insists that at least one was. */
function compare(vector: Vector, computed: Record<string, string>): void {
  const shared = Object.keys(vector.expected).filter((name) => name in computed);
  ok(shared.length > 0, "nothing to compare");
  for (const name of shared) equal(computed[name], vector.expected[name], name);
}

const verifiers: Record<string, (vector: Vector) => void> = {
  "oss-v1-header": (vector) => {
    const { inputs } = vector;
    const token = inputs.security_token;
    const headers = headersOf(inputs, token ? { "x-oss-security-token": token } : {});
    const date = headers["x-oss-date"]?.[0] ?? new Date(inputs.signing_time ?? "").toUTCString();
    const query = queryOf(inputs);
    const text = v1.stringToSign({ ...inputs, ...addressOf(inputs), query, headers, date });
    const signature = v1.signature(inputs.access_key_secret, text);
    compare(vector, { string_to_sign: text, signature });
  },
  "oss-v1-query": (vector) => {
    const { inputs } = vector;
    const token = inputs.security_token;
    const query = [...queryOf(inputs), ...(token ? [["security-token", token] as const] : [])];
    const date = String(Date.parse(inputs.expiration_time ?? "") / 1000);
    const headers = headersOf(inputs);
    const text = v1.stringToSign({ ...inputs, ...addressOf(inputs), query, headers, date });
    compare(vector, {
      string_to_sign: text,
      signature: v1.signature(inputs.access_key_secret, text),
    });
  },
  "oss-v4-header": (vector) => {
    const { inputs } = vector;
    if (inputs.derived_signing_key_hex !== undefined) {
      const key = Buffer.from(inputs.derived_signing_key_hex, "hex");
      compare(vector, { signature: v4.signature(key, inputs.string_to_sign ?? "") });
      return;
    }
    const dateTime = basicDate(inputs.signing_time ?? "");
    const headers = headersOf(inputs, {
      "x-oss-date": dateTime,
      "x-oss-content-sha256": v4.UNSIGNED_PAYLOAD,
      ...(inputs.security_token ? { "x-oss-security-token": inputs.security_token } : {}),
    });
    // A vector may list a header the signer sets itself; it is one header all the same.
    const single = Object.fromEntries(
      Object.entries(headers).map(([name, values]) => [name, [values.at(-1) ?? ""]]),
    );
    compare(vector, signV4(inputs, dateTime, queryOf(inputs), single));
  },
  "oss-v4-query": (vector) => {
    const { inputs } = vector;
    const dateTime = basicDate(inputs.signing_time ?? "");
    const scope = { date: dateTime.slice(0, 8), region: inputs.region, product: inputs.product };
    const life = Date.parse(inputs.expiration_time ?? "") - Date.parse(inputs.signing_time ?? "");
    const additional = additionalOf(inputs);
    const query: Parameter[] = [
      ...queryOf(inputs),
      ["x-oss-signature-version", v4.ALGORITHM],
      ["x-oss-date", dateTime],
      ["x-oss-expires", String(life / 1000)],
      ["x-oss-credential", `${inputs.access_key_id}/${v4.scopeText(scope)}`],
      ...(inputs.security_token ? [["x-oss-security-token", inputs.security_token] as const] : []),
      ...(additional.length > 0
        ? [["x-oss-additional-headers", additional.join(";")] as const]
        : []),
    ];
    compare(vector, signV4(inputs, dateTime, query, headersOf(inputs)));
  },
  "rpc-v1": (vector) => {
    const { method, params, access_key_secret } = vector.inputs;
    const text = rpc.stringToSign(method, Object.entries(params));
    compare(vector, { string_to_sign: text, signature: rpc.signature(access_key_secret, text) });
  },
  acs3: (vector) => {
    const { inputs } = vector;
    const headers = headersOf(inputs);
    const canonical = acs3.canonicalRequest({
      method: inputs.method,
      uri: inputs.canonical_uri,
      query: Object.entries(inputs.query),
      headers,
      signedHeaders: Object.keys(headers),
      payloadHash: inputs.payload_hash ?? sha256(inputs.body ?? ""),
    });
    const signature = acs3.signature(inputs.access_key_secret, acs3.stringToSign(canonical));
    compare(vector, { canonical_request_sha256: sha256(canonical), signature });
  },
  crc64: (vector) => {
    const value = crc64(Buffer.from(vector.inputs.data));
    compare(vector, { decimal: value.toString(), hex: value.toString(16).padStart(16, "0") });
  },
};

function signV4(inputs: Inputs, dateTime: string, query: readonly Parameter[], headers: Headers) {
  const scope = { date: dateTime.slice(0, 8), region: inputs.region, product: inputs.product };
  const canonical = v4.canonicalRequest({
    ...inputs,
    ...addressOf(inputs),
    query,
    headers,
    additionalHeaders: additionalOf(inputs),
    payload: v4.UNSIGNED_PAYLOAD,
  });
  const text = v4.stringToSign(dateTime, scope, canonical);
  return {
    canonical_request: canonical,
    canonical_request_sha256: sha256(canonical),
    string_to_sign: text,
    signature: v4.signature(v4.signingKey(inputs.access_key_secret, scope), text),
  };
}

function additionalOf(inputs: Inputs): string[] {
  return (inputs.additional_headers ?? [])
    .map((name) => name.toLowerCase())
    .filter((name) => name in headersOf(inputs))
    .toSorted();
}

function basicDate(iso: string): string {
  return iso.replaceAll(/[-:]/g, "").replace(/\.\d+/, "");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

for (const vector of vectors) {
  test(`the verifier computes what the vector ${vector.name} says`, () => {
    const verify = verifiers[vector.kind];
    ok(verify, `unknown kind ${vector.kind}`);
    verify(vector);
  });
}
