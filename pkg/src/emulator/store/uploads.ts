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
import { constants } from "node:fs";
import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { combineCrc64 } from "../crc64.ts";
import { copyRange, isMissing, readJson, writeJson } from "./files.ts";
import type { Folder } from "./folder.ts";
import type { StoredHeaders } from "./objects.ts";
import { type Digest, receive, Writer, WriterStopped } from "./receive.ts";

export const MIN_PART = 100 * 1024;
export const MAX_PART = 5 * 1024 ** 3;
export const MAX_PARTS = 10_000;
/** Beyond this a sparse file meets the limits of common file systems. */
const MAX_SPARSE = 4 * 1024 ** 4;

export type Part = {
  number: number;
  size: number;
  /** With its quotes, as on the wire. */
  etag: string;
  /** Unsigned decimal. */
  crc64: string;
  /** Unix ms. */
  modified: number;
  place: { slot: number } | { file: string };
};

export type Upload = {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  /** Unix ms. */
  readonly initiated: number;
  readonly headers: StoredHeaders;
  slotSize?: number;
};

/** The upload was completed or aborted meanwhile. */
export class UploadGone extends Error {}

/** An upload with its parts and whoever is writing one of them right now. */
class OpenUploadState {
  readonly upload: Upload;
  readonly folder: string;
  readonly parts = new Map<number, Part>();
  readonly writers = new Set<Writer>();
  /** Slots being written, by offset. */
  readonly busySlots = new Set<number>();
  closing = false;

  constructor(upload: Upload, folder: string) {
    this.upload = upload;
    this.folder = folder;
  }

  get data(): string {
    return join(this.folder, "data");
  }

  async save(): Promise<void> {
    await writeJson(join(this.folder, "upload.json"), this.upload);
  }

  /** Where part `number` may be written without touching anything stored; undefined if its slot cannot take it. */
  freeSlot(number: number, length: number): number | undefined {
    const { slotSize } = this.upload;
    if (slotSize === undefined || length > slotSize) return undefined;
    const offset = (number - 1) * slotSize;
    if (offset + length > MAX_SPARSE) return undefined;
    const stored = this.parts.get(number);
    if (stored && "slot" in stored.place) return undefined;
    return this.busySlots.has(offset) ? undefined : offset;
  }
}

export class Uploads {
  readonly #folder: Folder;
  readonly #open = new Map<string, OpenUploadState>();

  private constructor(folder: Folder) {
    this.#folder = folder;
  }

  /** Finds the uploads a previous run left open. */
  static async load(folder: Folder): Promise<Uploads> {
    const uploads = new Uploads(folder);
    for (const id of await readdir(folder.uploads)) {
      const path = join(folder.uploads, id);
      const upload = await readJson<Upload>(join(path, "upload.json"));
      if (!upload) {
        // The previous run died while creating or removing it.
        await rm(path, { recursive: true, force: true });
        continue;
      }
      const state = new OpenUploadState(upload, path);
      for (const part of await readParts(join(path, "parts.jsonl"))) {
        state.parts.set(part.number, part);
      }
      uploads.#open.set(id, state);
    }
    return uploads;
  }

  async initiate(bucket: string, key: string, headers: StoredHeaders, now: number) {
    const id = randomBytes(16).toString("hex").toUpperCase();
    const upload: Upload = { id, bucket, key, initiated: now, headers };
    const state = new OpenUploadState(upload, join(this.#folder.uploads, id));
    await mkdir(state.folder);
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
   * Streams one part to disk. `accept` sees its digest before it is stored, and may throw to refuse it.
   * A part that breaks off leaves nothing behind, and leaves an earlier part of that number untouched.
   */
  async receivePart(
    id: string,
    number: number,
    length: number,
    chunks: AsyncIterable<Buffer>,
    accept: (digest: Digest) => void,
    now: () => number,
  ): Promise<Part> {
    const state = this.#state(id);
    if (state.upload.slotSize === undefined && length >= MIN_PART) {
      state.upload.slotSize = length;
      await state.save();
    }
    const slot = state.freeSlot(number, length);
    if (slot === undefined) {
      const file = `${randomBytes(12).toString("hex")}.part`;
      const path = join(state.folder, file);
      return this.#receiveInto(state, path, { file }, number, chunks, accept, now).catch(
        async (error: unknown) => {
          await rm(path, { force: true });
          throw error;
        },
      );
    }
    state.busySlots.add(slot);
    return this.#receiveInto(state, state.data, { slot }, number, chunks, accept, now).finally(() =>
      state.busySlots.delete(slot),
    );
  }

  async #receiveInto(
    state: OpenUploadState,
    path: string,
    place: Part["place"],
    number: number,
    chunks: AsyncIterable<Buffer>,
    accept: (digest: Digest) => void,
    now: () => number,
  ): Promise<Part> {
    const file = await openForWriting(path, state.upload.id);
    const writer = new Writer(file, "slot" in place ? place.slot : 0);
    try {
      if (this.#ended(state)) throw new UploadGone(state.upload.id);
      state.writers.add(writer);
      const digest = await receive(chunks, writer);
      accept(digest);
      if (this.#ended(state)) throw new UploadGone(state.upload.id);
      return await this.#store(state, {
        number,
        size: digest.size,
        etag: `"${digest.md5.toString("hex").toUpperCase()}"`,
        crc64: digest.crc64.toString(),
        modified: now(),
        place,
      });
    } catch (error) {
      throw error instanceof WriterStopped ? new UploadGone(state.upload.id) : error;
    } finally {
      state.writers.delete(writer);
      await file.close();
    }
  }

