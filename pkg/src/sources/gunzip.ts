// Text that comes gzip'ed, unpacked while it is read.

import { HostFailure } from "../hosts/failure.ts";
import type { ByteReader } from "../hosts/host.ts";
import { StreamReader } from "./web-stream.ts";

/**
 * What is unpacked at once, in bytes: gzip packs up to a thousand times as many into one. So a small file that unpacks to
 * gigabytes takes half a MiB at a time, also while it waits for its turn, and is given up when the reader has enough.
 */
const BITE = 512;

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
  readonly #packed: WritableStreamDefaultWriter<BufferSource>;
  readonly #unpacked: StreamReader;
  #rest: Uint8Array | undefined;
  /** Why no more comes from the source. */
  #broken: unknown;
  #over = false;

  constructor(first: Uint8Array, source: ByteReader) {
    this.#source = source;
    this.#rest = first;
    const { readable, writable } = new DecompressionStream("gzip");
    this.#packed = writable.getWriter();
    this.#packed.closed.catch(nothing);
    this.#unpacked = new StreamReader(readable);
  }

  /** Feeds no more than what is asked for needs: workerd unpacks all that is written, whether or not anybody reads. */
  async read(): Promise<Uint8Array | undefined> {
    let got = false;
    const next = this.#unpacked.read().finally(() => {
      got = true;
    });
    next.catch(nothing);
    try {
      await soon(next);
      while (!got) {
        await Promise.race([this.#feed(), next]);
        if (!got) await soon(next);
      }
      return await next;
    } catch {
      if (this.#broken !== undefined) throw this.#broken;
      throw new HostFailure("source_read", "it begins as gzip does and cannot be unpacked");
    }
  }

  release(chunk: Uint8Array): void {
    this.#unpacked.release(chunk);
  }

  close(): void {
    this.#unpacked.close();
    this.#source.close();
  }

  async #feed(): Promise<void> {
    // All is fed: what is asked for comes, or that there is no more.
    if (this.#over) return new Promise(nothing);
    try {
      this.#rest ??= await this.#source.read();
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    const chunk = this.#rest;
    this.#over = chunk === undefined;
    if (chunk === undefined) return this.#packed.close();
    this.#rest = chunk.length > BITE ? chunk.subarray(BITE) : undefined;
    await this.#packed.write(chunk.slice(0, BITE));
  }
}

function nothing(): void {}

/** Resolves when `next` does, or once all that is there already has had its turn. */
function soon(next: Promise<unknown>): Promise<unknown> {
  return Promise.race([next, new Promise((resolve) => setTimeout(resolve, 0))]);
}
