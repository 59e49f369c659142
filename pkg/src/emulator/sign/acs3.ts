/**
 * VOD API, ACS3-HMAC-SHA256.
 * https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
 */
import { createHash, createHmac } from "node:crypto";
import { compareBytes, type Headers, type Parameter, percentEncode } from "./text.ts";

export const ALGORITHM = "ACS3-HMAC-SHA256";

export type Acs3Request = {
  method: string;
  uri: string;
  query: readonly Parameter[];
  headers: Headers;
  signedHeaders: readonly string[];
  payloadHash: string;
};

export function canonicalRequest(request: Acs3Request): string {
  const query = request.query
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .toSorted()
    .join("&");
  const names = request.signedHeaders.toSorted(compareBytes);
  const headers = names.map((name) => `${name}:${line(request.headers[name])}\n`).join("");
  return [request.method, request.uri, query, headers, names.join(";"), request.payloadHash].join(
    "\n",
  );
}

/** Headers that differ only in case are one header: its values sorted and comma-joined. */
function line(values: readonly string[] | undefined): string {
  return (values ?? [])
    .map((value) => value.trim())
    .toSorted()
    .join(",");
}

export function stringToSign(canonical: string): string {
  return `${ALGORITHM}\n${createHash("sha256").update(canonical).digest("hex")}`;
}

export function signature(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}

export type Acs3Authorization = {
  accessKeyId: string;
  signedHeaders: string[];
  signature: string;
};

/** Reads `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…`; undefined when it is malformed. */
export function parseAuthorization(text: string): Acs3Authorization | undefined {
  if (!text.startsWith(`${ALGORITHM} `)) return undefined;
  const fields = new Map<string, string>();
  for (const field of text.slice(ALGORITHM.length + 1).split(",")) {
    const equals = field.indexOf("=");
    if (equals > 0) fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  const accessKeyId = fields.get("Credential");
  const signedHeaders = fields.get("SignedHeaders");
  const provided = fields.get("Signature");
  if (!accessKeyId || signedHeaders === undefined || !provided) return undefined;
  return {
    accessKeyId,
    signedHeaders: signedHeaders.toLowerCase().split(";").filter(Boolean),
    signature: provided,
  };
}
