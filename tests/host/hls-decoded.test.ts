// A real film as HLS in every form ffmpeg writes, uploaded, and decoded again from where it was stored.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { vodlift } from "../support/cli.ts";
import { noFfmpeg, run } from "../support/ffmpeg.ts";
import { parsePlaylist } from "../support/hls.ts";
import { fileContent, type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, startService } from "../support/service.ts";

const FRAMES = 150;
/** What ffmpeg is told for each variant. */
const VARIANTS: Readonly<Record<string, string[]>> = {
  ts: ["-hls_segment_filename", "seg%d.ts"],
  fmp4: ["-hls_segment_type", "fmp4", "-hls_segment_filename", "seg%d.m4s"],
  encrypted: ["-hls_key_info_file", "key.info", "-hls_segment_filename", "seg%d.ts"],
  ranges: ["-hls_flags", "single_file", "-hls_segment_filename", "all.ts"],
  "ranges-fmp4": ["-hls_segment_type", "fmp4", "-hls_flags", "single_file"],
};

const skip = noFfmpeg();
let service: Emulator;
let origin: Origin;
let folder: string;

before(async () => {
  service = await startService();
  origin = await startOrigin();
  folder = await mkdtemp(join(tmpdir(), "vodlift-film-"));
  if (skip === undefined) await makeTree();
});
after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

async function makeTree(): Promise<void> {
  const picture = `testsrc=size=160x90:rate=25:duration=${FRAMES / 25}`;
  const coded = ["-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p"];
  run("ffmpeg", "-f", "lavfi", "-i", picture, ...coded, join(folder, "film.mp4"));
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7"];
  for (const [index, [name, options]] of Object.entries(VARIANTS).entries()) {
    await makeVariant(join(folder, name), options);
    lines.push(`#EXT-X-STREAM-INF:BANDWIDTH=${100_000 * (index + 1)},RESOLUTION=160x90`);
    lines.push(`${name}/index.m3u8`);
  }
  await writeFile(join(folder, "master.m3u8"), `${lines.join("\n")}\n`);
}

/** What must stand in the variants that are about it. */
const TAGS: Readonly<Record<string, string>> = {
  fmp4: "#EXT-X-MAP:",
  encrypted: "#EXT-X-KEY:METHOD=AES-128",
  ranges: "#EXT-X-BYTERANGE:",
};

async function makeVariant(path: string, options: string[]): Promise<void> {
  await mkdir(path);
  await writeFile(join(path, "film.key"), randomBytes(16));
  const info = ["film.key", join(path, "film.key"), randomBytes(16).toString("hex")];
  await writeFile(join(path, "key.info"), `${info.join("\n")}\n`);
  const placed = options.map((word) => (/^(seg|all|key)/.test(word) ? join(path, word) : word));
  const hls = ["-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod", ...placed];
  run("ffmpeg", "-i", join(folder, "film.mp4"), "-c", "copy", ...hls, join(path, "index.m3u8"));
}

