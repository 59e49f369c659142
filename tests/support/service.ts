// An emulator with what the tests ask of it: what was stored, and that nothing was left open.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from "../../pkg/src/emulator/index.ts";
import { sha256OfFile } from "./origin.ts";

export type { Emulator } from "../../pkg/src/emulator/index.ts";

export function startService(options: EmulatorOptions = {}): Promise<Emulator> {
  return startEmulator(options);
}

/** SHA-256 of a stored object. */
export function storedSha256(emulator: Emulator, objectKey: string): Promise<string> {
  return sha256OfFile(join(emulator.dir, emulator.bucket, objectKey));
}

/** The file that is stored for a media, once VOD has noticed it. */
export function storedFile(emulator: Emulator, mediaId: string | undefined): string {
  const event = emulator.events.find(({ body }) => body.VideoId === mediaId);
  assert.ok(event, `VOD has no file for ${mediaId}`);
  const { pathname } = new URL(String(event.body.FileUrl));
  return join(emulator.dir, decodeURIComponent(pathname));
}

/** Every stored object's path below the bucket's folder. */
export async function storedObjects(emulator: Emulator): Promise<string[]> {
  const folder = join(emulator.dir, emulator.bucket);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A failure must leave neither an object nor an open multipart upload behind. */
export async function assertNothingStored(emulator: Emulator): Promise<void> {
  assert.deepEqual(await storedObjects(emulator), []);
  await assertNothingOpen(emulator);
}

export async function assertNothingOpen(emulator: Emulator): Promise<void> {
  assert.deepEqual(await emulator.openUploads(), []);
}

/** Part numbers that were stored, in the order they arrived. */
export function partsStored(emulator: Emulator): number[] {
  return emulator.log
    .filter(({ operation, status }) => operation === "UploadPart" && status === 200)
    .map(({ partNumber }) => partNumber ?? 0);
}
