// Looks at what a path leads to before it is opened: opening a named pipe waits for somebody to write, perhaps for ever,
// and opening a device may do something by itself. A thread that waits like that holds up the end of the process, too.
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";

/** A path that leads to something else than a file of bytes. */
export class NotAFile extends Error {
  /** What it is instead. */
  readonly what: string;

  constructor(what: string) {
    super(`it is ${what}, not a regular file`);
    this.what = what;
  }
}

/** What is no regular file. */
export function strangeness(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory()) return "a directory";
  if (found.isFIFO()) return "a pipe";
  if (found.isSocket()) return "a socket";
  if (found.isBlockDevice()) return "a disk";
  return "a device";
}

/**
 * Opens a file to be read.
 *
 * @throws NotAFile What is no regular file is left alone.
 */
export async function openRegular(path: string): Promise<{ handle: FileHandle; found: Stats }> {
  mustBeRegular(await stat(path));
  // Another thing may lie there by now, so opening must not wait either, and what counts is what was opened.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await handle.stat();
    mustBeRegular(found);
    return { handle, found };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @throws NotAFile */
export function mustBeRegular(found: Stats): void {
  const what = strangeness(found);
  if (what !== undefined) throw new NotAFile(what);
}

/** The whole text of a file. */
export async function readRegular(path: string): Promise<string> {
  const { handle } = await openRegular(path);
  try {
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file: a part of its path is no folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EISDIR: "it is a directory, not a regular file",
  ELOOP: "its symbolic links lead round in a circle",
  ENAMETOOLONG: "the name is too long",
  ENXIO: "it is no file that can be opened",
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is longer than the system allows",
  EIO: "the disk could not read or write it",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
};

/** Why a file could not be read or written, for people; `undefined` if it is not about a file. */
export function fileReason(error: unknown): string | undefined {
  if (error instanceof NotAFile) return error.message;
  const { code, syscall, message } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== "string") return undefined;
  if (/null bytes/.test(message)) return "the name holds a null byte";
  const known = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
  return known ?? (syscall === undefined ? undefined : code);
}

/** There is nothing of that name. */
export function isMissing(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  // No file has a name that is too long.
  return code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG";
}
