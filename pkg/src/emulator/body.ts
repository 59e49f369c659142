/** Reading request bodies: paced, counted, and broken off where a fault says so. */
import { setTimeout as sleep } from "node:timers/promises";
import { contentLength, type Exchange } from "./exchange.ts";

/** The connection is gone, or is to be reset: there is nobody to answer. */
export class ConnectionLost extends Error {}

/** The body is larger than the request may carry. */
export class BodyTooLarge extends Error {}

/** How many bytes of a refused request are still read, so that a polite client gets to see the answer. */
const DRAIN_BYTES = 64 * 1024 * 1024;
const DRAIN_MS = 10_000;

/** The body as it arrives. Ends early only by throwing: fewer bytes than announced are never passed off as a body. */
export async function* readBody(exchange: Exchange, pace: Pace): AsyncGenerator<Buffer> {
  const { request, response, info } = exchange;
  if (exchange.expectsContinue && !response.headersSent) response.writeContinue();
  const breakAt = exchange.faults.find("reset-mid-body");
  const limit = breakAt ? (breakAt.afterBytes ?? 1) : Number.POSITIVE_INFINITY;
  try {
    // By default leaving the loop would destroy the connection, and with it the answer to a refused body.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      info.bytesReceived += chunk.length;
      if (info.bytesReceived >= limit) throw new ConnectionLost("fault: reset-mid-body");
      await pace(chunk.length);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ConnectionLost || !request.destroyed) throw error;
    throw new ConnectionLost("the client went away while sending");
  }
  const announced = contentLength(exchange);
  if (announced !== undefined && info.bytesReceived !== announced) {
    throw new ConnectionLost("the body ended before its announced length");
  }
}

/** A whole small body. */
export async function readText(exchange: Exchange, pace: Pace, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of readBody(exchange, pace)) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLarge(`a body of more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Throws away what is left of the body, up to a bound. False when there is still more to come: then the connection
 * must be closed after the answer. A client that waits for `100 Continue` has sent nothing and need not.
 */
export async function drain(exchange: Exchange): Promise<boolean> {
  const { request, info } = exchange;
  if (request.readableEnded || request.destroyed) return true;
  if (exchange.expectsContinue && info.bytesReceived === 0) return false;
  let drained = 0;
  return new Promise((resolve) => {
    const finish = (complete: boolean) => {
      clearTimeout(timer);
      request.removeListener("data", count);
      request.pause();
      resolve(complete);
    };
    const count = (chunk: Buffer) => {
      info.bytesReceived += chunk.length;
      drained += chunk.length;
      if (drained > DRAIN_BYTES) finish(false);
    };
    const timer = setTimeout(() => finish(false), DRAIN_MS);
    request.on("data", count);
    for (const end of ["end", "close", "error"]) request.once(end, () => finish(true));
    request.resume();
  });
}

/** Waits as long as `bytes` more bytes should take. */
export type Pace = (bytes: number) => Promise<void>;

/** A pace of `bytesPerSecond`; undefined means as fast as it comes. */
export function paceOf(bytesPerSecond: number | undefined): Pace {
  if (bytesPerSecond === undefined) return async () => {};
  const started = performance.now();
  let total = 0;
  return async (bytes) => {
    total += bytes;
    const ahead = (total / bytesPerSecond) * 1000 - (performance.now() - started);
    if (ahead > 1) await sleep(ahead);
  };
}
