// One reference id, two who want it: an ingest goes on with the media that it began itself, and with no other.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { vodlift } from "../support/cli.ts";
import { sha256OfFile } from "../support/origin.ts";
import { mediaMade, partsStored, startService, storedFile } from "../support/service.ts";
import { until } from "../support/until.ts";
import { cannotKill, SOON_STALE, startVictim } from "../support/victim.ts";
import { callWorker, type IngestView, ingestEnd, postIngest } from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

const MIB = 1024 * 1024;
const { service, origin, worker } = await startWorld();

let count = 0;
const source = (route: object): string => {
  count += 1;
  return origin.add(`/film-${count}.mp4`, { size: MIB, seed: String(count), ...route });
};
const lift = async (fields: object): Promise<IngestView> =>
  ingestEnd(worker, await postIngest(worker, { partSize: 256 * 1024, ...fields }));

/** It failed, and says nothing of whose media it is. */
function assertTaken(view: IngestView, first: IngestView | { mediaId?: string }): void {
  assert.deepEqual(
    [view.state, view.error?.code],
    ["failed", "reference_taken"],
    JSON.stringify(view),
  );
  assert.equal(view.mediaId, undefined);
  assert.ok(first.mediaId && !JSON.stringify(view).includes(first.mediaId));
  assert.doesNotMatch(JSON.stringify([view.error, view.timeline]), /adopt|bytes|checksum/);
  assert.doesNotMatch(view.timeline.map(({ type }) => type).join(" "), /done/);
}

async function assertStored(view: IngestView, url: string): Promise<void> {
  assert.equal(view.state, "done", JSON.stringify(view.error));
  const sha256 = await origin.sha256(new URL(url).pathname);
  assert.equal(await sha256OfFile(storedFile(service, view.mediaId)), sha256);
}

test("of two with one reference id and one size the second is refused, done or not", async () => {
  const url = source({});
  const first = await lift({ url, referenceId: "twice-0001" });
  const sent = partsStored(service).length;
  assertTaken(await lift({ url: source({}), referenceId: "twice-0001" }), first);
  // The very same request is another ingest all the same.
  assertTaken(await lift({ url, referenceId: "twice-0001" }), first);
  assert.equal(partsStored(service).length, sent);
  await assertStored(first, url);
});

test("at the same time one of them goes through, and the others are refused", async () => {
  const urls = Array.from({ length: 4 }, () => source({ size: 3 * MIB, bytesPerSecond: 3 * MIB }));
  const views = await Promise.all(urls.map((url) => lift({ url, referenceId: "at-once-0001" })));
  const [done, ...more] = views.filter(({ state }) => state === "done");
  assert.ok(done && more.length === 0);
  for (const view of views) if (view !== done) assertTaken(view, done);
  await assertStored(done, urls[views.indexOf(done)] ?? "");
});

test("the command line and the Worker do not take each other's media", async () => {
  const url = source({});
  const args = ["upload", url, "--allow-private", "--json", "--reference-id", "by-cli-0001"];
  const { json } = await vodlift(args, { service });
  assertTaken(await lift({ url: source({}), referenceId: "by-cli-0001" }), json);
  const ours = source({});
  const first = await lift({ url: ours, referenceId: "by-worker-0001" });
  const other = await vodlift(
    ["upload", url, "--allow-private", "--json", "--reference-id", "by-worker-0001"],
    { service },
  );
  assert.deepEqual([other.code, other.json.error.code], [5, "reference_taken"]);
  assert.ok(!other.stderr.includes(String(first.mediaId)));
  await assertStored(first, ours);
});

test("an upload by PUT is refused likewise", async () => {
  const first = await lift({ url: source({}), referenceId: "by-put-0001" });
  const { status, body } = await callWorker(
    worker,
    "/v1/uploads?title=a.mp4&referenceId=by-put-0001",
    { method: "PUT", body: Buffer.alloc(MIB, 1) },
  );
  assert.deepEqual([status, body.code], [409, "reference_taken"]);
  assert.ok(!JSON.stringify(body).includes(String(first.mediaId)));
});

