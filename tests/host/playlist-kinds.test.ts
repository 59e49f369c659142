// What playlists hold in the wild: each is lifted as players play it, or refused for the true reason with its line.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Outcome, type PlaylistOptions, Vodlift } from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { type Emulator, startService } from "../support/service.ts";
import { type File, type Site, startSite } from "../support/site.ts";

let service: Emulator;
let folder: string;
let vod: Vodlift;

before(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "vodlift-kinds-"));
  const { accessKeyId, accessKeySecret, endpoint } = service;
  vod = new Vodlift({ accessKeyId, accessKeySecret, endpoint });
});
after(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const media = (...lines: string[]) => ["#EXTM3U", ...lines, "#EXT-X-ENDLIST", ""].join("\n");
const segment = (...lines: string[]) => ["#EXTINF:6,", ...lines];

interface Lifted {
  root: string;
  /** Contents by name of all but the root. */
  files: Record<string, string>;
  outcome: Outcome;
}

async function stored(outcome: Outcome): Promise<Lifted> {
  const path = join(service.dir, service.bucket, outcome.objectKey);
  const files: Record<string, string> = {};
  for (const name of await readdir(dirname(path))) {
    const at = join(dirname(path), name);
    if (at !== path) files[name] = await readFile(at, "utf8");
  }
  return { root: await readFile(path, "utf8"), files, outcome };
}

/** Serves files, lifts `/i.m3u8`, and says what is stored and was asked for. */
async function lift(
  files: Record<string, File | string>,
  options: PlaylistOptions = {},
  at = "/i.m3u8",
): Promise<Lifted & { asked: string[]; site: Site }> {
  const site = await startSite(files);
  try {
    const how = { allowPrivateSources: true, ...options };
    const outcome = await vod.uploadPlaylist(site.url + at, how);
    return { ...(await stored(outcome)), asked: site.asked, site };
  } finally {
    await site.close();
  }
}

const refused = (
  files: Record<string, File | string>,
  code: string,
  message: RegExp,
  options?: PlaylistOptions,
) => assert.rejects(lift(files, options), { code, message });

test("gaps are not asked for, and keep a name that is nobody else's", async () => {
  const list = media(...segment("a/s.ts"), "#EXT-X-GAP", ...segment("b/s.ts"), ...segment("c.ts"));
  const { root, files, asked } = await lift({ "/i.m3u8": list, "/a/s.ts": "a", "/c.ts": "c" });
  assert.equal(root, list.replace("a/s.ts", "s.ts").replace("b/s.ts", "s-2.ts"));
  assert.deepEqual(files, { "s.ts": "a", "c.ts": "c" });
  assert.deepEqual(asked, ["/i.m3u8", "/a/s.ts", "/c.ts"]);
});

test("variables have their values, from the list, its parent and its URL", async () => {
  const master = [
    "#EXTM3U",
    '#EXT-X-DEFINE:NAME="dir",VALUE="v"',
    '#EXT-X-DEFINE:QUERYPARAM="token"',
    "#EXT-X-STREAM-INF:BANDWIDTH=1",
    "{$dir}/i.m3u8?x={$token}",
    "",
  ].join("\n");
  const list = media(
    '#EXT-X-DEFINE:IMPORT="dir"',
    '#EXT-X-DEFINE:QUERYPARAM="x"',
    '#EXT-X-KEY:METHOD=AES-128,URI="/{$dir}/k?x={$x}"',
    ...segment("s.ts?x={$x}"),
  );
  const key = "0123456789abcdef";
  const site = {
    "/i.m3u8": master,
    "/v/i.m3u8?x=a-b": list,
    "/v/k?x=a-b": key,
    "/v/s.ts?x=a-b": "s",
  };
  const { root, files } = await lift(site, {}, "/i.m3u8?token=a-b");
  assert.equal(root, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\ni-2.m3u8\n".replace("-2", ""));
  const stays = media('#EXT-X-KEY:METHOD=AES-128,URI="k.key"', ...segment("s.ts"));
  assert.deepEqual(files, { "i.m3u8": stays, "k.key": key, "s.ts": "s" });
  await refused(
    { "/i.m3u8": media(...segment("{$no}.ts")) },
    "playlist_invalid",
    /line 3: .*\{\$no\}/,
  );
});

test("names have the extensions that players need, and never collide", async () => {
  const list = media(
    ...segment("get.php?f=0.ts"),
    ...segment("get.php?f=1.ts"),
    ...segment("seg/7"),
    ...segment("x/0.ts"),
    ...segment("cover.jpg"),
    '#EXT-X-MAP:URI="init.php"',
    ...segment("frag.php?n=1"),
  );
  const site: Record<string, string> = { "/i.m3u8": list };
  for (const at of list.matchAll(/^[^#\n].*$/gm)) site[`/${at[0]}`] = at[0];
  const { root, files } = await lift({ ...site, "/init.php": "init" });
  const uris = [...root.matchAll(/^[^#\n].*$/gm)].map(([uri]) => uri);
  assert.deepEqual(uris, ["0.ts", "1.ts", "7.ts", "0-2.ts", "cover.ts", "frag.m4s"]);
  assert.match(root, /MAP:URI="init\.mp4"/);
  assert.deepEqual(Object.keys(files).sort(), [...uris, "init.mp4"].sort());
});

test("what is no key is named with the line that wants it", async () => {
  const list = media("", '#EXT-X-KEY:METHOD=AES-128,URI="k"', ...segment("s.ts"));
  const page = { body: "<html>Please log in</html>", type: "text/html" };
  await refused(
    { "/i.m3u8": list, "/k": page, "/s.ts": "s" },
    "playlist_key",
    /\/k: it holds 26 bytes, and the key that line 3 of .*\/i\.m3u8 names has 16/,
  );
  await refused({ "/i.m3u8": list, "/k": "", "/s.ts": "s" }, "playlist_key", /0 bytes/);
  const sample = list.replace("AES-128", "SAMPLE-AES");
  await refused({ "/i.m3u8": sample, "/k": "short", "/s.ts": "s" }, "playlist_key", /5 bytes/);
  const drm = list.replace('"k"', '"k",KEYFORMAT="com.example"');
  assert.equal((await lift({ "/i.m3u8": drm, "/s.ts": "s" })).root, drm);
});

test("a page in place of a segment is refused, unless it is meant or a script calls all it sends so", async () => {
  const list = media(...segment("s.ts"), ...segment("get.php?n=2"));
  const page = { body: "<html>Please log in</html>", type: "text/html; charset=utf-8" };
  const script = { body: "segment", type: "text/html" };
  const site = { "/i.m3u8": list, "/s.ts": page, "/get.php?n=2": script };
  await refused(site, "source_is_page", /\/s\.ts: the source answered with an HTML page/);
  const { files } = await lift(site, { anyContentType: true });
  assert.deepEqual(Object.values(files).sort(), [page.body, script.body]);
  await lift({ ...site, "/s.ts": "segment" });
});

/** A transport stream, as far as its packets begin. */
const TS = Buffer.alloc(564).fill("G", 0, 1).fill("G", 188, 189).fill("G", 376, 377);
const tagged = (...frame: number[]) => {
  const tag = Buffer.alloc(73);
  tag.set([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 63]);
  return Buffer.concat([tag, Buffer.from(frame), Buffer.alloc(300, 1)]);
};
const opaque = Buffer.alloc(400, 0xab);

test("segments whose names tell nothing are called what they are", async () => {
  const kinds: [wanted: string, file: File][] = [
    ["ts", { body: TS, type: "audio/mpeg" }],
    ["ts", { body: TS, type: "text/html" }],
    ["ts", { body: opaque }],
    ["ts", { body: opaque, type: "application/octet-stream" }],
    ["aac", { body: opaque, type: "audio/aac" }],
    ["aac", { body: tagged(0xff, 0xf1, 0x50, 0x80), type: "text/html" }],
    ["aac", { body: Buffer.from([0xff, 0xf9, 0x50, 0x80, 1]) }],
    ["mp3", { body: opaque, type: "Audio/MPEG; x=1" }],
    ["mp3", { body: tagged(0xff, 0xfb, 0x90, 0x64), type: "video/mp2t" }],
    ["ac3", { body: tagged(0x0b, 0x77, 0, 0, 0, 0x40) }],
    ["eac3", { body: opaque, type: "audio/eac3" }],
    ["mp4", { body: opaque, type: "video/mp4" }],
    ["mp4", { body: Buffer.from("\0\0\0\x18ftypiso5\0\0\0\0") }],
    ["vtt", { body: "WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n", type: "text/plain" }],
    ["vtt", { body: "\n", type: "text/vtt;charset=utf-8" }],
    ["flac", { body: "fLaC1234" }],
  ];
  for (const [wanted, file] of kinds) {
    const list = media(...segment("seg?id=4"), ...segment("get.php?f=5"), ...segment("a.mp3"));
    const site = { "/i.m3u8": list, "/seg": file, "/get.php": file, "/a.mp3": opaque.toString() };
    const { root, files, asked } = await lift(site);
    const what = `${wanted} of ${file.type}`;
    const expected = list.replace("seg?id=4", `seg.${wanted}`);
    assert.equal(root, expected.replace("get.php?f=5", `get.${wanted}`), what);
    assert.deepEqual(Object.keys(files).sort(), ["a.mp3", `get.${wanted}`, `seg.${wanted}`], what);
    // The look is the first request of the segment.
    assert.deepEqual(asked, ["/i.m3u8", "/seg?id=4", "/get.php?f=5", "/a.mp3"], what);
  }
});

test("each track is looked at, its gaps are called like it, and holes are passed over", async () => {
  const master = [
    "#EXTM3U",
    ...["a", "b", "c"].flatMap((name, n) => [
      `#EXT-X-STREAM-INF:BANDWIDTH=${n + 1}`,
      `${name}.m3u8`,
    ]),
    "",
  ].join("\n");
  const track = (name: string) => media(...[0, 1, 2].flatMap((n) => segment(`${name}/${n}`)));
  const holes = track("b").replace("b/1", "#EXT-X-GAP\nb/1");
  const site: Record<string, File | string> = { "/i.m3u8": master };
  Object.assign(site, { "/a.m3u8": track("a"), "/b.m3u8": holes, "/c.m3u8": track("c") });
  for (const n of [0, 1, 2]) {
    site[`/a/${n}`] = { body: TS };
    if (n > 1) site[`/b/${n}`] = { body: opaque, type: "audio/mpeg" };
    site[`/c/${n}`] = { body: n === 0 ? "" : opaque, type: "audio/ac3" };
  }
  const { files, outcome } = await lift(site, { missingSegments: "gap" });
  const names = Object.keys(files).sort();
  const segments = ["0-3.ac3", "0.ts", "1-3.ac3", "1.ts", "2-2.mp3", "2-3.ac3", "2.ts"];
  assert.deepEqual(
    names
      .filter((name) => !name.endsWith(".m3u8"))
      .map((name) => name.replace(/-\d/, ""))
      .sort(),
    segments.map((name) => name.replace(/-\d/, "")).sort(),
  );
  assert.deepEqual(outcome.missingSegments?.length, 1);
  const text = files[names.find((name) => name.startsWith("b")) ?? ""] ?? "";
  assert.match(text, /#EXT-X-GAP\n0[-\d]*\.mp3\n.*\n#EXT-X-GAP\n1[-\d]*\.mp3\n.*\n2[-\d]*\.mp3\n/);
  await refused(site, "source_not_found", /\/b\/0: the source answered 404/);
});

test("a look that meets a page or a busy host ends as the segment itself would", async () => {
  const list = media(...segment("seg?id=4"));
  const created = () => service.log.filter((one) => /^CreateUpload/.test(one.operation)).length;
  const before = created();
  for (const type of ["video/mp2t", "text/html", undefined]) {
    const page = { body: "<!DOCTYPE html><title>Log in</title>", ...(type && { type }) };
    await refused({ "/i.m3u8": list, "/seg": page }, "source_is_page", /\/seg: .* an HTML page/);
    const named = { "/i.m3u8": media(...segment("s.ts")), "/s.ts": page };
    await refused(named, "source_is_page", /\/s\.ts: .* an HTML page/);
    await lift({ "/i.m3u8": list, "/seg": page }, { anyContentType: true });
  }
  assert.equal(created() - before, 6, "a page in place of what is looked at leaves no media");
  const busy: File = { body: opaque, type: "audio/mpeg", fails: [503, 429] };
  const { root } = await lift({ "/i.m3u8": list, "/seg": busy });
  assert.equal(root, list.replace("seg?id=4", "seg.mp3"));
});

test("a key within the playlist has the length of its method, too", async () => {
  const list = (uri: string, method = "AES-128") =>
    media("", `#EXT-X-KEY:METHOD=${method},URI="${uri}"`, ...segment("s.ts"));
  for (const uri of [
    "data:text/plain;base64,MDEyMzQ1Njc4OWFiY2RlZg==",
    "DATA:;BASE64,MDEyMzQ1Njc4OWFiY2RlZg",
    "data:application/octet-stream;base64,MDEyMzQ1Njc4OWFiY2RlZg%3D%3D",
    "data:,0123456789abcdef",
    "data:,%30%31%32%33456789abcdef",
  ]) {
    assert.equal((await lift({ "/i.m3u8": list(uri), "/s.ts": "s" })).root, list(uri));
  }
  for (const uri of ["data:;base64,AAAA", "data:,0123456789abcde", "data:", "data:;base64,"]) {
    const site = { "/i.m3u8": list(uri), "/s.ts": "s" };
    await refused(site, "playlist_key", /line 3: its key holds \d+ bytes, and must have 16/);
  }
  const short = list("data:,0123456789abcdef", "AES-256");
  await refused({ "/i.m3u8": short, "/s.ts": "s" }, "playlist_key", /16 bytes, and must have 32/);
});

test("what is not part of the media is named by an absolute URL", async () => {
  const list = media(
    '#EXT-X-DATERANGE:ID="a",X-ASSET-URI="../ad.m3u8?x=1,2",X-ASSET-LIST="list.json",X-SNAP="OUT"',
    '#EXT-X-DATERANGE:ID="b",X-ASSET-URI="https://ads.example/1.m3u8"',
    ...segment("s.ts"),
  );
  const { root, site } = await lift({ "/v/i.m3u8": list, "/v/s.ts": "s" }, {}, "/v/i.m3u8");
  const absolute = list
    .replace("../ad.m3u8", `${site.url}/ad.m3u8`)
    .replace("list.json", `${site.url}/v/list.json`);
  assert.equal(root, absolute);
  const master =
    '#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI="/steer"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/i.m3u8\n';
  const steered = await lift({ "/i.m3u8": master, "/v/i.m3u8": list, "/v/s.ts": "s" });
  assert.match(steered.root, new RegExp(`SERVER-URI="${steered.site.url}/steer"`));
});

test("leftovers of a live list and what players pass over are gone", async () => {
  const list = [
    "\ufeff#EXTM3U x-tvg-url=1",
    "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1",
    "#EXT-X-PART-INF:PART-TARGET=0.3",
    "stray.ts",
    '#EXT-X-PART:DURATION=0.3,URI="p1.mp4"',
    ...segment("s.ts"),
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p2.mp4"',
    '#EXT-X-RENDITION-REPORT:URI="../b.m3u8",LAST-MSN=1',
    "#EXT-X-PLAYLIST-TYPE:VOD",
  ].join("\r\n");
  const { root, asked } = await lift({ "/i.m3u8": list, "/s.ts": "s" });
  const lines = ["#EXTM3U", ...segment("s.ts"), "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-ENDLIST", ""];
  assert.equal(root, lines.join("\r\n"));
  assert.deepEqual(asked, ["/i.m3u8", "/s.ts"]);
  await refused(
    { "/i.m3u8": media("#EXT-X-SKIP:SKIPPED-SEGMENTS=3") },
    "playlist_invalid",
    /line 2: EXT-X-SKIP/,
  );
  await refused({ "/i.m3u8": media("", "a.ts") }, "playlist_invalid", /line 3: a URI without/);
});

test("an empty segment is stored empty, and a subtitle file where a playlist should be as it is", async () => {
  const master = [
    "#EXTM3U",
    '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",URI="en.vtt"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="in the variant",URI=""',
    '#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="s",AUDIO="a"',
    "v.m3u8",
    "",
  ].join("\n");
  const { root, files } = await lift({
    "/i.m3u8": master,
    "/en.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n",
    "/v.m3u8": media(...segment("0.ts"), ...segment("1.ts")),
    "/0.ts": "",
    "/1.ts": "one",
  });
  assert.equal(root, master.replace(',URI=""', ""));
  assert.deepEqual([files["0.ts"], files["1.ts"]], ["", "one"]);
  assert.match(files["en.vtt"] ?? "", /^WEBVTT/);
});

test("gzip'ed playlists are unpacked, told or not, on the web and on disk", async () => {
  const list = media(...segment("s.ts"));
  for (const gzip of ["told", "hidden"] as const) {
    const { root } = await lift({ "/i.m3u8": { body: list, gzip }, "/s.ts": "s" });
    assert.equal(root, list);
  }
  const top = join(folder, "gzip");
  await mkdir(top);
  await writeFile(join(top, "i.m3u8"), gzipSync(list));
  await writeFile(join(top, "s.ts"), "s");
  const args = ["upload", join(top, "i.m3u8"), "--as", "playlist", "--json"];
  const { code, stderr } = await vodlift(args, { service });
  assert.equal(code, 0, stderr);
  const broken = { body: gzipSync(list).subarray(0, 30) };
  await refused({ "/i.m3u8": broken }, "source_read", /cannot be unpacked/);
  await refused(
    { "/i.m3u8": { body: list, encoding: "br" } },
    "source_encoded",
    /Content-Encoding/,
  );
});

test("a gzip'ed playlist that unpacks to a thousand times its size is refused at its limit", async () => {
  const top = join(folder, "bomb");
  await mkdir(top);
  const packed = gzipSync(Buffer.concat([Buffer.from("#EXTM3U\n"), Buffer.alloc(300 << 20, "#")]));
  await writeFile(join(top, "i.m3u8"), packed);
  const args = ["upload", join(top, "i.m3u8"), "--as", "playlist", "--json"];
  const { json, peakKib } = await vodlift(args, { service });
  assert.equal(json.error.code, "playlist_too_large");
  assert.ok(peakKib < 300_000, `${peakKib} KiB`);
});

test("local files are found by their literal names first", async () => {
  const top = join(folder, "literal");
  await mkdir(top);
  const names = ["a#1.ts", "get.php?f=2.ts", "100%.ts", "b%20c.ts", "at-12:00:01.ts", "d e.ts"];
  for (const name of names) await writeFile(join(top, name), `content of ${name}`);
  await writeFile(join(top, "b c.ts"), "not this one");
  const uris = [...names.slice(0, 5), "d%20e.ts", "d%20e.ts?x=1#t"];
  await writeFile(join(top, "i.m3u8"), media(...uris.flatMap((uri) => segment(uri))));
  const args = ["upload", join(top, "i.m3u8"), "--as", "playlist", "--json"];
  const { code, json, stderr } = await vodlift(args, { service });
  assert.equal(code, 0, stderr);
  const { root, files } = await stored(json);
  const contents = [...root.matchAll(/^[^#\n].*$/gm)].map(([uri]) => files[uri]);
  assert.deepEqual(
    contents,
    [...names, "d e.ts"].map((name) => `content of ${name}`),
  );
  // A folder with such a name, a query too long for a name, and one file by two of its names.
  await mkdir(join(top, "v#1"));
  await writeFile(join(top, "v#1", "0.ts"), "zero");
  await writeFile(join(top, "v#1", "i.m3u8"), media(...segment(`0.ts?sig=${"x".repeat(400)}`)));
  await writeFile(join(top, "i.m3u8"), "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv#1/i.m3u8\n");
  const below = await vodlift(args, { service });
  assert.equal(below.code, 0, below.stderr);
  assert.equal((await stored(below.json)).files["0.ts"], "zero");
  await writeFile(join(top, "i.m3u8"), media(...segment("no%20such.ts?x=1")));
  const missing = await vodlift(args, { service });
  assert.deepEqual([missing.code, missing.json.error.code], [3, "source_missing"]);
  assert.match(missing.json.error.message, /no such\.ts/);
});

test("only the chosen variants go up, with what they play with", async () => {
  const rendition = (id: string) =>
    `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${id}",NAME="n",URI="${id}.m3u8"`;
  const variant = (height: number, audio: string) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${height}000,RESOLUTION=${height * 2}x${height},AUDIO="${audio}"`,
    `${height}.m3u8`,
  ];
  const low = [rendition("lo"), ...variant(360, "lo")];
  const high = [rendition("hi"), ...variant(1080, "hi"), ...variant(720, "hi")];
  const site: Record<string, string> = { "/i.m3u8": ["#EXTM3U", ...low, ...high, ""].join("\n") };
  for (const name of ["lo", "hi", "360", "720", "1080"]) {
    site[`/${name}.m3u8`] = media(...segment(`${name}.ts`));
    site[`/${name}.ts`] = name;
  }
  for (const [variants, names] of [
    ["best", ["1080", "hi"]],
    [
      ["720p", "1080p"],
      ["1080", "720", "hi"],
    ],
    ["<=500p", ["360", "lo"]],
    ["<=720000,best", ["1080", "360", "720", "hi", "lo"]],
  ] as const) {
    const { files, root } = await lift(site, { variants });
    const segments = Object.keys(files).filter((name) => name.endsWith(".ts"));
    assert.deepEqual(
      segments.map((name) => name.slice(0, -3)),
      names,
    );
    assert.equal(root.includes('"lo"'), names.includes("lo" as never));
  }
  await refused(site, "invalid_argument", /`variants` fit none .*1080p at 1080000/, {
    variants: ["2160p"],
  });
  await refused(site, "invalid_argument", /`variants` must be of best/, { variants: "biggest" });
});

test("a live playlist is taken as ended on request", async () => {
  const list = `#EXTM3U\n${segment("s.ts").join("\n")}\n`;
  await refused({ "/i.m3u8": list, "/s.ts": "s" }, "playlist_live", /it is live/);
  const { root } = await lift({ "/i.m3u8": list, "/s.ts": "s" }, { complete: true });
  assert.equal(root, `${list}#EXT-X-ENDLIST\n`);
});

test("a missing segment is an error, or a gap that the outcome tells of", async () => {
  const list = media(...segment("0.ts"), ...segment("1.ts"), ...segment("2.ts"));
  const site = { "/i.m3u8": list, "/0.ts": "0", "/2.ts": "2" };
  await refused(site, "source_not_found", /1\.ts/);
  const { root, files, outcome, site: at } = await lift(site, { missingSegments: "gap" });
  assert.equal(root, list.replace("1.ts", "#EXT-X-GAP\n1.ts"));
  assert.deepEqual(Object.keys(files), ["0.ts", "2.ts"]);
  assert.deepEqual(outcome.missingSegments, [`${at.url}/1.ts`]);
  assert.equal(outcome.parts, 3);
  await refused({ "/i.m3u8": list }, "source_not_found", /ts/, { missingSegments: "gap" });
  const key = media('#EXT-X-KEY:METHOD=AES-128,URI="k"', ...segment("0.ts"));
  await refused({ "/i.m3u8": key, "/0.ts": "0" }, "source_not_found", /\/k/, {
    missingSegments: "gap",
  });
});

test("each host is asked with what is given for it, and with nothing of another", async () => {
  const site = await startSite({});
  try {
    const list = media(...segment(`${site.other}/s.ts`), ...segment("own.ts"));
    const needs = {
      header: ["cookie", "session=1"],
      query: ["token", "t"],
    } satisfies File["needs"];
    site.files.set("/i.m3u8", { body: list, needs: { header: ["authorization", "root"] } });
    site.files.set("/own.ts", { body: "own", needs: { header: ["authorization", "root"] } });
    site.files.set("/s.ts", { body: "s", needs });
    const source = { url: `${site.url}/i.m3u8`, headers: { authorization: "root" } };
    const how = { allowPrivateSources: true };
    await assert.rejects(vod.uploadPlaylist(source, how), { code: "source_forbidden" });
    const hosts = { localhost: { headers: { Cookie: "session=1" }, query: { token: "t" } } };
    site.asked.length = 0;
    site.headers.length = 0;
    const outcome = await vod.uploadPlaylist(source, { ...how, hosts });
    assert.deepEqual(Object.keys((await stored(outcome)).files).sort(), ["own.ts", "s.ts"]);
    for (const [index, at] of site.asked.entries()) {
      const { authorization, cookie } = site.headers[index] ?? {};
      const expected = at.startsWith("/s.ts") ? [undefined, "session=1"] : ["root", undefined];
      assert.deepEqual([authorization, cookie], expected, at);
    }
    const [host, given] = ["localhost", JSON.stringify(hosts)];
    const args = ["upload", source.url, "--as", "playlist", "--allow-private", "--json"];
    const header = ["--header", "authorization: root"];
    const cli = await vodlift([...args, ...header, "--hosts", given], { service });
    assert.equal(cli.code, 0, cli.stderr);
    const wrong = vod.uploadPlaylist(source, { ...how, hosts: { [`${host}/x`]: {} } });
    await assert.rejects(wrong, { code: "invalid_argument", message: /`hosts`/ });
  } finally {
    await site.close();
  }
});

test("the command line and manifests offer the same", async () => {
  const site = await startSite({
    "/i.m3u8":
      "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh.m3u8\n",
    "/high.m3u8": `#EXTM3U\n${[...segment("0.ts"), ...segment("1.ts")].join("\n")}\n`,
    "/0.ts": "0",
  });
  try {
    const wanted = ["--variants", "best", "--complete", "--missing-segments", "gap"];
    const args = ["upload", `${site.url}/i.m3u8`, "--as", "playlist", "--allow-private", "--json"];
    const { code, json, stderr } = await vodlift([...args, ...wanted], { service });
    assert.equal(code, 0, stderr);
    assert.deepEqual(json.missingSegments, [`${site.url}/1.ts`]);
    assert.match(stderr, /1 segments were not there, and are gaps now: .*\/1\.ts/);
    const { files } = await stored(json);
    assert.match(files["high.m3u8"] ?? "", /#EXT-X-GAP\n1\.ts\n#EXT-X-ENDLIST/);
    assert.deepEqual(Object.keys(files).sort(), ["0.ts", "high.m3u8"]);
    const manifest = join(folder, "rows.jsonl");
    const row = { url: `${site.url}/i.m3u8`, as: "playlist", variants: "best", complete: true };
    const hosts = { "127.0.0.1": { query: "t=1" } };
    await writeFile(manifest, JSON.stringify({ ...row, missingSegments: "gap", hosts }));
    const report = join(folder, "rows.report.jsonl");
    const ingest = ["ingest", manifest, "--report", report, "--allow-private", "--json"];
    const rows = await vodlift(ingest, { service });
    assert.deepEqual([rows.code, rows.json.done], [0, 1], rows.stderr);
    assert.ok(site.asked.slice(-3).every((at) => at.endsWith("?t=1")));
    for (const given of [
      ["--variants", "huge"],
      ["--hosts", "[]"],
      ["--missing-segments", "x"],
    ]) {
      const wrong = await vodlift([...args, ...given], { service });
      assert.equal(wrong.code, 2, given.join(" "));
      assert.match(wrong.json.error.message, new RegExp(given[0] ?? ""));
    }
  } finally {
    await site.close();
  }
});
