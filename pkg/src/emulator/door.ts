/**
 * Who may come in. The emulator listens where every web page in a browser on this machine can reach it, too: by another
 * origin, or by a name of its own that it has rebound to loopback. Neither is a client of ours.
 */
import { isIP } from "node:net";
import { checkedText } from "./checked.ts";
import type { Exchange } from "./exchange.ts";
import type { Habits } from "./habits.ts";
import type { Headers } from "./sign/text.ts";

/** What the options say; the bucket and the address listened on are known beside. */
export type Door = {
  readonly bucket: string;
  readonly hostNames: ReadonlySet<string>;
  readonly origins: ReadonlySet<string>;
};

/** Such as `http://localhost:5173`. Throws a RangeError with a sentence when the text is no origin that can be named. */
export function parseOrigin(text: string): string {
  checkedText("text", text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.origin === text.toLowerCase()) return url.origin;
  throw new RangeError(
    `\`${text}\` is no origin: write its scheme, host and port alone, such as http://localhost:5173`,
  );
}

/** Such as `vod.test`. Throws a RangeError with a sentence when the text is no host name. */
export function parseHostName(text: string): string {
  const name = checkedText("text", text).toLowerCase();
  if (/^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/.test(name) && isIP(name) === 0) return name;
  throw new RangeError(`\`${text}\` is no host name: write it without scheme and port`);
}

export function openDoor(
  options: { host?: string; hostNames?: readonly string[]; allowOrigins?: readonly string[] },
  bucket: string,
): Door {
  const { host = "localhost", hostNames = [], allowOrigins = [] } = options;
  const own = isIP(host) === 0 ? [host] : [];
  return {
    bucket,
    hostNames: new Set(["localhost", ...own, ...hostNames.map(parseHostName)]),
    origins: new Set(allowOrigins.map(parseOrigin)),
  };
}

/** Those of the service, which a test may resolve to here. They are the vendor's, so no page can rebind them. */
const PUBLIC_NAME = /^(oss-[a-z0-9-]+|vod(-vpc)?\.[a-z0-9-]+)\.aliyuncs\.com$/;

/** Why a request is turned away, before anything of it is looked at. */
export function barred(door: Door, { headers, info }: Exchange): string | undefined {
  if (!isOurs(door, headers.host ?? [])) {
    return "This host name is none of the emulator's: name it with hostNames (--host-name).";
  }
  if ((headers.origin ?? []).some((origin) => !door.origins.has(origin))) {
    return "Pages of this origin may not call the emulator: name it with allowOrigins (--allow-origin).";
  }
  // A call of VOD acts, whatever its method, and an image or a link of a page carries no origin. OSS acts by other methods
  // than GET and HEAD alone, and these carry one.
  const [site] = headers["sec-fetch-site"] ?? [];
  const isLed = headers.origin === undefined && (site === "cross-site" || site === "same-site");
  if (isLed && info.service === "vod") {
    return "A page may call VOD only by scripts of an origin that was named (--allow-origin).";
  }
  return undefined;
}

/** The host is an address, which nobody can rebind, or a name that is known, or the bucket below one. */
function isOurs({ hostNames, bucket }: Door, hosts: readonly string[]): boolean {
  const [host, ...others] = hosts;
  if (host === undefined || others.length > 0) return false;
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:[\]]+?)\.?)(?::\d*)?$/.exec(host) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const name = plain?.toLowerCase() ?? "";
  const names = name.startsWith(`${bucket}.`) ? [name, name.slice(bucket.length + 1)] : [name];
  return names.some((one) => isIP(one) === 4 || hostNames.has(one) || PUBLIC_NAME.test(one));
}

/** What lets a page read an answer: for the origins that were named, and nobody else. */
export function corsHeaders(
  door: Door,
  headers: Headers,
  exposed: Habits["exposedHeaders"],
): Record<string, string> {
  const [origin] = headers.origin ?? [];
  if (origin === undefined || !door.origins.has(origin)) return { Vary: "Origin" };
  return {
    Vary: "Origin",
    "Access-Control-Allow-Origin": origin,
    ...(exposed === "needed" && {
      "Access-Control-Expose-Headers": "ETag, x-oss-request-id, x-oss-hash-crc64ecma",
    }),
  };
}
