// Memory in pieces of one size, for whatever is read. Pieces of many sizes leave holes where the next one does not fit, and
// a process that has moved a few hundred megabytes ends up with as much again in holes.

/** Bytes of a piece. workerd hands out 4 KiB at a time unless it is given more to fill, which costs several times the CPU. */
export const BLOCK = 64 * 1024;

/** What nobody uses: left to the garbage collector, dead pieces would pile up beside the living. */
let spare: ArrayBuffer[] = [];

/** A piece, with whatever was in it before. */
export function block(): ArrayBuffer {
  return spare.pop() ?? new ArrayBuffer(BLOCK);
}

/** It is not needed any more, and nobody reads from it. */
export function giveBack(buffer: ArrayBuffer): void {
  if (buffer.byteLength === BLOCK) spare.push(buffer);
  else freed(buffer);
}

/** Nobody reads anything for now. */
export function freeSpare(): void {
  for (const buffer of spare) freed(buffer);
  spare = [];
}

/** `ArrayBuffer.prototype.transfer` moves memory, and frees what it had at once. Node 20 does not know it. */
type Returnable = ArrayBufferLike & { transfer?(length: number): ArrayBuffer };

/** Moved to memory of another size; what it had is free at once. */
export function resized({ buffer }: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const { transfer } = buffer as Returnable;
  if (transfer !== undefined) return new Uint8Array(transfer.call(buffer, size));
  const copy = new Uint8Array(size);
  copy.set(new Uint8Array(buffer, 0, Math.min(size, buffer.byteLength)));
  return copy;
}

function freed(buffer: ArrayBuffer): void {
  (buffer as Returnable).transfer?.(0);
}

/** Bytes in pieces, one behind the other. */
export class Blocks {
  #blocks: ArrayBuffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  put(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0; ) {
      const used = this.#length % BLOCK;
      if (used === 0) this.#blocks.push(block());
      const fits = rest.subarray(0, BLOCK - used);
      new Uint8Array(this.#blocks.at(-1) as ArrayBuffer).set(fits, used);
      this.#length += fits.length;
      rest = rest.subarray(fits.length);
    }
  }

  /** The piece of that number, from 0, as far as it is filled. */
  at(number: number): Uint8Array<ArrayBuffer> | undefined {
    const buffer = this.#blocks[number];
    return buffer && new Uint8Array(buffer, 0, Math.min(this.#length - number * BLOCK, BLOCK));
  }

  giveBack(): void {
    for (const buffer of this.#blocks) giveBack(buffer);
    this.#blocks = [];
    this.#length = 0;
  }
}

/** Reads what is in pieces without copying it. */
export class BlocksReader {
  readonly #blocks: Blocks;
  #next = 0;

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#next += 1;
    return this.#blocks.at(this.#next - 1);
  }

  close(): void {
    this.#next = Number.POSITIVE_INFINITY;
  }
}
