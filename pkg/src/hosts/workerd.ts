// Cloudflare Workers. A JavaScript stream as the body of a `fetch` goes out chunked there, and when it breaks the
// server sees a clean end and stores a short object. So every body is bytes in memory or a FixedLengthStream, which
// says its length, and turns one byte more or fewer into a broken request.

import type { HostLimits, Request } from "../wasm/core.js";
import type { AddressRules, Host, Incoming, Outgoing, Route } from "./host.ts";
import { emptyBody, type Fetch, noProxy, open, ownFetch, type SizedBody, send } from "./web.ts";

export { fileCheckpoint, fromFile } from "./web.ts";

declare class FixedLengthStream {
  constructor(length: number);
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

const MIB = 1024 * 1024;

/** Six connections at once and 128 MB an isolate are all a Worker has; a part under way holds two connections. */
const LIMITS: HostLimits = {
  concurrency: 3,
  maxConcurrency: 5,
  bufferBytes: 24 * MIB,
  buffersParts: false,
};

/** The host for Cloudflare Workers. Private addresses are out of their reach by themselves. */
export function createHost(_rules: AddressRules, route?: Route): Host {
  noProxy(route);
  const fetch = route?.fetch ?? ownFetch;
  return {
    limits: LIMITS,
    // An open connection costs this runtime up to 1 MiB, and six are all that move at once.
    memoryEach: 4 * MIB,
    dropsRequests: true,
    open: async (request, _allowPrivate, signal) => withBytes(await open(fetch, request, signal)),
    put: (request, length, signal) => new WorkerRequest(fetch, request, length, signal),
  };
}

/**
 * This runtime reads header values as UTF-8. The core wants one character per byte, or it would take
 * the `é` of a Location for the one byte that it is in Latin-1.
 */
function withBytes(incoming: Incoming): Incoming {
  const headers = incoming.headers.map(([name, value]): [string, string] => [
    name,
    name === "location" ? bytesOf(value) : value,
  ]);
  return { ...incoming, headers };
}

function bytesOf(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

class WorkerRequest implements Outgoing {
  answered = false;
  readonly #fetch: Fetch;
  readonly #request: Request;
  readonly #length: number;
  readonly #signal: AbortSignal;
  #reply: Promise<Incoming> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #enough: (() => void) | undefined;

  constructor(fetch: Fetch, request: Request, length: number, signal: AbortSignal) {
    this.#fetch = fetch;
    this.#request = request;
    this.#length = length;
    this.#signal = signal;
  }

  write(chunk: Uint8Array, written: () => void): Promise<void> | undefined {
    if (this.#reply === undefined && chunk.length === this.#length) {
      void this.#begin(chunk as Uint8Array<ArrayBuffer>);
      return undefined;
    }
    const writer = this.#writer ?? this.#beginStream();
    return new Promise((resolve, reject) => {
      this.#enough = resolve;
      writer.write(chunk).then(() => {
        written();
        resolve();
      }, reject);
    });
  }

  async finish(): Promise<Incoming> {
    const reply = this.#reply ?? this.#begin(emptyBody(this.#request));
    if (this.answered) return reply;
    const closed = this.#writer?.close();
    closed?.catch(() => {});
    const head = await reply;
    // A success counts only if every byte went through; a refusal counts in any case.
    if (head.status < 400) await closed;
    return head;
  }

  #beginStream(): WritableStreamDefaultWriter<Uint8Array> {
    const { readable, writable } = new FixedLengthStream(this.#length);
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    this.#writer = writer;
    this.#signal.addEventListener("abort", () => void writer.abort().catch(() => {}), {
      once: true,
    });
    void this.#begin(readable);
    return writer;
  }

  #begin(body: SizedBody): Promise<Incoming> {
    const reply = send(this.#fetch, this.#request, body, this.#signal);
    this.#reply = reply;
    reply.then(
      () => {
        this.answered = true;
        this.#enough?.();
      },
      () => {},
    );
    return reply;
  }
}
