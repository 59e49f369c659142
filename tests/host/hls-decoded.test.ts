// A real film as HLS in every form ffmpeg writes, uploaded, and decoded again from where it was stored.
import assert from "node:assert/strict";
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

test("so does one from the web", { skip }, async (t) => {
  for (const path of await readdir(folder, { recursive: true })) {
    const content = await fileContent(join(folder, path)).catch(() => undefined);
    if (content !== undefined) origin.add(`/film/${path}`, { content });
  }
  await lifts(`${origin.url}/film/master.m3u8`, t);
});
