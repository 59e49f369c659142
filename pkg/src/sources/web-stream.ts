import { block, giveBack } from "../blocks.ts";
import { HostFailure } from "../hosts/failure.ts";
import type { ByteReader } from "../hosts/host.ts";
import { asBytes, isArrayBuffer } from "../kinds.ts";

/** A stream begins with so little, and gets a whole block once it has filled that: most replies are short. */
const FIRST = 16 * 1024;

type Chunks = ReadableStreamDefaultReader<unknown>;

/** Reads a web stream of bytes, into memory of its own where the stream allows it. */
export class StreamReader implements ByteReader {
  readonly #filling: ReadableStreamBYOBReader | undefined;
  readonly #taking: Chunks | undefined;
  #isShort = true;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#filling = byteReader(stream);
    if (this.#filling === undefined) this.#taking = stream.getReader();
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { value, done } = (await this.#fill()) ?? (await this.#take());
      if (done) return this.#ended(value);
      const bytes = toBytes(value);
      if (bytes.length > 0) return bytes;
    }
  }

  release(chunk: Uint8Array): void {
    if (this.#filling !== undefined) giveBack(chunk.buffer as ArrayBuffer);
  }

  close(): void {
    const reader = this.#filling ?? this.#taking;
    quietly(() => reader?.cancel());
  }

  async #fill(): Promise<ReadableStreamReadResult<unknown> | undefined> {
    if (this.#filling === undefined) return undefined;
    const memory = this.#isShort ? new ArrayBuffer(FIRST) : block();
    const result = await this.#filling.read(new Uint8Array(memory));
    if (result.value?.length === FIRST) this.#isShort = false;
    return result;
  }

  /** What the last read was to fill comes back empty. */
  #ended(value: unknown): undefined {
    if (ArrayBuffer.isView(value)) this.release(asBytes(value));
  }

  #take(): Promise<ReadableStreamReadResult<unknown>> {
    return this.#taking?.read() ?? Promise.resolve({ done: true, value: undefined });
  }
}

/** Only streams made of bytes fill memory that is given to them; others refuse, and remain as they were. */
function byteReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}

/** A chunk of a caller's stream as bytes. */
export function toBytes(chunk: unknown): Uint8Array {
  if (ArrayBuffer.isView(chunk)) return asBytes(chunk);
  if (isArrayBuffer(chunk)) return new Uint8Array(chunk);
  const what = typeof chunk === "object" ? "an object" : `a ${typeof chunk}`;
  throw new HostFailure("source_read", `the stream gave ${what} instead of bytes`);
}

/** Closing is the last thing that happens: nobody is left to hear that it failed. */
export function quietly(close: () => unknown): void {
  try {
    Promise.resolve(close()).catch(() => {});
  } catch {
    // The same.
  }
}
