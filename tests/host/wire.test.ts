// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so OSS writes its variables
// Every setting of the media and its object, from the command line to the wire: which requests carry it, and what.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { vodlift } from "../support/cli.ts";
import { fixed } from "../support/hls.ts";
import type { Origin } from "../support/origin.ts";
import { type Emulator, storedObjects } from "../support/service.ts";
import type { Wire } from "../support/wire.ts";
import { type Bench, callbackTo, PARTS, SIZE, startBench } from "../support/wire-bench.ts";

let bench: Bench;
let service: Emulator;
let wire: Wire;
let origin: Origin;
let folder: string;
let film: string;
let run: Bench["run"];

before(async () => {
  bench = await startBench();
  ({ service, wire, origin, folder, film, run } = bench);
});
after(() => bench.close());
beforeEach(() => {
  wire.clear();
  bench.heard.length = 0;
});

const upload = (...args: string[]) => run(["upload", film, ...args]);

interface Setting {
  args: string[];
  /** The header or parameter. */
  name: string;
  value: string;
}

async function shows(kind: string, { args, name, value }: Setting, on: string[]): Promise<void> {
  await run(["upload", ...kind.split(" "), ...args]);
  assert.deepEqual(wire.carriers(name), [...on].sort());
  assert.deepEqual(wire.values(name), [value]);
}

const userData = JSON.stringify({
  MessageCallback: { CallbackURL: "https://example.com/event" },
  Extend: { id: "7" },
  AccelerateConfig: { Type: "oss", Domain: "oss-accelerate.aliyuncs.com" },
});
const bucketHost = "vodlift-emulator.oss-cn-shanghai.aliyuncs.com";

/** Option → parameter of the call that creates the media. */
const MEDIA: [option: string, given: string, parameter: string, value?: string][] = [
  ["--title", "Film", "Title"],
  ["--description", "A film", "Description"],
  ["--tags", "a, b", "Tags", "a,b"],
  ["--cate-id", "5", "CateId"],
  ["--storage-location", bucketHost, "StorageLocation"],
  ["--app-id", "app-2000", "AppId"],
  ["--user-data", userData, "UserData"],
];
const VIDEO: typeof MEDIA = [
  ...MEDIA,
  ["--cover-url", "https://example.com/c.jpg", "CoverURL"],
  ["--template-group-id", "VOD_NO_TRANSCODE", "TemplateGroupId"],
  ["--workflow-id", "w1", "WorkflowId"],
  ["--reference-id", "reference_1", "ReferenceId"],
  ["--file-name", "other.mov", "FileName"],
  ["--first-frame-cover", "true", "EnableFirstFrameCover"],
  ["--thumbnails", "false", "GenerateThumbnail"],
];
const IMAGE: typeof MEDIA = [
  ...MEDIA,
  ["--file-name", "other.png", "OriginalFileName"],
  ["--image-type", "cover", "ImageType"],
  ["--image-ext", "jpg", "ImageExt"],
];
const ATTACHED: typeof MEDIA = [
  ...MEDIA.map(([option, given, parameter, value]): (typeof MEDIA)[number] =>
    option === "--cate-id"
      ? ["--cate-id", "5", "CateIds"]
      : [option, given, parameter, value ?? given],
  ),
  ["--cate-ids", "1,2", "CateIds"],
  ["--file-name", "other.zip", "FileName"],
  ["--media-ext", "zip", "MediaExt"],
  ["--business-type", "watermark", "BusinessType"],
];

test("what the media becomes is told where it is created, for each kind", async (t) => {
  await writeFile(join(folder, "a.png"), "image");
  const kinds: [string, string, typeof MEDIA][] = [
    [film, "CreateUploadVideo", VIDEO],
    [`${join(folder, "a.png")} --as image`, "CreateUploadImage", IMAGE],
    [
      `${join(folder, "a.png")} --as attached --business-type material`,
      "CreateUploadAttachedMedia",
      ATTACHED,
    ],
  ];
  for (const [kind, action, settings] of kinds) {
    for (const [option, given, name, value = given] of settings) {
      await t.test(`${action} ${option}`, () => {
        wire.clear();
        // An option that is there twice is refused.
        const others = kind.replace(new RegExp(` ${option} \\S+`), "");
        return shows(others, { args: [option, given], name, value }, [action]);
      });
    }
  }
});

const json = (text: string | undefined) =>
  JSON.parse(Buffer.from(text ?? "", "base64").toString()) as unknown;

/** Option → header, and which requests carry it: of an upload in parts, and of one PUT. */
const HEADERS: [setting: Setting, ...on: string[]][] = [
  ...[
    "Cache-Control: max-age=60",
    "x-oss-meta-author: not-in-output",
    "x-oss-storage-class: IA",
  ].map(kept),
  ...["x-oss-forbid-overwrite: true", "x-oss-tagging: a=1&b=2"].map(kept),
  [
    { args: ["--traffic-limit", "838860800"], name: "x-oss-traffic-limit", value: "838860800" },
    "UploadPart",
    "PutObject",
  ],
  ...["true", "false"].map((show): [Setting, ...string[]] => [
    {
      args: ["--show-watermark", show],
      name: "x-oss-notification",
      value: Buffer.from(`{"Vod":{"UserData":{"IsShowWaterMark":"${show}"}}}`).toString("base64"),
    },
    "CompleteMultipartUpload",
    "PutObject",
  ]),
];

function kept(line: string): [Setting, ...string[]] {
  const [name = "", value = ""] = line.split(": ");
  return [{ args: ["--object-header", line], name, value }, "InitiateMultipartUpload", "PutObject"];
}