/** Number of decoded pictures, and a hash over all of them. */
function decoded(path: string): { frames: number; md5: string } {
  const lists = path.endsWith(".m3u8") ? ["-allowed_extensions", "ALL"] : [];
  const video = ["-select_streams", "v:0", "-count_frames"];
  const count = ["-show_entries", "stream=nb_read_frames", "-of", "default=nk=1:nw=1"];
  const [frames] = run("ffprobe", ...lists, ...video, ...count, path).split("\n");
  const pictures = ["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "md5", "-"];
  return { frames: Number(frames), md5: run("ffmpeg", ...lists, "-i", path, ...pictures) };
}

async function lifts(source: string, t: TestContext): Promise<void> {
  const args = ["upload", source, "--as", "playlist", "--allow-private", "--json"];
  const { code, json, stderr } = await vodlift(args, { service });
  assert.equal(code, 0, stderr);
  const root = join(service.dir, service.bucket, json.objectKey);
  const { playlists = [] } = parsePlaylist(await readFile(root, "utf8"));
  assert.equal(playlists.length, Object.keys(VARIANTS).length);
  const film = decoded(join(folder, "film.mp4"));
  assert.equal(film.frames, FRAMES);
  for (const [index, { uri }] of playlists.entries()) {
    const name = Object.keys(VARIANTS)[index];
    const stored = join(dirname(root), uri);
    assert.ok((await readFile(stored, "utf8")).includes(TAGS[name ?? ""] ?? "#EXTM3U"), name);
    assert.deepEqual(decoded(stored), film, name);
    t.diagnostic(`${name}: ${film.frames} frames, ${film.md5}`);
  }
  assert.equal(decoded(root).frames, FRAMES, "the master playlist leads to its variants");
}

test("a local tree decodes to the same pictures, variant by variant", { skip }, async (t) => {
  await lifts(join(folder, "master.m3u8"), t);
});

/** ffmpeg's demuxers of segments, and the extensions that each insists on since 7.1 (`extension_picky`). */
const DEMUXERS: Readonly<Record<string, string[]>> = {
  aac: ["aac"],
  mp3: ["mp3", "mp2"],
  ac3: ["ac3"],
  eac3: ["eac3", "ec3"],
  flac: ["flac"],
  mpegts: ["ts", "m4s", "mpg", "mpeg"],
  "mov,mp4,m4a,3gp,3g2,mj2": ["mp4", "m4a", "mov", "3gp"],
};

test("packed audio of any name is stored under the extension of its format", { skip }, async () => {
  const kinds = {
    aac: "adts",
    mp3: "mp3",
    ac3: "ac3",
    eac3: "eac3",
    flac: "flac",
    mpegts: "mpegts",
  };
  for (const [kind, muxer] of Object.entries({ ...kinds, mp4: "mp4" })) {
    const lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1"];
    const coder = { mp3: "libmp3lame", ac3: "ac3", eac3: "eac3", flac: "flac" }[kind] ?? "aac";
    for (const n of [0, 1, 2]) {
      const path = join(folder, `${kind}-${n}`);
      const sound = ["-f", "lavfi", "-i", `sine=frequency=${440 + 110 * n}:duration=0.4`];
      const fragmented = {
        mp4: ["-movflags", "frag_keyframe+empty_moov"],
        mp3: ["-write_xing", "0", "-id3v2_version", "0"],
      }[kind];
      run("ffmpeg", ...sound, "-c:a", coder, ...(fragmented ?? []), "-f", muxer, path);
      // A server that knows nothing of media.
      origin.add(`/audio/${kind}/${n}`, { content: await fileContent(path), contentType: "" });
      lines.push("#EXTINF:1,", `${kind}/${n}?sig=x.php`);
    }
    const list = [...lines, "#EXT-X-ENDLIST", ""].join("\n");
    const path = join(folder, `${kind}.m3u8`);
    await writeFile(path, list);
    origin.add(`/audio/${kind}.m3u8`, { content: await fileContent(path) });
    const args = ["upload", `${origin.url}/audio/${kind}.m3u8`, "--as", "playlist"];
    const { code, json, stderr } = await vodlift([...args, "--allow-private", "--json"], {
      service,
    });
    assert.equal(code, 0, stderr);
    const root = join(service.dir, service.bucket, json.objectKey);
    for (const name of await readdir(dirname(root))) {
      if (name.endsWith(".m3u8")) continue;
      const format = ["-show_entries", "format=format_name", "-of", "default=nk=1:nw=1"];
      const demuxer = run("ffprobe", ...format, join(dirname(root), name));
      const extension = name.split(".").at(-1) ?? "";
      assert.ok(DEMUXERS[demuxer]?.includes(extension), `${demuxer} is called ${name}`);
    }
    // Each piece has timestamps of its own, of which ffmpeg may complain; it plays them all.
    const play = ["-v", "quiet", "-allowed_extensions", "ALL", "-i", root, "-f", "md5", "-"];
    const { status, stdout } = spawnSync("ffmpeg", play, { encoding: "utf8" });
    assert.deepEqual([status, stdout.startsWith("MD5=")], [0, true], kind);
  }
});

test("so does one from the web", { skip }, async (t) => {
  for (const path of await readdir(folder, { recursive: true })) {
    const content = await fileContent(join(folder, path)).catch(() => undefined);
    if (content !== undefined) origin.add(`/film/${path}`, { content });
  }
  await lifts(`${origin.url}/film/master.m3u8`, t);
});
