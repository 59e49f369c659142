// The report: one line of JSON a finished upload, synced before anybody relies on it. With it a second run does nothing
// twice. Beside it, in a folder, lie the checkpoints of the uploads that are under way.
import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, mkdir, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import {
  LinkRefused,
  mustBeFolder,
  openToAppend,
  PRIVATE_FOLDER,
  readPlain,
  replaceFile,
  TEMPORARY,
} from "../../plain-files.ts";
import { printableJson } from "../../printable.ts";
import { fileReason, isMissing } from "../../sources/look.ts";
import { UsageError } from "../args.ts";
import type { Warning } from "../exit.ts";
import { claim } from "./claim.ts";
import { linesOf, type Row } from "./manifest.ts";

/** What is written of an upload that has ended. */
export interface Entry {
  line: number;
  /** `Row.key`. */
  key: string;
  /** `Row.place`. */
  source: string;
  state: "done" | "failed";
  mediaId?: string;
  bytes?: number;
  /** The media was there before. */
  replaced?: boolean;
  error?: { code: string; message: string; hint: string; retryable: boolean };
  /** What went wrong beside it. */
  warnings?: readonly Warning[];
}

export class Report {
  readonly #path: string;
  readonly #folder: string;
  readonly #file: FileHandle;
  readonly #done: Done;
  /** There was none before. */
  isNew = false;
  /** Tells this report from all others. */
  readonly #identity: string;
  /** Checkpoints that an earlier run has left, by the row's line. */
  readonly #left: Map<number, string[]>;
  /** What waits to be written with the next sync. */
  #waiting = "";
  #writing: Promise<void> | undefined;

  private constructor(
    path: string,
    folder: string,
    file: FileHandle,
    done: Done,
    identity: string,
  ) {
    this.#path = path;
    this.#folder = folder;
    this.#file = file;
    this.#done = done;
    this.#identity = identity;
    this.#left = new Map();
  }

