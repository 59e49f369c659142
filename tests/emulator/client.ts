/** A small signing client for the emulator's own tests: every scheme, and nothing hidden, so that a test can break any piece. */
import { createHash, randomUUID } from "node:crypto";
import { type IncomingHttpHeaders, request } from "node:http";
import { request as tlsRequest } from "node:https";
import type { Emulator } from "../../pkg/src/emulator/index.ts";
import * as acs3 from "../../pkg/src/emulator/sign/acs3.ts";
import * as v1 from "../../pkg/src/emulator/sign/oss-v1.ts";
import * as v4 from "../../pkg/src/emulator/sign/oss-v4.ts";
import * as rpc from "../../pkg/src/emulator/sign/rpc.ts";
import { type Headers, type Parameter, percentEncode } from "../../pkg/src/emulator/sign/text.ts";

export type Keys = { accessKeyId: string; accessKeySecret: string; securityToken?: string };
export type Reply = { status: number; headers: IncomingHttpHeaders; body: Buffer; text: string };

export type Send = {
  method: string;
  /** Path and query as they go on the wire. */
  target: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
};

/** One plain HTTP request; rejects when the connection breaks before the whole answer. `ca` is trusted for https. */
export function send(
  endpoint: string,
  { method, target, headers = {}, body }: Send,
  ca?: string,
): Promise<Reply> {
  const { protocol, hostname, port } = new URL(endpoint);
  const open = protocol === "https:" ? tlsRequest : request;
  return new Promise((resolve, reject) => {
    const outgoing = open(
      { hostname, port, method, path: target, headers, agent: false, ca },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const bytes = Buffer.concat(chunks);
          const status = response.statusCode ?? 0;
          resolve({ status, headers: response.headers, body: bytes, text: bytes.toString() });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export type OssCall = {
  method: string;
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Buffer | string;
  keys?: Keys;
  region?: string;
  date?: Date;
  /** Changes what goes on the wire after it was signed. */
  tamper?: (call: Send) => void;
};

function target(emulator: Emulator, call: OssCall, query: readonly Parameter[]): string {
  const key = call.key === undefined ? "" : call.key.split("/").map(percentEncode).join("/");
  const text = query
    .map(([name, value]) =>
      value === "" ? percentEncode(name) : `${percentEncode(name)}=${percentEncode(value)}`,
    )
    .join("&");
  return `/${emulator.bucket}/${key}${text === "" ? "" : `?${text}`}`;
}

function distinct(headers: Record<string, string>): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]),
  );
}

function bodyHeaders(call: OssCall): Record<string, string> {
  const length = call.body === undefined ? 0 : Buffer.byteLength(call.body);
  const needsLength = call.method === "PUT" || call.method === "POST";
  return needsLength ? { "content-length": String(length) } : {};
}

/** Signed with OSS V4 in the header. */
export function ossV4(emulator: Emulator, call: OssCall): Promise<Reply> {
  const keys: Keys = call.keys ?? emulator;
  const dateTime = basicDate(call.date ?? new Date());
  const headers: Record<string, string> = {
    ...bodyHeaders(call),
    ...call.headers,
    "x-oss-date": dateTime,
    "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    ...(keys.securityToken === undefined ? {} : { "x-oss-security-token": keys.securityToken }),
  };
  const query = Object.entries(call.query ?? {});
  const scope = {
    date: dateTime.slice(0, 8),
    region: call.region ?? emulator.region,
    product: "oss",
  };
  const canonical = v4.canonicalRequest({
    method: call.method,
    bucket: emulator.bucket,
    key: call.key,
    query,
    headers: distinct(headers),
    additionalHeaders: [],
    payload: v4.UNSIGNED_PAYLOAD,
  });
  const key = v4.signingKey(keys.accessKeySecret, scope);
  const signature = v4.signature(key, v4.stringToSign(dateTime, scope, canonical));
  headers.authorization = `OSS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${v4.scopeText(scope)},Signature=${signature}`;
  return dispatch(emulator, call, {
    method: call.method,
    target: target(emulator, call, query),
    headers,
  });
}

/** Signed with OSS V1 in the header. */
export function ossV1(emulator: Emulator, call: OssCall): Promise<Reply> {
  const keys: Keys = call.keys ?? emulator;
  const date = (call.date ?? new Date()).toUTCString();
  const headers: Record<string, string> = {
    ...bodyHeaders(call),
    ...call.headers,
    date,
    ...(keys.securityToken === undefined ? {} : { "x-oss-security-token": keys.securityToken }),
  };
  const query = Object.entries(call.query ?? {});
  const text = v1.stringToSign({
    method: call.method,
    bucket: emulator.bucket,
    key: call.key,
    query,
    headers: distinct(headers),
    date,
  });
  headers.authorization = `OSS ${keys.accessKeyId}:${v1.signature(keys.accessKeySecret, text)}`;
  return dispatch(emulator, call, {
    method: call.method,
    target: target(emulator, call, query),
    headers,
  });
}

