// The public API against the emulator: every kind of source arrives byte for byte, wrong arguments send nothing.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import {
  fromFile,
  type UploadOptions,
  type UploadProgress,
  type UploadSource,
  Vodlift,
  VodliftError,
  type VodliftOptions,
} from "../../pkg/src/index.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  startService,
  storedSha256,
} from "../support/service.ts";

const SIZE = 450_000;
const content = randomBytes(SIZE);
const sha256 = createHash("sha256").update(content).digest("hex");

let service: Emulator;
let origin: Origin;
let folder: string;
let vod: Vodlift;

before(async () => {
  service = await startService();
  origin = await startOrigin({
    routes: {
      "/film.mp4": { size: SIZE },
      "/stream.mp4": { size: SIZE, noLength: true },
      "/slow.mp4": { size: SIZE, bytesPerSecond: 50_000 },
    },
  });
  folder = await mkdtemp(join(tmpdir(), "vodlift-api-"));
  await writeFile(join(folder, "film.mp4"), content);
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
});

after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

/** Small parts, so that there are several. */
const small: UploadOptions = { partSize: 102_400, fileName: "film.mp4" };

async function* inPieces() {
  for (let at = 0; at < SIZE; at += 70_000) yield content.subarray(at, at + 70_000);
}

const sources: Record<string, () => UploadSource> = {
  "a Blob": () => new Blob([content]),
  "a File": () => new File([content], "film.mp4"),
  "a Uint8Array": () => new Uint8Array(content),
  "an ArrayBuffer": () => new Uint8Array(content).buffer,
  "a view into the middle of a buffer": () =>
    new DataView(new Uint8Array(Buffer.concat([content.subarray(0, 3), content])).buffer, 3, SIZE),
  "a ReadableStream": () => new Blob([content]).stream(),
  "an async generator": inPieces,
  "a Node stream": () => Readable.from(inPieces()),
  "a file by its path": () => fromFile(join(folder, "film.mp4")),
};

for (const [what, source] of Object.entries(sources)) {
  test(`${what} arrives byte for byte`, async () => {
    const result = await vod.upload(source(), { ...small, verify: "crc64" });
    assert.equal(result.bytes, SIZE);
    assert.equal(result.parts, 5);
    assert.equal(await storedSha256(service, result.objectKey), sha256);
    await assertNothingOpen(service);
  });
}

const urls: Record<string, (url: string) => UploadSource> = {
  text: (url) => url,
  "a URL": (url) => new URL(url),
  "a URL with headers": (url) => ({ url, headers: { "X-Key": "1" } }),
};

for (const [what, source] of Object.entries(urls)) {
  for (const path of ["/film.mp4", "/stream.mp4"]) {
    test(`${what} for ${path} arrives byte for byte`, async () => {
      const options = { ...small, allowPrivateSources: true };
      const result = await vod.upload(source(origin.url + path), options);
      assert.equal(await storedSha256(service, result.objectKey), await origin.sha256(path));
    });
  }
}

test("headers of a source reach it", async () => {
  const source = { url: `${origin.url}/film.mp4`, headers: { "X-Key": "secret" } };
  await vod.upload(source, { allowPrivateSources: true });
  assert.equal(origin.log.at(-1)?.headers["x-key"], "secret");
  const sourceHeaders = { "X-Key": "as an option" };
  await vod.upload(source.url, { sourceHeaders, allowPrivateSources: true });
  assert.equal(origin.log.at(-1)?.headers["x-key"], "as an option");
  for (const [given, rule] of [
    [source, /must not be given twice/],
    [inPieces(), /go with a URL/],
    [Buffer.alloc(1), /go with a URL/],
  ] as const) {
    const message = rule;
    const code = "invalid_argument";
    await assert.rejects(vod.upload(given, { ...small, sourceHeaders }), { code, message });
    await assert.rejects(vod.check("video", given, { ...small, sourceHeaders }), { code, message });
  }
});

test("a stream whose size is known is checked against it", async () => {
  const exact = await vod.upload(inPieces(), { ...small, size: SIZE });
  assert.equal(exact.bytes, SIZE);
  for (const [size, code] of [
    [SIZE - 1, "source_too_long"],
    [SIZE + 1, "source_truncated"],
  ] as const) {
    await assert.rejects(vod.upload(inPieces(), { ...small, size }), { code });
    await assertNothingOpen(service);
  }
});

test("a source on loopback is refused unless it is allowed", async () => {
  const calls = service.log.length;
  const served = origin.log.length;
  await assert.rejects(vod.upload(`${origin.url}/film.mp4`, small), { class: "guard" });
  const byName = `http://localhost:${origin.port}/film.mp4`;
  await assert.rejects(vod.upload(byName, small), { class: "guard" });
  assert.deepEqual([service.log.length, origin.log.length], [calls, served]);
});

test("progress grows to 100 percent, seldom, and is told in the end", async () => {
  const told: UploadProgress[] = [];
  await vod.upload(new Blob([content]), { ...small, onProgress: (now) => told.push(now) });
  const last = told.at(-1);
  assert.equal(last?.phase, "ended");
  assert.deepEqual([last?.percent, last?.bytesSent, last?.bytesAccepted], [100, SIZE, SIZE]);
  assert.deepEqual([last?.partsAccepted, last?.partsTotal], [5, 5]);
  assert.ok(last?.mediaId);
  const accepted = told.map(({ bytesAccepted }) => bytesAccepted);
  assert.deepEqual(
    accepted,
    accepted.toSorted((a, b) => a - b),
  );
});

