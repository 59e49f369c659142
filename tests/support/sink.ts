// A server that takes PUTs and tells exactly what arrived on the wire: the length said, the bytes that came, and whether
// the request looked complete.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it arrived. */
export interface Arrival {
  contentLength: string | undefined;
  chunked: boolean;
  bytes: number;
  /** The body ended the way HTTP says; a broken connection leaves this false. */
  complete: boolean;
  body: Buffer;
}

export interface SinkOptions {
  /** Instead of reading and answering 200. */
  handle?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface Sink {
  readonly url: string;
  readonly arrivals: Arrival[];
  /** Resolves when the first bytes of `count` bodies are here. */
  began(count: number): Promise<void>;
  /** Resolves when `count` requests have ended, complete or not. */
  ended(count: number): Promise<Arrival[]>;
  close(): void;
}

/** Listens on loopback until `close`. */
export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const arrivals: Arrival[] = [];
  const ended = new Count();
  const began = new Count();
  const server = createServer((request, response) => {
    request.once("data", () => began.up());
    if (options.handle) return options.handle(request, response);
    receive(request, (arrival) => {
      arrivals.push(arrival);
      ended.up();
    });
    request.on("end", () => response.end("stored"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    began: (count) => began.reaches(count),
    ended: (count) => ended.reaches(count).then(() => arrivals),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Something that is counted, and waited for. */
class Count {
  #count = 0;
  readonly #waiting: { count: number; resolve(): void }[] = [];

  up(): void {
    this.#count += 1;
    for (const { count, resolve } of this.#waiting) if (this.#count >= count) resolve();
  }

  reaches(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#count >= count) resolve();
      else this.#waiting.push({ count, resolve });
    });
  }
}

function receive(request: IncomingMessage, end: (arrival: Arrival) => void): void {
  const chunks: Buffer[] = [];
  request.on("error", () => {});
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("close", () => {
    const body = Buffer.concat(chunks);
    end({
      contentLength: request.headers["content-length"],
      chunked: request.headers["transfer-encoding"] === "chunked",
      bytes: body.length,
      complete: request.complete,
      body,
    });
  });
}
