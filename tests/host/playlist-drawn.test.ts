// Trees drawn at random over all that playlists hold in the wild. SEED=n draws one, SEEDS=n many.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { fromFile, type Outcome, Vodlift } from "../../pkg/src/index.ts";
import { noFfmpeg, pictures, run } from "../support/ffmpeg.ts";
import {
  type Drawn,
  type DrawnList,
  draw,
  madeUpPieces,
  type Pieces,
} from "../support/hls-draw.ts";
import { fileContent, type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, startService } from "../support/service.ts";
import { startSite } from "../support/site.ts";

const SEEDS = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: Number(process.env.SEEDS ?? 24) }, (_, n) => n + 1);
/** Decoding takes a while. */
const DECODED = process.env.SEED ? SEEDS : SEEDS.slice(0, Math.ceil(SEEDS.length / 4));

let service: Emulator;
let vod: Vodlift;
let folder: string;

before(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "vodlift-drawn-"));
  const { accessKeyId, accessKeySecret, endpoint } = service;
  vod = new Vodlift({ accessKeyId, accessKeySecret, endpoint });
});
after(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

interface Stored {
  /** Folder of the media, and the name of its root. */
  top: string;
  root: string;
  outcome: Outcome;
}

async function liftFromWeb(drawn: Drawn): Promise<Stored & { url: string }> {
  const site = await startSite();
  for (const [at, file] of drawn.files) site.files.set(at, file);
  try {
    const how = { allowPrivateSources: true, ...drawn.options };
    const outcome = await vod.uploadPlaylist(site.url + drawn.root, how);
    const asked = site.asked.map((at) => at.slice(1));
    const again = asked.filter((at, n) => asked.indexOf(at) !== n).map((at) => `/${at}`);
    const late = again.filter((at) => !drawn.lookedAt.includes(at));
    assert.deepEqual(late, [], "nothing is asked for twice");
    assert.equal(new Set(again).size, again.length);
    assert.deepEqual(
      asked.filter((at) => drawn.untouchable.includes(at)),
      [],
    );
    return { ...placeOf(outcome), url: site.url };
  } finally {
    await site.close();
  }
}

async function liftFromDisk(drawn: Drawn, seed: number): Promise<Stored> {
  const top = join(folder, `local-${seed}`);
  for (const [path, { body, gzip }] of drawn.files) {
    const at = join(top, path);
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, gzip ? gzipSync(body) : body);
  }
  return placeOf(await vod.uploadPlaylist(fromFile(join(top, drawn.root)), drawn.options));
}

function placeOf(outcome: Outcome): Stored {
  const root = join(service.dir, service.bucket, outcome.objectKey);
  return { top: dirname(root), root: root.slice(dirname(root).length + 1), outcome };
}

interface StoredList {
  /** URIs of its lines, with whether each is a gap. */
  lines: { uri: string; isGap: boolean }[];
  attributes: string[];
}

/** Reads a stored playlist, which must be one that every player reads. */
async function read(top: string, name: string): Promise<StoredList> {
  const text = await readFile(join(top, name), "utf8");
  assert.match(text, /^#EXTM3U *(\r\n|\r|\n)/, name);
  assert.doesNotMatch(
    text,
    /\{\$|#EXT-X-(DEFINE|PART|PRELOAD-HINT|RENDITION-REPORT|SERVER-CONTROL)/,
    name,
  );
  const list: StoredList = { lines: [], attributes: [] };
  let isGap = false;
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line === "#EXT-X-GAP") isGap = true;
    for (const [, uri = ""] of line.matchAll(/URI="([^"]*)"/g)) list.attributes.push(uri);
    if (line === "" || line.startsWith("#")) continue;
    list.lines.push({ uri: line, isGap });
    isGap = false;
  }
  return list;
}

