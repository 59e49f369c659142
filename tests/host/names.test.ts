// Names that were made up from what a source tells of itself. The emulator judges them by rules of its own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Vodlift, type VodliftError } from "../../pkg/src/index.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, mediaMade, startService } from "../support/service.ts";

let service: Emulator;
let origin: Origin;
let vod: Vodlift;

before(async () => {
  service = await startService();
  origin = await startOrigin();
  vod = new Vodlift(service);
});
after(async () => {
  await origin.close();
  await service.close();
});

type Told = { path: string; contentType: string; disposition?: string };
type Kind = "video" | "image" | "watermark" | "subtitle" | "material";

/** Uploads what is told so, and says what VOD was told. */
async function upload(kind: Kind, { path, contentType, disposition }: Told) {
  const { pathname } = new URL(path, origin.url);
  const bytes = { size: 1000, contentType, ...(disposition && { disposition }) };
  origin.add(pathname, bytes);
  const source = origin.url + path;
  const options = { allowPrivateSources: true } as const;
  const { mediaId } = await {
    video: () => vod.upload(source, options),
    image: () => vod.uploadImage(source, options),
    watermark: () => vod.uploadAttachedMedia(source, { ...options, businessType: "watermark" }),
    subtitle: () => vod.uploadAttachedMedia(source, { ...options, businessType: "subtitle" }),
    material: () => vod.uploadAttachedMedia(source, { ...options, businessType: "material" }),
  }[kind]();
  const made = (await mediaMade(service)).find(({ id }) => id === mediaId);
  assert.ok(made, mediaId);
  return made.parameters;
}

/** UTF-8 as a server writes it into a header. */
const raw = (text: string) => Buffer.from(text).toString("latin1");

test("a source is named by whatever tells its name best", async () => {
  const bytes = "application/octet-stream";
  const rows: [Told, fileName: string, title: string][] = [
    [{ path: "/watch.php?v=1", contentType: "video/mp4" }, "watch.mp4", "watch"],
    [{ path: "/v1.0", contentType: "application/mp4" }, "v1.0.mp4", "v1.0"],
    [{ path: "/film.mp4;jsessionid=1", contentType: bytes }, "film.mp4", "film"],
    [{ path: "/%B2%E2%CA%D4.mp4", contentType: bytes }, "测试.mp4", "测试"],
    [{ path: "/get?file=a%20b.mkv", contentType: bytes }, "a b.mkv", "a b"],
    [{ path: "/%F0%9F%8E%AC%20Film.mp4", contentType: bytes }, "Film.mp4", "Film"],
    [
      { path: "/1", contentType: bytes, disposition: raw('attachment; filename="测试.mp4"') },
      "测试.mp4",
      "测试",
    ],
    [
      { path: "/2", contentType: bytes, disposition: "attachment; filename=\xb2\xe2\xca\xd4.mp4" },
      "测试.mp4",
      "测试",
    ],
    [
      { path: "/3", contentType: bytes, disposition: "attachment; filename=%E7%89%87.mp4" },
      "片.mp4",
      "片",
    ],
    [
      { path: "/4", contentType: bytes, disposition: 'a; filename="=?UTF-8?B?5rWL?=.mp4"' },
      "测.mp4",
      "测",
    ],
    [
      { path: "/5.php", contentType: "audio/x-m4a", disposition: "inline; filename=song" },
      "song.m4a",
      "song",
    ],
  ];
  for (const [told, fileName, title] of rows) {
    const { FileName, Title } = await upload("video", told);
    assert.deepEqual([FileName, Title], [fileName, title], told.path);
  }
  const told = { path: "/media/a.jpg:large", contentType: "image/pjpeg" };
  const { ImageExt, OriginalFileName, Title } = await upload("image", told);
  assert.deepEqual([ImageExt, OriginalFileName, Title], ["jpg", "a.jpg", "a"]);
});

test("a Blob tells its format by its type", async () => {
  const { mediaId } = await vod.upload(new Blob(["bytes"], { type: "video/quicktime" }), {
    title: "Launch 2026.11.22",
  });
  const made = (await mediaMade(service)).find(({ id }) => id === mediaId);
  assert.equal(made?.parameters.FileName, "Launch 2026.11.22.mov");
});

test("a wrong file name that the caller gave is named", async () => {
  const source = origin.add("/given.mp4", { size: 1000 });
  const options = { allowPrivateSources: true, fileName: "film" };
  await assert.rejects(vod.upload(source, options), (error: VodliftError) => {
    assert.deepEqual([error.code, /fileName/.test(error.message)], ["invalid_argument", true]);
    return true;
  });
});

