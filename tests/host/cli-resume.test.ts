// An upload that loses its process goes on from its checkpoint: nothing is lost, and no more is sent again than was in
// flight.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { signalOnce, vodlift } from "../support/cli.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  assertNothingStored,
  type Emulator,
  partsStored,
  startService,
  storedSha256,
} from "../support/service.ts";

const MIB = 1024 * 1024;
const SIZE = 24 * MIB + 5;
const CONCURRENCY = 4;

let service: Emulator;
let origin: Origin;
let folder: string;
let checkpoint: string;

before(async () => {
  service = await startService();
});
after(() => service.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vodlift-resume-"));
  checkpoint = join(folder, "film.json");
  origin = await startOrigin({
    routes: { "/film.mp4": { size: SIZE }, "/held.mp4": { size: SIZE } },
  });
});
afterEach(async () => {
  await origin.close();
  await rm(folder, { recursive: true });
});

function upload(source: string, ...more: string[]): string[] {
  const fixed = ["--json", "--part-size", "1MiB", "--allow-private", "--checkpoint", checkpoint];
  return ["upload", source, ...fixed, ...more];
}

const resume = (...more: string[]) =>
  vodlift(["resume", checkpoint, "--json", "--allow-private", ...more], { service });

const savedCheckpoint = async () => JSON.parse(await readFile(checkpoint, "utf8"));

/**
 * Sends a signal to an upload of the source once so many of its parts are stored. No more can follow before the command has
 * heard of it.
 */
function signalAt(mib: number, signal?: NodeJS.Signals) {
  const known = service.log.length;
  origin.hold("/held.mp4", (offset) => offset >= mib * MIB);
  return (child: ChildProcess): void => {
    child.stderr?.on("data", (text) => {
      if (String(text).includes("interrupted")) origin.hold("/held.mp4");
    });
    signalOnce(() => partsStoredSince(known) >= mib, signal)(child);
  };
}

/** Kills an upload of the source that is held once this much is stored. */
async function killedAfter(mib: number, ...more: string[]): Promise<number> {
  const known = service.log.length;
  const result = await vodlift(upload(`${origin.url}/held.mp4`, ...more), {
    service,
    during: signalAt(mib, "SIGKILL"),
  });
  origin.hold("/held.mp4");
  assert.equal(result.code, null, result.stderr);
  return known;
}

/** Parts that were stored since the log was this long, and how many of them twice. */
function sentSince(known: number): { parts: number; again: number } {
  const numbers = partsStored({ log: service.log.slice(known) });
  return { parts: new Set(numbers).size, again: numbers.length - new Set(numbers).size };
}

for (const mib of [1, 5, 9, 14, 20]) {
  test(`killed after ${mib} MiB by URL, it goes on where the server stands`, async () => {
    const known = await killedAfter(mib);
    const { code, json, stderr } = await resume();
    assert.equal(code, 0, stderr);
    assert.equal(json.resumed, true);
    assert.equal(await storedSha256(service, json.objectKey), await origin.sha256("/held.mp4"));
    const { parts, again } = sentSince(known);
    assert.equal(parts, 25);
    assert.ok(again <= CONCURRENCY, `${again} parts were sent again`);
    assert.equal(existsSync(checkpoint), false, "the checkpoint of a finished upload is removed");
    await assertNothingOpen(service);
  });
}

test("killed and resumed again and again, a file arrives whole", async () => {
  const file = join(folder, "film.mp4");
  await writeFile(file, Buffer.from(await (await fetch(`${origin.url}/film.mp4`)).arrayBuffer()));
  const known = service.log.length;
  let args = upload(file);
  for (let kills = 0; ; kills += 1) {
    const already = service.log.length;
    const stalls = { operation: "UploadPart", from: 4, action: { kind: "stall" } } as const;
    service.setFaults(kills < 4 ? [stalls] : []);
    const { code, json, stderr } = await vodlift(args, {
      service,
      during: (child) => {
        if (kills < 4) signalOnce(() => partsStoredSince(already) >= 3, "SIGKILL")(child);
      },
    });
    args = ["resume", checkpoint, "--json"];
    if (code === null) continue;
    assert.equal(code, 0, stderr);
    assert.equal(kills, 4);
    assert.equal(await storedSha256(service, json.objectKey), await origin.sha256("/film.mp4"));
    assert.ok(sentSince(known).again <= 4 * CONCURRENCY);
    break;
  }
  service.setFaults([]);
});

