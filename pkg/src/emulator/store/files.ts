/** Small file helpers: atomic JSON, positioned copies, exact writes. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readFile, rename, writeFile } from "node:fs/promises";

/** Writes beside the target and renames, so that a crash leaves the old file or the new one, never half of one. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, `${JSON.stringify(value)}\n`);
  await rename(temporary, path);
}

/** Undefined when the file does not exist. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as T;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR");
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Creates the file if need be, never empties it, writes at positions. */
export function openForWriting(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT);
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
