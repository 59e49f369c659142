/**
 * The one way from the emulator to others: what UploadMediaByURL pulls, and the callbacks of VOD and OSS. Where to is said
 * by whoever calls the emulator, who must not reach through it what only this machine can reach.
 */
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { checkLiteral, guardedLookup, NO_PROXY } from "../hosts/guarded.ts";
import { refusalBy } from "./addresses.ts";

export type Outgoing = {
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  /** Loopback and private networks are called, too. */
  allowPrivate: boolean;
};

const MAX_REDIRECTS = 20;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The answer's head; its body is to be read, or destroyed. A redirect is an answer like any other. */
export async function send(url: string, outgoing: Outgoing): Promise<IncomingMessage> {
  const { method, headers, body, signal, allowPrivate } = outgoing;
  const target = readUrl(url);
  const refusal = refusalBy(allowPrivate);
  checkLiteral(target, refusal);
  const { request: open, Agent } = target.protocol === "https:" ? https : http;
  const request = open(target, {
    method,
    headers:
      body === undefined
        ? headers
        : { ...headers, "Content-Length": String(Buffer.byteLength(body)) },
    signal,
    // No connection is shared: each is to the address that was looked at.
    agent: new Agent(NO_PROXY),
    lookup: guardedLookup(refusal),
  });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  // What breaks later is told to whoever reads.
  request.on("error", () => {});
  return response;
}

/** Follows redirects; each hop is looked at like the first. */
export async function sendAndFollow(url: string, outgoing: Outgoing): Promise<IncomingMessage> {
  let at = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await send(at, outgoing);
    const { location } = response.headers;
    if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    at = new URL(location, at).href;
  }
  throw new Error(`it redirects more than ${MAX_REDIRECTS} times`);
}

function readUrl(text: string): URL {
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Error("only http and https URLs are called");
  }
  if (url.username !== "" || url.password !== "") {
    throw new Error("a URL with a user name or a password is not called");
  }
  return url;
}
