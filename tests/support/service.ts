// An emulator with what the tests ask of it: what was stored, and that nothing was left open.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { signalOnce } from "./cli.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "./emulator.ts";
import { leaks } from "./leaks.ts";
import { sha256OfFile } from "./origin.ts";

export type { Emulator } from "./emulator.ts";

/** Sources and receivers of tests lie on loopback. What it has logged is searched for secrets at the end. */
export async function startService(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ allowPrivate: true, ...options });
  const close = async () => {
    await emulator.close();
    const { log, events, accessKeySecret, issuedSecrets } = emulator;
    const logged = JSON.stringify([log, events]);
    // The latest will do where there are very many.
    const told = leaks(logged, [accessKeySecret, ...issuedSecrets.slice(-SEARCHED)]);
    assert.deepEqual(told, [], "in the log of the emulator");
  };
  return { ...emulator, close };
}

const SEARCHED = 100;

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

/** Part numbers that were stored, whether or not their sender heard of it, in the order they arrived. */
export function partsStored(emulator: Pick<Emulator, "log">): number[] {
  return emulator.log
    .filter(({ operation, result }) => operation === "UploadPart" && result === 200)
    .map(({ partNumber }) => partNumber ?? 0);
}

/** What was made in VOD: each media with the parameters it was made with. */
export async function mediaMade(
  emulator: Emulator,
): Promise<{ id: string; key: string; parameters: Record<string, string> }[]> {
  const folder = join(emulator.dir, ".vodlift-emulator/assets");
  const names = await readdir(folder).catch(() => []);
  const whole = names.filter((name) => name.endsWith(".json"));
  return Promise.all(
    whole.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8"))),
  );
}

/** Kills the process once so many media were made, whatever it has heard of them. */
export function killedOnceCreated(emulator: Emulator, count: number) {
  return signalOnce(async () => (await mediaMade(emulator)).length >= count, "SIGKILL");
}