  /** Opens the report, or begins one. Nobody else may work with it meanwhile. */
  static async open(path: string): Promise<Report> {
    const folder = `${path}.d`;
    const unwritable = (error: unknown): never => {
      throw unwritten(path, error, "Name a --report where files can be written.");
    };
    await mkdir(folder, PRIVATE_FOLDER).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") unwritable(error);
    });
    // What is in it is gone on from, so it must not be somebody else's.
    await mustBeFolder(folder).catch((error) => unwritable(error));
    await claim(join(folder, "lock"), path).catch(unwritable);
    const file = await openToAppend(path).catch(async (error) => {
      await discard(folder);
      return unwritable(error);
    });
    const done = new Done();
    try {
      await mend(file, await readInto(done, path));
    } catch (error) {
      await file.close();
      await discard(folder);
      throw error;
    }
    const { identity, isNew } = await identityIn(folder).catch(async (error) => {
      await file.close();
      await discard(folder);
      return unwritable(error);
    });
    const report = new Report(path, folder, file, done, identity);
    report.isNew = isNew;
    await report.#look();
    return report;
  }

  /** Nothing is done yet. */
  get isEmpty(): boolean {
    return this.#done.isEmpty;
  }

  /**
   * The row needs nothing more.
   *
   * @throws UsageError When the report tells of another source on this line: then it belongs to another manifest.
   */
  isDone({ line, key, place }: Row): boolean {
    const known = this.#done.get(line);
    if (known === undefined) return false;
    if (known === keyNumber(key)) return true;
    throw new UsageError(
      `${this.#path} tells of another source on line ${line} than ${place}`,
      "ingest",
      "Rows are known by line and source (or by `id`): add new ones at the end, or name another --report.",
    );
  }

  /** Where the row's checkpoint lies, or will. */
  checkpoint(row: Row): string {
    return join(this.#folder, `${row.line}-${row.version()}.json`);
  }

  /** Checkpoints that this line had in earlier runs: its own, and those of what the row said before it was edited. */
  left({ line }: Row): readonly string[] {
    return this.#left.get(line) ?? [];
  }

  /**
   * An id for the row's media, the same in every run until all is done: a media that was made and never heard of is found
   * again by it. What an edited row becomes is another media.
   */
  referenceId(row: Row): string {
    const hash = createHash("sha256").update(`${this.#identity} ${row.line} ${row.version()}`);
    return `vodlift-${hash.digest("base64url").slice(0, 32)}`;
  }

  /** Resolves once it is on the disk. Entries that come together share one sync. */
  async add(entry: Entry): Promise<void> {
    // People look at it, too.
    this.#waiting += `${printableJson(entry)}\n`;
    // Who comes while a sync runs is written with the next one.
    await this.#writing;
    this.#writing ??= this.#write();
    await this.#writing;
  }

  /** With `complete`, every row is done, or none was begun: no media is left to be found again. */
  async close(complete: boolean): Promise<void> {
    const { size } = await this.#file.stat();
    await this.#file.close();
    if (size === 0) await rm(this.#path);
    if (complete) await rm(join(this.#folder, IDENTITY), { force: true });
    await discard(this.#folder);
  }

  async #write(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = "";
    try {
      await this.#file.appendFile(text);
      await this.#file.datasync();
    } catch (error) {
      throw unwritten(this.#path, error, AGAIN);
    } finally {
      this.#writing = undefined;
    }
  }

  /** Finds what there is to go on from. What a killed process had no time to remove is removed. */
  async #look(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      if (TEMPORARY.test(name)) await rm(path);
      const [, digits] = /^(\d+)-[0-9a-f]{16}\.json$/.exec(name) ?? [];
      if (digits === undefined) continue;
      const line = Number(digits);
      if (this.#done.get(line) !== undefined) await rm(path);
      else this.#leftAt(line).push(path);
    }
  }

  #leftAt(line: number): string[] {
    const paths = this.#left.get(line) ?? [];
    this.#left.set(line, paths);
    return paths;
  }
}

/** What is done is found again by its checkpoint, and what VOD has been told by its reference id. */
const AGAIN = "Make room for it, and run the same command again: nothing is uploaded twice.";

function unwritten(path: string, error: unknown, hint: string): UsageError {
  if (error instanceof UsageError) return error;
  if (error instanceof LinkRefused) {
    return new UsageError(`the report ${error.path}: ${error.message}`, "ingest", hint);
  }
  const reason = isMissing(error) ? "there is no such folder" : fileReason(error);
  return new UsageError(`the report ${path}: ${reason ?? String(error)}`, "ingest", hint);
}

/** The folder stays if there is something in it to go on from. */
async function discard(folder: string): Promise<void> {
  await rm(join(folder, "lock"), { force: true });
  await rmdir(folder).catch(() => {});
}

const IDENTITY = "identity";

/** What an earlier run has left, or a new one, on the disk before anybody relies on it. */
async function identityIn(folder: string): Promise<{ identity: string; isNew: boolean }> {
  const path = join(folder, IDENTITY);
  const known = await readPlain(path).catch(() => "");
  if (/^[0-9a-f]{32}$/.test(known)) return { identity: known, isNew: false };
  const identity = randomBytes(16).toString("hex");
  await replaceFile(path, identity, true);
  return { identity, isNew: true };
}

/** Lines whose keys lie together. */
const PAGE = 128;

/** What is done, in about 10 bytes a line of the manifest, however long that is and whichever lines a report names. */
export class Done {
  readonly #pages = new Map<number, BigUint64Array>();

  get isEmpty(): boolean {
    return this.#pages.size === 0;
  }

  get(line: number): bigint | undefined {
    return this.#pages.get(Math.floor(line / PAGE))?.[line % PAGE] || undefined;
  }

  set(line: number, key: string | undefined): void {
    const number = Math.floor(line / PAGE);
    const page = this.#pages.get(number) ?? new BigUint64Array(PAGE);
    this.#pages.set(number, page);
    page[line % PAGE] = key === undefined ? 0n : keyNumber(key);
  }
}

function keyNumber(key: string): bigint {
  return BigInt(`0x${key}`);
}

/** Says whether the last line is a torn one. */
async function readInto(done: Done, path: string): Promise<boolean> {
  let number = 0;
  let torn = false;
  for await (const text of linesOf(path, { fatal: false })) {
    number += 1;
    // Half a line can only be the last one.
    const entry: Entry | undefined = torn ? undefined : parse(text);
    if (entry === undefined && (torn || !isBegun(text))) throw wrong(path, number);
    torn = entry === undefined;
    if (entry !== undefined) done.set(entry.line, entry.state === "done" ? entry.key : undefined);
  }
  return torn;
}

/** A text that could have become an entry. */
function isBegun(text: string): boolean {
  const beginning = '{"line":';
  return text.startsWith(beginning) || beginning.startsWith(text);
}

/** A process that was killed may have written half a line: what it was about is in its checkpoint. */
async function mend(file: FileHandle, torn: boolean): Promise<void> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, 65_536));
  await file.read(tail, 0, tail.length, size - tail.length);
  const whole = size - tail.length + tail.lastIndexOf("\n") + 1;
  if (whole === size) return;
  if (torn) await file.truncate(whole);
  else await file.appendFile("\n");
}

function parse(text: string): Entry | undefined {
  try {
    const { line, key, state } = JSON.parse(text) as Partial<Entry>;
    const fits =
      Number.isSafeInteger(line) &&
      Number(line) > 0 &&
      /^[0-9a-f]{16}$/.test(key ?? "") &&
      (state === "done" || state === "failed");
    return fits ? (JSON.parse(text) as Entry) : undefined;
  } catch {
    return undefined;
  }
}

function wrong(path: string, number: number): UsageError {
  return new UsageError(
    `${path}, line ${number}: this is no report of an ingest`,
    "ingest",
    "Name another --report.",
  );
}
