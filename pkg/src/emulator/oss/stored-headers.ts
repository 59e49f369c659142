/** Which request headers an object keeps and gives back on GET and HEAD. */
import type { Exchange } from "../exchange.ts";
import { headerValue } from "../sign/text.ts";
import type { StoredHeaders } from "../store/objects.ts";
import { OssError } from "./errors.ts";

const KEPT = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
  "x-oss-storage-class",
];
const MAX_META_BYTES = 8 * 1024;

export function storedHeaders(exchange: Exchange): StoredHeaders {
  const stored: StoredHeaders = {
    "content-type": "application/octet-stream",
    "x-oss-storage-class": "Standard",
  };
  let metaBytes = 0;
  for (const name of Object.keys(exchange.headers)) {
    const isMeta = name.startsWith("x-oss-meta-");
    if (!isMeta && !KEPT.includes(name)) continue;
    const value = headerValue(exchange.headers, name) ?? "";
    if (isMeta) metaBytes += name.length + Buffer.byteLength(value);
    stored[name] = value;
  }
  if (metaBytes > MAX_META_BYTES) {
    throw new OssError(
      400,
      "MetadataTooLarge",
      "Your metadata headers exceed the maximum allowed metadata size.",
    );
  }
  return stored;
}
