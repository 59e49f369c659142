// kill -9 at random moments, and `vodlift resume` after each: what arrives is the source, and next to nothing is sent twice.
import assert from "node:assert/strict";
import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Vodlift } from "../../pkg/src/index.ts";
import { type CliResult, vodlift } from "./cli.ts";
import { madeUp, startOrigin } from "./origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  mediaMade,
  startService,
  storedObjects,
  storedSha256,
} from "./service.ts";

export interface Kills {
  /** Bytes of the source. */
  size: number;
  /** Kills of each kind of source. */
  kills: number;
  partSize: number;
  concurrency: number;
  /** The same seed draws the same moments, as fractions of how long an upload takes. */
  seed: number;
  /** How long the emulator takes over every request, in ms: without it a small upload is over too soon. */
  latencyMs?: number;
  say(line: string): void;
}

/** What came of it. */
export interface Toll {
  kills: number;
  /** Of those, how many hit an upload that had ended already. */
  tooLate: number;
  /** Parts that were sent again, in all and at the most after one kill. */
  again: number;
  mostAgain: number;
}

/** An upload takes no longer than this, however loaded the machine is. */
const HANGS_MS = 600_000;

interface World {
  what: Kills;
  service: Emulator;
  vod: Vodlift;
  folder: string;
  wanted: string;
  luck: () => number;
  toll: Toll;
}

/** Uploads a URL and a file again and again, and kills each upload once. */
export async function survive(what: Kills): Promise<Toll> {
  const service = await startService({ latencyMs: what.latencyMs ?? 0 });
  const folder = await mkdtemp(join(tmpdir(), "vodlift-kills-"));
  const content = madeUp(what.size, "kills");
  const origin = await startOrigin({ routes: { "/film.mp4": { content } } });
  const toll = { kills: 0, tooLate: 0, again: 0, mostAgain: 0 };
  try {
    const file = join(folder, "film.mp4");
    await pipeline(Readable.from(content.read(0, what.size)), createWriteStream(file));
    const wanted = await content.sha256();
    const luck = drawn(what.seed);
    const world = { what, service, vod: new Vodlift(service), folder, wanted, luck, toll };
    await killEach(world, { url: `${origin.url}/film.mp4`, file });
    return toll;
  } finally {
    await origin.close();
    await service.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** How long an upload takes that nobody kills, in ms. */
async function undisturbed(world: World, source: string): Promise<number> {
  const began = performance.now();
  const whole = await upload(world, source, "whole");
  assert.equal(whole.code, 0, whole.stderr);
  const takes = performance.now() - began;
  await check(world, 0);
  return takes;
}

async function killEach(world: World, sources: Record<string, string>): Promise<void> {
  const { what, luck } = world;
  const takes: Record<string, number> = {};
  for (const [kind, source] of Object.entries(sources)) {
    takes[kind] = await undisturbed(world, source);
  }
  for (let kill = 1; kill <= what.kills; kill += 1) {
    for (const [kind, source] of Object.entries(sources)) {
      const share = luck();
      const at = share * (takes[kind] ?? 0);
      const { again, tooLate } = await killOnce(world, source, kill, at);
      // The machine has become faster: the next kills are to hit.
      if (tooLate) takes[kind] = at;
      const end = tooLate ? "it had ended" : `${again} parts sent again`;
      what.say(`${kind} ${kill}/${what.kills}: killed at ${(share * 100).toFixed(1)} %, ${end}`);
    }
  }
}

async function killOnce(world: World, source: string, number: number, at: number) {
  const { what, toll } = world;
  const name = `kill-${number}`;
  const checkpoint = join(world.folder, `${name}.json`);
  let timer: NodeJS.Timeout | undefined;
  const killed = await upload(world, source, name, (child) => {
    timer = setTimeout(() => child.kill("SIGKILL"), at);
  });
  clearTimeout(timer);
  const tooLate = killed.code === 0 || (await isWhole(world, checkpoint));
  let retries = 0;
  if (!tooLate) {
    // Killed before the first checkpoint, it is simply begun again: a media that was made is found by its reference id.
    const end = existsSync(checkpoint)
      ? await run(world, ["resume", checkpoint, "--concurrency", String(what.concurrency)])
      : await upload(world, source, name);
    assert.equal(end.code, 0, `${name} of ${source}, seed ${what.seed}: ${end.stderr}`);
    retries = end.json.retries;
  }
  assert.equal(existsSync(checkpoint), false, "a finished upload keeps no checkpoint");
  const sent = await check(world, number);
  const again = sent - Math.ceil(what.size / what.partSize);
  const allowed = what.concurrency + retries;
  assert.ok(again <= allowed, `${again} parts sent again, at most ${allowed} were in flight`);
  toll.kills += 1;
  toll.tooLate += Number(tooLate);
  toll.again += again;
  toll.mostAgain = Math.max(toll.mostAgain, again);
  return { again, tooLate };
}

/** It was killed when all was done and its checkpoint removed, while it said so. */
async function isWhole({ service }: World, checkpoint: string): Promise<boolean> {
  return !existsSync(checkpoint) && (await storedObjects(service)).length > 0;
}

function upload(
  world: World,
  source: string,
  name: string,
  during?: (child: { kill(signal: "SIGKILL"): boolean }) => void,
): Promise<CliResult> {
  const { what, folder } = world;
  const media = ["--reference-id", `soak-${what.seed}-${name}`, "--adopt"];
  const parts = ["--part-size", String(what.partSize), "--concurrency", String(what.concurrency)];
  const kept = ["--checkpoint", join(folder, `${name}.json`)];
  return run(world, ["upload", source, ...media, ...parts, ...kept], during);
}

function run(
  { service }: World,
  args: string[],
  during?: (child: { kill(signal: "SIGKILL"): boolean }) => void,
): Promise<CliResult> {
  const options = { service, hangsMs: HANGS_MS, ...(during && { during }) };
  return vodlift([...args, "--allow-private", "--json", "--quiet"], options);
}

/** One media, whole, and nothing beside it; then it makes room for the next. Says how many parts were sent, whole or not. */
async function check({ service, vod, wanted }: World, number: number): Promise<number> {
  const media = await mediaMade(service);
  assert.equal(media.length, 1, `${media.length} media were made for upload ${number}`);
  const [{ id = "", key = "" } = {}] = media;
  assert.equal(await storedSha256(service, key), wanted);
  await assertNothingOpen(service);
  await vod.call("DeleteVideo", { VideoIds: id });
  return service.log.filter((sent) => sent.operation === "UploadPart" && sent.key === key).length;
}

/** Fractions from a seed (mulberry32). */
function drawn(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
