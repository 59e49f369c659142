// The door of the core, with values that no type allows: on each export, and as each event of a live upload. Nothing may
// trap, stand still, grow without end, or spoil it for whoever else has an upload in the process.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as door from "../../pkg/src/core.ts";
import { dice, seeds } from "../support/dice.ts";
import { mutated, OWN_FAULT } from "../support/odd-values.ts";

const CALLS = 50_000;
const UPLOADS = 5_000;
/** Events of one upload. An honest one takes 20. */
const PATIENCE = 400;
/** What the core's memory may come to, all calls together: pages are never given back. */
const CEILING = 48 << 20;

const NOW = Date.UTC(2026, 0, 2);
const PART = 102_400;

const account: door.Account = { accessKeyId: "id", accessKeySecret: "secret", renewable: true };
const entropy = new Uint8Array(32);
const host = { concurrency: 2, maxConcurrency: 4, bufferBytes: 1 << 20, buffersParts: false };

function job(source: door.Source): door.Job {
  return {
    media: {
      type: "video",
      title: "Film",
      fileName: source.type === "playlist" ? "i.m3u8" : "film.mp4",
      tags: ["a"],
    },
    source,
    vod: { region: "cn-shanghai" },
    oss: {},
    options: { partSize: PART, objectHeaders: [["Cache-Control", "no-store"]] },
    host,
  };
}

const SOURCES: readonly door.Source[] = [
  { type: "slices", size: 2 * PART + 1, name: "film.mp4" },
  { type: "url", url: "https://origin.example/film.mp4?a=b", headers: [["Cookie", "a=b"]] },
  { type: "stream", size: 2 * PART + 1 },
  {
    type: "playlist",
    root: { type: "url", url: "https://origin.example/i.m3u8", headers: [] },
  } as door.Source,
];

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64");
const ADDRESS = base64({
  Endpoint: "https://oss-cn-shanghai.aliyuncs.com",
  Bucket: "bucket",
  FileName: "sv/i.m3u8",
  ObjectPrefix: "sv/",
});
const AUTH = base64({
  AccessKeyId: "STS.id",
  AccessKeySecret: "sts-secret",
  SecurityToken: "sts-token",
  ExpireUTCTime: new Date(NOW + 3_000_000).toISOString(),
  Expiration: "3000",
});
const CREATED = JSON.stringify({
  RequestId: "R",
  VideoId: "0123456789abcdef0123456789abcdef",
  UploadAddress: ADDRESS,
  UploadAuth: AUTH,
});
const CHECKPOINT = {
  version: 1,
  media: { type: "video", title: "film", fileName: "film.mp4", fileSize: 500_000 },
  region: "cn-shanghai",
  source: { name: "film.mp4", size: 500_000, validator: {} },
  objectHeaders: [],
  plan: { type: "parts", size: 500_000, partSize: PART },
  place: { mediaId: "m", bucket: "bucket", objectKey: "sv/film.mp4" },
  uploadId: "U1",
  bytesAccepted: 204_800,
};

/** What a request to OSS may say, and what OSS answers. */
const OBJECT = {
  endpoint: "https://oss-cn-shanghai.aliyuncs.com",
  bucket: "bucket",
  key: "sv/film.mp4",
  query: { partNumber: "1", uploadId: "U1" },
  headers: [["content-type", "video/mp4"]],
  additionalHeaders: ["host"],
  uploadId: "U1",
  partNumber: 1,
  partNumberMarker: 1000,
  parts: [
    { partNumber: 2, etag: '"B"' },
    { partNumber: 1, etag: '"A"' },
  ],
};
const STORED = { status: 200, headers: [["ETag", '"E"']], body: "" };
const HEAD = { status: 200, headers: [["Content-Length", "5"]], body: null };
const REPLIES: Record<string, object> = {
  put: STORED,
  uploadPart: STORED,
  head: HEAD,
  get: HEAD,
  delete: { status: 204, headers: {}, body: "" },
  abort: { status: 404, headers: {}, body: "<Error><Code>NoSuchUpload</Code></Error>" },
  initiate: {
    status: 200,
    headers: {},
    body: "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>",
  },
  complete: {
    status: 200,
    headers: {},
    body: "<CompleteMultipartUploadResult><ETag>E</ETag></CompleteMultipartUploadResult>",
  },
  listParts: {
    status: 200,
    headers: {},
    body:
      "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>" +
      "<Part><PartNumber>1</PartNumber><ETag>E</ETag><Size>5</Size></Part></ListPartsResult>",
  },
};

