// Uploads of every kind of media to an emulator with habits and faults drawn at random. Each ends byte for byte, or with
// the error that its habits make inevitable. A failure names its seed: `HABIT_SEEDS=17,40-60 node --test <this file>`.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import { Vodlift, VodliftError } from "../../pkg/src/index.ts";
import {
  drawHabits,
  type Emulator,
  type FaultRule,
  parseFault,
  startEmulator,
} from "../support/emulator.ts";
import { fixed } from "../support/hls.ts";
import { leaks } from "../support/leaks.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { storedSha256 } from "../support/service.ts";

const SEEDS = seedsOf(process.env.HABIT_SEEDS ?? "1-12");
const PART = 102_400;

/** What an upload survives, wherever it strikes. */
const FAULTS = [
  "CreateUploadVideo:1:503=ServiceUnavailable",
  "CreateUploadImage:1:503=AddVideoFailed",
  "CreateUploadVideo:1:400=Throttling.User",
  "RefreshUploadVideo:1:503=ServiceUnavailable",
  "GetMezzanineInfo:1:reset-before",
  "InitiateMultipartUpload:1:reset-before",
  "UploadPart:2:reset-before",
  "UploadPart:1:reset-after",
  "UploadPart:3:reset-mid-body=1000",
  "UploadPart:4:503=ServiceUnavailable",
  "UploadPart:2:wrong-crc",
  "UploadPart:5:early-403=SecurityTokenExpired",
  "UploadPart:3:403=InvalidSecurityToken",
  "UploadPart:6:truncate-answer",
  "PutObject:1:reset-after",
  "PutObject:2:403=SecurityTokenExpired",
  "CompleteMultipartUpload:1:reset-after",
  "CompleteMultipartUpload:2:503=InternalError",
];
const PLAYLIST = `#EXTM3U
#EXT-X-TARGETDURATION:6
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:6,
0.ts
#EXT-X-ENDLIST
`;
const LIVES = [2, 3, 3600];
const REGIONS = ["cn-shanghai", "cn-beijing", "ap-southeast-1"];
const BUCKETS = ["vodlift-emulator", `outin-${"0123456789abcdef".repeat(2)}`, "in-20261126-abc"];

