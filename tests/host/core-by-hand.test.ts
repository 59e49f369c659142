// `vodlift/core` with a transport, a clock and entropy of one's own: no network, no waiting, the same requests every time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Crc64, type Effect, type Event, type Job, type Request, Upload } from "vodlift/core";

const START = Date.UTC(2026, 0, 2, 3, 4, 5);
const PART = 102_400;
const film = Uint8Array.from({ length: 2 * PART + 1 }, (_, index) => index % 251);

const job: Job = {
  media: { type: "video", title: "Film", fileName: "film.mp4" },
  source: { type: "slices", size: film.length },
  vod: {},
  oss: {},
  options: { partSize: PART },
  host: { concurrency: 2, maxConcurrency: 2, bufferBytes: 0, buffersParts: false },
};

type Reply = { status: number; headers: [string, string][]; body: string };
type End = Extract<Effect, { type: "done" | "failed" | "suspended" }>;

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64");

const created = JSON.stringify({
  RequestId: "request-1",
  VideoId: "0123456789abcdef0123456789abcdef",
  UploadAddress: base64({
    Endpoint: "https://oss-cn-shanghai.aliyuncs.com",
    Bucket: "bucket",
    FileName: "sv/film.mp4",
  }),
  UploadAuth: base64({
    AccessKeyId: "STS.id",
    AccessKeySecret: "sts-secret",
    SecurityToken: "sts-token",
    ExpireUTCTime: new Date(START + 3_000_000).toISOString(),
    Expiration: "3000",
  }),
});

function crcOf(bytes: Uint8Array): [string, string] {
  const crc = new Crc64();
  crc.update(bytes);
  const field: [string, string] = ["x-oss-hash-crc64ecma", crc.digest()];
  crc.free();
  return field;
}

/** VOD and OSS in a few lines. The first call meets a service that is busy. */
function answer(request: Request, calls: number): Reply {
  const { searchParams } = new URL(request.url);
  if (calls === 1) return { status: 503, headers: [], body: '{"Code":"ServiceUnavailable"}' };
  if (searchParams.has("uploads")) {
    const body =
      "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>sv/film.mp4</Key>" +
      "<UploadId>U1</UploadId></InitiateMultipartUploadResult>";
    return { status: 200, headers: [], body };
  }
  if (!searchParams.has("uploadId")) return { status: 200, headers: [], body: created };
  const body =
    "<CompleteMultipartUploadResult><Bucket>bucket</Bucket><Key>sv/film.mp4</Key>" +
    '<ETag>"E"</ETag></CompleteMultipartUploadResult>';
  return { status: 200, headers: [crcOf(film)], body };
}

/** Runs an upload to its end: the clock is what this says, and passes by itself only where something waits. */
function run(entropy: Uint8Array): { end: End; requests: Request[]; now: number } {
  let now = START;
  const requests: Request[] = [];
  const account = { accessKeyId: "id", accessKeySecret: "secret" };
  const upload = Upload.create(job, account, entropy, now);
  const events: Event[] = [{ type: "start" }];
  const obey = (effect: Effect): Event | undefined => {
    switch (effect.type) {
      case "send": {
        requests.push(effect.request);
        return { type: "replied", id: effect.id, ...answer(effect.request, requests.length) };
      }
      case "transfer": {
        const { id, body, length, request } = effect;
        assert.ok(body.type === "slice");
        requests.push(request);
        const bytes = film.subarray(body.offset, body.offset + length);
        const headers: [string, string][] = [["ETag", `"${id}"`], crcOf(bytes)];
        return { type: "transferred", id, sent: bytes.length, status: 200, headers, body: "" };
      }
      case "wait":
        now = Math.max(now, effect.until);
        return { type: "woke", id: effect.id };
      default:
        return undefined;
    }
  };
  try {
    for (let event = events.shift(); event !== undefined; event = events.shift()) {
      for (const effect of upload.handle(event, now)) {
        if (effect.type === "done" || effect.type === "failed")
          return { end: effect, requests, now };
        const next = obey(effect);
        if (next !== undefined) events.push(next);
      }
    }
  } finally {
    upload.free();
  }
  return assert.fail("it stands still");
}

const header = ({ headers }: Request, name: string) =>
  headers.find(([field]) => field.toLowerCase() === name)?.[1];

test("driven by hand, an upload is done without a network, and its waiting costs no time", () => {
  const { end, requests, now } = run(new Uint8Array(32));
  assert.ok(end.type === "done", JSON.stringify(end));
  const { bytes, parts, retries, crc64 } = end.outcome;
  assert.deepEqual([bytes, parts, retries], [film.length, 3, 1]);
  assert.equal(crc64, crcOf(film)[1]);
  assert.equal(requests.length, 2 + 1 + 3 + 1, "Create twice, Initiate, three parts, Complete");
  for (const { url } of requests) assert.match(url, /^https:\/\/[\w.-]+\.aliyuncs\.com\//);
  assert.ok(now > START, "it has waited, by the clock it was given");
  const [first] = requests;
  assert.ok(first !== undefined);
  assert.equal(header(first, "x-acs-date"), "2026-01-02T03:04:05Z");
});

test("the same clock and entropy give the same requests, signatures included", () => {
  const once = run(new Uint8Array(32).fill(1));
  assert.deepEqual(run(new Uint8Array(32).fill(1)), once);
  const other = run(new Uint8Array(32).fill(2));
  const nonces = [once, other].map(
    ({ requests: [first] }) => first && header(first, "x-acs-signature-nonce"),
  );
  assert.notEqual(nonces[0], nonces[1]);
});
