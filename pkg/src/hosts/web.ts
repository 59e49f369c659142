// What the hosts on `fetch` share.

import { invalid } from "../arguments.ts";
import { errorOf } from "../core.ts";
import { type Code, VodliftError } from "../error.ts";
import { BytesReader } from "../sources/bytes.ts";
import { StreamReader } from "../sources/web-stream.ts";
import type { Request } from "../wasm/core.js";
import type { Incoming, Route } from "./host.ts";
import { misplaced, misplacedOn } from "./runtime.ts";

/** A body that `fetch` sends with its exact length. */
export type SizedBody = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined;

/** What sends requests: the runtime's, or the caller's. */
export type Fetch = typeof globalThis.fetch;

/** The runtime's, as it is at each call: tests and tracers replace it. */
export const ownFetch: Fetch = (...given) => fetch(...given);

/** Opens a source, past any cache: neither a browser's nor the one behind `fetch` in Workers may answer for it or keep it. */
export function open(fetch: Fetch, request: Request, signal: AbortSignal): Promise<Incoming> {
  return send(fetch, request, undefined, signal, uncached());
}

/** Workers with a compatibility date before 2024-11-11 know no cache mode, and throw. */
function uncached(): RequestInit {
  const mode: RequestInit = { cache: "no-store" };
  try {
    new globalThis.Request("https://vodlift.invalid/", mode);
    return mode;
  } catch {
    return {};
  }
}

/** Browsers alone call themselves so. */
export function isBrowser(): boolean {
  return /^Mozilla\//.test(globalThis.navigator?.userAgent ?? "");
}

/** Browsers name themselves, and ask the source's leave for a name that somebody else sets. */
const NAMES_ITSELF = isBrowser();

function headersOf({ headers }: Request): [string, string][] {
  if (!NAMES_ITSELF) return headers;
  return headers.filter(([name]) => name.toLowerCase() !== "user-agent");
}

/** Sends a request as it is; redirects come back as replies. */
export async function send(
  fetch: Fetch,
  request: Request,
  body: SizedBody,
  signal: AbortSignal,
  extra?: RequestInit,
): Promise<Incoming> {
  const response = await fetch(request.url, {
    method: request.method,
    headers: headersOf(request),
    body: body ?? null,
    redirect: "manual",
    signal,
    ...extra,
  });
  return {
    status: response.status,
    headers: [...response.headers] as [string, string][],
    body: response.body ? new StreamReader(response.body) : new BytesReader(new Uint8Array(0)),
  };
}

/** A request without bytes has no body at all, unless its method needs one to say "0 bytes". */
export function emptyBody(request: Request): SizedBody {
  return request.method === "PUT" || request.method === "POST" ? new Uint8Array(0) : undefined;
}

/** Only Node, Deno and Bun write files. */
export function fileCheckpoint(_path: string): never {
  throw noFiles("checkpoint_failed", "files are written only in Node, Deno and Bun");
}

/** Only Node, Deno and Bun open files by path. */
export function fromFile(_path: string | URL): never {
  throw noFiles("source_read", "files are opened by path only in Node, Deno and Bun");
}

function noFiles(code: Code, message: string): VodliftError {
  const runtime = misplacedOn();
  if (runtime === undefined) return new VodliftError(errorOf(code, message));
  return new VodliftError(errorOf("guard_missing", misplaced(runtime)));
}

/** There is no way through a proxy here. */
export function noProxy(route: Route | undefined): void {
  if (!route?.proxy) return;
  throw invalid("proxy", "is for Node, Deno and Bun: here, pass a `fetch` that goes through it");
}
