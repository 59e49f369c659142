import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { madeUp, type Origin, startOrigin } from "../support/origin.ts";
import { until } from "../support/until.ts";

const MIB = 1024 * 1024;
let origin: Origin;
before(async () => {
  origin = await startOrigin();
});
after(() => origin.close());

async function bytes(from: number, to: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of madeUp(3 * MIB, "a").read(from, to)) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

test("made-up bytes are the same however they are cut, and differ from block to block", async () => {
  const whole = await bytes(0, 3 * MIB);
  assert.equal(whole.length, 3 * MIB);
  for (const [from, to] of [
    [0, 1],
    [3, 9],
    [MIB - 3, MIB + 5],
    [MIB + 4, 2 * MIB + 4],
    [12345, 3 * MIB],
  ] as const) {
    assert.ok((await bytes(from, to)).equals(whole.subarray(from, to)), `${from}..${to}`);
  }
  assert.notEqual(sha256(whole.subarray(0, MIB)), sha256(whole.subarray(MIB, 2 * MIB)));
  assert.equal(await madeUp(3 * MIB, "a").sha256(), sha256(whole));
});

test("it answers ranges exactly, with a strong validator", async () => {
  const url = origin.add("/ranges.mp4", { size: 1000 });
  const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
  assert.equal(sha256(whole), await origin.sha256("/ranges.mp4"));

  const part = await fetch(url, { headers: { range: "bytes=10-19" } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("content-range"), "bytes 10-19/1000");
  assert.equal(part.headers.get("content-length"), "10");
  assert.ok(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(10, 20)));

  const etag = part.headers.get("etag") ?? "";
  const same = await fetch(url, { headers: { range: "bytes=0-0", "if-range": etag } });
  assert.equal(same.status, 206);
  await same.arrayBuffer();
  const other = await fetch(url, { headers: { range: "bytes=0-0", "if-range": '"other"' } });
  assert.equal(other.status, 200);
  await other.arrayBuffer();
  const beyond = await fetch(url, { headers: { range: "bytes=1000-" } });
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers.get("content-range"), "bytes */1000");
});

test("it dies midway as often as it is told to", async () => {
  const url = origin.add("/dies.mp4", { size: 4 * MIB, dieAfter: MIB, dieTimes: 1 });
  await assert.rejects(async () => (await fetch(url)).arrayBuffer());
  assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 4 * MIB);
  assert.equal(origin.bytesServed("/dies.mp4"), 5 * MIB);
});

test("it changes midway: other bytes, another ETag, the same size", async () => {
  const url = origin.add("/changes.mp4", { size: MIB, changeAfter: 1 });
  const first = await fetch(url);
  const second = await fetch(url);
  assert.notEqual(first.headers.get("etag"), second.headers.get("etag"));
  const [one, two] = [await first.arrayBuffer(), await second.arrayBuffer()];
  assert.equal(one.byteLength, two.byteLength);
  assert.notEqual(sha256(new Uint8Array(one)), sha256(new Uint8Array(two)));
});

test("it withholds the length, refuses, and redirects", async () => {
  const chunked = await fetch(origin.add("/chunked.mp4", { size: 100_000, noLength: true }));
  assert.equal(chunked.headers.get("content-length"), null);
  assert.equal((await chunked.arrayBuffer()).byteLength, 100_000);

  const busy = origin.add("/busy.mp4", { size: 1, status: 503, statusTimes: 1, retryAfter: 1 });
  const refused = await fetch(busy);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal((await fetch(busy)).status, 200);

  const hops = await fetch(origin.add("/hops.mp4", { size: 5, redirects: 3 }));
  assert.equal(hops.status, 200);
  assert.ok(hops.url.endsWith("?hop=3"));
});

test("what it holds waits, and only what it is told to serve slowly is slow", async () => {
  const url = origin.add("/held.mp4", { size: 4 * MIB });
  origin.hold("/held.mp4", (offset) => offset >= MIB);
  const whole = fetch(url).then((reply) => reply.arrayBuffer());
  await until(() => origin.bytesServed("/held.mp4") === MIB);
  // Another that is not held is served to its end meanwhile, at a rate at which the held one would take hours.
  const isSlow = (offset: number) => offset >= 4 * MIB;
  const other = origin.add("/quick.mp4", { size: 4 * MIB, bytesPerSecond: 100, isSlow });
  assert.equal((await (await fetch(other)).arrayBuffer()).byteLength, 4 * MIB);
  assert.equal(origin.bytesServed("/held.mp4"), MIB);
  origin.hold("/held.mp4");
  assert.equal((await whole).byteLength, 4 * MIB);
});