for (const [setting, multipart = "", single = ""] of HEADERS) {
  test(`${setting.args.join(" ")} gives ${setting.name}, in parts and in one`, async () => {
    await shows(film, { ...setting, args: [...setting.args, ...PARTS] }, [multipart]);
    wire.clear();
    await shows(film, setting, [single]);
  });
}

test("Content-Type follows from the file's name, unless it is told", async () => {
  const types = (on: string) =>
    wire.requests
      .filter(({ operation }) => operation === on)
      .map(({ headers }) => headers["content-type"]);
  await upload(...PARTS);
  assert.deepEqual(types("InitiateMultipartUpload"), ["video/mp4"]);
  await upload("--file-name", "a.mov");
  await upload("--object-header", "Content-Type: video/x-own");
  assert.deepEqual(types("PutObject"), ["video/quicktime", "video/x-own"]);
});

test("--callback gives x-oss-callback and its variables, and OSS calls", async () => {
  for (const [size, on] of [
    [PARTS, "CompleteMultipartUpload"],
    [[], "PutObject"],
  ] as const) {
    wire.clear();
    await upload("--callback", callbackTo(`${bench.application}/done`), ...size);
    assert.deepEqual(wire.carriers("x-oss-callback"), [on]);
    assert.deepEqual(json(wire.values("x-oss-callback")[0]), {
      callbackUrl: `${bench.application}/done`,
      callbackBody: '{"o":${object},"id":${x:id}}',
      callbackBodyType: "application/json",
      callbackHost: "example.com",
      callbackSNI: false,
    });
    assert.deepEqual(json(wire.values("x-oss-callback-var")[0]), { "x:id": "7" });
  }
  assert.deepEqual(bench.heard, ["/done", "/done"]);
});

test("a callback that fails is an error of its own, and the object is stored", async () => {
  const before = (await storedObjects(service)).length;
  const args = ["upload", film, "--callback", callbackTo(`${bench.application}/broken`), "--json"];
  const { code, json: told } = await vodlift(args, { service });
  assert.deepEqual([code, told.error.code, told.error.retryable], [5, "callback_failed", false]);
  assert.equal((await storedObjects(service)).length, before + 1);
});

test("only the top playlist carries watermark and callback, whatever else goes up", async () => {
  const media = "#EXTM3U\n#EXTINF:6,\none.ts\n#EXTINF:6,\ntwo.ts\n#EXT-X-ENDLIST\n";
  origin.add("/tree/media.m3u8", { content: fixed(media) });
  const master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmedia.m3u8\n";
  const url = origin.add("/tree/master.m3u8", { content: fixed(master) });
  for (const name of ["one", "two"]) origin.add(`/tree/${name}.ts`, { size: 1000 });
  const told = await run([
    ...["upload", url, "--as", "playlist", "--allow-private", "--show-watermark", "true"],
    ...[
      "--callback",
      callbackTo(`${bench.application}/done`),
      "--object-header",
      "Cache-Control: max-age=60",
    ],
    ...["--limits", "playlists=2,files=2,playlistBytes=1KiB,bytes=1MiB"],
  ]);
  const puts = wire.requests.filter(({ operation }) => operation === "PutObject");
  assert.equal(puts.length, 4);
  for (const name of ["x-oss-notification", "x-oss-callback", "x-oss-callback-var"]) {
    const with_ = puts.filter(({ headers }) => headers[name] !== undefined);
    assert.deepEqual(
      with_.map(({ path }) => path.endsWith(told.objectKey)),
      [true],
      name,
    );
  }
  assert.ok(puts.every(({ headers }) => headers["cache-control"] === "max-age=60"));
  assert.deepEqual(bench.heard, ["/done"]);
});

test("--segments replaces what a playlist names, and --limits stops what is too much", async () => {
  const media = "#EXTM3U\n#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n";
  const url = origin.add("/own/index.m3u8", { content: fixed(media) });
  const segment = origin.add("/elsewhere/signed.ts", { size: 1000 });
  const list = join(folder, "segments.txt");
  await writeFile(list, `${segment}?signature=1\n\n`);
  const args = ["upload", url, "--as", "playlist", "--allow-private", "--segments", list];
  const { objectKey } = await run(args);
  const stored = await readFile(join(service.dir, service.bucket, objectKey), "utf8");
  assert.equal(stored, media.replace("a.ts", "signed.ts"));
  const { json: told } = await vodlift([...args, "--limits", "playlistBytes=10", "--json"], {
    service,
  });
  assert.equal(told.error.code, "playlist_too_large");
  const missing = await vodlift([...args.slice(0, -1), join(folder, "none.txt")], { service });
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /^error: --segments .*none\.txt: no such file$/m);
});

test("a size that is known is told to VOD, of standard input by --size", async () => {
  const stdin = ["upload", "-", "--file-name", "a.mp4", ...PARTS];
  await run(stdin, { stdin: Buffer.alloc(SIZE) });
  assert.deepEqual(wire.values("FileSize"), []);
  await run([...stdin, "--size", String(SIZE)], { stdin: Buffer.alloc(SIZE) });
  assert.deepEqual(wire.values("FileSize"), [String(SIZE)]);
  const other = [...stdin, "--size", "299999", "--json"];
  const { json: told } = await vodlift(other, { service, stdin: Buffer.alloc(SIZE) });
  assert.equal(told.error.code, "source_too_long");
  wire.clear();
  await upload();
  assert.deepEqual(wire.values("FileSize"), [String(SIZE)]);
});
