// A URL lifted by the Worker in real workerd, byte for byte; and how it tells that it could not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Route, sha256OfFile } from "../support/origin.ts";
import {
  assertNothingOpen,
  assertNothingStored,
  partsStored,
  startService,
  storedObjects,
} from "../support/service.ts";
import {
  callWorker,
  type IngestView,
  ingestEnd,
  postIngest,
  startWorker,
} from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

const MIB = 1024 * 1024;

const { service, origin, worker } = await startWorld();
let count = 0;

async function ingest(
  route: Route,
  fields: object = {},
): Promise<[view: IngestView, path: string]> {
  count += 1;
  const path = `/film-${count}.mp4`;
  const url = `${origin.add(path, route)}?token=not-to-be-shown`;
  const id = await postIngest(worker, { url, partSize: 256 * 1024, ...fields });
  const view = await ingestEnd(worker, id, (seen) => {
    assert.doesNotMatch(JSON.stringify(seen), /not-to-be-shown/);
  });
  assert.deepEqual([view.id, view.url], [id, origin.url + path]);
  return [view, path];
}

/** Ingests what a route serves, and compares what is stored with it. */
async function lifts(route: Route, fields: object = {}): Promise<IngestView> {
  const known = await storedObjects(service);
  const [view, path] = await ingest(route, fields);
  assert.equal(view.state, "done", JSON.stringify(view.error));
  const [stored, ...more] = (await storedObjects(service)).filter((one) => !known.includes(one));
  assert.ok(stored && more.length === 0, "exactly one object is new");
  assert.equal(await sha256OfFile(stored), await origin.sha256(path));
  assert.deepEqual([view.size, view.bytes, view.error], [route.size, route.size, undefined]);
  assert.match(view.mediaId ?? "", /./);
  await assertNothingOpen(service);
  return view;
}

async function fails(route: Route, code: string): Promise<void> {
  const known = await storedObjects(service);
  const [view] = await ingest(route);
  assert.deepEqual([view.state, view.error?.code], ["failed", code], view.error?.message);
  assert.ok(view.error?.message && view.error.hint);
  assert.deepEqual(await storedObjects(service), known);
  await assertNothingOpen(service);
}

test("a URL with ranges goes up in parallel parts", async () => {
  const before = partsStored(service).length;
  await lifts(
    { size: 5 * MIB + 17 },
    { title: "Film", tags: ["a", "b"], userData: '{"Extend":{}}' },
  );
  assert.equal(partsStored(service).length - before, 21);
});

test("a small one goes up in one piece", async () => {
  await lifts({ size: 1 });
  await lifts({ size: 256 * 1024 });
  await lifts({ size: 256 * 1024 + 1 });
});

test("a client-side CRC-64 of every part agrees", async () => {
  await lifts({ size: 2 * MIB }, { verify: "crc64" });
});

test("a source that ignores Range is read once, as a stream", async () => {
  await lifts({ size: 3 * MIB + 5, noRanges: true });
});

test("a source without a length is read to its end", async () => {
  await lifts({ size: 3 * MIB + 5, noLength: true });
});

test("a source that dies now and then is read on where it broke", async () => {
  await lifts({ size: 2 * MIB, dieAfter: 100_000, dieTimes: 2 });
});

test("redirects are followed, and headers go to the source", async () => {
  await lifts({ size: MIB, redirects: 2 }, { sourceHeaders: { "x-film-token": "abc" } });
  assert.equal(origin.log.at(-1)?.headers["x-film-token"], "abc");
});

test("what the source does wrong is told by its own code", async () => {
  await fails({ status: 404 }, "source_not_found");
  await fails({ size: 0 }, "empty_source");
  await fails({ size: MIB, compressed: true }, "source_encoded");
  await fails({ size: 2 * MIB, changeAfter: 3 }, "source_changed");
});

test("ten at once do not mix", async () => {
  const known = await storedObjects(service);
  const paths = Array.from({ length: 10 }, (_, i) => `/many-${i}.mp4`);
  const ids = await Promise.all(
    paths.map((path) =>
      postIngest(worker, { url: origin.add(path, { size: MIB + path.length }), partSize: 102_400 }),
    ),
  );
  const views = await Promise.all(ids.map((id) => ingestEnd(worker, id)));
  assert.ok(
    views.every(({ state }) => state === "done"),
    JSON.stringify(views),
  );
  assert.equal(new Set(views.map(({ mediaId }) => mediaId)).size, 10);
  const stored = (await storedObjects(service)).filter((one) => !known.includes(one));
  const have = await Promise.all(stored.map(sha256OfFile));
  const want = await Promise.all(paths.map((path) => origin.sha256(path)));
  assert.deepEqual(have.toSorted(), want.toSorted());
  await assertNothingOpen(service);
});

test("a private source is refused unless the Worker is told to allow it", async () => {
  const strict = await startWorker({ service, allowPrivateSources: false });
  try {
    const url = origin.add("/private.mp4", { size: 10 });
    const init = { method: "POST", body: JSON.stringify({ url }) };
    const { status, body } = await callWorker(strict, "/v1/ingests", init);
    assert.deepEqual([status, body.code, body.field], [400, "address_refused", "url"]);
  } finally {
    await strict.close();
  }
});

test("a wrong key fails the ingest, not the Worker", async () => {
  const { endpoint, region, accessKeyId } = service;
  const keys = { endpoint, region, accessKeyId, accessKeySecret: "wr0ng-s3cret" };
  const wrong = await startWorker({ service: keys });
  const empty = await startService();
  try {
    const url = origin.add("/key.mp4", { size: 10 });
    const view = await ingestEnd(wrong, await postIngest(wrong, { url }));
    assert.deepEqual([view.state, view.error?.code], ["failed", "signature_mismatch"]);
    assert.doesNotMatch(JSON.stringify(view), /wr0ng-s3cret/);
    await assertNothingStored(empty);
  } finally {
    await wrong.close();
    await empty.close();
  }
});
