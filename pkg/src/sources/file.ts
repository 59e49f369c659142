import type { Stats } from "node:fs";
import { type FileHandle, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { invalid } from "../arguments.ts";
import { HostFailure, isShortOfHandles } from "../hosts/failure.ts";
import type { ByteReader } from "../hosts/host.ts";
import { isUrl } from "../kinds.ts";
import { fileReason, isMissing, openRegular } from "./look.ts";
import type { Folder, Slices } from "./source.ts";

const CHUNK = 256 * 1024;

/**
 * A file on this machine as a source, for Node, Deno and Bun. It is opened when the upload starts, read in parallel
 * slices, and closed in the end. A file that changes meanwhile ends the upload with `source_changed`.
 *
 * @param path Where it lies: a path, or a `file:` URL.
 * @throws VodliftError `invalid_argument` for anything else.
 */
export function fromFile(path: string | URL): FileSource {
  return new FileSource(pathOf(path));
}

function pathOf(path: unknown): string {
  if (typeof path === "string" && path !== "") return path;
  if (isUrl(path) && path.protocol === "file:") {
    try {
      return fileURLToPath(path.href);
    } catch {
      // Of another machine, or with an encoded slash.
    }
  }
  throw invalid("path", "must be a path, or a file: URL of this machine");
}

/** A file that an upload will open. Made by `fromFile`. */
export class FileSource {
  /** Where it lies. */
  readonly path: string;

  /** @internal */
  constructor(path: string) {
    this.path = path;
  }

  /** @internal */
  openSlices(): Promise<Slices> {
    return openFileSlices(this.path);
  }

  /** @internal */
  openFolder(): { name: string; path: string; folder: Folder } {
    return folderOf(this.path);
  }
}

/** Opens a file to be read in slices. */
async function openFileSlices(path: string): Promise<Slices> {
  const { handle, found } = await openRegular(path).catch((error) => {
    throw unreadable(error, `${path}: `);
  });
  return new FileSlices(handle, resolve(path), found);
}

function unreadable(error: unknown, place = ""): unknown {
  const reason = fileReason(error);
  // A lack of handles is nothing of the file's: it is waited for.
  if (reason === undefined || isShortOfHandles(error)) return error;
  return new HostFailure(isMissing(error) ? "source_missing" : "source_read", place + reason);
}

/** The folder around a file, for a playlist that names what lies beside it. */
function folderOf(path: string): { name: string; path: string; folder: Folder } {
  const whole = resolve(path);
  const top = dirname(whole);
  return { name: basename(whole), path: whole, folder: { open: (file) => openBelow(top, file) } };
}

/** A link may lead out of the folder although the path does not: what counts is where it ends. */
async function openBelow(top: string, path: string): Promise<Slices> {
  const paths = Promise.all([realpath(top), realpath(join(top, path))]);
  const [root, target] = await paths.catch((error) => {
    throw unreadable(error);
  });
  const below = root.endsWith(sep) ? root : `${root}${sep}`;
  if (!target.startsWith(below)) {
    throw new HostFailure("path_refused", "it is a link that leads out of the playlist's folder");
  }
  return openFileSlices(target);
}

class FileSlices implements Slices {
  readonly size: number;
  readonly modified: number;
  readonly name: string;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, name: string, { size, mtimeMs }: Stats) {
    this.#handle = handle;
    this.name = name;
    this.size = size;
    this.modified = Math.trunc(mtimeMs);
  }

  slice(offset: number, length: number): ByteReader {
    return new SliceReader(this.#handle, offset, offset + length, () => this.#mustBeUnchanged());
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #mustBeUnchanged(): Promise<void> {
    const { size, mtimeMs } = await this.#handle.stat();
    if (size !== this.size) {
      throw new HostFailure("source_changed", `${this.name} had ${this.size} bytes, now ${size}`);
    }
    if (Math.trunc(mtimeMs) !== this.modified) {
      throw new HostFailure("source_changed", `${this.name} was written while it was read`);
    }
  }
}

class SliceReader implements ByteReader {
  readonly #handle: FileHandle;
  readonly #end: number;
  readonly #verify: () => Promise<void>;
  #at: number;
  /** Chunks that were released. */
  readonly #spare: Buffer[] = [];

  constructor(handle: FileHandle, start: number, end: number, verify: () => Promise<void>) {
    this.#handle = handle;
    this.#at = start;
    this.#end = end;
    this.#verify = verify;
  }

  /** The end is told only when the file is still what it was, and the caller sends the last chunk only then. */
  async read(): Promise<Uint8Array | undefined> {
    const wanted = Math.min(CHUNK, this.#end - this.#at);
    if (wanted === 0) return this.#atEnd();
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
    const { bytesRead } = await this.#handle
      .read(buffer, 0, wanted, this.#at)
      .catch((error) => Promise.reject(unreadable(error)));
    if (bytesRead === 0) return this.#atEnd();
    this.#at += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  release(chunk: Uint8Array): void {
    this.#spare.push(Buffer.from(chunk.buffer));
  }

  close(): void {
    this.#at = this.#end;
  }

  async #atEnd(): Promise<undefined> {
    await this.#verify();
    return undefined;
  }
}
