// `vodlift/node-http`: a `fetch` handler on node:http, for Node and what speaks it. Whatever a client sends, the process
// goes on, and so do the other connections.
//
// Read in this order: this file, request.ts (what the client asks), respond.ts (what it is answered).

import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { defined, flag, mustBeFunction, record, whole } from "../arguments.ts";
import type { FetchHandler } from "../handler/adapters.ts";
import { asRequest, NotARequest } from "./request.ts";
import { refuse, respond } from "./respond.ts";

export type { FetchHandler } from "../handler/adapters.ts";

/** How requests are read and faults are told. */
export interface NodeListenerOptions {
  /**
   * Take scheme and host of a request from `X-Forwarded-Proto` and `X-Forwarded-Host`. Only behind a proxy that sets both
   * itself: anybody else may send them, too.
   *
   * @default false
   */
  trustProxy?: boolean;
  /**
   * Told of what the handler, or the body of its answer, has thrown. The client hears 500, or that the answer ends
   * early, and never why.
   *
   * @default `console.error`
   */
  onError?: (error: unknown) => void;
  /**
   * For how many ms a client may take nothing of an answer that is there to be written: then its connection is closed.
   * `0` is for ever.
   *
   * @default 60000
   */
  writeTimeoutMs?: number;
}

/**
 * A `fetch` handler as a listener of `http.createServer` or `https.createServer`. Bodies are streamed both ways, no faster
 * than the other side takes them. Where the client goes away, the request's `signal` is aborted. One that closes its sending
 * side while it waits (`nc -N`) counts as gone, as everywhere on node:http: the two look alike until something is written.
 *
 * A request that cannot be one for a `fetch` handler (a host that is none, the method TRACE) is answered 400 or 501, a
 * handler that throws 500. How long headers and bodies may take, and how large headers may be, is the server's to limit:
 * `headersTimeout`, `requestTimeout`, `maxHeaderSize`.
 */
export function toNodeListener(
  handler: FetchHandler,
  options: NodeListenerOptions = {},
): RequestListener {
  mustBeFunction("handler", handler);
  const { trustProxy, onError, writeTimeoutMs = WRITE_TIMEOUT_MS } = listenerOptions(options);
  const tell = (error: unknown) => {
    try {
      (onError ?? console.error)(error);
    } catch {
      // Who is told of faults must not make another one.
    }
  };
  return (request, response) => {
    const gone = new AbortController();
    // Without listeners an error of a connection would end the process.
    request.on("error", () => {});
    response.on("error", () => {});
    response.once("close", () => {
      if (!response.writableFinished) gone.abort();
    });
    const answer = async () => {
      const asked = asRequest(request, response, trustProxy ?? false, gone.signal);
      await respond(await handler(asked), asked, { request, response, writeTimeoutMs });
    };
    answer().catch((error) => {
      if (error instanceof NotARequest) return refuse(response, error.status, error.message);
      // Nobody is left to be answered, and that is what most handlers fail of then.
      if (!request.socket.destroyed) tell(error);
      refuse(response, 500, "Internal Server Error");
    });
  };
}

const WRITE_TIMEOUT_MS = 60_000;

/**
 * A server for a `fetch` handler, not listening yet. A client that asks first (`Expect: 100-continue`) is told to go on
 * when the handler begins to read the body, so what is refused by its headers is never sent.
 *
 * ```ts
 * createNodeServer(createIngestHandler(ingestOptions(process.env))).listen(8787);
 * ```
 *
 * @param options Also those of `http.createServer`.
 */
export function createNodeServer(
  handler: FetchHandler,
  options: NodeListenerOptions & ServerOptions = {},
): Server {
  const given = record("options", options) as typeof options;
  const { trustProxy, onError, writeTimeoutMs, ...server } = given;
  const listener = toNodeListener(handler, {
    ...(trustProxy !== undefined && { trustProxy }),
    ...(onError !== undefined && { onError }),
    ...(writeTimeoutMs !== undefined && { writeTimeoutMs }),
  });
  return createServer(server, listener).on("checkContinue", listener);
}

function listenerOptions(options: NodeListenerOptions): NodeListenerOptions {
  const { trustProxy, onError, writeTimeoutMs } = record("options", options) as NodeListenerOptions;
  flag("trustProxy", trustProxy);
  if (onError !== undefined) mustBeFunction("onError", onError);
  whole("writeTimeoutMs", writeTimeoutMs, 0);
  return { ...defined({ trustProxy, onError, writeTimeoutMs }) };
}