test("after a failure or a cancel the ingest goes on with its own media, and no other with that", async () => {
  const refused = { kind: "answer", status: 403, code: "AccessDenied" } as const;
  service.setFaults([{ operation: "UploadPart", action: refused }]);
  const url = source({ size: 2 * MIB });
  const failed = await lift({ url, referenceId: "own-0001" });
  service.setFaults([]);
  assert.equal(failed.state, "failed");
  assertTaken(await lift({ url: source({}), referenceId: "own-0001" }), failed);
  // Its parts and its checkpoint are gone, too.
  await callWorker(worker, `/v1/ingests/${failed.id}`, { method: "DELETE" });
  await callWorker(worker, `/v1/ingests/${failed.id}/retry`, { method: "POST" });
  const again = await ingestEnd(worker, failed.id);
  assert.equal(again.mediaId, failed.mediaId);
  await assertStored(again, url);
});

test("what failed before VOD heard of it holds no id", async () => {
  const missing = await lift({ url: source({ status: 404 }), referenceId: "free-0001" });
  assert.equal(missing.error?.code, "source_not_found");
  const url = source({});
  await assertStored(await lift({ url, referenceId: "free-0001" }), url);
});

test("a file that was stored wrong is sent again, and not found whole", async () => {
  service.setFaults([{ operation: "UploadPart", nth: 1, action: { kind: "wrong-crc" } }]);
  const url = source({});
  const sent = partsStored(service).length;
  const view = await lift({ url });
  service.setFaults([]);
  await assertStored(view, url);
  assert.match(view.timeline.find(({ type }) => type === "trouble")?.text ?? "", /CRC-64/);
  assert.equal(partsStored(service).length - sent, 8, "all of it, twice");
  assert.match(view.timeline.findLast(({ type }) => type === "done")?.text ?? "", /agrees with/);
});

test("a reply that was lost makes no second media, and its own is known", async () => {
  service.setFaults([{ operation: "CreateUploadVideo", nth: 1, action: { kind: "reset-after" } }]);
  const url = source({});
  const made = (await mediaMade(service)).length;
  const view = await lift({ url, referenceId: "lost-0001" });
  service.setFaults([]);
  await assertStored(view, url);
  assert.equal((await mediaMade(service)).length, made + 1);
});

test("the timeline claims no comparison that was not made", async () => {
  const said = async (fields: object) =>
    (await lift(fields)).timeline.find(({ type }) => type === "done")?.text;
  assert.equal(
    await said({ url: source({}) }),
    `${MIB} bytes are stored; OSS's CRC-64 of the parts agrees with that of the whole.`,
  );
  assert.equal(
    await said({ url: source({}), verify: "crc64" }),
    `${MIB} bytes are stored; the CRC-64 of what was sent agrees with OSS's.`,
  );
  assert.equal(
    await said({ url: source({ size: 10 }) }),
    "10 bytes are stored; their number agrees, no checksum was compared.",
  );
});

test("killed after VOD made the media and before it was noted, the Worker goes on with it", {
  skip: cannotKill,
}, async () => {
  const own = await startService();
  const persist = await mkdtemp(join(tmpdir(), "vodlift-reference-"));
  const options = { service: own, persist, token: "a-token", settings: SOON_STALE };
  let victim = await startVictim(options);
  try {
    own.setFaults([{ operation: "CreateUploadVideo", nth: 1, action: { kind: "stall-after" } }]);
    const id = await postIngest(victim, { url: source({}), referenceId: "killed-0001" });
    await until(async () => (await mediaMade(own)).length > 0);
    await victim.close();
    own.setFaults([]);
    victim = await startVictim(options);
    const view = await ingestEnd(victim, id);
    assert.equal(view.state, "done", JSON.stringify(view.error));
    const [media, ...more] = await mediaMade(own);
    assert.deepEqual([media?.id, more], [view.mediaId, []]);
  } finally {
    await victim.close();
    await own.close();
    await rm(persist, { recursive: true, force: true });
  }
});
