import { HostFailure } from "../hosts/failure.ts";
import type { ByteReader } from "../hosts/host.ts";
import type { Once } from "./source.ts";

/** What can be read once: a web stream, a Node stream, an async generator. Every chunk is bytes. */
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** A stream as a source. */
export function streamSource(stream: ByteStream, size: number | undefined): Once {
  return {
    ...(size !== undefined && { size }),
    open: () => new IteratorReader(chunksOf(stream)),
  };
}

function chunksOf(stream: ByteStream): AsyncIterator<unknown> {
  if (Symbol.asyncIterator in stream) return stream[Symbol.asyncIterator]();
  return iterate(stream);
}

/** Some runtimes, Safari among them, cannot iterate a web stream. */
async function* iterate(stream: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!ended) reader.cancel().catch(() => {});
  }
}

class IteratorReader implements ByteReader {
  readonly #chunks: AsyncIterator<unknown>;

  constructor(chunks: AsyncIterator<unknown>) {
    this.#chunks = chunks;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { value, done } = await this.#chunks.next();
      if (done) return undefined;
      const bytes = toBytes(value);
      if (bytes.length > 0) return bytes;
    }
  }

  close(): void {
    this.#chunks.return?.().catch(() => {});
  }
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new HostFailure("source_read", `the stream gave a ${typeof chunk} instead of bytes`);
}
