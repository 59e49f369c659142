/** One open multipart upload on disk: its description, its parts, and where each of them lies. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { openToAppend, replaceFile } from "../../plain-files.ts";
import { readJson, readText, writeJson } from "./files.ts";
import type { StoredHeaders } from "./objects.ts";
import type { Writer } from "./receive.ts";

/** Beyond this a sparse file meets the limits of common file systems. */
const MAX_SPARSE = 4 * 1024 ** 4;

export type Upload = {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  /** Unix ms. */
  readonly initiated: number;
  readonly headers: StoredHeaders;
  /** Parts are taken only in order. */
  readonly sequential?: true;
  slotSize?: number;
};

export type Part = {
  number: number;
  size: number;
  /** With its quotes, as on the wire. */
  etag: string;
  /** Unsigned decimal. */
  crc64: string;
  /** Unix ms. */
  modified: number;
  /** An offset in `data`, or a file of its own. */
  place: { slot: number } | { file: string };
};

/** An upload with its parts and whoever is writing one of them right now. */
export class UploadState {
  readonly upload: Upload;
  readonly folder: string;
  readonly parts = new Map<number, Part>();
  readonly writers = new Set<Writer>();
  /** Slots being written, by offset. */
  readonly busySlots = new Set<number>();
  /** Being completed or aborted: no part may be added any more. */
  closing = false;
  #slotSaved: Promise<void> = Promise.resolve();

  constructor(upload: Upload, folder: string) {
    this.upload = upload;
    this.folder = folder;
  }

  /** Undefined for what a crash left behind: half created, half removed, or completed but not yet removed. */
  static async load(folder: string): Promise<UploadState | undefined> {
    const upload = await readJson<Upload>(join(folder, "upload.json"));
    if (!upload) return undefined;
    const state = new UploadState(upload, folder);
    for (const part of await state.#readParts()) state.parts.set(part.number, part);
    return (await state.hasItsData()) ? state : undefined;
  }

  get data(): string {
    return join(this.folder, "data");
  }

  get #record(): string {
    return join(this.folder, "parts.jsonl");
  }

  async save(): Promise<void> {
    await writeJson(join(this.folder, "upload.json"), this.upload);
  }

  /** The slot size must be on disk before a slot is used, or a restart would choose another and overlap. */
  async chooseSlotSize(length: number): Promise<void> {
    if (this.upload.slotSize === undefined) {
      this.upload.slotSize = length;
      this.#slotSaved = this.save();
    }
    await this.#slotSaved;
  }

  /** Nothing is written to the upload's own file any more. */
  async written(): Promise<void> {
    await this.#slotSaved.catch(() => {});
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

  /** Records a part that is wholly on disk; the one it replaces, if any, is given back. */
  async add(part: Part): Promise<Part | undefined> {
    const replaced = this.parts.get(part.number);
    this.parts.set(part.number, part);
    const record = await openToAppend(this.#record);
    try {
      await record.appendFile(`${JSON.stringify(part)}\n`);
    } finally {
      await record.close();
    }
    return replaced;
  }

  /** Forgets every other part. */
  async keepOnly(parts: readonly Part[]): Promise<void> {
    this.parts.clear();
    for (const part of parts) this.parts.set(part.number, part);
    await replaceFile(this.#record, parts.map((part) => `${JSON.stringify(part)}\n`).join(""));
  }

  /** False once `data` has become the object: Complete moves it, so parts in slots are gone with it. */
  async hasItsData(): Promise<boolean> {
    const ends = [...this.parts.values()].map(({ place, size }) =>
      "slot" in place ? place.slot + size : 0,
    );
    const needed = ends.reduce((most, end) => Math.max(most, end), 0);
    if (needed === 0) return true;
    const size = await lstat(this.data).then(
      (file) => file.size,
      () => 0,
    );
    return size >= needed;
  }

  /** After this nobody writes into the upload's files any more, even if a client keeps sending. */
  async stopWriters(): Promise<void> {
    for (const writer of this.writers) writer.stop();
    await Promise.allSettled([...this.writers].map((writer) => writer.settled()));
  }

  async #readParts(): Promise<Part[]> {
    const text = (await readText(this.#record)) ?? "";
    // A last line without its newline was cut off by a crash; the client never got an answer for that part.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) await replaceFile(this.#record, whole);
    return whole
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Part);
  }
}
