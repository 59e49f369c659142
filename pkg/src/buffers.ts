/**
 * The buffers that parts without a range of their own are gathered in, by part. A released one is filled again by the next
 * part of its size: left to the garbage collector, dead buffers would pile up beside the living.
 */
export class PartBuffers {
  readonly #filled = new Map<number, Uint8Array>();
  #spare: Uint8Array[] = [];

  /** Memory of this many bytes. */
  take(size: number): Uint8Array {
    // Parts only grow: what does not fit now never fits again.
    this.#spare = this.#spare.filter((buffer) => buffer.length === size);
    return this.#spare.pop() ?? new Uint8Array(size);
  }

  /** Keeps what a part has become. */
  keep(part: number, bytes: Uint8Array): void {
    this.#filled.set(part, bytes);
  }

  /** What a part has become. */
  get(part: number): Uint8Array | undefined {
    return this.#filled.get(part);
  }

  /** A part is not needed any more. */
  release(part: number): void {
    const bytes = this.#filled.get(part);
    this.#filled.delete(part);
    if (bytes !== undefined) this.#spare.push(new Uint8Array(bytes.buffer));
  }

  /** Nothing is needed any more. */
  clear(): void {
    this.#filled.clear();
    this.#spare = [];
  }
}