function partsStoredSince(known: number): number {
  return partsStored({ log: service.log.slice(known) }).length;
}

test("Ctrl-C keeps the checkpoint, and says how to go on and how to give up", async () => {
  const interrupted = await vodlift(upload(`${origin.url}/held.mp4`), {
    service,
    during: signalAt(6),
  });
  assert.equal(interrupted.code, 130, interrupted.stderr);
  assert.equal(interrupted.json.error.code, "suspended");
  assert.match(interrupted.stderr, /vodlift resume .*film\.json/);
  assert.equal((await service.openUploads()).length, 1);

  const { code, json, stderr } = await resume();
  assert.equal(code, 0, stderr);
  assert.equal(await storedSha256(service, json.objectKey), await origin.sha256("/held.mp4"));
});

test("abort removes the parts from the server, and the file", async () => {
  await killedAfter(6);
  const aborted = await vodlift(["abort", checkpoint, "--json"], { service });
  assert.equal(aborted.code, 0, aborted.stderr);
  assert.deepEqual(aborted.json, { aborted: true });
  assert.equal(existsSync(checkpoint), false);
  await assertNothingOpen(service);
});

test("a checkpoint holds no secret, and only its owner may read it", async () => {
  await killedAfter(6);
  const text = await readFile(checkpoint, "utf8");
  assert.doesNotMatch(text, /STS\.|signature|token|AccessKey/i);
  assert.ok(!text.includes(service.accessKeySecret));
  assert.ok(text.length < 2000, `${text.length} bytes`);
  assert.equal((await stat(checkpoint)).mode & 0o777, 0o600);
  await vodlift(["abort", checkpoint], { service });
});

test("a URL whose query is a credential must be passed again", async () => {
  const url = `${origin.url}/held.mp4?Expires=99&Signature=abcdefabcdefabcdef`;
  const killed = await vodlift(upload(url), {
    service,
    during: signalAt(6, "SIGKILL"),
  });
  origin.hold("/held.mp4");
  assert.equal(killed.code, null);
  assert.equal((await savedCheckpoint()).source.queryRemoved, true);
  const without = await resume();
  assert.equal(without.code, 2);
  assert.match(without.json.error.message, /`--source` must be passed again/);
  const { code, stderr } = await resume("--source", url);
  assert.equal(code, 0, stderr);
});

test("a file that has changed is refused with what changed, and the checkpoint stays", async () => {
  const file = join(folder, "film.mp4");
  await writeFile(file, Buffer.alloc(8 * MIB, 1));
  service.setFaults([{ operation: "UploadPart", from: 3, action: { kind: "stall" } }]);
  const known = service.log.length;
  await vodlift(upload(file), {
    service,
    during: signalOnce(() => partsStoredSince(known) >= 2, "SIGKILL"),
  });
  service.setFaults([]);
  await truncate(file, 5 * MIB);
  const { code, json } = await resume();
  assert.equal(code, 3);
  assert.equal(json.error.code, "source_changed");
  assert.match(json.error.message, /its size was 8388608 and is 5242880 now/);
  assert.equal(existsSync(checkpoint), true);
  assert.equal((await vodlift(["abort", checkpoint], { service })).code, 0);
});

