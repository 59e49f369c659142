// HLS playlists from the command line: a whole film, read back from the bucket by a parser nobody here wrote.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Vodlift } from "../../pkg/src/index.ts";
import { type CliResult, signalOnce, vodlift } from "../support/cli.ts";
import { assertSameFilm, film, fixed, serveFilm } from "../support/hls.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import {
  assertNothingStored,
  type Emulator,
  startService,
  storedObjects,
  storedSha256,
} from "../support/service.ts";

let service: Emulator;
let origin: Origin;
let folder: string;
let master: string;

before(async () => {
  service = await startService();
  origin = await startOrigin();
  folder = await mkdtemp(join(tmpdir(), "vodlift-hls-"));
  master = serveFilm(origin);
});
after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const PLAYLIST = ["--as", "playlist", "--allow-private", "--json"];

function lift(at: string, ...options: string[]): Promise<CliResult> {
  return vodlift(["upload", at, ...PLAYLIST, ...options], { service });
}

async function fetched(url: string): Promise<Uint8Array> {
  const reply = await fetch(url);
  assert.equal(reply.status, 200, url);
  return new Uint8Array(await reply.arrayBuffer());
}

/** What the parser does not list: session keys and session data. */
const UNLISTED = 2;

test("a master playlist with four variants arrives complete, and every name leads to the right bytes", async () => {
  origin.log.length = 0;
  const result = await lift(`${master}?token=not-to-be-shown`);
  assert.equal(result.code, 0, result.stderr);
  const { kind, objectKey, parts, bytes } = result.json;
  assert.equal(kind, "playlist");
  const opened = origin.log.map(({ path }) => path);
  assert.equal(new Set(opened).size, opened.length, "nothing is fetched twice");
  const reached = await assertSameFilm(service, objectKey, master, fetched);
  const objects = await storedObjects(service);
  assert.equal(reached.size + UNLISTED, objects.length);
  assert.equal(parts, objects.length);
  let stored = 0;
  for (const path of objects) stored += (await readFile(path)).length;
  assert.equal(bytes, stored);
  const puts = service.log.filter(({ operation }) => operation === "PutObject");
  assert.equal(puts.at(-1)?.key, objectKey, "the root goes up last");
  assert.equal(puts.length, objects.length, "each file goes up once");
});

test("session keys and data are stored beside the master playlist", async () => {
  const { json } = await lift(master);
  const path = join(service.dir, service.bucket, json.objectKey);
  const text = await readFile(path, "utf8");
  const names = [...text.matchAll(/SESSION-(?:KEY|DATA):.*?URI="([\w.-]+)"/g)].map((m) => m[1]);
  assert.deepEqual(names, ["session.key", "lyrics.json"]);
  assert.deepEqual(
    await readFile(join(dirname(path), "session.key")),
    Buffer.from(await fetched(`${origin.url}/hls/keys/session`)),
  );
});

test("a local playlist goes up with the files below its folder", async () => {
  // All in one folder: a local playlist may not name its neighbours.
  const top = join(folder, "local");
  const { playlists, files } = film(origin.url);
  for (const path of [...Object.keys(playlists), ...files]) {
    if (!path.startsWith("/hls/")) continue;
    const file = join(top, path.slice("/hls/".length));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await fetched(origin.url + path));
  }
  const root = join(top, "master.m3u8");
  const text = await readFile(root, "utf8");
  await writeFile(root, text.replace("/subs/index.m3u8", `${origin.url}/subs/index.m3u8`));
  const result = await vodlift(["upload", root, ...PLAYLIST], { service });
  assert.equal(result.code, 0, result.stderr);
  const source = (url: string) =>
    url.startsWith("file:") ? readFile(fileURLToPath(url.split("?")[0] ?? "")) : fetched(url);
  await assertSameFilm(service, result.json.objectKey, `file://${root}`, source);
});

const LARGEST = "/hls/v4/init.mp4";

/** Ctrl-C, once some files are stored. One is held until the command has heard of it: before, the playlist cannot end. */
function signalInTheMiddle(origin: Origin) {
  const stored = () => service.log.filter(({ operation }) => operation === "PutObject").length;
  const known = stored();
  origin.hold(LARGEST, (offset) => offset >= 300_000);
  return (child: ChildProcess): void => {
    child.stderr?.on("data", (text) => {
      if (String(text).includes("interrupted")) origin.hold(LARGEST);
    });
    signalOnce(() => stored() >= known + 2)(child);
  };
}

