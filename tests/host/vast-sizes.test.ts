// Numbers of bytes that JavaScript does not have exactly, wherever one may stand: told with the name of the field, never
// `internal`, and never as another number.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation, readCheckpoint, Upload, VodliftError } from "../../pkg/src/core.ts";
import { Vodlift } from "../../pkg/src/index.ts";
import type { Ask, Checkpoint } from "../../pkg/src/wasm/core.js";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { job } from "../support/job.ts";

const account = { accessKeyId: "id", accessKeySecret: "secret" };
const entropy = new Uint8Array(32);
const now = 1e12;

/** A whole number of at least 2^53, in one of the ways in which it may be written. */
function vast({ pick, below }: Dice): string {
  const digits = Array.from({ length: 16 + below(30) }, () => below(10)).join("");
  return pick([
    "9007199254740993",
    "9007199254740992",
    "18446744073709551615",
    "18446744073709551616",
    `9${digits}`,
    `1e${16 + below(280)}`,
    `9.9e+${16 + below(280)}`,
  ]);
}

function refusal(work: () => unknown): VodliftError {
  try {
    assert.fail(`it gave ${JSON.stringify(work())}`);
  } catch (error) {
    assert.ok(error instanceof VodliftError, String(error));
    return error;
  }
}

const media = { mediaId: "0123456789abcdef0123456789abcdef" };
/** What VOD may answer, with a size in it. */
const REPLIES: [field: string, ask: Ask, body: (size: string) => string][] = [
  [
    "Size",
    { type: "videoInfo", video: media },
    (size) =>
      `{"RequestId":"R","Video":{"VideoId":"${media.mediaId}","Status":"Normal","Size":${size}}}`,
  ],
  [
    "Size",
    { type: "mezzanineInfo", video: media },
    (size) => `{"RequestId":"R","Mezzanine":{"Status":"Normal","Size":${size}}}`,
  ],
  [
    "FileSize",
    { type: "urlUploads", which: { jobIds: ["a"] }, untilEnded: false },
    (size) =>
      `{"RequestId":"R","URLUploadInfoList":[{"JobId":"a","Status":"SUCCESS","FileSize":${size}}]}`,
  ],
];

test("a size that VOD answers is exact or refused by name", () => {
  for (const seed of seeds(300)) {
    const luck = dice(seed);
    const [field, ask, body] = luck.pick(REPLIES);
    const size = vast(luck);
    const written = luck.oneIn(2) ? size : `"${size}"`;
    const talk = new Conversation({}, account, ask, entropy, now);
    talk.start(now);
    const reply = { status: 200, headers: [], body: body(written) };
    const step = talk.handle({ type: "replied", ...reply }, now);
    talk.free();
    const error = step.type === "failed" ? step.error : undefined;
    const about = `SEED=${seed} ${written}: ${JSON.stringify(step)}`;
    assert.equal(error?.code, "reply_invalid", about);
    assert.match(error?.message ?? "", new RegExp(`\`${field}\``), about);
  }
});

const whole = {
  ...Upload.create(job, account, entropy, now).checkpoint(),
  source: { queryRemoved: false, size: 10, modified: 5, validator: {} },
  plan: { type: "parts", size: 1_000_000, partSize: 102_400 },
  place: { mediaId: "m", bucket: "b", objectKey: "k" },
  replacedBytes: 7,
  createSent: 1e12,
  bytesAccepted: 5,
} as unknown as Checkpoint;
const FIELDS = [
  "bytesAccepted",
  "replacedBytes",
  "createSent",
  "source.size",
  "source.modified",
  "plan.size",
  "plan.partSize",
];

/** The checkpoint as text, with this number in this field. */
function holding(field: string, written: string): string {
  const copy = JSON.parse(JSON.stringify(whole));
  const [outer = "", inner] = field.split(".");
  if (inner === undefined) copy[outer] = "HERE";
  else copy[outer][inner] = "HERE";
  return JSON.stringify(copy).replace('"HERE"', written);
}

test("a number in a checkpoint is exact or refused by name", () => {
  assert.deepEqual(readCheckpoint(whole).replacedBytes, 7);
  for (const seed of seeds(300)) {
    const luck = dice(seed);
    const field = luck.pick(FIELDS);
    const text = holding(field, vast(luck));
    const given = luck.oneIn(2) ? text : JSON.parse(text);
    const error = refusal(() => readCheckpoint(given));
    assert.equal(error.code, "checkpoint_invalid", `SEED=${seed} ${text}: ${error.message}`);
    const [outer = ""] = field.split(".");
    assert.match(error.message, new RegExp(`\`${outer}`), `SEED=${seed} ${text}`);
  }
});

/** What a caller says in bytes, in the options of an upload. */
const OPTIONS: [field: string, options: (size: number, written: string) => object][] = [
  ["size", (size) => ({ size })],
  ["partSize", (partSize) => ({ partSize })],
  ["partSize", (_, partSize) => ({ partSize })],
  ["maxBytes", (maxBytes) => ({ maxBytes })],
  ["maxBytes", (_, maxBytes) => ({ maxBytes })],
  ["budget.bytes", (bytes) => ({ budget: { bytes } })],
  ["trafficLimit", (trafficLimit) => ({ trafficLimit })],
];

test("a number of bytes that a caller passes is exact or refused by name", async () => {
  const vod = new Vodlift(account);
  for (const seed of seeds(100)) {
    const luck = dice(seed);
    const [field, options] = luck.pick(OPTIONS);
    const written = vast(luck);
    const given = { fileName: "a.mp4", ...options(Number(written), written) };
    const stream = new ReadableStream();
    await assert.rejects(vod.upload(stream, given), (error: VodliftError) => {
      const about = `SEED=${seed} ${JSON.stringify(given)}: ${error.message}`;
      if (error.code === "too_large" && field === "size") return true;
      assert.equal(error.code, "invalid_argument", about);
      assert.match(error.message, new RegExp(`\`${field}\``), about);
      return true;
    });
  }
});