/** Signed with OSS V4 in the URL, good for `seconds`. */
export function ossV4Url(emulator: Emulator, call: OssCall, seconds = 60): Promise<Reply> {
  const keys: Keys = call.keys ?? emulator;
  const dateTime = basicDate(call.date ?? new Date());
  const scope = {
    date: dateTime.slice(0, 8),
    region: call.region ?? emulator.region,
    product: "oss",
  };
  const query: Parameter[] = [
    ...Object.entries(call.query ?? {}),
    ["x-oss-signature-version", "OSS4-HMAC-SHA256"],
    ["x-oss-date", dateTime],
    ["x-oss-expires", String(seconds)],
    ["x-oss-credential", `${keys.accessKeyId}/${v4.scopeText(scope)}`],
    ...(keys.securityToken === undefined
      ? []
      : [["x-oss-security-token", keys.securityToken] as const]),
  ];
  const headers = { ...bodyHeaders(call), ...call.headers };
  const canonical = v4.canonicalRequest({
    method: call.method,
    bucket: emulator.bucket,
    key: call.key,
    query,
    headers: distinct(headers),
    additionalHeaders: [],
    payload: v4.UNSIGNED_PAYLOAD,
  });
  const key = v4.signingKey(keys.accessKeySecret, scope);
  const signature = v4.signature(key, v4.stringToSign(dateTime, scope, canonical));
  const signed: Parameter[] = [...query, ["x-oss-signature", signature]];
  return dispatch(emulator, call, {
    method: call.method,
    target: target(emulator, call, signed),
    headers,
  });
}

/** Signed with OSS V1 in the URL, good for `seconds`. */
export function ossV1Url(emulator: Emulator, call: OssCall, seconds = 60): Promise<Reply> {
  const headers = { ...bodyHeaders(call), ...call.headers };
  return dispatch(emulator, call, {
    method: call.method,
    target: ossV1Target(emulator, call, seconds),
    headers,
  });
}

/** Path and query of such a request. */
export function ossV1Target(emulator: Emulator, call: OssCall, seconds = 60): string {
  const keys: Keys = call.keys ?? emulator;
  const expires = String(Math.floor((call.date ?? new Date()).getTime() / 1000) + seconds);
  const headers = { ...bodyHeaders(call), ...call.headers };
  const query: Parameter[] = [
    ...Object.entries(call.query ?? {}),
    ...(keys.securityToken === undefined ? [] : [["security-token", keys.securityToken] as const]),
  ];
  const text = v1.stringToSign({
    method: call.method,
    bucket: emulator.bucket,
    key: call.key,
    query,
    headers: distinct(headers),
    date: expires,
  });
  const signed: Parameter[] = [
    ...query,
    ["OSSAccessKeyId", keys.accessKeyId],
    ["Expires", expires],
    ["Signature", v1.signature(keys.accessKeySecret, text)],
  ];
  return target(emulator, call, signed);
}

function dispatch(emulator: Emulator, call: OssCall, wire: Send): Promise<Reply> {
  const outgoing: Send = call.body === undefined ? wire : { ...wire, body: call.body };
  call.tamper?.(outgoing);
  return send(emulator.endpoint, outgoing, emulator.ca);
}

export type VodCall = {
  action: string;
  parameters?: Record<string, string>;
  keys?: Keys;
  method?: "GET" | "POST";
  /** Put the parameters into a form body instead of the URL. */
  form?: boolean;
  date?: Date;
  nonce?: string;
  tamper?: (call: Send) => void;
};

/** A VOD call signed in the RPC style. */
export function vodRpc(emulator: Emulator, call: VodCall): Promise<Reply> {
  const method = call.method ?? (call.form ? "POST" : "GET");
  const text = rpcText(emulator, call, method);
  const wire: Send = call.form
    ? {
        method,
        target: "/",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: text,
      }
    : { method, target: `/?${text}` };
  call.tamper?.(wire);
  return send(emulator.endpoint, wire, emulator.ca);
}

/** Path and query of such a call. */
export function rpcTarget(emulator: Emulator, call: VodCall): string {
  return `/?${rpcText(emulator, call, "GET")}`;
}

function rpcText(emulator: Emulator, call: VodCall, method: string): string {
  const keys: Keys = call.keys ?? emulator;
  const parameters: Parameter[] = Object.entries({
    Action: call.action,
    Version: "2017-03-21",
    Format: "JSON",
    AccessKeyId: keys.accessKeyId,
    SignatureMethod: "HMAC-SHA1",
    SignatureVersion: "1.0",
    SignatureNonce: call.nonce ?? randomUUID(),
    Timestamp: isoSeconds(call.date ?? new Date()),
    ...(keys.securityToken === undefined ? {} : { SecurityToken: keys.securityToken }),
    ...call.parameters,
  });
  const signature = rpc.signature(keys.accessKeySecret, rpc.stringToSign(method, parameters));
  return [...parameters, ["Signature", signature] as const]
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join("&");
}

