// The driver in Rust as a caller in Rust sees it: every source, checkpoints, resume, abort, drop, credentials.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Checkpoint, Job } from "../../pkg/src/wasm/core.js";
import { madeUp, type Origin, type Route, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  partsStored,
  startService,
  storedSha256,
} from "../support/service.ts";
import { until } from "../support/until.ts";
import {
  type Hands,
  type Harness,
  loadHarness,
  type Task,
  type Told,
} from "../support/web-harness.ts";

const MIB = 1024 * 1024;
const options: Job["options"] = { partSize: MIB, allowPrivateSources: true };

let service: Emulator;
let origin: Origin;
let harness: Harness;
let count = 0;

before(async () => {
  service = await startService();
  origin = await startOrigin();
  harness = await loadHarness(service);
});
after(async () => {
  await origin.close();
  await service.close();
});

function film(route: Route): { path: string; source: Job["source"] } {
  count += 1;
  const path = `/film-${count}.mp4`;
  return { path, source: { type: "url", url: origin.add(path, route), headers: [] } };
}

async function run(task: Task, hands?: Hands): Promise<Told> {
  const media: Job["media"] = { type: "video", title: "Film", fileName: "film.mp4" };
  const told = await harness({ media, options, ...task }, hands);
  assert.ok(typeof told === "object", String(told));
  return told;
}

async function lifts(task: Task, hands?: Hands) {
  const { done, error } = await run(task, hands);
  assert.ok(done, JSON.stringify(error));
  await assertNothingOpen(service);
  return done;
}

