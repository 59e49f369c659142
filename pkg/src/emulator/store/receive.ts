/** Streams a body into a file: hashed on the way, written in large batches, memory bounded by two batches. */
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { Crc64 } from "../crc64.ts";
import { writeExactly } from "./files.ts";

/** What is known of a body once all of it arrived. */
export type Digest = { size: number; md5: Buffer; crc64: bigint };

const BATCH = 1024 * 1024;

/** Where a body goes. `stop` ends the writing for good, `settled` says when no write is under way any more. */
export class Writer {
  readonly #file: FileHandle;
  readonly #start: number;
  #pending: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(file: FileHandle, start: number) {
    this.#file = file;
    this.#start = start;
  }

  /** Resolves at once unless the previous write is still under way: hashing and writing overlap. */
  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    await this.#pending;
    if (this.#stopped) throw new WriterStopped("the upload ended while this part was under way");
    this.#pending = writeExactly(this.#file, chunks, this.#start + position);
    // The failure is reported by the next write or by settled(); until then it must not count as unhandled.
    this.#pending.catch(() => {});
  }

  stop(): void {
    this.#stopped = true;
  }

  settled(): Promise<void> {
    return this.#pending;
  }
}

/** The upload was completed or aborted while one of its parts was still arriving. */
export class WriterStopped extends Error {}

export async function receive(chunks: AsyncIterable<Buffer>, writer: Writer): Promise<Digest> {
  const md5 = createHash("md5");
  const crc = new Crc64();
  let size = 0;
  let batch: Buffer[] = [];
  let batched = 0;
  for await (const chunk of chunks) {
    md5.update(chunk);
    crc.update(chunk);
    batch.push(chunk);
    batched += chunk.length;
    if (batched < BATCH) continue;
    await writer.write(batch, size);
    size += batched;
    batch = [];
    batched = 0;
  }
  if (batched > 0) await writer.write(batch, size);
  await writer.settled();
  return { size: size + batched, md5: md5.digest(), crc64: crc.digest() };
}
