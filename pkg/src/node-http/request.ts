// What node:http has read, as the Request that a `fetch` handler takes.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";

/** What a client sent that no `fetch` handler can be asked. */
export class NotARequest extends Error {
  override readonly name = "NotARequest";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** About one connection, and not for the handler. */
const OF_THE_CONNECTION = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Methods that no Request can have. */
const UNKNOWN_TO_FETCH = ["CONNECT", "TRACE", "TRACK"];

/** @throws NotARequest */
export function asRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  trustProxy: boolean,
  signal: AbortSignal,
): Request {
  const { method = "GET" } = incoming;
  if (UNKNOWN_TO_FETCH.includes(method)) throw new NotARequest(501, "Not Implemented");
  const url = urlOf(incoming, trustProxy);
  const init = { method, headers: headersOf(incoming), signal };
  if (method === "GET" || method === "HEAD") return new Request(url, init);
  // `duplex` is not in the types of the platform.
  const body = { body: bodyOf(incoming, response), duplex: "half" };
  return new Request(url, { ...init, ...body } as RequestInit);
}

/**
 * Scheme, host and target are put together as text, each checked by itself: a target such as `//host` or `/\host` read as a
 * reference would lead to another host.
 */
function urlOf(incoming: IncomingMessage, trustProxy: boolean): URL {
  const { url: target = "/" } = incoming;
  const absolute = /^https?:\/\/([^/?#\\]*)(.*)$/i.exec(target);
  const [, host = hostOf(incoming, trustProxy), rest = target] = absolute ?? [];
  // `OPTIONS *` is about the server.
  const path = rest === "*" || rest === "" ? "/" : rest.startsWith("?") ? `/${rest}` : rest;
  if (!path.startsWith("/") || !isHost(host)) throw new NotARequest(400, "Bad Request");
  const text = `${schemeOf(incoming, trustProxy)}://${host}${path}`;
  if (!URL.canParse(text)) throw new NotARequest(400, "Bad Request");
  return new URL(text);
}

function hostOf(incoming: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? forwardedOf(incoming, "x-forwarded-host") : undefined;
  // HTTP/1.0 knows no Host.
  return forwarded ?? incoming.headers.host ?? "localhost";
}

function schemeOf(incoming: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? forwardedOf(incoming, "x-forwarded-proto") : undefined;
  if (forwarded === "https" || forwarded === "http") return forwarded;
  // Bun has the field on every socket.
  return (incoming.socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";
}

/** What the proxy nearest to the client has said. */
function forwardedOf({ headers }: IncomingMessage, name: string): string | undefined {
  const [first] = String(headers[name] ?? "").split(",");
  return first?.trim() || undefined;
}

/** A name or address, and perhaps a port: no user, no path. */
function isHost(text: string): boolean {
  return /^([\w.~-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(text);
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  // Two are read differently by whoever reads one of them.
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === "host");
  if (hosts.length > 1) throw new NotARequest(400, "Bad Request");
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = [rawHeaders[i], rawHeaders[i + 1]];
    if (OF_THE_CONNECTION.has(name.toLowerCase())) continue;
    try {
      headers.append(name, value);
    } catch {
      throw new NotARequest(400, "Bad Request");
    }
  }
  return headers;
}

/** Read no faster than the handler takes it. */
function bodyOf(incoming: IncomingMessage, response: ServerResponse): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = incoming[Symbol.asyncIterator]();
  const asksFirst = incoming.headers.expect?.toLowerCase() === "100-continue";
  let begun = false;
  return new ReadableStream(
    {
      async pull(controller) {
        if (asksFirst && !begun && !response.headersSent) response.writeContinue();
        begun = true;
        const { value, done } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}