test("an upload that the server has dropped starts over, and says so", async () => {
  await killedAfter(6);
  const saved = await savedCheckpoint();
  await vodlift(["abort", checkpoint], { service });
  await assertNothingOpen(service);
  await writeFile(checkpoint, JSON.stringify(saved));
  const { code, json, stderr } = await resume();
  assert.equal(code, 0, stderr);
  assert.equal(json.restarts, 1);
  assert.equal(await storedSha256(service, json.objectKey), await origin.sha256("/held.mp4"));
  assert.equal(
    (await vodlift(["abort", checkpoint], { service })).code,
    2,
    "nothing is left to abort",
  );
});

test("a checkpoint that leads to another object is refused before a byte moves", async () => {
  await killedAfter(6);
  const saved = await savedCheckpoint();
  const place = { ...saved.place, objectKey: "sv/somebody/else.mp4" };
  await writeFile(checkpoint, JSON.stringify({ ...saved, place }));
  const { code, json } = await resume();
  assert.equal(code, 2);
  assert.equal(json.error.code, "checkpoint_invalid");
  await writeFile(checkpoint, JSON.stringify(saved));
  await vodlift(["abort", checkpoint], { service });
});

test("what is no checkpoint is said so, by name", async () => {
  await writeFile(checkpoint, "not JSON");
  const garbled = await resume();
  assert.equal(garbled.code, 2);
  assert.match(garbled.json.error.message, /film\.json: this is no checkpoint/);
  await writeFile(checkpoint, JSON.stringify({ version: 1 }));
  assert.equal((await resume()).json.error.class ?? "usage", "usage");
  await rm(checkpoint);
  assert.match((await resume()).json.error.message, /film\.json: there is no checkpoint/);
});

test("a checkpoint that is there already is not overwritten", async () => {
  await killedAfter(6);
  const { code, stderr } = await vodlift(upload(`${origin.url}/film.mp4`), { service });
  assert.equal(code, 2);
  assert.match(stderr, /exists already/);
  await vodlift(["abort", checkpoint], { service });
});

test("a checkpoint that cannot be written ends the upload before it is worth something", async () => {
  checkpoint = join(folder, "no", "such", "folder.json");
  const { code, json } = await vodlift(upload(`${origin.url}/film.mp4`), { service });
  assert.equal(code, 2);
  assert.equal(json.error.code, "checkpoint_failed");
  await assertNothingOpen(service);
});

test("standard input says that it cannot be resumed before bytes are spent", async () => {
  const { code, stderr } = await vodlift(upload("-", "--file-name", "a.mp4"), {
    service,
    stdin: Buffer.alloc(10),
  });
  assert.equal(code, 2);
  assert.match(stderr, /can be read only once/);
});

test("a failure that a later run can mend leaves the parts for it", async () => {
  const fresh = await startService();
  try {
    fresh.setFaults([
      {
        operation: "UploadPart",
        from: 5,
        action: { kind: "answer", status: 403, code: "AccessDenied" },
      },
    ]);
    const failed = await vodlift(upload(`${origin.url}/film.mp4`), { service: fresh });
    assert.equal(failed.code, 4, failed.stderr);
    assert.equal((await fresh.openUploads()).length, 1);
    fresh.setFaults([]);
    const { code, json } = await vodlift(["resume", checkpoint, "--json", "--allow-private"], {
      service: fresh,
    });
    assert.equal(code, 0);
    assert.equal(await storedSha256(fresh, json.objectKey), await origin.sha256("/film.mp4"));
    await assertNothingOpen(fresh);
  } finally {
    await fresh.close();
  }
});

test("without a checkpoint, the same failure leaves nothing", async () => {
  const fresh = await startService();
  try {
    fresh.setFaults([
      {
        operation: "UploadPart",
        from: 5,
        action: { kind: "answer", status: 403, code: "AccessDenied" },
      },
    ]);
    const args = ["upload", `${origin.url}/film.mp4`, "--allow-private", "--part-size", "1MiB"];
    assert.equal((await vodlift(args, { service: fresh })).code, 4);
    await assertNothingStored(fresh);
  } finally {
    await fresh.close();
  }
});