/** Each export with arguments that it takes. */
// biome-ignore lint/suspicious/noExplicitAny: what is passed is of no type on purpose
const EXPORTS: Record<string, [(...args: any[]) => unknown, unknown[]]> = {
  checkUrl: [door.checkUrl, ["https://example.com/film.mp4", false]],
  checkAddress: [door.checkAddress, ["93.184.216.34", true]],
  checkRange: [
    door.checkRange,
    [
      { first: 0, last: 9, total: 10, validator: { etag: '"a"' } },
      206,
      [["Content-Range", "bytes 0-9/10"]],
    ],
  ],
  videoName: [door.videoName, ["A film", "video/mp4"]],
  handleWaitMs: [door.handleWaitMs, [100]],
  errorOf: [door.errorOf, ["aborted", "a message"]],
  crc64Combine: [door.crc64Combine, ["1", "2", 3]],
  readCheckpoint: [door.readCheckpoint, [CHECKPOINT]],
  readCheckpointText: [door.readCheckpoint, [JSON.stringify(CHECKPOINT)]],
  decodeUploadAddress: [door.decodeUploadAddress, [ADDRESS]],
  decodeUploadAuth: [door.decodeUploadAuth, [AUTH, NOW]],
  signVodRequest: [
    door.signVodRequest,
    [{ region: "cn-shanghai" }, account, "GetVideoInfo", [["VideoId", "v"]], "nonce", NOW],
  ],
  signOss: [door.signOss, [{ ...OBJECT, method: "PUT" }, account, NOW]],
  presignOss: [door.presignOss, [{ ...OBJECT, method: "PUT", expiresIn: 60 }, account, NOW]],
  planParts: [
    (options, number) => door.planParts(options).part(number),
    [{ size: 1e9, partSize: 1e6, limits: { maxPartSize: 1e8, maxParts: 9_999 } }, 7],
  ],
  ...Object.fromEntries(
    Object.entries(door.ossRequest).map(([name, make]) => [
      `ossRequest.${name}`,
      [
        // biome-ignore lint/suspicious/noExplicitAny: what is passed is of no type on purpose
        (what, keys, now, reply) => (make as any)(what, keys, now).read(reply),
        [OBJECT, account, NOW, REPLIES[name]],
      ],
    ]),
  ),
  crc64: [
    (bytes, more) => {
      const crc = new door.Crc64();
      try {
        crc.update(bytes);
        crc.update(more);
        return crc.digest();
      } finally {
        crc.free();
      }
    },
    [entropy, new Uint8Array(9)],
  ],
  create: [
    (...args) => (door.Upload.create as (...args: unknown[]) => door.Upload)(...args).free(),
    [job(SOURCES[1] as door.Source), account, entropy, NOW],
  ],
  resume: [
    (...args) => (door.Upload.resume as (...args: unknown[]) => door.Upload)(...args).free(),
    [CHECKPOINT, job(SOURCES[0] as door.Source), account, entropy, NOW],
  ],
  discard: [
    (...args) => (door.Upload.discard as (...args: unknown[]) => door.Upload)(...args).free(),
    [CHECKPOINT, job(SOURCES[0] as door.Source), account, entropy, NOW],
  ],
  conversation: [
    (service, account, ask, entropy, now, heard) => {
      const talk = new door.Conversation(service, account, ask, entropy, now);
      try {
        talk.start(now);
        return talk.handle(heard, now);
      } finally {
        talk.free();
      }
    },
    [
      { region: "cn-shanghai" },
      account,
      { type: "untilReady", mediaId: "v", until: "playable", timeoutMs: 1000 },
      entropy,
      NOW,
      { type: "replied", status: 200, headers: [["Date", "x"]], body: "{}" },
    ],
  ],
};

/** What a call may come to: a result, the core's own refusal, or the fault of a value that was looked at. */
function judged(what: string, call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    const own = error instanceof Error && error.message.includes(OWN_FAULT);
    if (own) return undefined;
    assert.ok(error instanceof door.VodliftError, `${what}: ${error}\n${(error as Error)?.stack}`);
    assert.notEqual(error.code, "internal", `${what}: ${error.message} ${error.cause}`);
    return undefined;
  }
}

/** The core's memory: WebAssembly's own, which the instance exports. */
const memories: WebAssembly.Memory[] = [];
const Instance = WebAssembly.Instance;
WebAssembly.Instance = class extends Instance {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports);
    if (this.exports.memory instanceof WebAssembly.Memory) memories.push(this.exports.memory);
  }
};

const held = () => Math.max(0, ...memories.map((memory) => memory.buffer.byteLength));