test("an interrupted playlist is resumed, and no file goes up twice", async () => {
  const checkpoint = join(folder, "film.json");
  const before = service.log.length;
  const slow = await startOrigin();
  try {
    serveFilm(slow);
    slow.add(LARGEST, { size: 600_720 });
    const args = ["upload", `${slow.url}/hls/master.m3u8`, ...PLAYLIST, "--checkpoint", checkpoint];
    const stopped = await vodlift(args, { service, during: signalInTheMiddle(slow) });
    assert.equal(stopped.code, 130, stopped.stderr);
    assert.equal(stopped.json.error.code, "suspended");
    const kept = await readFile(checkpoint, "utf8");
    assert.ok(kept.length < 2000, `a checkpoint of ${kept.length} bytes`);
    const resumed = await vodlift(["resume", checkpoint, "--allow-private", "--json"], { service });
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(resumed.json.resumed, true);
    await assertSameFilm(service, resumed.json.objectKey, `${slow.url}/hls/master.m3u8`, fetched);
    const keys = service.log
      .slice(before)
      .filter(({ operation }) => operation === "PutObject")
      .map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length, "a file went up twice");
  } finally {
    await slow.close();
  }
});

test("a playlist that is given up leaves no file behind, with and without a checkpoint", async () => {
  const checkpoint = join(folder, "given-up.json");
  const before = await storedObjects(service);
  const slow = await startOrigin();
  try {
    serveFilm(slow);
    slow.add(LARGEST, { size: 600_720 });
    const args = ["upload", `${slow.url}/hls/master.m3u8`, ...PLAYLIST, "--checkpoint", checkpoint];
    const stopped = await vodlift(args, { service, during: signalInTheMiddle(slow) });
    assert.equal(stopped.code, 130, stopped.stderr);
    assert.ok((await storedObjects(service)).length > before.length);
    const aborted = await vodlift(["abort", checkpoint, "--json"], { service });
    assert.deepEqual([aborted.code, aborted.json], [0, { aborted: true }]);
    await assert.rejects(readFile(checkpoint));
    assert.deepEqual(await storedObjects(service), before);
    const during = signalInTheMiddle(slow);
    const plain = await vodlift(args.slice(0, -2), { service, during });
    assert.deepEqual([plain.code, plain.json.error.code], [130, "aborted"], plain.stderr);
    assert.deepEqual(await storedObjects(service), before);
    const removed = service.log.filter(({ operation }) => operation === "DeleteVideo");
    assert.equal(removed.length, 2);
  } finally {
    await slow.close();
  }
});

/** At 16 in flight a file has 16 MiB of memory; this one is larger. */
const LARGE = 20 * 1024 * 1024 + 7;
const RANGES = `#EXTM3U
#EXTINF:6,
#EXT-X-BYTERANGE:900000@0
large.ts
#EXTINF:6,
#EXT-X-BYTERANGE:900000
large.ts
#EXT-X-ENDLIST
`;

test("a file too large for memory goes straight from its source into its object", async () => {
  origin.add("/large/large.ts", { size: LARGE });
  const url = origin.add("/large/index.m3u8", { content: fixed(RANGES) });
  const local = join(folder, "large");
  await mkdir(local);
  await writeFile(join(local, "index.m3u8"), RANGES);
  await writeFile(join(local, "large.ts"), await fetched(`${origin.url}/large/large.ts`));
  for (const at of [url, join(local, "index.m3u8")]) {
    const { code, stderr, json } = await lift(at, "--concurrency", "16", "--verify", "crc64");
    assert.equal(code, 0, stderr);
    assert.equal(json.bytes, LARGE + RANGES.length);
    const key = json.objectKey.replace(/[^/]*$/, "large.ts");
    assert.equal(await storedSha256(service, key), await origin.sha256("/large/large.ts"));
  }
});

test("a large file without ranges is refused with its name", async () => {
  origin.add("/whole/large.ts", { size: LARGE, noRanges: true });
  const url = origin.add("/whole/index.m3u8", { content: fixed(RANGES) });
  const { code, json } = await lift(url, "--concurrency", "16");
  assert.deepEqual([code, json.error.code], [3, "source_range"]);
  assert.match(json.error.message, /whole\/large\.ts: the source answered 200, the whole file/);
});

