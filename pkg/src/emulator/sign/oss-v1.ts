/**
 * OSS signature V1 (HMAC-SHA1), in the Authorization header or in a presigned URL.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/ddd-signatures-to-headers
 */
import { createHmac } from "node:crypto";
import { compareBytes, type Headers, headerValue, type Parameter } from "./text.ts";

/**
 * Query parameters that name a sub-resource and are therefore signed, beside every `x-oss-…`.
 * Parameters that only page or filter (`max-parts`, `prefix`, …) are deliberately not here: V1 leaves them unsigned.
 */
const SUB_RESOURCES = new Set(
  `accessmonitor acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var cloudboxes cname comp
  continuation-token cors delete encryption endTime httpsConfig img inventory inventoryId lifecycle live location
  logging metaQuery objectInfo objectMeta partNumber policy policyStatus position publicAccessBlock qos qosInfo
  qosRequester redundancyTransition referer regionList replication replicationLocation replicationProgress
  requestPayment requesterQosInfo resourceGroup resourcePool resourcePoolBuckets resourcePoolInfo
  response-cache-control response-content-disposition response-content-encoding response-content-language
  response-content-type response-expires restore rtc security-token sequential startTime stat status style styleName
  symlink tagging transferAcceleration uploadId uploads versionId versioning versions vod website worm wormExtend
  wormId`.split(/\s+/),
);

export type OssV1Request = {
  method: string;
  bucket: string | undefined;
  key: string | undefined;
  query: readonly Parameter[];
  headers: Headers;
  /** `x-oss-date` or `Date` for a signed header, unix seconds of `Expires` for a presigned URL. */
  date: string;
};

/** `x-oss-…` headers: lower-case name, trimmed value, sorted, one a line. */
export function canonicalHeaders(headers: Headers): string {
  return Object.keys(headers)
    .filter((name) => name.startsWith("x-oss-"))
    .toSorted(compareBytes)
    .map((name) => `${name}:${headerValue(headers, name) ?? ""}\n`)
    .join("");
}

/** `/bucket/key` as plain text, not percent-encoded, and the signed sub-resources with decoded values. */
export function canonicalResource(request: OssV1Request): string {
  const { bucket, key = "" } = request;
  const path = bucket === undefined ? "/" : `/${bucket}/${key}`;
  const signed = request.query
    .filter(([name]) => SUB_RESOURCES.has(name) || name.startsWith("x-oss-"))
    .toSorted(([a], [b]) => compareBytes(a, b))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  return signed.length === 0 ? path : `${path}?${signed.join("&")}`;
}

export function stringToSign(request: OssV1Request): string {
  return [
    request.method,
    headerValue(request.headers, "content-md5") ?? "",
    headerValue(request.headers, "content-type") ?? "",
    request.date,
    `${canonicalHeaders(request.headers)}${canonicalResource(request)}`,
  ].join("\n");
}

export function signature(secret: string, text: string): string {
  return createHmac("sha1", secret).update(text).digest("base64");
}

/** Reads `OSS <AccessKeyId>:<signature>`; undefined when it is malformed. */
export function parseAuthorization(
  text: string,
): { accessKeyId: string; signature: string } | undefined {
  const match = /^OSS ([^:\s]+):(\S+)$/.exec(text.trim());
  if (!match) return undefined;
  return { accessKeyId: match[1] ?? "", signature: match[2] ?? "" };
}