async function assertLifted(drawn: Drawn, { top, root, outcome }: Stored): Promise<string[]> {
  const first = await read(top, root);
  const names = drawn.isMaster ? first.lines.map(({ uri }) => uri) : [root];
  assert.equal(names.length, drawn.lists.length);
  for (const [index, name] of names.entries()) {
    const text = await readFile(join(top, name), "utf8");
    assert.match(text, /#EXT-X-ENDLIST/, name);
    const { lines, attributes } = await read(top, name);
    const expected = drawn.lists[index]?.expected ?? [];
    assert.equal(lines.length, expected.length, name);
    for (const [n, { uri, isGap }] of lines.entries()) {
      assert.equal(isGap, expected[n] === undefined, `${name} ${uri}`);
      assert.match(uri, /^[\w.-]+$/);
      assert.equal(uri.split(".").at(-1), drawn.lists[index]?.extension, `${name} ${uri}`);
      const found = await readFile(join(top, uri)).catch(() => undefined);
      assert.deepEqual(found && Buffer.from(found), expected[n] && Buffer.from(expected[n]), uri);
    }
    for (const uri of [...attributes, ...first.attributes]) {
      if (!/^https?:/.test(uri)) await readFile(join(top, uri));
    }
  }
  assert.equal(outcome.missingSegments?.length ?? 0, drawn.missing);
  return names;
}

for (const seed of SEEDS) {
  for (const isLocal of [false, true]) {
    test(`a tree ${isLocal ? "on disk" : "on the web"} is lifted as it plays, seed ${seed}`, async () => {
      const drawn = draw(seed, madeUpPieces(), isLocal);
      const stored = isLocal ? await liftFromDisk(drawn, seed) : await liftFromWeb(drawn);
      await assertLifted(drawn, stored);
    });
  }
}

const skip = noFfmpeg();

/** A film of 5 s, in pieces of 1 s. */
async function film(): Promise<Pieces> {
  const top = join(folder, "film");
  await mkdir(top);
  const picture = "testsrc=size=160x90:rate=10:duration=5";
  const coded = ["-c:v", "libx264", "-g", "10", "-bf", "0", "-pix_fmt", "yuv420p"];
  run("ffmpeg", "-f", "lavfi", "-i", picture, ...coded, join(top, "film.mp4"));
  const cut = ["-i", join(top, "film.mp4"), "-c", "copy", "-f", "hls", "-hls_time", "1"];
  const named = (name: string) => ["-hls_segment_filename", join(top, name)];
  run("ffmpeg", ...cut, "-hls_list_size", "0", ...named("%d.ts"), join(top, "ts.m3u8"));
  const parts = ["-hls_segment_type", "fmp4", "-hls_list_size", "0", ...named("%d.m4s")];
  run("ffmpeg", ...cut, ...parts, join(top, "mp4.m3u8"));
  const all = (extension: string) =>
    Promise.all([0, 1, 2, 3, 4].map((n) => readFile(join(top, `${n}.${extension}`))));
  const init = await readFile(join(top, "init.mp4"));
  return { ts: await all("ts"), init, fragments: await all("m4s") };
}

/** Serves a folder, as players see it. */
async function served(top: string): Promise<Origin> {
  const origin = await startOrigin();
  for (const name of await readdir(top)) {
    const contentType = name.endsWith(".m3u8") ? "application/vnd.apple.mpegurl" : "video/mp2t";
    origin.add(`/${name}`, { content: await fileContent(join(top, name)), contentType });
  }
  return origin;
}

/** The same list without all that makes it hard, beside the pieces that play. */
async function clean({ kind, plays }: DrawnList, init: Uint8Array, top: string): Promise<string> {
  await mkdir(top);
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:1"];
  await writeFile(join(top, "init.mp4"), init);
  if (kind === "fmp4") lines.push('#EXT-X-MAP:URI="init.mp4"');
  for (const [n, piece] of plays.entries()) {
    const name = `${n}.${kind === "fmp4" ? "m4s" : "ts"}`;
    await writeFile(join(top, name), piece);
    lines.push("#EXTINF:1,", name);
  }
  await writeFile(join(top, "i.m3u8"), [...lines, "#EXT-X-ENDLIST", ""].join("\n"));
  return join(top, "i.m3u8");
}

test("ffmpeg decodes what is stored to the same pictures", { skip }, async (t) => {
  const pieces = await film();
  for (const seed of DECODED) {
    const drawn = draw(seed, pieces, false);
    const stored = await liftFromWeb(drawn);
    const names = await assertLifted(drawn, stored);
    const origin = await served(stored.top);
    try {
      for (const [index, list] of drawn.lists.entries()) {
        const top = join(folder, `clean-${seed}-${index}`);
        const wanted = await pictures(await clean(list, pieces.init, top));
        const what = `seed ${seed}, ${list.kind}`;
        assert.ok(wanted.frames > 0, what);
        assert.deepEqual(await pictures(`${origin.url}/${names[index]}`), wanted, what);
        t.diagnostic(`${what}: ${wanted.frames} frames`);
      }
    } finally {
      await origin.close();
    }
  }
});
