// An HLS film at an origin, and a parser nobody here wrote to compare it with what was stored.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Content, Origin } from "./origin.ts";
import { madeUp } from "./origin.ts";
import type { Emulator } from "./service.ts";

interface Keyed {
  key?: { uri?: string };
  map?: { uri: string; byterange?: object };
}

interface Segment extends Keyed {
  uri: string;
  duration: number;
  byterange?: object;
}

/** What m3u8-parser makes of a playlist, as far as we look. */
interface Manifest {
  endList?: boolean;
  segments: Segment[];
  playlists?: { uri: string; attributes: object }[];
  iFramePlaylists?: { uri: string }[];
  mediaGroups?: Record<string, Record<string, Record<string, { uri?: string }>>>;
}

const { Parser } = createRequire(import.meta.url)("m3u8-parser") as {
  Parser: new () => { manifest: Manifest; push(text: string): void; end(): void };
};

/** Reads a playlist. */
export function parsePlaylist(text: string): Manifest {
  const parser = new Parser();
  parser.push(text);
  parser.end();
  return parser.manifest;
}

/** Bytes as an origin's content. */
export function fixed(text: string): Content {
  const bytes = Buffer.from(text);
  return {
    size: bytes.length,
    async *read(from, to) {
      yield bytes.subarray(from, to);
    },
    sha256: async () => createHash("sha256").update(bytes).digest("hex"),
  };
}

const MASTER = `#EXTM3U\r
#EXT-X-VERSION:7\r
## a comment that stays, with URI="nothing.ts" in it\r
#EXT-X-OURS:ANSWER=42,NOTE="unknown tags stay, too"\r
#EXT-X-SESSION-KEY:METHOD=AES-128,URI="keys/session?id=1"\r
#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="skd://left-alone",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"\r
#EXT-X-SESSION-DATA:DATA-ID="com.example.lyrics",URI="lyrics.json"\r
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="Deutsch, laut",LANGUAGE="de",DEFAULT=YES,URI="audio/index.m3u8?lang=de"\r
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="sub",NAME="English",LANGUAGE="en",URI="/subs/index.m3u8"\r
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC1",INSTREAM-ID="CC1"\r
#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=320x180,AUDIO="aud",SUBTITLES="sub"\r
v1/index.m3u8\r
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,AUDIO="aud",SUBTITLES="sub"\r
ORIGIN/other/v2/index.m3u8?sig=a%2Fb&x=1\r
#EXT-X-STREAM-INF:BANDWIDTH=1800000,RESOLUTION=1280x720,AUDIO="aud",SUBTITLES="sub"\r
v3/index.m3u8\r
#EXT-X-STREAM-INF:BANDWIDTH=3600000,RESOLUTION=1920x1080,AUDIO="aud",SUBTITLES="sub"\r
v4/index.m3u8\r
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=80000,URI="v1/iframes.m3u8"\r
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=160000,URI="v3/iframes.m3u8"\r
`;

function media(...lines: string[]): string {
  const head = [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    "#EXT-X-TARGETDURATION:6",
    "#EXT-X-MEDIA-SEQUENCE:0",
  ];
  return [...head, "#EXT-X-PLAYLIST-TYPE:VOD", ...lines, "#EXT-X-ENDLIST", ""].join("\n");
}

function segments(uris: string[]): string[] {
  return uris.flatMap((uri) => ["#EXTINF:6.006,", uri]);
}

const numbered = (name: (n: number) => string) => Array.from({ length: 6 }, (_, n) => name(n));