/** A VOD call signed with ACS3. */
export function vodAcs3(emulator: Emulator, call: VodCall): Promise<Reply> {
  const keys: Keys = call.keys ?? emulator;
  const query = Object.entries(call.parameters ?? {});
  const text = query
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join("&");
  const body = call.form ? text : "";
  const payloadHash = createHash("sha256").update(body).digest("hex");
  const headers: Record<string, string> = {
    host: new URL(emulator.endpoint).host,
    accept: "application/json",
    ...(call.form ? { "content-type": "application/x-www-form-urlencoded" } : {}),
    "x-acs-action": call.action,
    "x-acs-version": "2017-03-21",
    "x-acs-date": isoSeconds(call.date ?? new Date()),
    "x-acs-signature-nonce": call.nonce ?? randomUUID(),
    "x-acs-content-sha256": payloadHash,
    ...(keys.securityToken === undefined ? {} : { "x-acs-security-token": keys.securityToken }),
  };
  const signedHeaders = Object.keys(headers).filter(
    (name) => name.startsWith("x-acs-") || name === "host" || name === "content-type",
  );
  const method = call.method ?? "POST";
  const canonical = acs3.canonicalRequest({
    method,
    uri: "/",
    query: call.form ? [] : query,
    headers: distinct(headers),
    signedHeaders,
    payloadHash,
  });
  const signature = acs3.signature(keys.accessKeySecret, acs3.stringToSign(canonical));
  headers.authorization = `ACS3-HMAC-SHA256 Credential=${keys.accessKeyId},SignedHeaders=${signedHeaders.toSorted().join(";")},Signature=${signature}`;
  const wire: Send = {
    method,
    target: call.form || text === "" ? "/" : `/?${text}`,
    headers,
    ...(call.form ? { body } : {}),
  };
  call.tamper?.(wire);
  return send(emulator.endpoint, wire, emulator.ca);
}

export type UploadTarget = { videoId: string; key: string; keys: Keys; expires: Date };

/** CreateUploadVideo or RefreshUploadVideo, decoded. */
export async function uploadTarget(
  emulator: Emulator,
  action: "CreateUploadVideo" | "RefreshUploadVideo",
  parameters: Record<string, string>,
): Promise<UploadTarget> {
  const reply = await vodAcs3(emulator, { action, parameters });
  if (reply.status !== 200) throw new Error(`${action}: ${reply.status} ${reply.text}`);
  const { VideoId, UploadAddress, UploadAuth } = JSON.parse(reply.text);
  const address = decode(UploadAddress);
  const auth = decode(UploadAuth);
  return {
    videoId: VideoId,
    key: address.FileName ?? "",
    keys: {
      accessKeyId: auth.AccessKeyId ?? "",
      accessKeySecret: auth.AccessKeySecret ?? "",
      securityToken: auth.SecurityToken ?? "",
    },
    expires: new Date(auth.ExpireUTCTime ?? ""),
  };
}

export function decode(text: string): Record<string, string> {
  return JSON.parse(Buffer.from(text, "base64").toString());
}

/** The text of the first `name` element. */
export function xmlText(document: string, name: string): string {
  return (
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1]?.replaceAll("&quot;", '"') ?? ""
  );
}

export async function initiate(emulator: Emulator, key: string, keys?: Keys): Promise<string> {
  const call: OssCall = { method: "POST", key, query: { uploads: "" } };
  const reply = await ossV4(emulator, keys === undefined ? call : { ...call, keys });
  if (reply.status !== 200) throw new Error(`initiate: ${reply.status} ${reply.text}`);
  return xmlText(reply.text, "UploadId");
}

export function completeBody(parts: readonly { number: number; etag: string }[]): string {
  const list = parts.map(
    ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
}

export function basicDate(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

function isoSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** A VOD call signed with ACS3, its reply read as JSON. */
export async function call(
  emulator: Emulator,
  action: string,
  parameters: Record<string, string> = {},
  // biome-ignore lint/suspicious/noExplicitAny: its fields are what the tests assert
): Promise<{ status: number; reply: any }> {
  const reply = await vodAcs3(emulator, { action, parameters });
  return { status: reply.status, reply: JSON.parse(reply.text) };
}

/** The credential in a reply of CreateUpload… */
export function keysOf({ UploadAuth }: { UploadAuth: string }): Keys {
  const auth = decode(UploadAuth);
  return {
    accessKeyId: auth.AccessKeyId ?? "",
    accessKeySecret: auth.AccessKeySecret ?? "",
    securityToken: auth.SecurityToken ?? "",
  };
}
