// Text that comes gzip'ed, unpacked while it is read.

import { HostFailure } from "../hosts/failure.ts";
import type { ByteReader } from "../hosts/host.ts";
import { StreamReader } from "./web-stream.ts";

/**
 * What is unpacked at once, in bytes: gzip packs up to a thousand times as many into one. So a small file that unpacks to
 * gigabytes takes a few MB at a time, and is given up when the reader has enough.
 */
const BITE = 4096;

/** Whether bytes begin as gzip does. Text in UTF-8 never does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Unpacks what a reader brings. `first` was read from it already. */
export function gunzip(first: Uint8Array, source: ByteReader): ByteReader {
  return new GunzipReader(first, source);
}

class GunzipReader implements ByteReader {
  readonly #source: ByteReader;
  readonly #unpacked: StreamReader;
  #rest: Uint8Array | undefined;
  /** Why no more comes from the source. */
  #broken: unknown;

  constructor(first: Uint8Array, source: ByteReader) {
    this.#source = source;
    this.#rest = first;
    const packed = new ReadableStream<BufferSource>(
      { pull: (controller) => this.#bite(controller) },
      { highWaterMark: 0 },
    );
    this.#unpacked = new StreamReader(packed.pipeThrough(new DecompressionStream("gzip")));
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      return await this.#unpacked.read();
    } catch {
      if (this.#broken !== undefined) throw this.#broken;
      throw new HostFailure("source_read", "it begins as gzip does and cannot be unpacked");
    }
  }

  close(): void {
    this.#unpacked.close();
    this.#source.close();
  }

  async #bite(controller: ReadableStreamDefaultController<BufferSource>): Promise<void> {
    try {
      this.#rest ??= await this.#source.read();
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    const chunk = this.#rest;
    if (chunk === undefined) return controller.close();
    controller.enqueue(chunk.slice(0, BITE));
    this.#rest = chunk.length > BITE ? chunk.subarray(BITE) : undefined;
  }
}
