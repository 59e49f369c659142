// The index looks after its ingests for as long as there are any, even if it fails more often than the platform has patience.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../support/until.ts";
import { ingestEnd, postIngest } from "../support/worker.ts";
import { startWorkerd } from "../support/workerd.ts";
import { startWorld } from "../support/world.ts";

const SCRIPT = fileURLToPath(new URL("watchdog-worker.ts", import.meta.url));

test("an alarm that fails many times is set again", async () => {
  const worker = await startWorkerd(SCRIPT, { durableObjects: { JOBS: "JobIndex" } });
  try {
    await fetch(`${worker.url}?id=film`);
    const seen = async () => (await fetch(worker.url)).json();
    await until(async () => (await seen()).begun.length > 0);
    assert.deepEqual(await seen(), { failures: 0, begun: ["film-1"] });
  } finally {
    await worker.close();
  }
});

test("a run whose source is silent for longer than a lease is not taken for lost", async () => {
  const { origin, worker } = await startWorld({ settings: { VODLIFT_STALE_SECONDS: "12" } });
  // Bytes come every 17 seconds.
  const url = origin.add("/slow.mp4", { size: 300_000, bytesPerSecond: 15_000 });
  const { state, timeline, attempts } = await ingestEnd(worker, await postIngest(worker, { url }));
  const replaced = timeline.filter(({ type }) => type === "replaced");
  assert.deepEqual([state, attempts, replaced], ["done", 1, []]);
});
