/** Which bucket and object a request addresses: by path (`/bucket/key`) or by host (`bucket.endpoint`). */
import { isIP } from "node:net";
import { type Exchange, header } from "../exchange.ts";
import { OssError } from "./errors.ts";

export type Address = { bucket: string | undefined; key: string | undefined };

/**
 * Real OSS is virtual-hosted only; clients fall back to the path where the endpoint is an IP address. A host whose first
 * label is the bucket wins, so that `bucket.localhost` works as well.
 */
export function addressOf(exchange: Exchange, knownBucket: string): Address {
  const host = hostName(header(exchange, "host") ?? "");
  if (host.startsWith(`${knownBucket}.`)) return virtualHosted(knownBucket, exchange.path);
  if (isIP(host) !== 0 || !host.includes(".")) return pathStyle(exchange.path);
  const byPath = pathStyle(exchange.path);
  if (byPath.bucket === knownBucket) return byPath;
  return virtualHosted(host.slice(0, host.indexOf(".")), exchange.path);
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(host);
  if (bracketed) return bracketed[1] ?? "";
  return host.replace(/:\d+$/, "").toLowerCase();
}

function virtualHosted(bucket: string, path: string): Address {
  return { bucket, key: decode(path.slice(1)) };
}

/** Split on the raw `/` first: oss2 sends the slashes inside a key as `%2F`. */
function pathStyle(path: string): Address {
  const rest = path.slice(1);
  const slash = rest.indexOf("/");
  if (slash < 0) return { bucket: decode(rest), key: undefined };
  return { bucket: decode(rest.slice(0, slash)), key: decode(rest.slice(slash + 1)) };
}

function decode(text: string): string | undefined {
  try {
    return text === "" ? undefined : decodeURIComponent(text);
  } catch {
    throw new OssError(400, "InvalidURI", "The request URI is not valid percent-encoded UTF-8.");
  }
}
