// Origins with odd habits, through the whole package and the emulator: what can be lifted arrives byte for byte.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type UploadOptions, Vodlift, type VodliftError } from "../../pkg/src/index.ts";
import { type Faults, type Origin, startOrigin, uniqueName } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  startService,
  storedSha256,
} from "../support/service.ts";

const MIB = 1024 * 1024;
const PART = 128 * 1024;

let origin: Origin;
let service: Emulator;
let vod: Vodlift;

before(async () => {
  [origin, service] = await Promise.all([startOrigin(), startService()]);
  const { endpoint, accessKeyId, accessKeySecret } = service;
  vod = new Vodlift({ endpoint, accessKeyId, accessKeySecret });
});
after(async () => {
  await Promise.all([origin.close(), service.close()]);
});

interface Habit extends Faults {
  size?: number;
  contentType?: string;
  begins?: string;
}

function place(habit: Habit): [string, string] {
  const path = `/${uniqueName("odd")}.mp4`;
  return [path, origin.add(path, { size: MIB + 17, ...habit })];
}

async function lifts(habit: Habit, options: UploadOptions = {}) {
  const [path, url] = place(habit);
  const how = { title: "Odd", partSize: PART, allowPrivateSources: true, ...options };
  const outcome = await vod.upload(url, how);
  assert.equal(await storedSha256(service, outcome.objectKey), await origin.sha256(path));
  await assertNothingOpen(service);
  return { outcome, requests: origin.log.filter((one) => one.path === path) };
}

const HABITS: readonly Faults[] = [
  { rangeStatus: 403 },
  { rangeStatus: 416 },
  { rangeStatus: 501 },
  { noContentRange: true },
  { wrongContentRange: true },
  { ignoresEnd: true },
  { wholeAs206: true },
  { multipart: true },
  { hidesSize: true },
  { compressedAfter: 0 },
  { compressedAfter: 2 },
  { forgetsRanges: true },
  { ifRangeIs200: true },
  { nodeEtags: 3 },
  { gzipEtag: true },
  { modifiedNow: true },
  { modifiedNow: true, noEtag: true },
  { atOnce: 2 },
  { atOnce: 1 },
  { atOnce: 1, crowdStatus: 403, firstByteMs: 30 },
  { atOnce: 1, crowdStatus: 200, firstByteMs: 30 },
  { rangesAre200: true },
  { wantsCookie: true },
];

for (const habit of HABITS) {
  test(`a source that does ${JSON.stringify(habit)} is lifted`, async () => {
    await lifts(habit);
  });
}

test("the first request brings the first part, and no other is needed for it", async () => {
  const { outcome, requests } = await lifts({});
  assert.equal(requests.length, outcome.parts);
  assert.equal(requests[0]?.range, `bytes=0-${PART - 1}`);
});

test("a file no larger than a part is asked for once, and so is a link that works only once", async () => {
  const { requests } = await lifts({ worksOnce: true, size: PART });
  assert.equal(requests.length, 1);
  const once = await lifts({ worksOnce: true }, { ranges: false });
  assert.equal(once.requests.length, 1);
  assert.equal(once.requests[0]?.range, undefined);
});

test("a link that works only once says what to do where it brought a part", async () => {
  const [, url] = place({ worksOnce: true });
  const how = { title: "Odd", partSize: PART, allowPrivateSources: true };
  await assert.rejects(vod.upload(url, how), (error: VodliftError) => {
    assert.equal(error.code, "source_forbidden");
    assert.match(error.hint, /works only once/);
    return true;
  });
  await assertNothingOpen(service);
});

test("an empty file that answers 416 is empty", async () => {
  const [, url] = place({ size: 0 });
  const how = { title: "Odd", allowPrivateSources: true };
  await assert.rejects(vod.upload(url, how), { code: "empty_source" });
});

