// Trees of playlists as they are met in the wild, drawn at random: what a seed draws is always the same.
import { createCipheriv, createHash } from "node:crypto";
import type { PlaylistOptions } from "../../pkg/src/index.ts";
import type { File } from "./site.ts";

/** Media to make trees of: a film cut into pieces that can be decoded one by one. */
export interface Pieces {
  ts: Uint8Array[];
  init: Uint8Array;
  fragments: Uint8Array[];
}

/** One media playlist, and what must be stored for its segments, in order. */
export interface DrawnList {
  kind: "ts" | "fmp4" | "encrypted" | "ranges";
  /** Of the names of its segments. */
  extension: string;
  /** What each segment's URI must lead to; nothing for gaps. */
  expected: (Uint8Array | undefined)[];
  /** The pieces that play, before they were encrypted. */
  plays: Uint8Array[];
}

export interface Drawn {
  /** By path and query, as a site serves them; as a folder holds them for a local tree. */
  files: Map<string, File>;
  root: string;
  isMaster: boolean;
  lists: DrawnList[];
  options: PlaylistOptions;
  /** Paths that may be asked for twice: what a track is called is seen before its turn has come. */
  lookedAt: string[];
  /** Paths that nobody may ask for. */
  untouchable: string[];
  /** Segments that are not there although the playlist thinks so. */
  missing: number;
}

type Luck = ReturnType<typeof luckOf>;

/** Numbers below 1 that follow from a seed (mulberry32). */
function luckOf(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    yes: (chance: number) => next() < chance,
    below: (limit: number) => Math.floor(next() * limit),
    of: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T,
  };
}

const KEY = Buffer.from("0123456789abcdef");
const IV = Buffer.alloc(16, 7);

function encrypted(piece: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-128-cbc", KEY, IV);
  return Buffer.concat([cipher.update(piece), cipher.final()]);
}

/** How a tree names its files: a name for each, and the URI that leads there. */
const WEB_NAMES: readonly ((stem: string, n: number, extension: string) => [string, string])[] = [
  (stem, n, extension) => [`${stem}${n}.${extension}`, `${stem}${n}.${extension}`],
  (stem, n, extension) => [
    `${stem}${n}.${extension}?sig=a%2Fb`,
    `${stem}${n}.${extension}?sig=a%2Fb`,
  ],
  (stem, n, extension) => [
    `get.php?s=${stem}&f=${n}.${extension}`,
    `get.php?s=${stem}&f=${n}.${extension}`,
  ],
  (stem, n) => [`${stem}/${n}`, `${stem}/${n}`],
  (stem, n) => [`${stem}${n}.jpg`, `${stem}${n}.jpg`],
  (stem, n, extension) => [`${stem}/x/${n}.${extension}`, `./${stem}/y/../x/${n}.${extension}#t=1`],
];
/** Those of which the name does not tell the format. */
const NAMELESS = WEB_NAMES.slice(3, 5);
/** What a server calls packed audio and others, and what they are named then. */
const LABELS: readonly (readonly [type: string | undefined, extension: string])[] = [
  [undefined, "ts"],
  ["application/octet-stream", "ts"],
  ["text/html; charset=utf-8", "ts"],
  ["video/MP2T", "ts"],
  ["audio/aac", "aac"],
  ["audio/mpeg; x=1", "mp3"],
  ["audio/ac3", "ac3"],
  ["video/mp4", "mp4"],
  ["text/vtt", "vtt"],
];
const LOCAL_NAMES: typeof WEB_NAMES = [
  (stem, n, extension) => [`${stem}${n}.${extension}`, `${stem}${n}.${extension}`],
  (stem, n, extension) => [`${stem}#${n}.${extension}`, `${stem}#${n}.${extension}`],
  (stem, n, extension) => [`${stem}?n=${n}.${extension}`, `${stem}?n=${n}.${extension}`],
  (stem, n, extension) => [`${stem} ${n}.${extension}`, `${stem}%20${n}.${extension}?v=1`],
  (stem, n, extension) => [`${stem}%20${n}.${extension}`, `${stem}%20${n}.${extension}`],
  (stem, n, extension) => [`${stem}${n} 100%.${extension}`, `${stem}${n} 100%.${extension}`],
  (stem, n, extension) => [`${stem}-12:00:0${n}.${extension}`, `${stem}-12:00:0${n}.${extension}`],
];

