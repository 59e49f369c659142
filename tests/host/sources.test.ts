// Local sources: what is read is what was there when the upload began, or the upload ends.
import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ByteReader } from "../../pkg/src/hosts/host.ts";
import { blobSource } from "../../pkg/src/sources/blob.ts";
import { fromFile } from "../../pkg/src/sources/file.ts";
import type { Slices } from "../../pkg/src/sources/source.ts";
import { streamSource } from "../../pkg/src/sources/stream.ts";

const SIZE = 700_000;
const content = Buffer.from(Uint8Array.from({ length: SIZE }, (_, index) => index % 251));
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vodlift-sources-"));
});

after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string): Promise<{ path: string; slices: Slices }> {
  const path = join(folder, name);
  await writeFile(path, content);
  return { path, slices: await fromFile(path).openSlices() };
}

/** Reads to the end, giving every chunk back as soon as it is copied. */
async function drain(reader: ByteReader): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    chunks.push(Buffer.from(chunk));
    reader.release?.(chunk);
  }
  return Buffer.concat(chunks);
}

test("a file tells its size, path and time, and is read at any offset", async () => {
  const { path, slices } = await file("film.mp4");
  // The whole path: a resume in another folder must find it again.
  assert.deepEqual([slices.size, slices.name], [SIZE, path]);
  assert.ok(Number.isInteger(slices.modified));
  const [a, b] = await Promise.all([
    drain(slices.slice(0, 300_000)),
    drain(slices.slice(300_000, SIZE - 300_000)),
  ]);
  assert.ok(Buffer.concat([a, b]).equals(content));
  await slices.close();
});

for (const [what, change] of [
  ["grows", (path: string) => appendFile(path, "x")],
  ["shrinks", (path: string) => truncate(path, 10)],
  ["is written", (path: string) => utimes(path, 1, 1)],
] as const) {
  test(`a file that ${what} while it is read ends the upload before its last byte`, async () => {
    const { path, slices } = await file("changing.mp4");
    const reader = slices.slice(0, 100_000);
    await change(path);
    await assert.rejects(drain(reader), { kind: "source_changed" });
    await slices.close();
  });
}

test("a Blob is read at any offset; a File tells its name and time", async () => {
  const slices = blobSource(new File([content], "film.mp4", { lastModified: 5 }));
  assert.deepEqual([slices.size, slices.name, slices.modified], [SIZE, "film.mp4", 5]);
  const part = await drain(slices.slice(1000, 500_000));
  assert.ok(part.equals(content.subarray(1000, 501_000)));
});

test("a stream that is closed early is told so", async () => {
  let returned = 0;
  async function* endless() {
    try {
      for (;;) yield new Uint8Array(10);
    } finally {
      returned += 1;
    }
  }
  const reader = streamSource(endless(), undefined).open();
  await reader.read();
  reader.close();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(returned, 1);

  const canceled = new Promise((resolve) => {
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: resolve,
    });
    const reader = streamSource(stream, undefined).open();
    void reader.read().then(() => reader.close());
  });
  await canceled;
});

test("the end of a stream stays the end, however often it is asked", async () => {
  const plain = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Uint8Array.of(1));
      controller.close();
    },
  });
  for (const stream of [new Blob(["x"]).stream(), plain]) {
    const reader = streamSource(stream, undefined).open();
    assert.equal((await drain(reader)).length, 1);
    assert.equal(await reader.read(), undefined);
  }
});
