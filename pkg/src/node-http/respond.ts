// What a `fetch` handler answers, written to node:http.

import type { IncomingMessage, ServerResponse } from "node:http";

/** What a client asks, and what it is answered with. */
interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** For how long it may take nothing; 0 for ever. */
  writeTimeoutMs: number;
}

/**
 * Writes an answer to what was asked, its body no faster than the client takes it.
 *
 * @throws What the body throws, or that it is not as long as its Content-Length says.
 */
export async function respond(
  { status, headers, body }: Response,
  asked: Request,
  { request, response, writeTimeoutMs }: Exchange,
): Promise<void> {
  const reader = body?.getReader();
  const isTaken = asked.bodyUsed || asked.body?.locked;
  const close = !isTaken && isTooMuch(request) ? ["connection", "close"] : [];
  response.once("finish", () => leave(request));
  response.strictContentLength = true;
  response.writeHead(status, [...linesOf(headers), ...close]);
  if (reader === undefined || request.method === "HEAD") {
    response.end();
    return reader?.cancel();
  }
  // A read that is waiting ends with it.
  const stop = () => void reader.cancel().catch(() => {});
  response.once("close", stop);
  try {
    await pour(reader, response, writeTimeoutMs);
  } catch (error) {
    stop();
    throw error;
  }
}

/** Answers in place of the handler; an answer that has begun is cut off. It never throws: nobody is behind it. */
export function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const headers = {
    "content-type": "text/plain",
    // Node may have kept the length of an answer whose headers it then refused.
    "content-length": text.length + 1,
    connection: "close",
  };
  try {
    response.writeHead(status, headers).end(`${text}\n`);
  } catch {
    response.destroy();
  }
}

async function pour(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  response: ServerResponse,
  writeTimeoutMs: number,
): Promise<void> {
  for (;;) {
    const { value, done } = await reader.read();
    if (done || response.destroyed) break;
    if (!response.write(value)) await room(response, writeTimeoutMs);
  }
  response.end();
}

/** Waits until the client takes more, or has gone. One that takes nothing is cut off: what waits for it is memory. */
function room(response: ServerResponse, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = timeoutMs > 0 ? setTimeout(() => response.destroy(), timeoutMs) : undefined;
    const go = () => {
      clearTimeout(timer);
      response.off("drain", go).off("close", go);
      resolve();
    };
    response.on("drain", go).on("close", go);
    if (response.destroyed) go();
  });
}

/** What Node may read to its end for nothing, so that the connection can be used on. */
const MAX_SKIPPED = 64 * 1024;

/** Whether the rest of a body is not worth the connection; a client that asks first may never send it. */
function isTooMuch({ complete, headers }: IncomingMessage): boolean {
  const { "content-length": length = "0", "transfer-encoding": coding, expect } = headers;
  return (
    !complete && (coding !== undefined || expect !== undefined || Number(length) > MAX_SKIPPED)
  );
}

/** Of a body that was given up midway Node would wait for the rest. */
function leave(request: IncomingMessage): void {
  const isGivenUp = request.readableDidRead && !request.complete;
  if (isGivenUp || isTooMuch(request)) request.socket.destroySoon();
}

/** The server's own to say. */
const OF_THE_CONNECTION = ["connection", "keep-alive", "transfer-encoding", "upgrade"];

/** Names and values in turn; each Set-Cookie is a line of its own. */
function linesOf(headers: Headers): string[] {
  return [...headers].filter(([name]) => !OF_THE_CONNECTION.includes(name)).flat();
}