/** Draws a tree. A local one has no query, no other host and no replies. */
export function draw(seed: number, pieces: Pieces, isLocal: boolean): Drawn {
  const luck = luckOf(seed);
  const drawn: Drawn = {
    files: new Map(),
    root: isLocal ? "i.m3u8" : "/i.m3u8?token=t-1",
    isMaster: luck.yes(0.7),
    lists: [],
    options: {},
    lookedAt: [],
    untouchable: [],
    missing: 0,
  };
  if (luck.yes(0.5)) drawn.options.missingSegments = "gap";
  if (luck.yes(0.3)) drawn.options.complete = true;
  const tree = { luck, drawn, pieces, isLocal };
  if (!drawn.isMaster) {
    putText(tree, drawn.root, media(tree, "", "v"), true);
    return drawn;
  }
  const lines = [...head(tree), `#EXT-X-DEFINE:NAME="dir",VALUE="in"`];
  if (!isLocal) {
    lines.push('#EXT-X-DEFINE:QUERYPARAM="token"', '#EXT-X-CONTENT-STEERING:SERVER-URI="steer"');
    drawn.untouchable.push("steer");
  }
  if (luck.yes(0.5)) {
    lines.push('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="in the variant",URI=""');
  }
  if (luck.yes(0.4)) {
    lines.push('#EXT-X-SESSION-KEY:METHOD=AES-128,URI="session.key"');
    drawn.files.set(at(tree, "session.key"), { body: KEY });
  }
  if (luck.yes(0.3)) {
    lines.push('#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="direct",URI="sub.vtt"');
    drawn.files.set(at(tree, "sub.vtt"), { body: "WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n" });
  }
  const variants = 1 + luck.below(3);
  for (let n = 0; n < variants; n += 1) {
    const uri = isLocal || luck.yes(0.5) ? `in/${n}.m3u8` : `{$dir}/${n}.m3u8?x={$token}`;
    lines.push(`#EXT-X-STREAM-INF:BANDWIDTH=${n + 1}00000,NAME="{$dir}"`, uri);
    const path = uri.replace("{$dir}", "in").replace("{$token}", "t-1");
    putText(tree, at(tree, path), media(tree, "in/", `v${n}`), false);
  }
  if (luck.yes(0.3)) lines.push("stray.m3u8");
  putText(tree, drawn.root, lines, true);
  return drawn;
}

interface Tree {
  luck: Luck;
  drawn: Drawn;
  pieces: Pieces;
  isLocal: boolean;
}

function at({ isLocal }: Tree, path: string): string {
  return isLocal ? path : `/${path}`;
}

function head({ luck }: Tree): string[] {
  const first = luck.of(["#EXTM3U", "#EXTM3U", "#EXTM3U ", '#EXTM3U x-tvg-url="a,b"']);
  return [first, "#EXT-X-VERSION:7", "## a comment"];
}

/** Stores a playlist with one of the line endings, marks and packings there are. */
function putText({ luck, drawn, isLocal }: Tree, path: string, lines: string[], isRoot: boolean) {
  const mark = luck.of(["", "", "\ufeff", "\n"]);
  const body = mark + [...lines, ""].join(luck.of(["\n", "\r\n", "\r"]));
  const gzip = luck.of([undefined, undefined, "told", "hidden"] as const);
  drawn.files.set(path, { body, ...(gzip && { gzip: isLocal ? "hidden" : gzip }) });
  if (isRoot) return;
}

