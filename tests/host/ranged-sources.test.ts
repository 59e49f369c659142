// Bytes behind a function that reads ranges of them: whatever it gives, exactly its bytes are stored, or it is an error.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import {
  memoryCheckpoint,
  type RangeBytes,
  type RangeSource,
  Vodlift,
  VodliftError,
} from "../../pkg/src/index.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import {
  assertNothingOpen,
  type Emulator,
  startService,
  storedSha256,
} from "../support/service.ts";

const KIB = 1024;
let service: Emulator;
let vod: Vodlift;

before(async () => {
  service = await startService();
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
});

after(() => service.close());

const bytesOf = (size: number, seed = 1) =>
  Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8) * 17 + seed) & 0xff);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Each kind of thing that `read` may give. */
const FORMS: readonly ((bytes: Uint8Array<ArrayBuffer>) => RangeBytes)[] = [
  (bytes) => bytes,
  (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  (bytes) => new Blob([bytes]),
  (bytes) => new Blob([bytes]).stream(),
  async function* (bytes) {
    for (let at = 0; at < bytes.length; at += 7 * KIB) yield bytes.subarray(at, at + 7 * KIB);
  },
  (bytes) => new Response(bytes, { status: 206 }),
];

/** What may go wrong with one call, and whether the upload can get past it. */
const FAULTS: Record<
  string,
  { passes: boolean; give(right: Uint8Array<ArrayBuffer>): RangeBytes }
> = {
  throws: {
    passes: true,
    give: () => {
      throw new Error("the database is away");
    },
  },
  busy: { passes: true, give: () => new Response("busy", { status: 503 }) },
  crowded: { passes: true, give: () => new Response("", { status: 429 }) },
  short: { passes: true, give: (right) => right.subarray(0, right.length - 1) },
  empty: { passes: true, give: () => new Blob([]) },
  long: { passes: false, give: (right) => new Blob([right, "x"]) },
  gone: { passes: false, give: () => new Response("", { status: 404 }) },
  text: { passes: false, give: () => "text" as unknown as RangeBytes },
  nothing: { passes: false, give: () => undefined as unknown as RangeBytes },
  numbers: {
    passes: false,
    give: () =>
      (async function* () {
        yield 5;
      })() as unknown as RangeBytes,
  },
};

function drawn(luck: Dice) {
  const size = luck.pick([1, 100 * KIB, 100 * KIB + 1, 350 * KIB, 900 * KIB]);
  const content = bytesOf(size, luck.seed);
  const fault = luck.oneIn(2) ? luck.pick(Object.keys(FAULTS)) : undefined;
  const faultyCall = luck.below(3);
  let calls = 0;
  const source: RangeSource = {
    size,
    name: "drawn.mp4",
    ...(luck.oneIn(2) && { version: `v${luck.seed}` }),
    ...(luck.oneIn(2) && { type: "video/mp4" }),
    async read(offset, length) {
      const right = content.slice(offset, offset + length);
      assert.equal(right.length, length, "no more is asked for than there is");
      const call = calls++;
      if (luck.oneIn(3)) await new Promise(setImmediate);
      if (call === faultyCall && fault) return FAULTS[fault]?.give(right) as RangeBytes;
      return luck.pick(FORMS)(right);
    },
  };
  const met = () => fault !== undefined && calls > faultyCall;
  return { content, fault, met, source };
}

test("drawn at random, exactly the bytes are stored, or it is an error and nothing stays open", async () => {
  for (const seed of seeds(60)) {
    const luck = dice(seed);
    const { content, fault, met, source } = drawn(luck);
    const partSize = 100 * KIB;
    const upload = vod.upload(source, { title: `seed ${seed}`, partSize });
    const done = await upload.catch((error: unknown) => error);
    const passes = !met() || FAULTS[fault ?? ""]?.passes;
    if (done instanceof Error) {
      assert.ok(done instanceof VodliftError && !passes, `seed ${seed}, ${fault}: ${done}`);
      assert.notEqual(done.code, "internal", `seed ${seed}`);
    } else {
      assert.ok(passes, `seed ${seed}: ${fault} was passed over`);
      const { objectKey } = done as { objectKey: string };
      assert.equal(await storedSha256(service, objectKey), sha256(content), `seed ${seed}`);
    }
  }
  await assertNothingOpen(service);
});

const SIZE = 900 * KIB;

/** Stopped after a part. */
async function begun(version: string | undefined) {
  const checkpoint = memoryCheckpoint();
  const content = bytesOf(SIZE);
  const source: RangeSource = {
    size: SIZE,
    name: "film.mp4",
    version,
    read: (offset, length) => content.slice(offset, offset + length),
  };
  await vod.upload(source, { partSize: 100 * KIB, checkpoint, budget: { parts: 2 } });
  return { checkpoint, source, content };
}

test("a resume goes on with the same version, and reads nothing again that was accepted", async () => {
  const { checkpoint, source, content } = await begun('"etag-1"');
  let read = 0;
  const counted: RangeSource = {
    ...source,
    read(offset, length, signal) {
      read += length;
      return source.read(offset, length, signal);
    },
  };
  const { objectKey } = (await vod.resume(checkpoint, { source: counted })) as {
    objectKey: string;
  };
  assert.equal(await storedSha256(service, objectKey), sha256(content));
  assert.ok(read <= SIZE - 2 * 100 * KIB, `${read} bytes were read`);
});

test("a resume refuses another version, and one that is told no more", async () => {
  for (const version of ['"etag-2"', undefined]) {
    const { checkpoint, source } = await begun('"etag-1"');
    await assert.rejects(vod.resume(checkpoint, { source: { ...source, version } }), {
      code: "source_changed",
      message: /its version was "etag-1" and is/,
    });
    await vod.abort(checkpoint);
  }
});

test("reading ends when the upload does", async () => {
  const signals: AbortSignal[] = [];
  const stop = new AbortController();
  const source: RangeSource = {
    size: SIZE,
    name: "film.mp4",
    read: (_offset, _length, signal) => {
      signals.push(signal);
      if (signals.length === 2) stop.abort();
      return new Promise(() => {});
    },
  };
  await assert.rejects(
    vod.upload(source, { partSize: 100 * KIB, concurrency: 2, signal: stop.signal }),
  );
  assert.ok(signals.length >= 1);
  assert.ok(signals.every(({ aborted }) => aborted));
});

test("what is no such source is refused by the field's name", async () => {
  const read = () => new Uint8Array(1);
  const odd: [object, RegExp][] = [
    [{ read }, /`source\.size`/],
    [{ read, size: -1 }, /`source\.size`/],
    [{ read, size: 1.5 }, /`source\.size`/],
    [{ read, size: "five" }, /`source\.size`/],
    [{ read: 5, size: 5 }, /`source\.read`/],
    [{ read, size: 5, name: 5 }, /`source\.name`/],
    [{ read, size: 5, type: {} }, /`source\.type`/],
    [{ read, size: 5, version: 5 }, /`source\.version`/],
    [{ read, size: 5, version: "x".repeat(2000) }, /`source\.version` must have at most 1024/],
  ];
  for (const [source, rule] of odd) {
    await assert.rejects(vod.upload(source as RangeSource, { title: "T", fileName: "t.mp4" }), {
      code: "invalid_argument",
      message: rule,
    });
  }
});