test("no name that was made up is refused by VOD, whatever the source tells", async () => {
  const seed = Number(process.env.SEED ?? 20_261_126);
  const random = draw(seed);
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let named = 0;
  for (let n = 0; n < 250; n += 1) {
    const kind = one<Kind>(["video", "video", "image", "watermark", "subtitle", "material"]);
    const told = {
      path: `/${n}/${toldPath(one)}`,
      contentType: one(TYPES[kind]),
      ...(random() < 0.5 && { disposition: toldDisposition(one) }),
    };
    try {
      await upload(kind, told);
      named += 1;
    } catch (error) {
      const { code, message } = error as VodliftError;
      // Nothing tells a format, or one of another kind: that is said before VOD is asked.
      if (code === "source_is_image") continue;
      const field = /^`(fileName|businessType)`/.test(message);
      const about = `SEED=${seed}, ${kind}, ${JSON.stringify(told)}: ${message}`;
      assert.deepEqual([code, field], ["invalid_argument", true], about);
    }
  }
  assert.ok(named > 120, `SEED=${seed}: only ${named} of 250 were named`);
});

type One = <T>(list: readonly T[]) => T;

const UNKNOWN = ["application/octet-stream", "binary/octet-stream", "application/force-download"];
const IMAGES = ["image/jpg", "IMAGE/PNG", "image/x-png", "image/webp; q=1", ...UNKNOWN];
const TYPES: Readonly<Record<Kind, readonly string[]>> = {
  video: ["Video/MP4; codecs=avc1", "audio/x-wav", "video/matroska", "audio/aacp", ...UNKNOWN],
  image: IMAGES,
  watermark: IMAGES,
  subtitle: ["text/srt", "text/vtt; charset=utf-8", ...UNKNOWN],
  material: [...IMAGES, "application/zip", "application/x-zip-compressed", "video/mp4"],
};

const STEMS = [
  "film",
  "Lecture 3. Intro",
  "电影第1集",
  "🎬🎬",
  "👩‍👩‍👧 e\u0301",
  "𠮷野家",
  "a\u202eb\u0000c",
  '"quoted" \\ path: x|y',
  "片".repeat(150),
  `${"x".repeat(127)}e\u0301`,
  " . ",
  "v1.0",
  "=?UTF-8?B?8J+OrA==?=",
  "100%",
];
const ENDS = [
  ..."mp4 MKV ts mp3 m4b ogv dat jpg JPEG jfif png gif webp heic srt vtt ttml zip php 0".split(" "),
  ...["jpg:large", "mp4;jsessionid=1", "mp4.download", "png@2x", "vtt&dl=1", "mp4/", "xyz", "mp4 "],
];

function toldPath(one: One): string {
  const name = `${one(STEMS)}${one([".", ""])}${one(ENDS)}`;
  const path = one([
    encodeURIComponent(name),
    `%B5%E7%D3%B0.${one(ENDS)}`,
    `caf%E9.${one(ENDS)}`,
    encodeURI(name).replaceAll(/[?#\\]/g, "_"),
  ]);
  const value = encodeURIComponent(`${one(STEMS)}.${one(ENDS)}`);
  const header = encodeURIComponent(`attachment; filename="x.${one(ENDS)}"`);
  return one([
    path,
    path,
    `${path}?file=${value}`,
    `get?name=${value}&x=1`,
    `get?response-content-disposition=${header}`,
  ]);
}

function toldDisposition(one: One): string {
  const name = `${one(STEMS)}.${one(ENDS)}`.replaceAll(/[\0"\\]/g, "");
  const word = `=?UTF-8?B?${Buffer.from(name).toString("base64")}?=`;
  return one([
    `attachment; filename="${raw(name)}"`,
    `attachment; filename=${encodeURIComponent(name)}`,
    `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    `attachment; filename="${word}"`,
    `inline; filename="\xb2\xe2.${one(ENDS)}"`,
    `attachment; filename*0="a "; filename*1="b.${one(ENDS)}"`,
    "attachment",
  ]);
}

/** Numbers from 0 to 1, the same for the same seed. */
function draw(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test("an image is signed for the region of its bucket, whatever its credential says", async () => {
  for (const credentialRegion of ["plain", "prefixed", "wrong-for-images"] as const) {
    const region = "cn-beijing";
    const there = await startService({ region, habits: { credentialRegion } });
    try {
      const client = new Vodlift(there);
      const photo = new Blob([new Uint8Array(1000)]);
      await client.uploadImage(photo, { fileName: "photo.png" });
      await client.upload(photo, { fileName: "film.mp4" });
    } finally {
      await there.close();
    }
  }
});
