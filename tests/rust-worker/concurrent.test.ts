// Fifty requests at once in one isolate, and a third of their clients leave midway: those leave nothing behind, neither on the
// server nor on the way to the source, and the others do not notice.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type RustWorker, startRustWorker } from "../support/rust-worker.ts";
import { storedObjects, storedSha256 } from "../support/service.ts";
import { until } from "../support/until.ts";

const MIB = 1024 * 1024;
const REQUESTS = 50;

let world: RustWorker;

before(async () => {
  world = await startRustWorker();
});
after(() => world.close());

async function stays(index: number): Promise<string> {
  const path = `/stays-${index}.mp4`;
  const size = 2 * MIB + index;
  const url = world.origin.add(path, { size, seed: path });
  const { outcome, error } = await world.ingest({ url, partSize: 512 * 1024 });
  assert.ok(outcome, JSON.stringify(error));
  assert.equal(outcome.parts, 5);
  const stored = await storedSha256(world.service, outcome.objectKey);
  assert.equal(stored, await world.origin.sha256(path));
  return outcome.objectKey;
}

/** Its source is so slow that it would take a minute. */
async function leaves(index: number): Promise<void> {
  const path = `/leaves-${index}.mp4`;
  const size = 8 * MIB;
  const url = world.origin.add(path, { size, seed: path, bytesPerSecond: 128 * 1024 });
  const controller = new AbortController();
  const answer = world.ingest({ url, partSize: 256 * 1024 }, { signal: controller.signal });
  const left = assert.rejects(answer, { name: "AbortError" });
  await until(() => world.origin.bytesServed(path) > 512 * 1024);
  controller.abort();
  await left;
  // A connection that lived on would go on to the last byte.
  for (let served = -1; served < world.origin.bytesServed(path); await sleep(1000)) {
    served = world.origin.bytesServed(path);
  }
  assert.ok(world.origin.bytesServed(path) < size);
}

test("of fifty at once those that are left by their client are cleaned up, and the others are right", async () => {
  const runs = Array.from({ length: REQUESTS }, (_, index) =>
    index % 3 === 0 ? leaves(index) : stays(index),
  );
  const keys = (await Promise.all(runs)).filter((key) => key !== undefined);
  assert.equal(keys.length, 33);
  assert.equal(new Set(keys).size, 33);
  await until(async () => (await world.service.openUploads()).length === 0);
  assert.equal((await storedObjects(world.service)).length, 33);
  const count = (operation: string) =>
    world.service.log.filter((one) => one.operation === operation && one.status < 300).length;
  assert.equal(count("AbortMultipartUpload"), REQUESTS - 33);
  assert.equal(count("CompleteMultipartUpload"), 33);
});

test("after that the isolate still works", async () => {
  await stays(REQUESTS);
});
