// Two hundred ingests from one request, while sources and service misbehave: each ends as it must, and none twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultAction, FaultRule } from "../../pkg/src/emulator/index.ts";
import { type Route, sha256OfFile } from "../support/origin.ts";
import { assertNothingOpen, storedFile, storedObjects } from "../support/service.ts";
import { allEnded, callWorker, listAll } from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

const KIB = 1024;
const PART = 100 * KIB;
const COUNT = 200;

const { service, origin, worker } = await startWorld({
  settings: { VODLIFT_RUNNING: "40", VODLIFT_PER_HOST: "40", VODLIFT_STARTS_PER_CALLER: "0" },
});

/** What becomes of a source: the code of its failure, or nothing if it arrives. */
type Case = [route: Route, code?: string];

const CASES: readonly ((n: number) => Case)[] = [
  (n) => [{ size: 1 + n }],
  (n) => [{ size: PART + n }],
  (n) => [{ size: 4 * PART + n }],
  (n) => [{ size: 9 * PART - n }],
  () => [{ size: 3 * PART, redirects: 2 }],
  () => [{ size: 5 * PART, dieAfter: 30 * KIB, dieTimes: 2 }],
  (n) => [{ size: 3 * PART + n, noRanges: true }],
  (n) => [{ size: 2 * PART + n, noLength: true }],
  () => [{ size: 2 * PART, status: 503, statusTimes: 2 }],
  () => [{ size: 2 * PART, noEtag: true, refuseHead: true }],
  () => [{ size: PART, status: 404 }, "source_not_found"],
  () => [{ size: 0 }, "empty_source"],
  () => [{ size: 6 * PART, changeAfter: 3 }, "source_changed"],
  () => [{ size: 2 * PART, compressed: true }, "source_encoded"],
  () => [{ size: 4 * PART, wrongContentRange: true }],
];

/** Faults that repair themselves when a call is sent again. None loses the reply to CreateUploadVideo. */
const TROUBLE: readonly FaultRule[] = [
  ...every(9, "CreateUploadVideo", { kind: "answer", status: 503, code: "Throttling.User" }),
  ...every(11, "InitiateMultipartUpload", { kind: "answer", status: 500, code: "InternalError" }),
  ...every(23, "UploadPart", { kind: "reset-before" }),
  ...every(37, "UploadPart", { kind: "reset-after" }),
  ...every(41, "UploadPart", { kind: "reset-mid-body", afterBytes: 20_000 }),
  ...every(43, "UploadPart", { kind: "answer", status: 503, code: "SlowDown" }),
  ...every(7, "PutObject", { kind: "reset-after" }),
  ...every(10, "CompleteMultipartUpload", { kind: "reset-after" }),
  ...every(13, "CompleteMultipartUpload", { kind: "answer", status: 500, code: "InternalError" }),
];

function every(step: number, operation: string, action: FaultAction): FaultRule[] {
  return Array.from({ length: 12 }, (_, n) => ({ operation, nth: (n + 1) * step, action }));
}

test("a batch of 200 with faults on both sides", async (t) => {
  service.setFaults(TROUBLE);
  const cases = Array.from({ length: COUNT }, (_, n) => CASES[n % CASES.length]?.(n) as Case);
  const paths = cases.map((_, n) => `/fleet-${n}.mp4`);
  const began = performance.now();
  const { status, body } = await callWorker(worker, "/v1/ingests", {
    method: "POST",
    body: JSON.stringify(
      cases.map(([route], n) => ({
        url: origin.add(paths[n] ?? "", route),
        title: `Fleet ${n}`,
        partSize: PART,
      })),
    ),
  });
  assert.equal(status, 202);
  assert.ok(body.results.every(({ state }: { state: string }) => state === "queued"));
  await allEnded(worker);
  t.diagnostic(`${COUNT} ingests in ${((performance.now() - began) / 1000).toFixed(1)} s`);

  const views = new Map((await listAll(worker)).map((view) => [view.id, view]));
  assert.equal(views.size, COUNT);
  const good: number[] = [];
  for (const [n, { id }] of body.results.entries()) {
    const view = views.get(id);
    const code = cases[n]?.[1];
    const end = code === undefined ? ["done", undefined] : ["failed", code];
    assert.deepEqual([view?.state, view?.error?.code], end, JSON.stringify(view));
    assert.equal(view?.url, origin.url + paths[n]);
    if (code === undefined) good.push(n);
  }
  const mediaIds = new Set<string>();
  for (const n of good) {
    const { mediaId = "", bytes, size } = views.get(body.results[n].id) ?? {};
    mediaIds.add(mediaId);
    assert.deepEqual([bytes, size], [cases[n]?.[0].size, cases[n]?.[0].size]);
    assert.equal(
      await sha256OfFile(storedFile(service, mediaId)),
      await origin.sha256(paths[n] ?? ""),
    );
  }
  assert.equal(mediaIds.size, good.length);
  assert.equal((await storedObjects(service)).length, good.length, "nothing else was stored");
  await assertNothingOpen(service);
  // A source that fails at once is not announced to VOD; one that fails midway is, once.
  const created = service.log.filter(
    (one) => one.operation === "CreateUploadVideo" && one.status === 200,
  ).length;
  const midway = cases.filter(([, code]) => code === "source_changed");
  assert.ok(created >= good.length && created <= good.length + midway.length, `${created} created`);
  const { counts, bytes } = (await callWorker(worker, "/v1/stats")).body;
  assert.deepEqual([counts.done, counts.failed], [good.length, COUNT - good.length]);
  assert.equal(
    bytes,
    good.reduce((sum, n) => sum + (cases[n]?.[0].size ?? 0), 0),
  );
});