function seedsOf(text: string): number[] {
  return text.split(",").flatMap((one) => {
    const [first = 0, last = first] = one.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

/** Numbers below `limit`, the same for the same seed. */
function dice(seed: number): (limit: number) => number {
  let state = createHash("sha256").update(`seed ${seed}`).digest();
  return (limit) => {
    state = createHash("sha256").update(state).digest();
    return state.readUInt32BE() % limit;
  };
}

function drawWorld(seed: number) {
  const roll = dice(seed);
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T;
  const faults = Array.from({ length: roll(5) }, () => pick(FAULTS));
  return {
    habits: drawHabits(seed),
    credentialLifeSeconds: pick(LIVES),
    region: pick(REGIONS),
    bucket: pick(BUCKETS),
    qps: pick([undefined, 4]),
    ossSignature: pick(["v4", "v1"] as const),
    vodSignature: pick(["acs3", "rpc"] as const),
    faults,
  };
}

type Upload = { what: string; content: Buffer; run: (vod: Vodlift) => Promise<Done> };
type Done = { objectKey: string };

function uploads(origin: Origin): Upload[] {
  const kind = (
    what: string,
    size: number,
    run: (vod: Vodlift, bytes: Buffer) => Promise<Done>,
  ) => {
    const content = randomBytes(size);
    return { what, content, run: (vod: Vodlift) => run(vod, content) };
  };
  const how = { partSize: PART, verify: "crc64" as const };
  return [
    kind("a small video", 1_000, (vod, bytes) => vod.upload(bytes, { ...how, fileName: "a.mp4" })),
    kind("a video in parts", 4 * PART + 7, (vod, bytes) =>
      vod.upload(bytes, { ...how, fileName: "b.mp4", coverUrl: "https://example.com/c.jpg" }),
    ),
    kind("a stream", 2 * PART + 1, (vod, bytes) =>
      vod.upload(new Blob([new Uint8Array(bytes)]).stream(), { ...how, fileName: "c.mov" }),
    ),
    kind("audio", PART + 1, (vod, bytes) => vod.upload(bytes, { ...how, fileName: "d.mp3" })),
    kind("an image", 2_000, (vod, bytes) => vod.uploadImage(bytes, { ...how, fileName: "e.png" })),
    kind("a subtitle", 3 * PART, (vod, bytes) =>
      vod.uploadAttachedMedia(bytes, { ...how, fileName: "f.srt", businessType: "subtitle" }),
    ),
    {
      what: "a playlist",
      content: Buffer.from(PLAYLIST),
      run: (vod) =>
        vod.uploadPlaylist(`${origin.url}/hls/index.m3u8`, {
          verify: "crc64",
          allowPrivateSources: true,
        }),
    },
  ];
}

/** A media is made, and gets new bytes: as many as it had, more, or so few that one PutObject takes them. */
function replacement(seed: number): Upload {
  const [size = 0, before = 0] = [
    [3 * PART + 5, 9],
    [2 * PART, 2 * PART],
    [900, 900],
  ][seed % 3] as number[];
  const content = randomBytes(size);
  const run = async (vod: Vodlift) => {
    const old = await vod.upload(Buffer.alloc(before, 1), { partSize: PART, fileName: "r.mp4" });
    const end = await vod.upload(content, { partSize: PART, replace: old.mediaId });
    assert.deepEqual([end.mediaId, end.objectKey], [old.mediaId, old.objectKey]);
    return end;
  };
  return { what: "new bytes for a media that exists", content, run };
}

/** Why an upload may fail in this world; undefined when it must arrive. */
function excuse({
  habits,
  ossSignature,
  faults,
}: ReturnType<typeof drawWorld>): RegExp | undefined {
  if (habits.ossSignatures === "v1-only" && ossSignature === "v4") {
    return /Authorization header is invalid/;
  }
  // Whether a part has arrived whose connection broke, only ListParts tells.
  const breaks = faults.some((fault) => /:(reset|truncate|early)/.test(fault));
  return habits.credentialReads === "nothing" && breaks ? /AccessDenied/ : undefined;
}

/** What an upload's failure says; empty when it has arrived byte for byte. */
async function settle(emulator: Emulator, vod: Vodlift, may: RegExp | undefined, upload: Upload) {
  const { what, content, run } = upload;
  try {
    const { objectKey } = await run(vod);
    const sha256 = createHash("sha256").update(content).digest("hex");
    assert.equal(await storedSha256(emulator, objectKey), sha256, what);
    return "";
  } catch (error) {
    const shown = inspect(error);
    if (error instanceof VodliftError && may?.test(error.message) && error.hint) return shown;
    throw new Error(`${what} failed: ${shown}`);
  }
}

for (const seed of SEEDS) {
  test(`uploads under the habits and faults of seed ${seed}`, async (context) => {
    const world = drawWorld(seed);
    context.diagnostic(JSON.stringify({ seed, ...world }));
    const { faults, ossSignature, vodSignature, qps, ...options } = world;
    const rules: FaultRule[] = faults.map(parseFault);
    const emulator = await startEmulator({ ...options, ...(qps ? { qps } : {}), faults: rules });
    const routes = {
      "/hls/index.m3u8": { content: fixed(PLAYLIST) },
      "/hls/0.ts": { size: 2 * PART },
    };
    const origin = await startOrigin({ routes });
    context.after(() => Promise.all([origin.close(), emulator.close()]));
    const { endpoint, region, accessKeyId, accessKeySecret } = emulator;
    const keys = { accessKeyId, accessKeySecret };
    const vod = new Vodlift({ endpoint, region, ...keys, ossSignature, vodSignature });
    const may = excuse(world);
    const told = await Promise.all(uploads(origin).map((one) => settle(emulator, vod, may, one)));
    told.push(await settle(emulator, vod, may, replacement(seed)));
    // An image or attached media that began anew has no credential left to remove what it sent before.
    const open = (await emulator.openUploads()).map(({ key }) => key);
    assert.deepEqual(
      open.filter((key) => !/^(image|subtitle)\//.test(key)),
      [],
    );
    assert.deepEqual(leaks(told.join("\n"), emulator.issuedSecrets), []);
  });
}