/** Paths and texts of the playlists; every other path they name serves made-up bytes. */
export function film(origin: string): { playlists: Record<string, string>; files: string[] } {
  const playlists = {
    "/hls/master.m3u8": MASTER.replace("ORIGIN", origin),
    // Transport streams, encrypted, with a key that changes; the names are those of other variants.
    "/hls/v1/index.m3u8": media(
      '#EXT-X-KEY:METHOD=AES-128,URI="../keys/k1",IV=0x00000000000000000000000000000001',
      ...segments(["seg0.ts", "seg1.ts", "seg2.ts"]),
      "#EXT-X-DISCONTINUITY",
      '#EXT-X-KEY:METHOD=AES-128,URI="../keys/get?id=2"',
      ...segments(["seg3.ts", "seg4.ts"]),
      "#EXT-X-KEY:METHOD=NONE",
      ...segments(["seg5.ts"]),
    ),
    "/hls/v1/iframes.m3u8": media(
      "#EXT-X-I-FRAMES-ONLY",
      ...["seg0.ts", "seg1.ts"].flatMap((uri) => ["#EXTINF:6,", "#EXT-X-BYTERANGE:3000@564", uri]),
    ),
    // Another folder, signed URLs, relative and absolute paths.
    "/other/v2/index.m3u8": media(
      ...segments(numbered((n) => `seg${n}.ts?sig=${n}%2Fabc&expires=1`)),
      ...segments(["/other/abs/seg0.ts", `${origin}/other/far%20away/s%C3%A9g.ts`]),
    ),
    // One fragmented file in byte ranges, init segment included.
    "/hls/v3/index.m3u8": media(
      '#EXT-X-MAP:URI="all.mp4",BYTERANGE="720@0"',
      ...numbered((n) => `#EXTINF:6,\n#EXT-X-BYTERANGE:100000@${720 + n * 100000}\nall.mp4`),
    ),
    "/hls/v3/iframes.m3u8": media(
      "#EXT-X-I-FRAMES-ONLY",
      '#EXT-X-MAP:URI="all.mp4",BYTERANGE="720@0"',
      ...numbered((n) => `#EXTINF:6,\n#EXT-X-BYTERANGE:900@${720 + n * 100000}\nall.mp4`),
    ),
    // Fragments with an init segment each time the encoder changed.
    "/hls/v4/index.m3u8": media(
      '#EXT-X-MAP:URI="init.mp4"',
      ...segments(["frag0.m4s", "frag1.m4s", "frag2.m4s"]),
      "#EXT-X-DISCONTINUITY",
      '#EXT-X-MAP:URI="b/init.mp4"',
      ...segments(["b/frag0.m4s", "b/frag1.m4s"]),
    ),
    "/hls/audio/index.m3u8": media(
      '#EXT-X-MAP:URI="init.mp4"',
      ...segments(numbered((n) => `frag${n}.m4s`)),
    ),
    "/subs/index.m3u8": media(...segments(["../subs/a.vtt", "b.vtt"])),
  };
  const files = new Set(["/hls/lyrics.json", "/hls/keys/session"]);
  for (const [path, text] of Object.entries(playlists)) {
    for (const uri of urisOf(text)) {
      const { pathname } = new URL(uri, origin + path);
      if (!(pathname in playlists)) files.add(pathname);
    }
  }
  return { playlists, files: [...files] };
}

/** Serves the film; says the URL of its master playlist. */
export function serveFilm(origin: Origin): string {
  const { playlists, files } = film(origin.url);
  for (const [path, text] of Object.entries(playlists)) {
    origin.add(path, { content: fixed(text), contentType: "application/vnd.apple.mpegurl" });
  }
  for (const path of files) {
    const size = path.includes("/keys/") ? 16 : path.endsWith(".mp4") ? 600_720 : 100_003;
    origin.add(path, { content: madeUp(size, path) });
  }
  return `${origin.url}/hls/master.m3u8`;
}

/** Every URI the parser sees, in its order. */
export function urisOf(text: string): string[] {
  const manifest = parsePlaylist(text);
  const { segments, playlists = [], iFramePlaylists = [], mediaGroups = {} } = manifest;
  const renditions = Object.values(mediaGroups)
    .flatMap((groups) => Object.values(groups))
    .flatMap((group) => Object.values(group));
  return [
    ...playlists,
    ...iFramePlaylists,
    ...renditions,
    ...segments.flatMap((one) => [one, ...(one.map ? [one.map] : []), one.key ?? {}]),
  ].flatMap(({ uri }) => uri ?? []);
}

/** What stays when the URIs are taken out: it must be the same before and after. */
function skeleton(text: string): string {
  return text
    .replace(/URI="(?!skd:|nothing)[^"]*"/g, 'URI=""')
    .replace(/^[^#\r\n][^\r\n]*/gm, "(uri)");
}

/**
 * Walks the stored playlist and its source side by side: each URI in the bucket must lead to the bytes that the same URI
 * in the source leads to. Says which objects were reached.
 */
export async function assertSameFilm(
  emulator: Emulator,
  objectKey: string,
  root: string,
  source: (url: string) => Promise<Uint8Array>,
): Promise<Set<string>> {
  const reached = new Set<string>();
  const names = new Map<string, string>();
  const stored = (key: string) => readFile(join(emulator.dir, emulator.bucket, key));
  async function walk(key: string, url: string): Promise<void> {
    if (reached.has(key)) return;
    reached.add(key);
    const [ours, theirs] = [await stored(key), Buffer.from(await source(url))];
    const text = ours.toString();
    if (!text.startsWith("#EXTM3U")) {
      assert.equal(sha256(ours), sha256(theirs), `${key} is not ${url}`);
      return;
    }
    const original = theirs.toString();
    assert.equal(skeleton(text), skeleton(original), key);
    const [mine, given] = [parsePlaylist(text), parsePlaylist(original)];
    assert.deepEqual(
      mine.segments.map(({ byterange, duration, map }) => [byterange, duration, map?.byterange]),
      given.segments.map(({ byterange, duration, map }) => [byterange, duration, map?.byterange]),
    );
    const [uris, originals] = [urisOf(text), urisOf(original)];
    assert.equal(uris.length, originals.length, key);
    for (const [index, uri] of uris.entries()) {
      assert.match(uri, /^(skd:|[\w.-]+$)/, `${uri} is no flat name`);
      const from = new URL(originals[index] ?? "", url).href;
      if (from.startsWith("skd:")) continue;
      const to = key.replace(/[^/]*$/, uri);
      assert.equal(names.get(to) ?? from, from, `${to} stands for two files`);
      names.set(to, from);
      await walk(to, from);
    }
  }
  await walk(objectKey, root);
  return reached;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
