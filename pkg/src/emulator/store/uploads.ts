/**
 * Open multipart uploads.
 *
 *     uploads/<id>/upload.json    bucket, key, headers, slot size
 *     uploads/<id>/parts.jsonl    one line a stored part; a later line of the same number replaces the earlier
 *     uploads/<id>/data           parts that lie at their final offset already ("in their slot")
 *     uploads/<id>/<random>.part  parts that could not: another size, or a number that was sent again
 *
 * Most clients cut equal parts. The first part that arrives sets the slot size, and part N is written at
 * (N-1)·size of one sparse file; completing then means renaming that file, however large it is. A stored part is
 * never overwritten in place: its replacement goes to a file of its own, so that a broken re-send loses nothing.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openToWrite, PRIVATE_FOLDER } from "../../plain-files.ts";
import { isMissing } from "./files.ts";
import type { Folder } from "./folder.ts";
import { type Joined, joinParts } from "./join.ts";
import type { StoredHeaders } from "./objects.ts";
import { type Digest, receive, Writer, WriterStopped } from "./receive.ts";
import { type Part, type Upload, UploadState } from "./upload-state.ts";

export type { Part, Upload } from "./upload-state.ts";

export const MIN_PART = 100 * 1024;
export const MAX_PART = 5 * 1024 ** 3;
export const MAX_PARTS = 10_000;

/** The upload was completed or aborted meanwhile. */
export class UploadGone extends Error {}

/** A part about to arrive. */
export type IncomingPart = {
  number: number;
  /** Announced length. */
  length: number;
  body: AsyncIterable<Buffer>;
  /** Sees the digest before the part is stored, and may throw to refuse it. */
  accept: (digest: Digest) => void;
  now: () => number;
};

export class Uploads {
  readonly #folder: Folder;
  readonly #open = new Map<string, UploadState>();

  private constructor(folder: Folder) {
    this.#folder = folder;
  }

  /** Finds the uploads a previous run left open. */
  static async load(folder: Folder): Promise<Uploads> {
    const uploads = new Uploads(folder);
    for (const entry of await readdir(folder.uploads, { withFileTypes: true })) {
      const id = entry.name;
      const path = join(folder.uploads, id);
      const state = entry.isDirectory() ? await UploadState.load(path) : undefined;
      if (state) uploads.#open.set(id, state);
      else await rm(path, { recursive: true, force: true });
    }
    return uploads;
  }

  async initiate(
    bucket: string,
    key: string,
    headers: StoredHeaders,
    now: number,
    { sequential }: { sequential: boolean },
  ): Promise<Upload> {
    const id = randomBytes(16).toString("hex").toUpperCase();
    const upload: Upload = {
      id,
      bucket,
      key,
      initiated: now,
      headers,
      ...(sequential ? { sequential } : {}),
    };
    const state = new UploadState(upload, join(this.#folder.uploads, id));
    await mkdir(state.folder, PRIVATE_FOLDER);
    await state.save();
    this.#open.set(id, state);
    return upload;
  }

  find(id: string): Upload | undefined {
    const state = this.#open.get(id);
    return state?.closing ? undefined : state?.upload;
  }

  /** All open uploads, by key and then by id. */
  list(): Upload[] {
    return [...this.#open.values()]
      .filter((state) => !state.closing)
      .map((state) => state.upload)
      .toSorted(
        (a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || (a.id < b.id ? -1 : 1),
      );
  }

  /** Stored parts in ascending order. */
  parts(id: string): Part[] {
    return [...this.#state(id).parts.values()].toSorted((a, b) => a.number - b.number);
  }

  /**
   * Streams one part to disk. A part that breaks off leaves nothing behind, and leaves an earlier part of that number
   * untouched.
   */
  async receivePart(id: string, part: IncomingPart): Promise<Part> {
    const state = this.#state(id);
    if (part.length >= MIN_PART) await state.chooseSlotSize(part.length);
    const slot = state.freeSlot(part.number, part.length);
    if (slot === undefined) return this.#receiveIntoFile(state, part);
    state.busySlots.add(slot);
    try {
      return await this.#receiveInto(state, state.data, { slot }, part);
    } finally {
      state.busySlots.delete(slot);
    }
  }

  async #receiveIntoFile(state: UploadState, part: IncomingPart): Promise<Part> {
    const file = `${randomBytes(12).toString("hex")}.part`;
    const path = join(state.folder, file);
    try {
      return await this.#receiveInto(state, path, { file }, part);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  async #receiveInto(
    state: UploadState,
    path: string,
    place: Part["place"],
    { number, body, accept, now }: IncomingPart,
  ): Promise<Part> {
    const file = await openToWrite(path).catch((error: unknown) => {
      throw isMissing(error) ? new UploadGone(state.upload.id) : error;
    });
    const writer = new Writer(file, "slot" in place ? place.slot : 0);
    try {
      this.#checkOpen(state);
      state.writers.add(writer);
      const digest = await receive(body, writer);
      accept(digest);
      this.#checkOpen(state);
      const etag = `"${digest.md5.toString("hex").toUpperCase()}"`;
      const crc64 = digest.crc64.toString();
      const part: Part = { number, size: digest.size, etag, crc64, modified: now(), place };
      const replaced = await state.add(part);
      if (replaced && "file" in replaced.place) {
        await rm(join(state.folder, replaced.place.file), { force: true });
      }
      return part;
    } catch (error) {
      throw error instanceof WriterStopped ? new UploadGone(state.upload.id) : error;
    } finally {
      state.writers.delete(writer);
      await file.close();
    }
  }

  /**
   * Joins `chosen`, in that order, into one file and hands it to `publish`. The caller has checked numbers, ETags and
   * sizes. The upload stops existing for everyone else at once, and stays gone only if `publish` succeeds.
   */
  async complete(
    id: string,
    chosen: readonly Part[],
    publish: (joined: Joined) => Promise<void>,
  ): Promise<void> {
    const state = this.#state(id);
    state.closing = true;
    await state.stopWriters();
    try {
      await publish(await joinParts(state, chosen));
    } catch (error) {
      await this.#reopen(state, chosen);
      throw error;
    }
    await this.#remove(state);
  }

  /** After a failed attempt. Joining in place may have cut off parts that were not chosen: they are forgotten. */
  async #reopen(state: UploadState, chosen: readonly Part[]): Promise<void> {
    await state.keepOnly(chosen);
    if (await state.hasItsData()) state.closing = false;
    else await this.#remove(state);
  }

  async abort(id: string): Promise<void> {
    const state = this.#state(id);
    state.closing = true;
    await state.stopWriters();
    await this.#remove(state);
  }

  async #remove(state: UploadState): Promise<void> {
    this.#open.delete(state.upload.id);
    // A part that has just begun may still be choosing the size of slots.
    await state.written();
    // First the file that makes it an upload: a crash from here on leaves rubbish the next start clears away.
    await rm(join(state.folder, "upload.json"), { force: true });
    await rm(state.folder, { recursive: true, force: true });
  }

  #checkOpen(state: UploadState): void {
    if (state.closing || this.#open.get(state.upload.id) !== state) {
      throw new UploadGone(state.upload.id);
    }
  }

  #state(id: string): UploadState {
    const state = this.#open.get(id);
    if (!state || state.closing) throw new UploadGone(id);
    return state;
  }
}
