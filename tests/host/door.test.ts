// The door to the core, with every value that it was not made for: at every export, as any argument and anywhere within
// one, drawn at random. What is wrong is an error that says so; nothing traps, and whoever else has something in the core
// goes on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as core from "../../pkg/src/core.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";

const { Crc64, Conversation, Upload, VodliftError } = core;
type Job = core.Job;

const credentials = { accessKeyId: "id", accessKeySecret: "secret" };
const job: Job = {
  media: { type: "video", title: "Film", fileName: "film.mp4" },
  source: { type: "slices", size: 10 },
  vod: {},
  oss: {},
  options: { objectHeaders: [["x-oss-tagging", "a=b"]] },
  host: { concurrency: 1, maxConcurrency: 1, bufferBytes: 1024, buffersParts: false },
};
const entropy = new Uint8Array(32);
const now = 1e12;
const range = { first: 0, last: 9, total: 100, validator: {} };
const stored = Upload.create(job, credentials, entropy, now).checkpoint();
const ask: core.Ask = { type: "action", action: "GetVideoInfo", params: [["VideoId", "a"]] };
const address = btoa(
  JSON.stringify({ Endpoint: "https://oss-x.aliyuncs.com", Bucket: "b", FileName: "k" }),
);

// biome-ignore lint/suspicious/noExplicitAny: this test is about what no type allows.
type Any = any;
const auth = btoa(
  JSON.stringify({
    AccessKeyId: "STS.a",
    AccessKeySecret: "s",
    SecurityToken: "t",
    ExpireUTCTime: "2030-01-01T00:00:00Z",
    Expiration: "3000",
  }),
);

const object = { endpoint: "oss-cn-shanghai.aliyuncs.com", bucket: "films", key: "film.mp4" };
const more = { query: { uploads: "" }, headers: { a: "b" }, additionalHeaders: ["a", "host"] };
const multipart = {
  uploadId: "U1",
  partNumber: 1,
  partNumberMarker: 5,
  parts: [{ partNumber: 1, etag: "E" }],
  headers: [["a", "b"]],
};

type Call = [args: unknown[], use: (...args: Any[]) => unknown];

/** Every export, as it should be called. */
const CALLS: Record<string, Call[]> = {
  Upload: [
    [
      [job, credentials, entropy, now],
      (...args) => freed(Upload.create.apply(Upload, args as Any)),
    ],
    [
      [stored, job, credentials, entropy, now],
      (...args) => freed(Upload.resume.apply(Upload, args as Any)),
    ],
    [
      [stored, job, credentials, entropy, now],
      (...args) => freed(Upload.discard.apply(Upload, args as Any)),
    ],
    [[], () => mine.held()],
    [[{ type: "start" }, now], (...args) => mine.handle.apply(mine, args as Any)],
    [
      [{ type: "failed", id: 1, failure: { kind: "network", message: "it broke" } }, now],
      (...args) => mine.handle.apply(mine, args as Any),
    ],
  ],
  Conversation: [
    [
      [{}, credentials, ask, entropy, now],
      (...args) => freed(Reflect.construct(Conversation, args)),
    ],
    [[now], (at) => talk.start(at)],
    [
      [{ type: "replied", status: 200, headers: [], body: "{}" }, now],
      (...args) => talk.handle.apply(talk, args as Any),
    ],
  ],
  // Names of codes, which take nothing.
  ErrorCode: [],
  Crc64: [[[new Uint8Array(9)], (bytes) => sum.update(bytes)]],
  VodliftError: [[["internal", "it broke"], core.VodliftError.of]],
  isVodliftError: [[[new Error("it broke")], core.isVodliftError]],
  // It comes too late here: what it takes in time, versions.test.ts shows.
  provideCore: [],
  crc64Combine: [[["1", "2", 3], core.crc64Combine]],
  signVodRequest: [
    [[{}, credentials, "GetVideoInfo", [["VideoId", "a"]], "nonce", now], core.signVodRequest],
  ],
  decodeUploadAddress: [[[address], core.decodeUploadAddress]],
  decodeUploadAuth: [[[auth, now], core.decodeUploadAuth]],
  readCheckpoint: [[[stored], core.readCheckpoint]],
  handleWaitMs: [[[5], core.handleWaitMs]],
  checkRange: [[[range, 206, [["content-range", "bytes 0-9/100"]]], core.checkRange]],
  checkUrl: [[["https://example.com/", false], core.checkUrl]],
  videoName: [[["Film", "video/mp4"], core.videoName]],
  checkAddress: [[["8.8.8.8", false], core.checkAddress]],
  limits: [[[], core.limits]],
  errorOf: [[["internal", "it broke"], core.errorOf]],
  signOss: [[[{ ...object, method: "PUT", ...more }, credentials, now], core.signOss]],
  presignOss: [
    [[{ ...object, method: "PUT", ...more, expiresIn: 9 }, credentials, now], core.presignOss],
  ],
  planParts: [
    [[{ size: 1e9, partSize: "1MiB", limits: { maxParts: 2000 } }], core.planParts],
    [[2], (number) => core.planParts({ size: 1e9 }).part(number)],
  ],
  ossRequest: [
    ...Object.values(core.ossRequest).map(
      (make): Call => [[{ ...object, ...multipart }, credentials, now], make as Any],
    ),
    [
      [{ status: 200, headers: [["etag", "E"]], body: "" }],
      (reply) => core.ossRequest.put(object, credentials, now).read(reply),
    ],
  ],
};