async function bytes(size: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of madeUp(size).read(0, size)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

/** Keeps what it is given. */
function keeper(): { hands: Hands; latest(): Checkpoint } {
  let kept = "";
  const onCheckpoint = async (checkpoint: string) => {
    kept = checkpoint;
  };
  return { hands: { onCheckpoint }, latest: () => JSON.parse(kept) };
}

test("where streams have no length each part is gathered first", async () => {
  const { path, source } = film({ size: 4 * MIB + 3 });
  const { objectKey, parts } = await lifts({ source });
  assert.equal(parts, 5);
  assert.equal(await storedSha256(service, objectKey), await origin.sha256(path));
});

test("a file goes up in slices, and lends its name", async () => {
  const data = await bytes(3 * MIB + 1);
  const blob = new File([data], "holiday.mov", { lastModified: 1 });
  const media: Job["media"] = { type: "video", title: "", fileName: "" };
  const { objectKey, parts } = await lifts({ media }, { blob });
  assert.equal(parts, 4);
  assert.match(objectKey, /\.mov$/);
  assert.equal(await storedSha256(service, objectKey), sha256(data));
});

test("a stream goes up, with a size and without", async () => {
  const data = await bytes(2 * MIB + 9);
  for (const size of [{ size: data.length }, {}]) {
    const { objectKey } = await lifts(size, { stream: new Blob([data]).stream() });
    assert.equal(await storedSha256(service, objectKey), sha256(data));
  }
});

test("a URL that is none is refused by its field", async () => {
  const { error } = await run({ source: { type: "url", url: "film.mp4", headers: [] } });
  assert.deepEqual(
    [error?.code, error?.message],
    ["invalid_argument", "`source` is not an absolute URL"],
  );
});

test("an upload whose budget is used up goes on from its checkpoint", async () => {
  const { path, source } = film({ size: 5 * MIB });
  const before = partsStored(service).length;
  const { suspended } = await run({ source, options: { ...options, budget: { parts: 2 } } });
  assert.ok(suspended);
  assert.equal(partsStored(service).length, before + 2);
  const { objectKey, resumed } = await lifts({ resume: suspended });
  assert.equal(resumed, true);
  assert.equal(partsStored(service).length, before + 5);
  assert.equal(await storedSha256(service, objectKey), await origin.sha256(path));
});

test("a stop lets the parts in flight end, and a blob goes on from there", async () => {
  const blob = new Blob([await bytes(6 * MIB)]);
  const stop = new AbortController();
  const onProgress = (progress: string) => {
    if (JSON.parse(progress).partsAccepted >= 1) stop.abort();
  };
  const { suspended } = await run({}, { blob, stop: stop.signal, onProgress });
  assert.ok(suspended);
  const { objectKey, resumed } = await lifts({ resume: suspended }, { blob });
  assert.equal(resumed, true);
  assert.equal(await storedSha256(service, objectKey), sha256(await blob.bytes()));
});

/** What could have happened has had the time for it once another upload, begun later, is over. */
async function anotherMeanwhile() {
  const { done, error } = await run({ source: film({ size: 2 * MIB }).source });
  assert.ok(done, JSON.stringify(error));
  return done;
}

test("no part is sent before its multipart upload is kept", async () => {
  const { source } = film({ size: 2 * MIB });
  const before = partsStored(service).length;
  let keep = () => {};
  const kept = new Promise<void>((resolve) => {
    keep = resolve;
  });
  const onCheckpoint = async (checkpoint: string) => {
    if ((JSON.parse(checkpoint) as Checkpoint).uploadId !== undefined) await kept;
  };
  const ending = lifts({ source }, { onCheckpoint });
  await until(async () => (await service.openUploads()).length === 1);
  // A whole other upload goes through meanwhile.
  const { parts } = await anotherMeanwhile();
  assert.equal(partsStored(service).length, before + parts);
  keep();
  await ending;
});

test("no media is asked for before it is kept that it will be", async () => {
  const { source } = film({ size: MIB });
  const media: Job["media"] = {
    ...{ type: "video", title: "Film", fileName: "film.mp4" },
    referenceId: "rust-driver-1",
  };
  const creates = () => service.log.filter((one) => one.operation === "CreateUploadVideo").length;
  const before = creates();
  let keep = () => {};
  const kept = new Promise<void>((resolve) => {
    keep = resolve;
  });
  let seen = false;
  const onCheckpoint = async (checkpoint: string) => {
    if ((JSON.parse(checkpoint) as Checkpoint).createSent === undefined) return;
    seen = true;
    await kept;
  };
  const ending = lifts({ media, source }, { onCheckpoint });
  await until(() => seen);
  await anotherMeanwhile();
  assert.equal(creates(), before + 1);
  keep();
  await ending;
  assert.equal(creates(), before + 2);
});

test("a checkpoint that cannot be kept ends the upload", async () => {
  const { source } = film({ size: 2 * MIB });
  const onCheckpoint = () => Promise.reject(new Error("the disk is full"));
  const { error } = await run({ source }, { onCheckpoint });
  assert.equal(error?.code, "checkpoint_failed");
  assert.match(error.message, /the disk is full/);
  await assertNothingOpen(service);
});

test("an abort from within a progress callback cleans up", async () => {
  const { source } = film({ size: 4 * MIB });
  const abort = new AbortController();
  const onProgress = (progress: string) => {
    if (JSON.parse(progress).partsAccepted >= 1) abort.abort();
  };
  const { error } = await run({ source }, { signal: abort.signal, onProgress });
  assert.equal(error?.code, "aborted");
  await assertNothingOpen(service);
  const again = await run({ source }, { signal: abort.signal });
  assert.equal(again.error?.message, "the upload was aborted before it began");
});

test("a dropped upload lets go of its source at once, and is removed by its checkpoint", async () => {
  const { path, source } = film({ size: 64 * MIB, bytesPerSecond: 2 * MIB });
  const { hands, latest } = keeper();
  const dropWhen = until(() => origin.bytesServed(path) > 3 * MIB).then(() => {});
  const media: Job["media"] = { type: "video", title: "Film", fileName: "film.mp4" };
  assert.equal(await harness({ media, source, options }, { ...hands, dropWhen }), "dropped");
  // A connection that lived on would go on to the last byte.
  for (let served = -1; served < origin.bytesServed(path); await sleep(500)) {
    served = origin.bytesServed(path);
  }
  assert.ok(origin.bytesServed(path) < 64 * MIB);
  assert.equal((await service.openUploads()).length, 1);
  // With its own options, as by somebody who vouches for it.
  const vouched = { ownMediaOnly: false };
  assert.equal(await harness({ abort: latest(), options: vouched }), "removed");
  await assertNothingOpen(service);
});

test("a function for credentials is asked again before they end", async () => {
  const { source } = film({ size: MIB });
  let asked = 0;
  const credentials = async () => {
    asked += 1;
    const { expires, ...keys } = service.issueTemporaryCredential(asked === 1 ? 30 : 3600);
    return JSON.stringify({ ...keys, expiresAt: expires.getTime() });
  };
  await lifts({ source }, { credentials });
  assert.equal(asked, 2);
});

test("a function for credentials that fails says why", async () => {
  const { source } = film({ size: MIB });
  const credentials = () => Promise.reject(new Error("the vault is sealed"));
  const { error } = await run({ source }, { credentials });
  assert.equal(error?.code, "credentials_failed");
  assert.match(error.message, /the vault is sealed/);
});

test("a source that stands still is given up", async (t) => {
  const still = createServer((_, response) => void response.writeHead(200).write("x"));
  await new Promise<void>((resolve) => still.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    still.close();
    still.closeAllConnections();
  });
  // A minute passes in a moment.
  const { now } = Date;
  const { setTimeout: real } = globalThis;
  const began = now();
  t.mock.method(Date, "now", () => began + (now() - began) * 200);
  t.mock.method(globalThis, "setTimeout", (ring: () => void, ms: number, ...rest: unknown[]) =>
    real(ring, ms / 200, ...rest),
  );
  const url = `http://127.0.0.1:${(still.address() as AddressInfo).port}/film.mp4`;
  const { error } = await run({ source: { type: "url", url, headers: [] } });
  assert.equal(error?.code, "source_unreachable");
  assert.match(error.message, /nothing moved for \d+ ms/);
  await assertNothingOpen(service);
});

test("a run that may be suspended is not awaited without its end: that is told before it begins", async () => {
  const { source } = film({ size: 3 * MIB });
  const before = service.log.length;
  const stop = new AbortController().signal;
  const suspending: [field: string, more: Job["options"], hands: Hands][] = [
    ["budget", { budget: { parts: 1 } }, {}],
    ["shard", { shard: { first: 1, last: 2 } }, {}],
    ["stop", {}, { stop }],
  ];
  for (const [field, more, hands] of suspending) {
    const task = { source, options: { ...options, ...more }, plainly: true };
    const { error } = await run(task, hands);
    assert.equal(error?.code, "invalid_argument", field);
    assert.match(error?.message ?? "", new RegExp(`^\`${field}\``));
  }
  assert.equal(service.log.length, before);
  await lifts({ source, plainly: true });
});
