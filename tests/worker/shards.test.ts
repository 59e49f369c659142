// One huge object, moved by four Workflow instances at once; and one that is larger still, by a single one.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Origin, type Route, sha256OfFile, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  partsStored,
  startService,
  storedFile,
} from "../support/service.ts";
import { until } from "../support/until.ts";
import { cannotKill, SOON_STALE, startVictim, type Victim } from "../support/victim.ts";
import { type IngestView, postIngest, viewIngest } from "../support/worker.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const PATH = "/huge.mp4";
const slow = process.env.VODLIFT_SLOW === "1" ? false : "20 GiB take minutes: set VODLIFT_SLOW=1";

interface Scene {
  service: Emulator;
  origin: Origin;
  worker: Victim;
  /** Kills the Worker, and starts it again. */
  restart(): Promise<void>;
  view(): Promise<IngestView>;
  /** Waits until it is over: bytes never fall, and are never more than there are. */
  end(): Promise<IngestView>;
}

/** Ingests what a route serves while something happens, and compares what is stored. */
async function lifts(
  route: Route & { size: number },
  fields: object,
  during: (scene: Scene) => Promise<void> = async () => {},
  settings: Readonly<Record<string, string>> = {},
): Promise<{ view: IngestView; parts: number[]; seconds: number; peakMib: number }> {
  const service = await startService();
  const origin = await startOrigin({ routes: { [PATH]: route } });
  const persist = await mkdtemp(join(tmpdir(), "vodlift-shards-"));
  const options = { service, persist, token: "a-token", settings };
  let worker = await startVictim(options);
  try {
    const began = performance.now();
    const id = await postIngest(worker, { url: `${origin.url}${PATH}`, ...fields });
    let arrived = 0;
    const view = async (): Promise<IngestView> => {
      const seen = await viewIngest(worker, id);
      assert.ok(seen.bytes >= arrived, `${seen.bytes} after ${arrived}`);
      assert.ok(seen.bytes <= (seen.size ?? 0), `${seen.bytes} of ${seen.size}`);
      assert.ok(seen.parts <= (seen.partsTotal ?? 0), `${seen.parts} of ${seen.partsTotal}`);
      arrived = seen.bytes;
      return seen;
    };
    const end = async (): Promise<IngestView> => {
      return until(async () => {
        const seen = await view();
        return seen.ended ? seen : undefined;
      });
    };
    const restart = async (): Promise<void> => {
      await worker.close();
      worker = await startVictim(options);
    };
    await during({ service, origin, worker, restart, view, end });
    const over = await end();
    const seconds = (performance.now() - began) / 1000;
    assert.deepEqual([over.state, over.error], ["done", undefined]);
    assert.deepEqual([over.bytes, over.size], [route.size, route.size]);
    const stored = storedFile(service, over.mediaId);
    assert.equal(await sha256OfFile(stored), await origin.sha256(PATH));
    await assertNothingOpen(service);
    return { view: over, parts: partsStored(service), seconds, peakMib: worker.peakMib() };
  } finally {
    await worker.close();
    await origin.close();
    await service.close();
    await rm(persist, { recursive: true, force: true });
  }
}

test("4 GiB through four shards", { skip: cannotKill }, async (t) => {
  const route = { size: 4 * GIB + 5 };
  const { view, parts, seconds, peakMib } = await lifts(route, { partSize: 32 * MIB, shards: 4 });
  t.diagnostic(`4 GiB in ${seconds.toFixed(1)} s, workerd's peak is ${peakMib.toFixed(0)} MiB`);
  assert.deepEqual([parts.length, new Set(parts).size], [129, 129]);
  const texts = view.timeline.map(({ text }) => text);
  assert.ok(texts.includes("4 workflows move it together."), texts.join("\n"));
});

/** Of each shard of four, what lies behind so many bytes. */
const behind = (size: number, bytes: number) => (offset: number) =>
  offset % Math.floor(size / 4) >= bytes;

test("killed in the middle, shards go on", { skip: cannotKill }, async () => {
  const size = 64 * MIB + 5;
  const kills = async ({ origin, view, restart }: Scene) => {
    for (const [mib, whole] of [
      // Of what was served a part may wait for a connection that a held one keeps: not all of it is stored.
      [5, 4],
      [10, 16],
    ] as const) {
      origin.hold(PATH, behind(size, mib * MIB));
      await until(async () => (await view()).parts >= whole);
      await restart();
    }
    origin.hold(PATH);
  };
  const { parts } = await lifts({ size }, { partSize: MIB, shards: 4 }, kills, SOON_STALE);
  assert.equal(new Set(parts).size, 65);
  assert.ok(parts.length <= 65 + 2 * 4 * 3, `${parts.length} parts were stored`);
});

test("shards whose ranges stop working leave it to the whole, which is read once", {
  skip: cannotKill,
}, async () => {
  for (const habit of [{ forgetsRanges: true }, { ifRangeIs200: true }]) {
    const route = { size: 24 * MIB, ...habit };
    const { view } = await lifts(route, { partSize: MIB, shards: 3 });
    assert.equal(view.parts, 24);
  }
});

test("paused and resumed, shards send nothing twice", { skip: cannotKill }, async () => {
  const size = 96 * MIB + 5;
  // What comes at once is stored in no time; for the rest it would take far longer than for a pause to be heard.
  const route = { size, bytesPerSecond: 2 * MIB, isSlow: behind(size, 4 * MIB) };
  const { parts, view } = await lifts(route, { partSize: MIB, shards: 4 }, async (scene) => {
    const post = (path: string) =>
      fetch(`${scene.worker.url}/v1/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${scene.worker.token}` },
      });
    await until(async () => (await scene.view()).parts >= 8);
    await post("pause");
    await until(async () => (await scene.view()).state === "queued");
    scene.origin.add(PATH, { size });
    await post("resume");
  });
  assert.deepEqual([parts.length, new Set(parts).size], [97, 97]);
  assert.equal(view.attempts, 1);
});

test("20 GiB through one instance", { skip: slow || cannotKill }, async (t) => {
  const { parts, seconds, peakMib } = await lifts(
    { size: 20 * GIB + 5 },
    { partSize: 64 * MIB, shards: 1 },
  );
  t.diagnostic(`20 GiB in ${seconds.toFixed(1)} s, workerd's peak is ${peakMib.toFixed(0)} MiB`);
  assert.deepEqual([parts.length, new Set(parts).size], [321, 321]);
});
