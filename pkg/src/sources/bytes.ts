import { HostFailure } from "../hosts/failure.ts";
import type { ByteReader } from "../hosts/host.ts";
import { asBytes } from "../kinds.ts";
import type { Slices } from "./source.ts";

/** Small enough that progress and stalls are seen, large enough to cost nothing. */
const CHUNK = 256 * 1024;

/** Reads bytes in memory without copying them. */
export class BytesReader implements ByteReader {
  #rest: Uint8Array;
  readonly #chunk: number;

  constructor(bytes: Uint8Array, chunk = CHUNK) {
    this.#rest = bytes;
    this.#chunk = chunk;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0) return undefined;
    const chunk = this.#rest.subarray(0, this.#chunk);
    this.#rest = this.#rest.subarray(chunk.length);
    return chunk;
  }

  close(): void {
    this.#rest = new Uint8Array(0);
  }
}

/** Bytes in memory as a source. */
export function bytesSource(data: ArrayBuffer | ArrayBufferView): Slices {
  const bytes = ArrayBuffer.isView(data) ? asBytes(data) : new Uint8Array(data);
  return {
    size: bytes.length,
    slice: (offset, length) => new BytesReader(piece(bytes, offset, length)),
    close: async () => {},
  };
}

/** Their memory may have shrunk, or gone to another thread, since they were handed in. */
function piece(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  const there = bytes.byteLength;
  if (there < offset + length) {
    throw new HostFailure("source_changed", `${there} of the bytes are left in memory`);
  }
  return bytes.subarray(offset, offset + length);
}
