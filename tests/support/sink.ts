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
  /** Resolves when `count` requests have ended, complete or not. */
  ended(count: number): Promise<Arrival[]>;
  close(): void;
}

/** Listens on loopback until `close`. */
export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const arrivals: Arrival[] = [];
  const waiting: { count: number; resolve(arrivals: Arrival[]): void }[] = [];
  const end = (arrival: Arrival) => {
    arrivals.push(arrival);
    for (const { count, resolve } of waiting) if (arrivals.length >= count) resolve(arrivals);
  };
  const server = createServer((request, response) => {
    if (options.handle) return options.handle(request, response);
    receive(request, end);
    request.on("end", () => response.end("stored"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    ended: (count) =>
      new Promise((resolve) => {
        if (arrivals.length >= count) resolve(arrivals);
        else waiting.push({ count, resolve });
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
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
