// An ingest that takes many runs, that is stopped, canceled, listed, posted twice, and finished by somebody else.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { vodlift } from "../support/cli.ts";
import { assertNothingOpen, partsStored, storedObjects, storedSha256 } from "../support/service.ts";
import { until } from "../support/until.ts";
import { type Answer, callWorker, ingestEnd, postIngest, viewIngest } from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

const MIB = 1024 * 1024;

// So few that a run carries some seventeen parts.
const { service, origin, worker } = await startWorld({ settings: { VODLIFT_SUBREQUESTS: "50" } });

const call = (path: string, method = "GET", init: RequestInit = {}): Promise<Answer> =>
  callWorker(worker, path, { method, ...init });

const FILM = 24 * MIB + 5;

/**
 * Posts an ingest, and waits until this much has arrived. What follows is so slow that it cannot end before something else
 * happens to it, and what is in flight soon does.
 */
async function underWay(path: string, bytes: number): Promise<string> {
  const isSlow = (offset: number) => offset >= bytes;
  const route = { size: FILM, seed: path, bytesPerSecond: MIB / 2, isSlow };
  const url = origin.add(path, route);
  const id = await postIngest(worker, { url, partSize: MIB, sourceHeaders: { "x-film": "7" } });
  await until(async () => (await viewIngest(worker, id)).bytes >= bytes);
  return id;
}

test("an ingest that is too much for one run takes several, and sends nothing twice", async () => {
  const known = partsStored(service).length;
  const refreshes = () => service.log.filter(({ operation }) => operation === "RefreshUploadVideo");
  const before = refreshes().length;
  const url = origin.add("/long.mp4", { size: 40 * MIB + 3 });
  let arrived = 0;
  const id = await postIngest(worker, { url, partSize: MIB });
  const view = await ingestEnd(worker, id, ({ bytes }) => {
    assert.ok(bytes >= arrived, "it never falls back between two runs");
    arrived = bytes;
  });
  assert.equal(view.state, "done", JSON.stringify(view.error));
  const parts = partsStored(service).slice(known);
  assert.deepEqual([parts.length, new Set(parts).size], [41, 41]);
  assert.ok(refreshes().length - before >= 3, "each later run asks for a credential");
  const key = service.log.findLast(({ operation }) => operation === "UploadPart")?.key ?? "";
  assert.equal(await storedSha256(service, key), await origin.sha256("/long.mp4"));
  await assertNothingOpen(service);
});