test("a page under the name of a film is refused before VOD hears of it, unless it is wanted", async () => {
  const created = () => service.log.filter((one) => /^CreateUpload/.test(one.operation)).length;
  const before = created();
  for (const contentType of ["text/html; charset=utf-8", "application/json", "text/xml"]) {
    for (const noRanges of [false, true]) {
      const [, url] = place({ contentType, noRanges });
      const how = { title: "Odd", allowPrivateSources: true };
      await assert.rejects(vod.upload(url, how), { code: "source_is_page" });
      await assert.rejects(vod.uploadImage(url, { ...how, fileName: "a.png" }), {
        code: "source_is_page",
      });
    }
  }
  assert.equal(created(), before);
  const [, url] = place({ contentType: "text/html" });
  await vod.upload(url, { title: "Odd", allowPrivateSources: true, anyContentType: true });
});

test("what a reply begins with tells a page, a playlist or an image, whatever it is called", async () => {
  const begins = {
    source_is_page: [
      "<!DOCTYPE html>\n<html><title>Log in</title>",
      "\r\n  <html lang=zh><title>\xb5\xc7\xc2\xbc</title>",
      "\xef\xbb\xbf<HTML>",
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>',
      '{"error":"expired"}',
    ],
    source_is_playlist: ["#EXTM3U\n#EXTINF:6,\n1.ts\n", "\xef\xbb\xbf#EXTM3U"],
    source_is_image: ["\xff\xd8\xff\xe0\0\x10JFIF", "\x89PNG\r\n\x1a\n"],
  };
  const created = () => service.log.filter((one) => /^CreateUpload/.test(one.operation)).length;
  const before = created();
  for (const [code, heads] of Object.entries(begins)) {
    for (const head of heads) {
      for (const contentType of ["video/mp4", "application/octet-stream", ""]) {
        const page = { begins: head, size: head.length, contentType };
        const what = `${code} ${contentType} ${head}`;
        for (const noRanges of [false, true]) {
          const [, url] = place({ ...page, noRanges });
          const how = { title: "Odd", allowPrivateSources: true };
          await assert.rejects(vod.upload(url, how), { code }, what);
        }
      }
    }
  }
  assert.equal(created(), before);
  for (const head of [begins.source_is_page[0], begins.source_is_playlist[0]]) {
    const page = { ...(head && { begins: head, size: head.length }), contentType: "video/mp4" };
    await lifts(page, { anyContentType: true });
  }
});

const MEDIA_HEADS = [
  "<",
  "G\x40\x11\x10",
  "FLV\x01\x05",
  "ID3\x04\0\0",
  "\xff\xfb\x90\x64",
  "GIF89a",
  "\0\0\0\x20ftypisom",
  "\x1aE\xdf\xa3",
  "<html>\0\x01\x02",
  "OggS",
];

test("media that begins oddly is lifted, byte for byte", async () => {
  for (const [n, begins] of MEDIA_HEADS.entries()) {
    const habits = [{}, { noRanges: true }, { noLength: true }, { dribbles: 9 }];
    for (const size of [PART - 1, 3 * PART]) await lifts({ begins, size, ...habits[n % 4] });
  }
});

const FILE_HEADS = ["\0\0\0\x20ftypisom", "\x1aE\xdf\xa3", "ID3\x03\0", "FLV\x01"];

test("a file is lifted though its server calls it a page, and gone on with", async () => {
  for (const contentType of ["text/html; charset=UTF-8", "application/json", "text/xml"]) {
    for (const habit of [{}, { noRanges: true }, { noLength: true }]) {
      for (const begins of FILE_HEADS) {
        await lifts({ begins, contentType, size: 3 * PART, ...habit });
      }
    }
  }
  const [path, url] = place({ begins: "\0\0\0\x20ftypisom", contentType: "text/html" });
  const how = { title: "Odd", partSize: PART, allowPrivateSources: true };
  const begun = await vod.upload(url, { ...how, budget: { parts: 2 } });
  assert.ok("checkpoint" in begun);
  const outcome = await vod.resume(begun.checkpoint, { allowPrivateSources: true });
  assert.ok("objectKey" in outcome);
  assert.equal(await storedSha256(service, outcome.objectKey), await origin.sha256(path));
});

