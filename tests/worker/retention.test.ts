// What ended long enough ago is forgotten by itself, with all that was noted of it; and before that, what it was asked for with.
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { until } from "../support/until.ts";
import { callWorker, ingestEnd, postIngest } from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

// Their types are workerd's, so they are not looked at from here.
const jobs = new URL("../../worker/src/jobs/", import.meta.url);
const { migrate } = await import(`${jobs}migrations.ts`);
const { forgetRequests, nextToForget } = await import(`${jobs}forget.ts`);

// Two seconds, in days.
const settings = { VODLIFT_RETENTION_DAYS: String(2 / 86_400) };
const { origin, worker } = await startWorld({ settings });

test("a failed ingest may be tried again for its days, and then it says that it is too late", async () => {
  const own = await startWorld({ settings: { VODLIFT_RETRY_DAYS: "0" } });
  const url = own.origin.add("/b.mp4", { size: 10, status: 404 });
  const id = await postIngest(own.worker, { url, sourceHeaders: { "x-key": "hush" } });
  assert.equal((await ingestEnd(own.worker, id)).state, "failed");
  const retry = `/v1/ingests/${id}/retry`;
  const { status, body } = await callWorker(own.worker, retry, { method: "POST" });
  assert.deepEqual([status, body.code], [409, "request_forgotten"]);
});

test("a request is removed when nothing can use it any more, and not before", () => {
  const database = new DatabaseSync(":memory:");
  const exec = (query: string, ...values: (string | number | null)[]) => {
    if (values.length === 0 && /;\s*\S/.test(query)) return database.exec(query);
    const rows = database.prepare(query).all(...values);
    return { toArray: () => rows, one: () => rows[0] };
  };
  const sql = { exec };
  migrate({ sql, transactionSync: (work: () => void) => work() });
  const day = 86_400_000;
  const ended = Date.now() - 8 * day;
  for (const [id, state, todo, at, request] of [
    ["failed", "failed", null, ended, "sealed"],
    ["canceled", "canceled", null, ended, "sealed"],
    ["to clean up", "canceled", "cleanup", ended, "sealed"],
    ["lately", "failed", null, Date.now() - 6 * day, "sealed"],
    ["waits", "queued", null, null, "sealed"],
    ["by upload", "failed", null, ended, null],
  ] as const) {
    exec(
      `INSERT INTO jobs (id, state, todo, ended, request, host, url, kind, created, moved)
       VALUES (?, ?, ?, ?, ?, 'a.example', 'https://a.example/', 'video', 1, 1)`,
      ...[id, state, todo, at, request],
    );
  }
  forgetRequests({ env: {}, sql });
  const rows = database.prepare("SELECT id, request FROM jobs ORDER BY seq").all();
  assert.deepEqual(Object.fromEntries(rows.map(({ id, request }) => [id, request])), {
    failed: "",
    canceled: "",
    "to clean up": "sealed",
    lately: "sealed",
    waits: "sealed",
    "by upload": null,
  });
  const due = nextToForget({ env: {}, sql }) ?? 0;
  assert.ok(Math.abs(due - Date.now() - day) < 60_000, `${due}`);
});

test("a finished ingest is forgotten after its days", async () => {
  const id = await postIngest(worker, { url: origin.add("/a.mp4", { size: 10 }) });
  // Who looks too late does not see how it ended, but the bytes stay counted.
  await until(async () => (await callWorker(worker, "/v1/stats")).body.bytes === 10);
  await until(async () => (await callWorker(worker, `/v1/ingests/${id}`)).status === 404);
  const { body } = await callWorker(worker, "/v1/stats");
  assert.deepEqual([body.counts.done, body.bytes], [0, 10]);
});