test("stopped, it leaves a checkpoint that the command line finishes", async () => {
  const known = partsStored(service).length;
  const id = await underWay("/handed-on.mp4", 6 * MIB);
  assert.equal((await call(`/v1/ingests/${id}/checkpoint`)).status, 409);
  const stopped = await call(`/v1/ingests/${id}/stop`, "POST");
  assert.deepEqual([stopped.status, stopped.body.state], [200, "canceled"]);
  assert.equal(stopped.body.resumable, true);
  origin.add("/handed-on.mp4", { size: FILM, seed: "/handed-on.mp4" });
  const { status, headers, body } = await call(`/v1/ingests/${id}/checkpoint`);
  assert.equal(status, 200);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.doesNotMatch(JSON.stringify(body), /signature|token|accesskey/i);

  const folder = await mkdtemp(join(tmpdir(), "vodlift-handed-on-"));
  try {
    const file = join(folder, "film.json");
    await writeFile(file, JSON.stringify(body));
    const args = ["resume", file, "--json", "--allow-private"];
    const { code, json, stderr } = await vodlift(args, { service });
    assert.equal(code, 0, stderr);
    assert.deepEqual([json.resumed, json.mediaId], [true, stopped.body.mediaId]);
    assert.equal(
      await storedSha256(service, json.objectKey),
      await origin.sha256("/handed-on.mp4"),
    );
    const parts = partsStored(service).slice(known);
    assert.deepEqual([parts.length, new Set(parts).size], [25, 25], "nothing was sent twice");
    await assertNothingOpen(service);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("canceled while it runs, it leaves nothing behind", async () => {
  const known = await storedObjects(service);
  const id = await underWay("/canceled.mp4", 3 * MIB);
  const canceled = await call(`/v1/ingests/${id}`, "DELETE");
  assert.deepEqual([canceled.status, canceled.body.state], [200, "canceled"]);
  assert.equal(canceled.body.resumable, false);
  await assertNothingOpen(service);
  assert.deepEqual(await storedObjects(service), known);
  assert.equal((await viewIngest(worker, id)).state, "canceled");
  assert.equal((await call(`/v1/ingests/${id}`, "DELETE")).status, 200, "once more is no fault");
});

test("canceled after it was stopped, its parts are removed, too", async () => {
  const id = await underWay("/both.mp4", 3 * MIB);
  await call(`/v1/ingests/${id}/stop`, "POST");
  assert.equal((await service.openUploads()).length, 1);
  assert.equal((await call(`/v1/ingests/${id}`, "DELETE")).body.resumable, false);
  await assertNothingOpen(service);
  assert.equal((await call(`/v1/ingests/${id}/checkpoint`)).status, 409);
});

test("canceled while it still stops, its parts are removed all the same", async () => {
  const id = await underWay("/at-once.mp4", 3 * MIB);
  // Its run has not heard of the stop when the cancel comes.
  const stop = call(`/v1/ingests/${id}/stop`, "POST");
  await until(async () => (await viewIngest(worker, id)).state !== "running");
  const canceled = await call(`/v1/ingests/${id}`, "DELETE");
  assert.deepEqual([canceled.status, canceled.body.state], [200, "canceled"]);
  assert.equal((await stop).status, 200);
  assert.equal(canceled.body.resumable, false);
  await assertNothingOpen(service);
  const types = (await viewIngest(worker, id)).timeline.map(({ type }) => type);
  assert.deepEqual(types.slice(-2), ["stopped", "canceled"]);
});

test("what is done is neither stopped nor canceled", async () => {
  const url = origin.add("/done.mp4", { size: 10 });
  const id = await postIngest(worker, { url });
  await ingestEnd(worker, id);
  for (const [path, method] of [
    [`/v1/ingests/${id}`, "DELETE"],
    [`/v1/ingests/${id}/stop`, "POST"],
  ] as const) {
    const { status, body } = await call(path, method);
    assert.deepEqual([status, body.code], [409, "already_over"]);
  }
  assert.equal((await viewIngest(worker, id)).state, "done");
});

test("a failure that can be mended leaves a checkpoint, too", async () => {
  const refused = { kind: "answer", status: 403, code: "AccessDenied" } as const;
  service.setFaults([{ operation: "UploadPart", from: 3, action: refused }]);
  const url = origin.add("/refused.mp4", { size: 8 * MIB });
  const view = await ingestEnd(worker, await postIngest(worker, { url, partSize: MIB }));
  service.setFaults([]);
  assert.deepEqual([view.state, view.resumable], ["failed", true]);
  assert.equal((await call(`/v1/ingests/${view.id}/checkpoint`)).status, 200);
  assert.equal((await call(`/v1/ingests/${view.id}`, "DELETE")).status, 200);
  await assertNothingOpen(service);
});

test("an Idempotency-Key that was seen before answers the same id, and nothing is done twice", async () => {
  const url = origin.add("/once.mp4", { size: 1000 });
  const creates = () => service.log.filter(({ operation }) => operation === "CreateUploadVideo");
  const before = creates().length;
  const post = (key: string) =>
    call("/v1/ingests", "POST", {
      headers: { "idempotency-key": key },
      body: JSON.stringify({ url }),
    });
  const answers = await Promise.all(["k1", "k1", "k1"].map(post));
  const [id, ...same] = answers.map(({ body }) => body.id);
  assert.ok(answers.every(({ status }) => status === 202));
  assert.deepEqual(same, [id, id]);
  await ingestEnd(worker, id);
  const later = await post("k1");
  assert.deepEqual([later.status, later.body], [202, { id, state: "done" }]);
  const other = await post("k2");
  assert.notEqual(other.body.id, id);
  await ingestEnd(worker, other.body.id);
  assert.equal(creates().length - before, 2);
  assert.equal((await post("x".repeat(256))).status, 400);
});

test("the list shows the newest first, page by page", async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    const url = `${origin.add(`/listed-${i}.mp4`, { size: 10 })}?token=not-to-be-shown`;
    ids.unshift(await postIngest(worker, { url }));
  }
  const first = await call("/v1/ingests?limit=2");
  assert.equal(first.status, 200);
  assert.doesNotMatch(JSON.stringify(first.body), /not-to-be-shown/);
  const listed: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const more: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { body } = await call(`/v1/ingests?limit=2${more}`);
    assert.ok(body.ingests.length <= 2);
    listed.push(...body.ingests.map((view: { id: string }) => view.id));
    cursor = body.cursor;
  }
  assert.deepEqual(listed.slice(0, 5), ids);
  assert.equal(new Set(listed).size, listed.length);
  for (const query of ["limit=0", "limit=201", "limit=x", "cursor=-1"]) {
    assert.equal((await call(`/v1/ingests?${query}`)).status, 400, query);
  }
});