test("subtitles in XML are known by type, by suggested name and by the name they are given", async () => {
  const begins = '<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml"></tt>';
  const page = { begins, size: begins.length };
  const told = { contentType: "application/ttml+xml" };
  const named = { contentType: "text/xml", disposition: 'attachment; filename="a.ttml"' };
  const how = { title: "Odd", businessType: "subtitle" as const, allowPrivateSources: true };
  for (const [habit, given] of [
    [told, {}],
    [named, {}],
    [{ contentType: "text/xml" }, { fileName: "a.ttml" }],
    [{ contentType: "text/xml" }, { mediaExt: "ttml" }],
  ] as const) {
    const path = `/${uniqueName("subtitles")}`;
    const url = origin.add(path, { ...page, ...habit });
    await vod.uploadAttachedMedia(url, { ...how, ...given });
  }
  const url = origin.add(`/${uniqueName("page")}.srt`, { ...page, contentType: "text/xml" });
  await assert.rejects(vod.uploadAttachedMedia(url, how), { code: "source_is_page" });
});

test("a playlist or an image is a video only where somebody says so", async () => {
  for (const [contentType, code] of [
    ["application/vnd.apple.mpegurl", "source_is_playlist"],
    ["image/jpeg", "source_is_image"],
  ]) {
    const [, url] = place({ ...(contentType && { contentType }) });
    const how = { title: "Odd", fileName: "film.mp4", allowPrivateSources: true };
    await assert.rejects(vod.upload(url, how), { code });
    await vod.upload(url, { ...how, as: "video" });
  }
});

test("a source that thinks is waited for, and not for ever", async () => {
  await lifts({ firstByteMs: 300, size: 2 * PART });
  const [path, url] = place({ firstByteMs: 60_000, size: PART });
  const how = { title: "Odd", allowPrivateSources: true, sourceTimeoutMs: 500 };
  await assert.rejects(vod.upload(url, how), { code: "source_unreachable" });
  // One that was given up before it had arrived is not seen there.
  const asked = origin.log.filter((one) => one.path === path).length;
  assert.ok(asked >= 1 && asked <= 6, `${asked} requests`);
});

test("a reply to a part may take as long as its bytes on a slow line", async () => {
  service.setFaults([{ operation: "UploadPart", action: { kind: "delay", ms: 4_000 } }]);
  try {
    // 1 MiB at 16 KiB/s are 64 seconds more than the 2 that were asked for.
    const before = service.log.length;
    await lifts({ size: 2 * MIB }, { partSize: MIB, serviceTimeoutMs: 2_000 });
    const sent = service.log.slice(before).filter(({ operation }) => operation === "UploadPart");
    assert.equal(sent.length, 2);
  } finally {
    service.setFaults([]);
  }
});

// SEED=n draws other worlds; each seed is printed.
const FIRST = Number(process.env.SEED ?? 1);
const COUNT = process.env.SEED === undefined ? 24 : 1;

/** Mulberry32: enough for luck. */
function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

test("habits, sizes and faults drawn at random end with exactly the source's bytes", async (t) => {
  for (let seed = FIRST; seed < FIRST + COUNT; seed += 1) {
    t.diagnostic(`SEED=${seed}`);
    const below = dice(seed);
    const drawn: Habit & { size: number } = {
      ...HABITS[below(HABITS.length)],
      ...(below(2) === 0 && HABITS[below(HABITS.length)]),
      size: 1 + below(10 * PART),
      redirects: below(3),
      ...(below(3) === 0 && { dieAfter: 40_000, dieTimes: 1 + below(2) }),
      ...(below(4) === 0 && { noLength: true }),
      ...(below(4) === 0 && { weakEtag: true }),
      ...(below(4) === 0 && { dribbles: 1 + below(20) }),
      ...(below(4) === 0 && { begins: MEDIA_HEADS[below(MEDIA_HEADS.length)] as string }),
    };
    if (drawn.size >= 64 && below(4) === 0) {
      drawn.begins = FILE_HEADS[below(FILE_HEADS.length)] as string;
      drawn.contentType = "text/html; charset=UTF-8";
    }
    const concurrency = 1 + below(6);
    const verify = below(2) === 0 ? "crc64" : "length";
    await lifts(drawn, { concurrency, verify }).catch((error) => {
      throw new Error(`SEED=${seed}: ${JSON.stringify(drawn)}`, { cause: error });
    });
  }
});