/** Lines of a media playlist whose folder is `base`. */
function media(tree: Tree, base: string, stem: string): string[] {
  const { luck, drawn, pieces, isLocal } = tree;
  const kind = luck.of(["ts", "ts", "fmp4", "encrypted", "ranges"] as const);
  const lines = [...head(tree), "#EXT-X-TARGETDURATION:1"];
  const ends = drawn.options.complete
    ? luck.of(["list", "type", "live"])
    : luck.of(["list", "type"]);
  if (ends === "type") lines.push("#EXT-X-PLAYLIST-TYPE:VOD");
  const leftovers = luck.yes(0.4);
  if (leftovers)
    lines.push("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES", "#EXT-X-PART-INF:PART-TARGET=1");
  if (!isLocal && luck.yes(0.4)) {
    lines.push('#EXT-X-DATERANGE:ID="ad",START-DATE="2026-01-01T00:00:00Z",X-ASSET-URI="ad.m3u8"');
    drawn.untouchable.push("ad.m3u8");
  }
  lines.push('#EXT-X-DEFINE:NAME="empty",VALUE=""');
  const name = luck.of(isLocal ? LOCAL_NAMES : WEB_NAMES);
  const plain = kind === "fmp4" ? pieces.fragments : pieces.ts;
  // What begins as a transport stream is one, whatever it is called; what is encrypted begins as anything.
  const isSeen = kind !== "encrypted" && plain[0]?.[0] === 0x47;
  const isNameless = NAMELESS.includes(name);
  const canBeCalled = isNameless && kind !== "fmp4" && pieces.ts[0]?.[0] !== 0x47;
  const labels = canBeCalled || isSeen ? LABELS : LABELS.slice(0, 4);
  const [type, called] = luck.of(isNameless || isSeen ? labels : LABELS.slice(0, 2));
  const extension = kind === "fmp4" ? "m4s" : canBeCalled ? called : "ts";
  const list: DrawnList = { kind, extension, expected: [], plays: [] };
  drawn.lists.push(list);
  const serve = (stem: string, n: number, extension: string, body: Uint8Array | undefined) => {
    const [path, uri] = name(stem, n, extension);
    const where = base + path;
    if (body === undefined) drawn.untouchable.push(where);
    else drawn.files.set(at(tree, where), { body, ...(type && kind !== "fmp4" && { type }) });
    if (isNameless && n === 0) drawn.lookedAt.push(at(tree, where));
    return luck.yes(0.2) ? `{$empty}${uri}` : uri;
  };
  if (kind === "encrypted") {
    drawn.files.set(at(tree, `${base}key`), { body: KEY });
    lines.push(`#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x${IV.toString("hex")}`);
  }
  if (kind === "fmp4")
    lines.push(`#EXT-X-MAP:URI="${serve(`${stem}init`, 0, "mp4", pieces.init)}"`);
  if (kind === "ranges") {
    const all = Buffer.concat(plain);
    const uri = serve(stem, 0, "ts", all);
    let offset = 0;
    for (const piece of plain) {
      lines.push("#EXTINF:1,", `#EXT-X-BYTERANGE:${piece.length}@${offset}`, uri);
      offset += piece.length;
      list.expected.push(all);
      list.plays.push(piece);
    }
  } else {
    for (const [n, piece] of plain.entries()) {
      const body = kind === "encrypted" ? encrypted(piece) : piece;
      if (leftovers) lines.push(`#EXT-X-PART:DURATION=1,URI="part${n}"`);
      if (n > 0 && luck.yes(0.15)) {
        lines.push(
          "#EXT-X-GAP",
          "#EXTINF:1,",
          serve(stem, n, kind === "fmp4" ? "m4s" : "ts", undefined),
        );
        list.expected.push(undefined);
        continue;
      }
      const isMissing = drawn.options.missingSegments === "gap" && n > 0 && luck.yes(0.15);
      const isEmpty = kind === "ts" && n > 0 && luck.yes(0.1);
      const uri = serve(stem, n, kind === "fmp4" ? "m4s" : "ts", isEmpty ? Buffer.alloc(0) : body);
      if (isMissing) {
        const [path] = name(stem, n, kind === "fmp4" ? "m4s" : "ts");
        drawn.files.delete(at(tree, base + path));
        drawn.missing += 1;
      }
      lines.push("#EXTINF:1,", uri);
      if (luck.yes(0.1)) lines.push("stray.ts");
      list.expected.push(isMissing ? undefined : isEmpty ? Buffer.alloc(0) : body);
      if (!isMissing && !isEmpty) list.plays.push(piece);
    }
  }
  if (leftovers)
    lines.push('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="next"', '#EXT-X-RENDITION-REPORT:URI="o.m3u8"');
  if (ends === "list") lines.push("#EXT-X-ENDLIST");
  drawn.untouchable.push(`${base}stray.ts`, `${base}next`, `${base}o.m3u8`, `${base}part0`);
  return lines;
}

/** Pieces without a film in them. */
export function madeUpPieces(): Pieces {
  const piece = (name: string) => createHash("sha512").update(name).digest();
  const several = (name: string) => Array.from({ length: 5 }, (_, n) => piece(`${name}${n}`));
  return { ts: several("ts"), init: piece("init"), fragments: several("fragment") };
}
