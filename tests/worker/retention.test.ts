// What ended long enough ago is forgotten by itself, with all that was noted of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/until.ts";
import { callWorker, postIngest } from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

// Two seconds, in days.
const settings = { VODLIFT_RETENTION_DAYS: String(2 / 86_400) };
const { origin, worker } = await startWorld({ settings });

test("a finished ingest is forgotten after its days", async () => {
  const id = await postIngest(worker, { url: origin.add("/a.mp4", { size: 10 }) });
  // Who looks too late does not see how it ended, but the bytes stay counted.
  await until(async () => (await callWorker(worker, "/v1/stats")).body.bytes === 10);
  await until(async () => (await callWorker(worker, `/v1/ingests/${id}`)).status === 404);
  const { body } = await callWorker(worker, "/v1/stats");
  assert.deepEqual([body.counts.done, body.bytes], [0, 10]);
});
