/**
 * Where everything lies under the emulator's folder:
 *
 *     DIR/<bucket>/<key>                        an object: a plain file
 *     DIR/.vodlift-emulator/settings.json       keys, region, bucket
 *     DIR/.vodlift-emulator/objects/<hash>      metadata of an object
 *     DIR/.vodlift-emulator/uploads/<id>/       an open multipart upload
 *     DIR/.vodlift-emulator/assets/<id>.json    a VOD asset
 *     DIR/.vodlift-emulator/jobs/<id>.json      a job of UploadMediaByURL
 *     DIR/.vodlift-emulator/incoming/           bodies still arriving; emptied at every start
 */
import { createHash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { lstat, mkdir, mkdtemp, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { mustBeFolder, PRIVATE_FOLDER } from "../../plain-files.ts";
import { hasCode, isMissing } from "./files.ts";

const STATE = ".vodlift-emulator";

/** Temporary folders in use. A process that ends without closing its emulator still takes them along. */
const temporaryFolders = new Set<string>();
let watchingExit = false;

function removeAtExit(dir: string): void {
  temporaryFolders.add(dir);
  if (watchingExit) return;
  watchingExit = true;
  process.once("exit", () => {
    for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true });
  });
}

export class Folder {
  readonly dir: string;
  readonly #temporary: boolean;

  private constructor(dir: string, temporary: boolean) {
    this.dir = dir;
    this.#temporary = temporary;
  }

  /** Opens `dir`, or a fresh temporary folder. */
  static async open(dir: string | undefined): Promise<Folder> {
    const chosen = dir === undefined ? await mkdtemp(join(tmpdir(), "vodlift-emulator-")) : dir;
    await makeFolder(chosen);
    const folder = new Folder(await realpath(resolve(chosen)), dir === undefined);
    if (dir === undefined) removeAtExit(folder.dir);
    await ownFolder(folder.#state());
    await rm(folder.#state("incoming"), { recursive: true, force: true });
    for (const name of ["objects", "uploads", "assets", "jobs", "incoming"]) {
      await ownFolder(folder.#state(name));
    }
    return folder;
  }

  #state(...names: string[]): string {
    return join(this.dir, STATE, ...names);
  }

  get settings(): string {
    return this.#state("settings.json");
  }

  get assets(): string {
    return this.#state("assets");
  }

  get jobs(): string {
    return this.#state("jobs");
  }

  get uploads(): string {
    return this.#state("uploads");
  }

  /** Only for names that passed `checkBucketName` and `checkObjectName`. What leads there may be a link: see `leadsTo`. */
  object(bucket: string, key: string): string {
    return join(this.dir, bucket, ...key.split("/"));
  }

  bucket(bucket: string): string {
    return join(this.dir, bucket);
  }

  /** Makes the folder of a bucket. */
  async makeBucket(bucket: string): Promise<void> {
    await ownFolder(this.bucket(bucket));
  }

  /** The folders on the way to an object are folders, and no links out of the bucket. */
  async leadsTo(path: string): Promise<boolean> {
    const folder = dirname(path);
    // The folder itself was resolved at the start, so a path without links is its own real path.
    return realpath(folder).then(
      (real) => real === folder,
      (error: unknown) => {
        if (isMissing(error) || hasCode(error, "ELOOP")) return false;
        throw error;
      },
    );
  }

  /** Makes the folders on the way to an object; false where something else than a folder stands in the way. */
  async makeWayTo(path: string): Promise<boolean> {
    const missing: string[] = [];
    for (let folder = dirname(path); folder !== this.dir; folder = dirname(folder)) {
      const found = await lstat(folder).catch(() => undefined);
      if (found?.isDirectory()) break;
      if (found) return false;
      missing.unshift(folder);
    }
    for (const folder of missing) {
      await mkdir(folder, PRIVATE_FOLDER).catch((error: unknown) => {
        if (!hasCode(error, "EEXIST")) throw error;
      });
    }
    return this.leadsTo(path);
  }

  /** A key may be longer than a file name may be, so its metadata lies under its hash. */
  metadata(bucket: string, key: string): string {
    const hash = createHash("sha256").update(`${bucket}/${key}`).digest("hex");
    return this.#state("objects", `${hash}.json`);
  }

  incoming(): string {
    return this.#state("incoming", randomBytes(12).toString("hex"));
  }

  async close(): Promise<void> {
    if (!this.#temporary) return;
    await rm(this.dir, { recursive: true, force: true });
    temporaryFolders.delete(this.dir);
  }
}

/** A folder that is there and no link. */
async function ownFolder(path: string): Promise<void> {
  await mkdir(path, PRIVATE_FOLDER).catch((error: unknown) => {
    if (!hasCode(error, "EEXIST")) throw error;
  });
  await mustBeFolder(path);
}

/** Below /proc, where no folder can be made, Node's own recursion never ends. */
async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  if (parent !== path && !(await isThere(parent))) await makeFolder(parent);
  try {
    await mkdir(path, PRIVATE_FOLDER);
  } catch (error) {
    const isFolder = hasCode(error, "EEXIST") && (await stat(path)).isDirectory();
    if (!isFolder) throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}
