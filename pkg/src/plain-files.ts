// Files that are written without following a link: somebody else may have laid one where we are about to write, and it
// would lead our bytes, or our reading, to wherever they choose.
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mustBeRegular } from "./sources/look.ts";

/** Nothing on systems that do not know it, such as Windows. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
/** A pipe that lies where a file should must not be waited for. */
const NO_WAIT = constants.O_NONBLOCK ?? 0;

const PRIVATE_FILE = 0o600;
/** For its owner alone, as all that is made here. */
export const PRIVATE_FOLDER = 0o700;

/** A symbolic link lies where a file or a folder of ours should. */
export class LinkRefused extends Error {
  readonly path: string;

  constructor(path: string) {
    super("it is a symbolic link, and none is followed here");
    this.path = path;
  }
}

/** What names of temporary files look like. */
export const TEMPORARY = /^\.vodlift-[0-9a-f]{16}\.tmp$/;

/** Opens a file to be read. A link is refused as a `LinkRefused`. */
export function openToRead(path: string): Promise<FileHandle> {
  return opened(path, constants.O_RDONLY | NO_WAIT);
}

/**
 * The whole text of a file of ours.
 *
 * @throws LinkRefused, or NotAFile for a pipe and what else would have to be waited for.
 */
export async function readPlain(path: string): Promise<string> {
  const file = await openToRead(path);
  try {
    mustBeRegular(await file.stat());
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** Makes a file that must not be there yet, which a link is, too. */
export function openNew(path: string): Promise<FileHandle> {
  return open(path, "wx", PRIVATE_FILE);
}

/** Opens a file to be written at positions; it is made if need be, and never emptied. */
export function openToWrite(path: string): Promise<FileHandle> {
  return opened(path, constants.O_RDWR | constants.O_CREAT | NO_WAIT);
}

/** Opens a file to be read, and written at its end only; it is made if need be. */
export function openToAppend(path: string): Promise<FileHandle> {
  return opened(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | NO_WAIT);
}

async function opened(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags | NO_FOLLOW, PRIVATE_FILE);
  } catch (error) {
    throw (await isLink(path)) ? new LinkRefused(path) : error;
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found: Stats) => found.isSymbolicLink(),
    () => false,
  );
}

/** @throws LinkRefused, or an error of the code ENOTDIR. */
export async function mustBeFolder(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) throw new LinkRefused(path);
  if (found.isDirectory()) return;
  throw Object.assign(new Error("it is no folder"), { code: "ENOTDIR", syscall: "lstat", path });
}

/**
 * Replaces a file as a whole: a new one is written beside it, under a name that nobody can guess and that must not be there
 * yet, and then renamed. Whatever happens, what lies there is whole; a link that lies there is replaced, not followed.
 *
 * @param sync The bytes are on the disk before the old ones are gone.
 */
export async function replaceFile(path: string, text: string, sync = false): Promise<void> {
  const beside = join(dirname(path), `.vodlift-${randomBytes(8).toString("hex")}.tmp`);
  const file = await openNew(beside);
  try {
    try {
      await file.writeFile(text);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    // Of the two, this is the name that somebody knows.
    throw Object.assign(error as Error, { path });
  }
}
