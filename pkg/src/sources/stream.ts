import { invalid } from "../arguments.ts";
import type { ByteReader } from "../hosts/host.ts";
import type { Once } from "./source.ts";
import { quietly, StreamReader, toBytes } from "./web-stream.ts";

/** What can be read once: a web stream, a Node stream, an async generator. Every chunk is bytes. */
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** What Node's streams have beside. */
interface NodeStream {
  readonly destroyed?: boolean;
  readonly errored?: unknown;
  readonly readableEnded?: boolean;
  on?(event: "error", heard: () => void): void;
  destroy?(): void;
}

/** Whether it can be read as a stream. */
export function isStream(value: object): value is ByteStream {
  return !ArrayBuffer.isView(value) && ("getReader" in value || Symbol.asyncIterator in value);
}

/**
 * Takes charge of a stream before anything is awaited. A Node stream that fails while nobody listens
 * would end the process; its error is kept, and comes out where it is read.
 */
export function takeCharge(stream: ByteStream): void {
  quietly(() => {
    const { on } = stream as NodeStream;
    if (typeof on === "function") on.call(stream, "error", () => {});
  });
}

/** A stream that is not read after all is closed. One that is somebody else's stays as it is. */
export function discard(stream: ByteStream): void {
  quietly(() => {
    if ("getReader" in stream) return stream.locked ? undefined : stream.cancel();
    const { destroy } = stream as NodeStream;
    if (typeof destroy === "function") return destroy.call(stream);
    // A generator; another iterable has not begun anything yet.
    return (stream as Partial<AsyncIterator<unknown>>).return?.();
  });
}

/** A stream as a source. */
export function streamSource(stream: ByteStream, size: number | undefined): Once {
  mustBeReadable(stream);
  let reader: ByteReader | undefined;
  return {
    ...(size !== undefined && { size }),
    open() {
      reader = "getReader" in stream ? new StreamReader(stream) : new IteratorReader(stream);
      return reader;
    },
    close() {
      if (reader === undefined) discard(stream);
      else reader.close();
    },
  };
}

function mustBeReadable(stream: ByteStream): void {
  if ("getReader" in stream) {
    if (stream.locked)
      throw invalid("source", "is a stream that somebody else reads: it is locked");
    return;
  }
  const { destroyed, errored, readableEnded } = stream as NodeStream;
  // One that has failed says so when it is read.
  if (readableEnded || (destroyed && !errored)) {
    throw invalid("source", "is a stream that has been read, or closed, already");
  }
}

class IteratorReader implements ByteReader {
  readonly #stream: AsyncIterable<unknown>;
  #chunks: AsyncIterator<unknown> | undefined;

  constructor(stream: AsyncIterable<unknown>) {
    this.#stream = stream;
  }

  async read(): Promise<Uint8Array | undefined> {
    // What it throws is a failure to read, too.
    this.#chunks ??= this.#stream[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await this.#chunks.next();
      if (done) return undefined;
      const bytes = toBytes(value);
      if (bytes.length > 0) return bytes;
    }
  }

  close(): void {
    const { destroy } = this.#stream as NodeStream;
    // A Node stream's iterator that was never asked would leave it open.
    if (typeof destroy === "function") quietly(() => destroy.call(this.#stream));
    // A generator that was never asked is its own iterator.
    quietly(() => (this.#chunks ?? (this.#stream as Partial<AsyncIterator<unknown>>)).return?.());
  }
}