test("an abort leaves nothing behind, and no listener on the signal", async () => {
  const abort = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = abort.signal;
  Object.assign(abort.signal, {
    addEventListener(...args: Parameters<typeof addEventListener>) {
      listeners += 1;
      addEventListener.apply(abort.signal, args);
    },
    removeEventListener(...args: Parameters<typeof removeEventListener>) {
      listeners -= 1;
      removeEventListener.apply(abort.signal, args);
    },
  });
  const uploading = vod.upload(`${origin.url}/slow.mp4`, {
    ...small,
    allowPrivateSources: true,
    signal: abort.signal,
    onProgress({ phase }) {
      if (phase === "uploading") abort.abort(new Error("enough"));
    },
  });
  await assert.rejects(uploading, (error) => {
    assert.ok(error instanceof VodliftError);
    assert.deepEqual([error.code, error.class], ["aborted", "interrupted"]);
    assert.equal((error.cause as Error).message, "enough");
    return true;
  });
  assert.equal(listeners, 0);
  await assertNothingOpen(service);
});

test("an upload that was aborted before it began sends nothing", async () => {
  const calls = service.log.length;
  const signal = AbortSignal.abort();
  await assert.rejects(vod.upload(content, { ...small, signal }), { code: "aborted" });
  assert.equal(service.log.length, calls);
});

test("a progress callback that throws aborts the upload, with its error as the cause", async () => {
  const cause = new Error("the bar broke");
  const uploading = vod.upload(content, {
    ...small,
    onProgress() {
      throw cause;
    },
  });
  await assert.rejects(uploading, { code: "aborted", cause });
  await assertNothingOpen(service);
});

test("two uploads at once do not disturb each other", async () => {
  const results = await Promise.all([vod.upload(content, small), vod.upload(inPieces(), small)]);
  for (const { objectKey } of results) {
    assert.equal(await storedSha256(service, objectKey), sha256);
  }
});

test("a missing file and a folder are named, and send nothing", async () => {
  const calls = service.log.length;
  const missing = vod.upload(fromFile(join(folder, "none.mp4")), small);
  await assert.rejects(missing, { code: "source_missing", message: /none\.mp4: no such file/ });
  await assert.rejects(vod.upload(fromFile(folder), small), {
    code: "source_read",
    message: /a directory, not a regular file/,
  });
  assert.equal(service.log.length, calls);
});

test("a stream of text is refused as not being bytes", async () => {
  const text = Readable.from(["film"]) as AsyncIterable<Uint8Array>;
  await assert.rejects(vod.upload(text, small), { code: "source_read", message: /string/ });
});

const wrong: [string, Record<string, unknown>][] = [
  ["title", { title: 5 }],
  ["title", { title: "x".repeat(129) }],
  ["tags", { tags: Array(17).fill("t") }],
  ["cateId", { cateId: "abc" }],
  ["partSize", { partSize: "16 parsecs" }],
  ["partSize", { partSize: -1 }],
  ["partSize", { partSize: 1.5 }],
  ["concurrency", { concurrency: 0 }],
  ["verify", { verify: "md5" }],
  ["allowPrivateSources", { allowPrivateSources: "yes" }],
  ["referenceId", { referenceId: "a" }],
  ["userData", { userData: "not json" }],
  ["size", { size: 5 }],
  ["objectHeaders", { objectHeaders: { "bad name": "x" } }],
  ["sourceHeaders", { sourceHeaders: { "bad name": "x" } }],
];

for (const [field, options] of wrong) {
  test(`${JSON.stringify(options).slice(0, 40)} is refused, naming ${field}`, async () => {
    const calls = service.log.length;
    const uploading = vod.upload(content, { ...small, ...(options as UploadOptions) });
    await assert.rejects(uploading, (error) => {
      assert.ok(error instanceof VodliftError);
      assert.equal(error.code, "invalid_argument");
      assert.match(error.message, new RegExp(field));
      return true;
    });
    assert.equal(service.log.length, calls);
  });
}

test("a source of no known kind is refused", async () => {
  for (const source of ["film.mp4", 5, null, {}, "ftp://host/film.mp4"] as UploadSource[]) {
    await assert.rejects(vod.upload(source, small), (error) => error instanceof VodliftError);
  }
});

test("keys that are missing are named", () => {
  const options = { accessKeyId: "id" } as VodliftOptions;
  assert.throws(() => new Vodlift(options), {
    code: "invalid_argument",
    message: /`accessKeySecret`/,
  });
});

test("an error shows as data without losing its message", () => {
  try {
    new Vodlift({} as VodliftOptions);
    assert.fail("it must throw");
  } catch (error) {
    assert.ok(error instanceof VodliftError);
    const data = JSON.parse(JSON.stringify(error));
    assert.equal(data.message, error.message);
    assert.deepEqual(Object.keys(data), ["code", "class", "message", "hint", "retryable"]);
  }
});