let mine: core.Upload;
let talk: core.Conversation;
let sum: core.Crc64;
/** Of somebody else. */
let other: core.Upload;

before(() => {
  mine = Upload.create(job, credentials, entropy, now);
  other = Upload.create(job, credentials, entropy, now);
  talk = new Conversation({}, credentials, ask, entropy, now);
  sum = new Crc64();
});
after(() => {
  for (const one of [mine, other, talk, sum]) one.free();
});

function freed<T extends { free(): void }>(made: T): void {
  made.free();
}

const boom = () => {
  throw new Error("boom");
};
const all = (trap: () => unknown) => new Proxy({}, { get: () => trap }) as ProxyHandler<object>;
const deep = (levels: number) => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

/** What nobody should pass, made anew each time. */
const ODD: (() => unknown)[] = [
  () => 5,
  () => -1,
  () => 0.5,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => 2 ** 53,
  () => 1e300,
  () => 5n,
  () => 2n ** 200n,
  () => Symbol("s"),
  () => Symbol.iterator,
  () => null,
  () => undefined,
  () => true,
  () => "",
  () => "x",
  () => "\ud800",
  () => "a\udfff\ud83dz",
  () => "\0\u202e",
  () => "é".repeat(50_000),
  () => "x".repeat(2 ** 27),
  () => () => "f",
  () => class {},
  () => new Proxy({}, all(boom)),
  () => new Proxy(boom, {}),
  () => new Proxy(new Uint8Array(32), {}),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  () => Object.defineProperty({}, "type", { enumerable: true, get: boom }),
  () => Object.defineProperty({}, "type", { enumerable: true, get: () => other.checkpoint() }),
  () => ({ toJSON: boom }),
  () => ({ toJSON: () => 5n }),
  () => ({ toString: boom, valueOf: boom }),
  () => ({ [Symbol.toPrimitive]: boom }),
  () => ({
    get [Symbol.toStringTag]() {
      return boom();
    },
  }),
  () => ({ type: { type: { type: Symbol("s") } } }),
  () => JSON.parse('{"__proto__":{"type":"start"},"constructor":1}'),
  () => Object.create(null),
  () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    return cycle;
  },
  () => deep(200),
  () => deep(50_000),
  () => [],
  () => [[["a"]]],
  () => new Array(2 ** 32 - 1),
  () => Array.from({ length: 50_000 }, () => ["a", "b"]),
  () => new Date(Number.NaN),
  () => new URL("https://example.com/film.mp4"),
  () => /x/,
  () => new Map([["type", "start"]]),
  () => new Set([1]),
  () => new String("https://example.com/"),
  () => new Number(5),
  () => Promise.resolve(5),
  () => new Error("boom"),
  () => new ArrayBuffer(32),
  () => new Float64Array(4),
  () => new DataView(new ArrayBuffer(32)),
  () => new Uint8Array(new SharedArrayBuffer(32)),
  () => new Uint8Array(31),
  () => {
    const bytes = new Uint8Array(32);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  },
  () => {
    const buffer = Reflect.construct(ArrayBuffer, [64, { maxByteLength: 64 }]);
    const bytes = new Uint8Array(buffer, 32);
    buffer.resize(8);
    return bytes;
  },
  () => {
    class Liar extends Uint8Array {
      override get length() {
        return 3 as never;
      }
      override get buffer() {
        return boom() as never;
      }
    }
    return new Liar(4096);
  },
  () => globalThis,
];

