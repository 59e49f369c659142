// Signing, presigning, planning and the requests of OSS through the door to JavaScript: the vendor's vectors, every refusal by
// name, and each operation against the emulator.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Credentials,
  type OssSigning,
  presignOss,
  signOss,
  VodliftError,
} from "../../pkg/src/core.ts";

interface Vector {
  name: string;
  kind: string;
  inputs: {
    method: string;
    url: string;
    bucket: string;
    key: string | null;
    headers: Record<string, string>;
    additional_headers?: string[];
    access_key_id: string;
    access_key_secret: string;
    security_token?: string;
    region?: string;
    signing_time?: string;
    expiration_time?: string;
    derived_signing_key_hex?: string;
  };
  expected: Record<string, string>;
}

const file = fileURLToPath(new URL("../vectors/vectors.json", import.meta.url));
const { vectors } = JSON.parse(await readFile(file, "utf8")) as { vectors: Vector[] };

/** Whose expectations name a string that never leaves the core, and no signature. */
const IN_PARTS = ["oss-v1-header/reqsign-sts", "oss-v1-query/reqsign-sts"];

const OSS = vectors.filter(
  ({ name, kind, inputs }) =>
    kind.startsWith("oss-") &&
    inputs.derived_signing_key_hex === undefined &&
    !IN_PARTS.includes(name),
);

function asked({ kind, inputs }: Vector): [OssSigning, Credentials] {
  const { origin, search } = new URL(inputs.url);
  const signing: OssSigning = {
    method: inputs.method,
    endpoint: origin,
    bucket: inputs.bucket,
    key: inputs.key,
    query: Object.fromEntries(decoded(search)),
    headers: inputs.headers,
    ...(inputs.region !== undefined && { region: inputs.region }),
    ...(inputs.additional_headers && { additionalHeaders: inputs.additional_headers }),
    signature: kind.startsWith("oss-v1") ? "v1" : "v4",
  };
  const credentials: Credentials = {
    accessKeyId: inputs.access_key_id,
    accessKeySecret: inputs.access_key_secret,
    ...(inputs.security_token !== undefined && { securityToken: inputs.security_token }),
  };
  return [signing, credentials];
}

/** Names and values, sorted. A plus is a plus. */
function decoded(search: string): [string, string][] {
  const pairs = search.replace(/^\?/, "").split("&").filter(Boolean);
  return pairs
    .map((pair): [string, string] => {
      const [name = "", value = ""] = pair.split(/=(.*)/);
      return [decodeURIComponent(name), decodeURIComponent(value)];
    })
    .toSorted(([a, x], [b, y]) => (a === b ? Number(x > y) || -1 : a > b ? 1 : -1));
}

/** Of an Authorization header: clients differ in spaces and order. */
function fieldsOf(authorization: string): string[] {
  const [algorithm = "", ...rest] = authorization.split(" ");
  return [algorithm, ...rest.join("").split(",").toSorted()];
}

for (const vector of OSS) {
  test(`the door makes what ${vector.name} expects`, () => {
    const [signing, credentials] = asked(vector);
    const { inputs, expected } = vector;
    if (vector.kind.endsWith("header")) {
      const { headers } = signOss(signing, credentials, Date.parse(inputs.signing_time ?? ""));
      const authorization = new Headers(headers).get("authorization") ?? "";
      assert.ok(authorization.includes(expected.signature ?? "nothing to compare"));
      if (expected.authorization !== undefined) {
        assert.deepEqual(fieldsOf(authorization), fieldsOf(expected.authorization));
      }
      return;
    }
    const end = Date.parse(inputs.expiration_time ?? "");
    // V1 names the end alone.
    const now = inputs.signing_time === undefined ? end - 60_000 : Date.parse(inputs.signing_time);
    const url = presignOss({ ...signing, expiresIn: (end - now) / 1000 }, credentials, now);
    const query = decoded(new URL(url).search);
    const { "x-oss-signature": v4, Signature: v1 } = Object.fromEntries(query);
    assert.equal(v4 ?? v1, expected.signature);
    if (expected.signed_url_example !== undefined) {
      assert.deepEqual(query, decoded(new URL(expected.signed_url_example).search));
    }
  });
}

