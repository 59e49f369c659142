// The index looks after its ingests for as long as there are any, even if it fails more often than the platform has patience.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startWorkerd } from "../support/workerd.ts";

const SCRIPT = fileURLToPath(new URL("watchdog-worker.ts", import.meta.url));
/** The platform itself tries again for two minutes, and then no more. */
const HANGS_MS = 60_000;

test("an alarm that fails many times is set again", { timeout: HANGS_MS }, async () => {
  const worker = await startWorkerd(SCRIPT, { durableObjects: { JOBS: "JobIndex" } });
  try {
    await fetch(`${worker.url}?id=film`);
    const seen = async () => (await fetch(worker.url)).json();
    while ((await seen()).begun.length === 0) await sleep(100);
    assert.deepEqual(await seen(), { failures: 0, begun: ["film-1"] });
  } finally {
    await worker.close();
  }
});