test("a segment that breaks off is fetched again", async () => {
  origin.add("/torn/large.ts", { size: 3_000_000, dieAfter: 1_000_000, dieTimes: 2 });
  const url = origin.add("/torn/index.m3u8", { content: fixed(RANGES) });
  const { code, json, stderr } = await lift(url);
  assert.equal(code, 0, stderr);
  assert.equal(json.retries, 2);
  const key = json.objectKey.replace(/[^/]*$/, "large.ts");
  assert.equal(await storedSha256(service, key), await origin.sha256("/torn/large.ts"));
});

test("the API takes a list of segments of its own, and limits", async () => {
  const { accessKeyId, accessKeySecret, endpoint } = service;
  const vod = new Vodlift({ accessKeyId, accessKeySecret, endpoint });
  const text = "#EXTM3U\n#EXTINF:6,\na.ts\n#EXTINF:6,\nb.ts\n#EXT-X-ENDLIST\n";
  const url = origin.add("/own/index.m3u8", { content: fixed(text) });
  origin.add("/elsewhere/one.ts", { size: 1001 });
  origin.add("/elsewhere/two.ts", { size: 1002 });
  const segments = ["one", "two"].map((name) => `${origin.url}/elsewhere/${name}.ts?signature=1`);
  const lifted = await vod.uploadPlaylist(url, { segments, allowPrivateSources: true });
  assert.equal(lifted.parts, 3);
  const stored = await readFile(join(service.dir, service.bucket, lifted.objectKey), "utf8");
  assert.equal(stored, text.replace("a.ts", "one.ts").replace("b.ts", "two.ts"));
  const refused = (options: object) =>
    vod.uploadPlaylist(url, { allowPrivateSources: true, ...options });
  await assert.rejects(refused({ segments: segments.slice(1) }), /`segments` lists 1 segments/);
  await assert.rejects(refused({ limits: { files: 1 } }), { code: "playlist_too_large" });
  await assert.rejects(refused({ limits: { playlistBytes: 10 } }), { code: "playlist_too_large" });
});

test("what must not be read is refused before anything is created", async () => {
  const own = await startService();
  try {
    const top = join(folder, "hostile");
    await mkdir(join(top, "sub"), { recursive: true });
    await writeFile(join(folder, "secret.ts"), "secret");
    await symlink(join(folder, "secret.ts"), join(top, "link.ts"));
    const list = (uri: string) => `#EXTM3U\n#EXTINF:6,\n${uri}\n#EXT-X-ENDLIST\n`;
    const local = async (uri: string) => {
      const path = join(top, "list.m3u8");
      await writeFile(path, list(uri));
      return vodlift(["upload", path, "--as", "playlist", "--json"], { service: own });
    };
    const cases: [string, string, number][] = [
      ["../secret.ts", "path_refused", 7],
      ["sub/%2e%2e/%2e%2e/secret.ts", "path_refused", 7],
      [join(folder, "secret.ts"), "path_refused", 7],
      ["file:///etc/passwd", "url_refused", 7],
      [`${origin.url}/hls/v1/seg0.ts`, "address_refused", 7],
    ];
    for (const [uri, code, exit] of cases) {
      const result = await local(uri);
      assert.equal(result.json.error.code, code, uri);
      assert.equal(result.code, exit, uri);
    }
    await assertNothingStored(own);
    assert.deepEqual(own.log, []);
    const link = await local("link.ts");
    assert.deepEqual([link.json.error.code, link.code], ["path_refused", 7]);
    await assertNothingStored(own);
  } finally {
    await own.close();
  }
});

test("a live playlist is refused with a sentence that says why", async () => {
  const text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nseg0.ts\n";
  const path = join(folder, "live.m3u8");
  await writeFile(path, text);
  const result = await lift(path);
  assert.equal(result.code, 3);
  assert.equal(result.json.error.code, "playlist_live");
  assert.match(result.json.error.message, /live\.m3u8: it is live: .*EXT-X-ENDLIST/);
});

test("an .m3u8 is asked about, and as a video stays one file", async () => {
  const upload = ["upload", master, "--allow-private", "--json"];
  assert.equal((await vodlift(upload, { service })).code, 2);
  const result = await vodlift([...upload, "--as", "video"], { service });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual([result.json.kind, result.json.parts], ["video", 1]);
});