test("no vector is left out", () => {
  const kinds: Record<string, number> = {};
  for (const { kind } of OSS) kinds[kind] = (kinds[kind] ?? 0) + 1;
  assert.deepEqual(kinds, {
    "oss-v1-header": 3,
    "oss-v1-query": 2,
    "oss-v4-header": 5,
    "oss-v4-query": 6,
  });
});

const KEYS = { accessKeyId: "id", accessKeySecret: "secret" };
const NOW = Date.UTC(2026, 0, 1);
const film = {
  method: "PUT",
  endpoint: "oss-cn-shanghai.aliyuncs.com",
  bucket: "films",
  key: "sv/a b+%?#片.mp4",
};

function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof VodliftError, String(error));
    assert.equal(error.code, "invalid_argument");
    return error.message;
  }
  return assert.fail("it was taken");
}

test("one place of an object, however its endpoint is spelled", () => {
  const url = (endpoint: string, more = {}) =>
    signOss({ ...film, endpoint, region: "cn-shanghai", ...more }, KEYS, NOW).url;
  const path = "/sv/a%20b%2B%25%3F%23%E7%89%87.mp4";
  for (const [endpoint, base] of [
    ["oss-cn-shanghai.aliyuncs.com", "https://films.oss-cn-shanghai.aliyuncs.com"],
    ["https://oss-cn-shanghai.aliyuncs.com", "https://films.oss-cn-shanghai.aliyuncs.com"],
    ["films.oss-cn-shanghai.aliyuncs.com", "https://films.oss-cn-shanghai.aliyuncs.com"],
    ["http://oss.example:8080", "http://films.oss.example:8080"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080/films"],
    ["http://[::1]:8080", "http://[::1]:8080/films"],
    ["localhost:8080", "https://localhost:8080/films"],
  ] as const) {
    assert.equal(url(endpoint), `${base}${path}`, endpoint);
  }
  assert.equal(url("media.example", { cname: true }), `https://media.example${path}`);
  assert.equal(url("media.example", { key: null }), "https://films.media.example/");
});

test("a region is what is given, or else what the endpoint tells", () => {
  const scope = (more: object) => {
    const { headers } = signOss({ ...film, ...more }, KEYS, NOW);
    return /Credential=([^,]*)/.exec(new Headers(headers).get("authorization") ?? "")?.[1];
  };
  assert.equal(scope({}), "id/20260101/cn-shanghai/oss/aliyun_v4_request");
  assert.equal(scope({ region: "oss-cn-x" }), "id/20260101/cn-x/oss/aliyun_v4_request");
  assert.match(
    refusal(() => scope({ endpoint: "media.example" })),
    /^`region` must be given/,
  );
  assert.equal(scope({ endpoint: "media.example", signature: "v1" }), undefined);
});

test("what cannot be signed or sent is refused by field and rule", () => {
  // biome-ignore lint/suspicious/noExplicitAny: what no type allows
  const signed = (more: any) => signOss({ ...film, ...more }, KEYS, NOW);
  for (const [more, rule] of [
    [{ method: "put" }, "`method` must be an HTTP method in capital letters"],
    [{ method: undefined }, "`method` must be a string"],
    [{ endpoint: "https://a.example/path" }, "`endpoint` must end after host and port"],
    [{ endpoint: "ftp://a.example" }, "`endpoint` must begin with https:// or http://"],
    [{ endpoint: 7 }, "`endpoint` must be a string, got number"],
    [{ bucket: "B" }, "`bucket` must be 3 to 63"],
    [{ key: undefined }, "`key` must be a string, or null"],
    [{ key: "" }, "`key` must be 1 to 1,023 bytes"],
    [{ key: "/a" }, "`key` must be 1 to 1,023 bytes and begin with neither"],
    [{ key: "a/../b" }, "`key` must not hold . or .. as a segment"],
    [{ key: "a\nb" }, "`key` must not hold control characters"],
    [{ key: "片".repeat(342) }, "`key` must be 1 to 1,023 bytes"],
    [{ region: "CN" }, "`region` must be a region id"],
    [{ signature: "v2" }, '`signature` must be "v4" or "v1", got v2'],
    [{ cname: "yes" }, "`cname` must be true or false"],
    [{ query: 5 }, "`query` must be names and texts, got 5"],
    [{ query: { uploads: undefined } }, "`query` must have texts as values"],
    [{ query: { "x-oss-signature": "x" } }, "`query` must not name"],
    [{ query: { "": "x" } }, "`query` must not name"],
    [{ headers: { "a b": "x" } }, "`headers` must have legal names"],
    [{ headers: { a: "片" } }, "`headers` must be printable ASCII"],
    [{ headers: { Authorization: "x" } }, "`headers` must not set Authorization"],
    [{ headers: { "X-Oss-Date": "x" } }, "`headers` must not set x-oss-date"],
    [{ additionalHeaders: "host" }, "`additionalHeaders` must be a list"],
    [{ additionalHeaders: ["host"], signature: "v1" }, "`additionalHeaders` are signed by"],
  ] as const) {
    const message = refusal(() => signed(more));
    assert.ok(message.startsWith(rule), `${message}, not ${rule}`);
  }
  assert.match(
    refusal(() => signOss(film, { ...KEYS, accessKeyId: "" }, NOW)),
    /^`accessKeyId`/,
  );
  assert.match(
    refusal(() => signOss(film, KEYS, Number.NaN)),
    /^`now` must be a finite number/,
  );
});

test("a presigned URL lives 1 to 604,800 seconds, with V1 as long as is wanted", () => {
  const url = (expiresIn: number, signature: "v1" | "v4") =>
    presignOss({ ...film, signature, expiresIn }, KEYS, NOW);
  for (const [wrong, said] of [
    [0, "must be 1 to 604800 seconds, got 0"],
    [604_801, "must be 1 to 604800 seconds, got 604801"],
    [1.5, "must be a whole number of at least 0, got 1.5"],
    [-1, "must be a whole number of at least 0, got -1"],
    [Number.NaN, "must be a whole number of at least 0, got NaN"],
    [2 ** 40, "must be 1 to 604800 seconds, got 4294967295"],
  ] as const) {
    assert.equal(
      refusal(() => url(wrong, "v4")),
      `\`expiresIn\` ${said}`,
    );
  }
  assert.match(url(604_800, "v4"), /x-oss-expires=604800&/);
  assert.match(url(604_801, "v1"), new RegExp(`Expires=${NOW / 1000 + 604_801}&`));
  assert.match(
    refusal(() => url(0, "v1")),
    /^`expiresIn` must be 1 to 4294967295/,
  );
});

test("what is signed in addition has to be there, but for the host", () => {
  const headers = { "Cache-Control": "no-store", "x-oss-meta-a": "1" };
  const additionalHeaders = ["cache-control", "Host", "absent", "x-oss-meta-a"];
  const signed = signOss({ ...film, headers, additionalHeaders }, KEYS, NOW);
  assert.match(
    new Headers(signed.headers).get("authorization") ?? "",
    /AdditionalHeaders=cache-control;host,/,
  );
  assert.deepEqual(signed.headers.slice(0, 2), Object.entries(headers));
  const url = new URL(presignOss({ ...film, headers, additionalHeaders, expiresIn: 9 }, KEYS, NOW));
  assert.equal(url.searchParams.get("x-oss-additional-headers"), "cache-control;host");
});

test("a token is a header of a signed request, and in the query of a presigned one", () => {
  const keys = { ...KEYS, securityToken: "token" };
  for (const [signature, name] of [
    ["v4", "x-oss-security-token"],
    ["v1", "security-token"],
  ] as const) {
    const { headers } = signOss({ ...film, signature }, keys, NOW);
    assert.equal(new Headers(headers).get("x-oss-security-token"), "token");
    const url = new URL(presignOss({ ...film, signature, expiresIn: 9 }, keys, NOW));
    assert.equal(url.searchParams.get(name), "token");
  }
});
