import type { ByteReader } from "../hosts/host.ts";
import type { Once } from "./source.ts";
import { StreamReader, toBytes } from "./web-stream.ts";

/** What can be read once: a web stream, a Node stream, an async generator. Every chunk is bytes. */
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** A stream as a source. */
export function streamSource(stream: ByteStream, size: number | undefined): Once {
  return {
    ...(size !== undefined && { size }),
    open: () => ("getReader" in stream ? new StreamReader(stream) : new IteratorReader(stream)),
  };
}

class IteratorReader implements ByteReader {
  readonly #chunks: AsyncIterator<unknown>;

  constructor(chunks: AsyncIterable<unknown>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
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