  #ended(state: OpenUploadState): boolean {
    return state.closing || this.#open.get(state.upload.id) !== state;
  }

  async #store(state: OpenUploadState, part: Part): Promise<Part> {
    const replaced = state.parts.get(part.number);
    state.parts.set(part.number, part);
    await appendFile(join(state.folder, "parts.jsonl"), `${JSON.stringify(part)}\n`);
    if (replaced && "file" in replaced.place) {
      await rm(join(state.folder, replaced.place.file), { force: true });
    }
    return part;
  }

  /**
   * Joins `chosen`, in that order, into one file and hands it to `publish`. The caller has checked numbers, ETags and
   * sizes. The upload stops existing for everyone else at once, and stays gone only if `publish` succeeds.
   */
  async complete(
    id: string,
    chosen: readonly Part[],
    publish: (joined: { path: string; size: number; crc64: bigint }) => Promise<void>,
  ): Promise<void> {
    const state = this.#state(id);
    state.closing = true;
    try {
      await stopWriters(state);
      const crc64 = await foldCrc(chosen);
      const size = chosen.reduce((sum, part) => sum + part.size, 0);
      const path = await joinParts(state, chosen);
      await truncate(path, size);
      await publish({ path, size, crc64 });
    } catch (error) {
      state.closing = false;
      throw error;
    }
    await this.#remove(state);
  }

  async abort(id: string): Promise<void> {
    const state = this.#state(id);
    state.closing = true;
    await stopWriters(state);
    await this.#remove(state);
  }

  async #remove(state: OpenUploadState): Promise<void> {
    this.#open.delete(state.upload.id);
    // First the file that makes it an upload: a crash from here on leaves rubbish the next start clears away.
    await rm(join(state.folder, "upload.json"), { force: true });
    await rm(state.folder, { recursive: true, force: true });
  }

  #state(id: string): OpenUploadState {
    const state = this.#open.get(id);
    if (!state || state.closing) throw new UploadGone(id);
    return state;
  }
}

async function readParts(path: string): Promise<Part[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (isMissing(error)) return "";
    throw error;
  });
  // A last line without its newline was cut off by a crash; the client never got an answer for that part.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) await writeFile(path, whole);
  return whole
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Part);
}

/** Creates the file if need be, never empties it, writes at positions. */
async function openForWriting(path: string, uploadId: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT).catch((error: unknown) => {
    throw isMissing(error) ? new UploadGone(uploadId) : error;
  });
}

/** After this nobody writes into the upload's files any more, even if a client keeps sending. */
async function stopWriters(state: OpenUploadState): Promise<void> {
  for (const writer of state.writers) writer.stop();
  await Promise.allSettled([...state.writers].map((writer) => writer.settled()));
}

async function foldCrc(parts: readonly Part[]): Promise<bigint> {
  let crc = 0n;
  for (const [index, part] of parts.entries()) {
    crc = combineCrc64(crc, BigInt(part.crc64), part.size);
    // Ten thousand parts of ten thousand sizes take a second or two: let others in between.
    if (index % 64 === 63) await setImmediate();
  }
  return crc;
}

/** The path of a file that begins with the chosen parts in order. */
async function joinParts(state: OpenUploadState, chosen: readonly Part[]): Promise<string> {
  const layout = layOut(chosen);
  const inPlace = layout.every(
    ({ part, target }) => !("slot" in part.place) || part.place.slot === target,
  );
  const path = inPlace ? state.data : join(state.folder, "joined");
  if (!inPlace) await rm(path, { force: true });
  const target = await openForWriting(path, state.upload.id);
  try {
    for (const { part, target: offset } of layout) {
      if (inPlace && "slot" in part.place) continue;
      await copyPart(state, part, target, offset);
    }
  } finally {
    await target.close();
  }
  return path;
}

function layOut(parts: readonly Part[]): { part: Part; target: number }[] {
  let offset = 0;
  return parts.map((part) => {
    const target = offset;
    offset += part.size;
    return { part, target };
  });
}

async function copyPart(
  state: OpenUploadState,
  part: Part,
  target: FileHandle,
  offset: number,
): Promise<void> {
  const { place } = part;
  const path = "slot" in place ? state.data : join(state.folder, place.file);
  const source = await open(path, "r");
  try {
    await copyRange(source, "slot" in place ? place.slot : 0, target, offset, part.size);
  } finally {
    await source.close();
  }
}