/** The value with an odd one in place of something within it, or of itself. */
function spoiled(value: unknown, luck: Dice): unknown {
  const plain = typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
  if (!plain || luck.oneIn(3)) return luck.pick(ODD)();
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  const names = [...Object.keys(copy), "type", "new"];
  const name = luck.pick(names);
  copy[name] = spoiled(copy[name], luck);
  return copy;
}

function isGood(error: unknown): boolean {
  return error instanceof VodliftError && !["internal", "core_stopped"].includes(error.code);
}

test("every export that takes something is tried", () => {
  const functions = Object.entries(core).filter(([, value]) => typeof value !== "string");
  assert.deepEqual(Object.keys(CALLS).sort(), functions.map(([name]) => name).sort());
  for (const [name, calls] of Object.entries(CALLS)) {
    for (const [args, use] of calls) {
      assert.doesNotThrow(() => use(...args), name);
    }
  }
});

test("each odd value as each argument is an error, and nothing else in the core minds", () => {
  for (const [name, calls] of Object.entries(CALLS)) {
    for (const [args, use] of calls) {
      for (const at of args.keys()) {
        for (const make of ODD) {
          const odd = args.with(at, make());
          tried(`${name}, argument ${at}: ${make}`, () => use(...odd));
        }
      }
    }
  }
});

test("odd values anywhere, drawn at random, neither trap nor poison the core", () => {
  for (const seed of seeds(300)) {
    const luck = dice(seed);
    const name = luck.pick(Object.keys(CALLS).filter((one) => CALLS[one]?.length));
    const [args, use] = luck.pick(CALLS[name] ?? []);
    const odd = args.map((arg) => (luck.oneIn(2) ? spoiled(arg, luck) : arg));
    tried(`SEED=${seed}: ${name}`, () => use(...odd));
  }
});

function tried(what: string, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    assert.ok(isGood(error), `${what}\n${String((error as Error)?.stack ?? error)}`);
  }
  assert.equal(other.checkpoint().version, stored.version, what);
}

test("what has more than 2^53 bytes is too large, whoever says so and however", () => {
  const url: Job["source"] = { type: "url", url: "https://example.com/film.mp4", headers: [] };
  for (const size of ["9007199254740993", "18446744073709551615", "1".repeat(30)]) {
    for (const [status, header, value] of [
      [206, "content-range", `bytes 0-16777215/${size}`],
      [200, "content-length", size],
    ] as const) {
      const upload = Upload.create({ ...job, source: url }, credentials, entropy, now);
      const [id] = upload
        .handle({ type: "start" }, now)
        .flatMap((one) => ("id" in one ? one.id : []));
      const opened = { type: "opened", id: id ?? 0, status, headers: [[header, value]] } as const;
      assert.equal(ended(upload.handle(opened as never, now)), "too_large", `${status} ${size}`);
      upload.free();
    }
  }
  for (const size of [2 ** 53, 2 ** 64, 1e21, 1e300]) {
    const upload = Upload.create(
      { ...job, source: { type: "slices", size } },
      credentials,
      entropy,
      now,
    );
    assert.equal(ended(upload.handle({ type: "start" }, now)), "too_large", `${size}`);
    upload.free();
  }
});

function ended(effects: core.Effect[]): string | undefined {
  const failed = effects.find((effect) => effect.type === "failed");
  return failed?.error.code;
}