/** Answers as VOD, OSS and a source do. */
function answer(effect: door.Effect): door.Event | undefined {
  switch (effect.type) {
    case "send": {
      const { id, request } = effect;
      const reply = (body: string): door.Event => ({
        type: "replied",
        id,
        status: 200,
        headers: [
          ["Date", new Date(NOW).toUTCString()],
          ["ETag", '"sent"'],
        ],
        body,
      });
      if (request.headers.some(([name]) => name.toLowerCase() === "x-acs-action"))
        return reply(CREATED);
      if (request.url.includes("uploads"))
        return reply(
          "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>",
        );
      return reply(
        '<CompleteMultipartUploadResult><ETag>"E"</ETag></CompleteMultipartUploadResult>',
      );
    }
    case "open": {
      const headers: [string, string][] = [
        ["Content-Length", String(2 * PART + 1)],
        ["ETag", '"film"'],
      ];
      return { type: "opened", id: effect.id, status: 200, headers };
    }
    case "read": {
      // A segment is read at once; of a film the third part is the last, and holds one byte.
      const { id, part, limit } = effect;
      if (limit > PART) return { type: "filled", id, length: 2 * PART + 1, ended: true };
      return { type: "filled", id, length: part > 2 ? 1 : PART, ended: part > 2 };
    }
    case "readText": {
      const text = "#EXTM3U\n#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n";
      return { type: "text", id: effect.id, text, ended: true };
    }
    case "transfer": {
      const headers: [string, string][] = [["ETag", `"${effect.part}"`]];
      return {
        type: "transferred",
        id: effect.id,
        sent: effect.length,
        status: 200,
        headers,
        body: "",
      };
    }
    case "renew":
      return { type: "renewed", id: effect.id, account };
    case "wait":
      return { type: "woke", id: effect.id };
    default:
      return undefined;
  }
}

/** Runs an upload; `change` may garble each event. Says how it ended; nothing, where it waits for an event that was garbled. */
function live(
  source: door.Source,
  change: (event: door.Event) => unknown,
  what: string,
): string | undefined {
  const upload = door.Upload.create(job(source), account, entropy, NOW);
  let now = NOW;
  const events: door.Event[] = [{ type: "start" }];
  try {
    for (let told = 0; told < PATIENCE; told += 1) {
      const event = events.shift();
      if (event === undefined) return undefined;
      const given = change(event);
      const tell = (event: unknown) =>
        (judged(`${what}, event ${told}`, () => upload.handle(event as door.Event, now)) ??
          []) as door.Effect[];
      const effects = [...tell(given)];
      // What was garbled may have said nothing: the honest event follows, as far as it still fits.
      if (given !== event) effects.push(...tell(event));
      for (const effect of effects) {
        if (["done", "failed", "suspended"].includes(effect.type)) return effect.type;
        if (effect.type === "wait") now = Math.max(now, effect.until);
        const next = answer(effect);
        if (next !== undefined) events.push(next);
      }
    }
    return assert.fail(`${what}: no end after ${PATIENCE} events`);
  } finally {
    upload.free();
  }
}

for (const seed of seeds(2)) {
  test(`no value traps an export of the core, or spoils an upload beside it (seed ${seed})`, (t) => {
    const luck = dice(seed);
    const beside = door.Upload.create(job(SOURCES[0] as door.Source), account, entropy, NOW);
    const names = Object.keys(EXPORTS);
    for (let call = 0; call < CALLS; call += 1) {
      const name = luck.pick(names);
      const [run, args] = EXPORTS[name] as (typeof EXPORTS)[string];
      let given: unknown[] = args;
      for (let change = 0; change <= luck.below(3); change += 1) {
        given = given.map((value, at) =>
          at === luck.below(args.length) ? mutated(value, luck) : value,
        );
      }
      judged(`seed ${seed}, call ${call} of ${name}`, () => run(...given));
      if (call % 100 === 0) assert.equal(beside.checkpoint().version, 1, `after call ${call}`);
    }
    assert.ok(beside.handle({ type: "start" }, NOW).length > 0);
    beside.free();
    assert.ok(held() > 0 && held() < CEILING, `${held()} bytes`);
    t.diagnostic(`${CALLS} calls, seed ${seed}; the core holds ${held() >> 20} MiB`);
  });

  test(`no event traps a live upload, makes it stand still or grow (seed ${seed})`, (t) => {
    const luck = dice(seed + 1_000);
    let ended = 0;
    let told = 0;
    for (let upload = 0; upload < UPLOADS; upload += 1) {
      const change = (event: door.Event): unknown => {
        told += 1;
        return luck.oneIn(8) ? mutated(event, luck) : event;
      };
      if (live(luck.pick(SOURCES), change, `seed ${seed}, upload ${upload}`) !== undefined)
        ended += 1;
    }
    assert.ok(ended > UPLOADS / 2, `${ended} of ${UPLOADS} uploads came to an end`);
    assert.ok(held() > 0 && held() < CEILING, `${held()} bytes`);
    t.diagnostic(`${told} events into ${UPLOADS} uploads, seed ${seed}; ${ended} ended`);
  });
}

test("the uploads of the tests above are live: told nothing but the truth they are done", () => {
  for (const source of SOURCES) {
    assert.equal(
      live(source, (event) => event, source.type),
      "done",
      source.type,
    );
  }
});
