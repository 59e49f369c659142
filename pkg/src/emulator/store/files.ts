/** Small file helpers: whole JSON, positioned copies, exact writes. No link is followed; see `../../plain-files.ts`. */
import type { FileHandle } from "node:fs/promises";
import { openToRead, readPlain, replaceFile } from "../../plain-files.ts";
import { NotAFile } from "../../sources/look.ts";

/** A crash leaves the old file or the new one, never half of one. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await replaceFile(path, `${JSON.stringify(value)}\n`);
}

/** Undefined when the file does not exist. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readPlain(path);
  } catch (error) {
    if (error instanceof NotAFile) throw new NotOurs(path);
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A file of the emulator's own holds what it has not written. */
export class NotOurs extends Error {
  readonly path: string;

  constructor(path: string) {
    super("it holds nothing that an emulator has written");
    this.path = path;
  }
}

/**
 * Undefined when the file does not exist.
 *
 * @throws NotOurs for what is no object in JSON.
 */
export async function readJson<T extends object>(path: string): Promise<T | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const value = parsed(text);
  if (typeof value !== "object" || value === null) throw new NotOurs(path);
  return value as T;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR");
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The bytes from `start` up to but not including `end`. */
export async function* readRange(
  path: string,
  { start, end, atOnce = 1024 * 1024 }: { start: number; end: number; atOnce?: number },
): AsyncGenerator<Buffer> {
  if (end <= start) return;
  const file = await openToRead(path);
  // createReadStream's end is inclusive. It closes the file.
  yield* file.createReadStream({ start, end: end - 1, highWaterMark: atOnce });
}

/** `writev` may write less than asked (a full disk, a signal): that must never pass for success. */
export async function writeExactly(
  file: FileHandle,
  chunks: readonly Uint8Array[],
  position: number,
): Promise<void> {
  const wanted = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const { bytesWritten } = await file.writev(chunks as Uint8Array[], position);
  if (bytesWritten !== wanted) throw new Error(`wrote ${bytesWritten} of ${wanted} bytes`);
}

const COPY_BUFFER = 4 * 1024 * 1024;

/** Copies `length` bytes between two open files without blocking the event loop for long. */
export async function copyRange(
  from: FileHandle,
  fromPosition: number,
  to: FileHandle,
  toPosition: number,
  length: number,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BUFFER, length));
  let done = 0;
  while (done < length) {
    const wanted = Math.min(buffer.length, length - done);
    const { bytesRead } = await from.read(buffer, 0, wanted, fromPosition + done);
    if (bytesRead === 0) throw new Error(`a stored part ended ${length - done} bytes early`);
    await writeExactly(to, [buffer.subarray(0, bytesRead)], toPosition + done);
    done += bytesRead;
  }
}
