// Bytes behind a function of the caller's that reads ranges of them.

import { defined, got, invalid, length, mustBeFunction, needed, text } from "../arguments.ts";
import { describe, HostFailure } from "../hosts/failure.ts";
import type { ByteReader } from "../hosts/host.ts";
import { asBytes, isArrayBuffer, isBlob, isResponse } from "../kinds.ts";
import { BytesReader } from "./bytes.ts";
import type { Slices } from "./source.ts";
import { type ByteStream, isStream, streamSource } from "./stream.ts";

/** What `read` of a `RangeSource` may give. A stream keeps memory small; bytes are held until they are sent. */
export type RangeBytes = ArrayBuffer | ArrayBufferView | Blob | ByteStream | Response;

/**
 * Bytes that a function of yours reads at any offset: an object of R2 or S3, a blob in a database. They go up in parallel
 * parts, a part that fails is read again, and an upload of them can be resumed.
 *
 * ```ts
 * const { size, etag } = await bucket.head(key);
 * await vod.upload({
 *   size,
 *   version: etag,
 *   name: key,
 *   read: async (offset, length) => (await bucket.get(key, { range: { offset, length } })).body,
 * }, { title: "Film" });
 * ```
 */
export interface RangeSource {
  /** Length in bytes. */
  readonly size: number;
  /**
   * Gives exactly `length` bytes from `offset` on (both in bytes): fewer or more are an error. It is called for several parts
   * at once, with at most `partSize` bytes each, and again for a part whose reading failed. What it throws counts as a
   * source that cannot be reached for the moment, and so does a `Response` with a status of 429 or 5xx.
   *
   * @param signal Aborted when these bytes are not wanted any more.
   */
  read(offset: number, length: number, signal: AbortSignal): RangeBytes | Promise<RangeBytes>;
  /** A file name with its extension, by which VOD tells the format. */
  readonly name?: string | undefined;
  /** Media type. */
  readonly type?: string | undefined;
  /**
   * What differs when the bytes differ: an ETag, a version id, a digest. A resume refuses a source of another version as
   * `source_changed`; without one it compares the size only.
   */
  readonly version?: string | undefined;
}

/** Whether it is meant as one. */
export function isRanged(source: object): source is RangeSource {
  return "read" in source;
}

/** Reads nothing yet. */
export function rangedSource(source: RangeSource): Slices {
  const { read } = source;
  mustBeFunction("source.read", read);
  const size = length("source.size", source.size);
  if (size === undefined) throw invalid("source.size", `must be its length in bytes, ${got(size)}`);
  return {
    size,
    ...defined({
      name: text("source.name", source.name),
      contentType: text("source.type", source.type),
      version: source.version === undefined ? undefined : needed("source.version", source.version),
    }),
    slice: (offset, length) =>
      new RangeReader((signal) => read.call(source, offset, length, signal)),
    close: async () => {},
  };
}

type Open = (signal: AbortSignal) => RangeBytes | Promise<RangeBytes>;

class RangeReader implements ByteReader {
  readonly #controller = new AbortController();
  #opening: Promise<ByteReader> | undefined;

  readonly #open: Open;

  constructor(open: Open) {
    this.#open = open;
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#opening ??= this.#opened();
    const reader = await this.#opening;
    return reader.read().catch((error) => Promise.reject(failed(error)));
  }

  release(chunk: Uint8Array): void {
    void this.#opening?.then((reader) => reader.release?.(chunk));
  }

  /** What arrives after this is closed at once. */
  close(): void {
    this.#controller.abort();
    this.#opening?.then((reader) => reader.close()).catch(() => {});
  }

  async #opened(): Promise<ByteReader> {
    try {
      return readerOf(await this.#open(this.#controller.signal));
    } catch (error) {
      throw failed(error);
    }
  }
}

function failed(error: unknown): HostFailure {
  if (error instanceof HostFailure) return error;
  return new HostFailure("source_network", `\`read\` failed: ${describe(error)}`);
}

function readerOf(given: RangeBytes): ByteReader {
  if (ArrayBuffer.isView(given) || isArrayBuffer(given)) {
    return new BytesReader(ArrayBuffer.isView(given) ? asBytes(given) : new Uint8Array(given));
  }
  if (typeof given !== "object" || given === null) throw notBytes(given);
  if (isBlob(given)) return streamSource(given.stream(), undefined).open();
  if (isResponse(given)) return bodyOf(given);
  if (isStream(given)) return streamSource(given, undefined).open();
  throw notBytes(given);
}

function bodyOf({ ok, status, headers, body }: Response): ByteReader {
  if (!ok) {
    void body?.cancel().catch(() => {});
    const reply = { status, headers: [...headers] as [string, string][] };
    throw new HostFailure("source_reply", `\`read\` was answered ${status}`, reply);
  }
  return body === null ? new BytesReader(new Uint8Array(0)) : streamSource(body, undefined).open();
}

function notBytes(given: unknown): HostFailure {
  const message = `\`read\` must give bytes, a Blob, a stream or a Response, ${got(given)}`;
  return new HostFailure("source_read", message);
}
