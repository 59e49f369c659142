/**
 * OSS signature V4 (OSS4-HMAC-SHA256), in the Authorization header or in a presigned URL.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4
 */
import { createHash, createHmac } from "node:crypto";
import {
  compareBytes,
  type Headers,
  headerValue,
  type Parameter,
  percentEncode,
  percentEncodePath,
} from "./text.ts";

export const ALGORITHM = "OSS4-HMAC-SHA256";
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
const TERMINATOR = "aliyun_v4_request";

/** What the signature is bound to: `<date>/<region>/<product>/aliyun_v4_request`. */
export type CredentialScope = { date: string; region: string; product: string };

export type OssV4Request = {
  method: string;
  bucket: string | undefined;
  key: string | undefined;
  query: readonly Parameter[];
  headers: Headers;
  /** Names of headers signed beside the default ones (`x-oss-*`, `content-type`, `content-md5`). */
  additionalHeaders: readonly string[];
  payload: string;
};

export function canonicalRequest(request: OssV4Request): string {
  const additional = additionalNames(request);
  return [
    request.method,
    canonicalUri(request.bucket, request.key),
    canonicalQuery(request.query),
    canonicalHeaders(request.headers, additional),
    additional.join(";"),
    request.payload,
  ].join("\n");
}

/** Always with the bucket, also when the URL is virtual-hosted. */
function canonicalUri(bucket: string | undefined, key: string | undefined): string {
  if (bucket === undefined) return "/";
  return `/${percentEncode(bucket)}/${percentEncodePath(key ?? "")}`;
}

/** Every parameter but the signature itself, sorted by encoded name; an empty value leaves the bare name. */
function canonicalQuery(query: readonly Parameter[]): string {
  return query
    .filter(([name]) => name !== "x-oss-signature")
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .toSorted(([a, x], [b, y]) => compareBytes(a, b) || compareBytes(x, y))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`))
    .join("&");
}

function isSignedByDefault(name: string): boolean {
  return name.startsWith("x-oss-") || name === "content-type" || name === "content-md5";
}

function additionalNames(request: OssV4Request): string[] {
  const names = request.additionalHeaders.map((name) => name.trim().toLowerCase());
  return [...new Set(names)]
    .filter((name) => name !== "" && !isSignedByDefault(name) && name in request.headers)
    .toSorted(compareBytes);
}

function canonicalHeaders(headers: Headers, additional: readonly string[]): string {
  return Object.keys(headers)
    .filter((name) => isSignedByDefault(name) || additional.includes(name))
    .toSorted(compareBytes)
    .map((name) => `${name}:${headerValue(headers, name) ?? ""}\n`)
    .join("");
}

export function scopeText(scope: CredentialScope): string {
  return `${scope.date}/${scope.region}/${scope.product}/${TERMINATOR}`;
}

/** `dateTime` is the value of x-oss-date: `YYYYMMDDThhmmssZ`. */
export function stringToSign(dateTime: string, scope: CredentialScope, canonical: string): string {
  const digest = createHash("sha256").update(canonical).digest("hex");
  return `${ALGORITHM}\n${dateTime}\n${scopeText(scope)}\n${digest}`;
}

export function signingKey(secret: string, scope: CredentialScope): Buffer {
  const steps = [scope.date, scope.region, scope.product, TERMINATOR];
  return steps.reduce<Buffer>(
    (key, step) => createHmac("sha256", key).update(step).digest(),
    Buffer.from(`aliyun_v4${secret}`),
  );
}

export function signature(key: Buffer, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

export type OssV4Authorization = {
  accessKeyId: string;
  scope: CredentialScope;
  additionalHeaders: string[];
  signature: string;
};

/** Reads `OSS4-HMAC-SHA256 Credential=…[,AdditionalHeaders=…],Signature=…`, in any order and spacing. */
export function parseAuthorization(text: string): OssV4Authorization | undefined {
  if (!text.startsWith(`${ALGORITHM} `)) return undefined;
  const fields = new Map<string, string>();
  for (const field of text.slice(ALGORITHM.length + 1).split(",")) {
    const equals = field.indexOf("=");
    if (equals > 0) fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  const credential = parseCredential(fields.get("Credential") ?? "");
  const provided = fields.get("Signature");
  if (!credential || !provided) return undefined;
  const additionalHeaders = (fields.get("AdditionalHeaders") ?? "").split(";").filter(Boolean);
  return { ...credential, additionalHeaders, signature: provided };
}

/** Reads `<AccessKeyId>/<date>/<region>/<product>/aliyun_v4_request`. */
export function parseCredential(
  text: string,
): { accessKeyId: string; scope: CredentialScope } | undefined {
  const match = /^([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aliyun_v4_request$/.exec(text);
  if (!match) return undefined;
  const [, accessKeyId = "", date = "", region = "", product = ""] = match;
  return { accessKeyId, scope: { date, region, product } };
}
