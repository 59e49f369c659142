import type { Blocks } from "./blocks.ts";
import type { PartBuffer } from "./memory.ts";

/** The buffers that parts without a range of their own are gathered in, by part. */
export class PartBuffers {
  readonly #filled = new Map<number, PartBuffer>();
  /** Those that a transfer reads from, and how many do. */
  readonly #read = new Map<PartBuffer, number>();
  readonly #released = new Set<PartBuffer>();

  /** Keeps what a part has become. */
  keep(part: number, buffer: PartBuffer): void {
    this.#filled.set(part, buffer);
  }

  /** What a part has become, to be read until `done`. */
  use(part: number): { blocks: Blocks; done(): void } | undefined {
    const buffer = this.#filled.get(part);
    if (buffer === undefined) return undefined;
    this.#read.set(buffer, (this.#read.get(buffer) ?? 0) + 1);
    return { blocks: buffer.blocks, done: () => this.#done(buffer) };
  }

  /** A part is not needed any more. Memory that is still being sent is not given to others. */
  release(part: number): void {
    const buffer = this.#filled.get(part);
    this.#filled.delete(part);
    if (buffer === undefined) return;
    if (this.#read.has(buffer)) this.#released.add(buffer);
    else buffer.release();
  }

  /** Nothing is needed any more. */
  clear(): void {
    for (const part of [...this.#filled.keys()]) this.release(part);
  }

  #done(buffer: PartBuffer): void {
    const readers = (this.#read.get(buffer) ?? 1) - 1;
    if (readers > 0) {
      this.#read.set(buffer, readers);
      return;
    }
    this.#read.delete(buffer);
    if (this.#released.delete(buffer)) buffer.release();
  }
}
