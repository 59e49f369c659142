/**
 * VOD API, RPC style, SignatureVersion 1.0 (HMAC-SHA1).
 * https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism
 */
import { createHmac } from "node:crypto";
import { compareBytes, type Parameter, percentEncode } from "./text.ts";

/** Query and form parameters together, without `Signature`, sorted by raw name in byte order. */
export function canonicalQuery(parameters: readonly Parameter[]): string {
  return parameters
    .filter(([name]) => name !== "Signature")
    .toSorted(([a], [b]) => compareBytes(a, b))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join("&");
}

export function stringToSign(method: string, parameters: readonly Parameter[]): string {
  return `${method}&${percentEncode("/")}&${percentEncode(canonicalQuery(parameters))}`;
}

export function signature(secret: string, text: string): string {
  // The scheme appends "&" to the secret: the place where OAuth 1.0 would have its token secret.
  return createHmac("sha1", `${secret}&`).update(text).digest("base64");
}
