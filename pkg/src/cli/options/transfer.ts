// How the bytes get there.
import { flag, list, named, off, option, toggle } from "./option.ts";
import {
  callback,
  headers,
  hosts,
  path,
  seconds,
  size,
  sizes,
  whole,
  word,
  words,
} from "./values.ts";

const PLAYLIST = ["playlist"] as const;
/** The files of a playlist go up as they are, and have limits of their own. */
const CUT = ["video", "image", "attached"] as const;

/** What every upload may be told, also when it goes on. */
export const TRANSFER = {
  // `--header` is its older name.
  sourceHeaders: list(
    "--source-header 'N: v'",
    headers,
    "sent to the URL's own origin only; --header is the same",
    "--header",
  ),
  trafficLimit: option(
    "--traffic-limit BITS",
    whole(1),
    "the most one connection to OSS may carry, 819200 to 838860800 bit/s",
  ),
  callback: option(
    "--callback JSON",
    callback,
    "what OSS calls when the object is complete: url (one, or a list), body, and if wanted bodyType, host, sni, " +
      "variables. No checkpoint keeps it: pass it to resume again",
  ),
  concurrency: option("--concurrency 4", whole(1), "parts in flight at once"),
  verify: option(
    "--verify crc64|length",
    word(["crc64", "length"]),
    "crc64 also hashes every byte here and compares it part by part; default: length. Either way the object's own " +
      "CRC-64 is compared with that of its parts",
  ),
  slowRequestMs: option(
    "--slow-requests SECONDS",
    seconds,
    "a line on stderr for each request that takes longer, while it does; not with --quiet",
  ),
  trace: option(
    "--trace FILE",
    path,
    "write what happens into a new file, a JSON object a line and without a secret: to report what went wrong",
  ),
  maxBytes: option(
    "--max-bytes 20GiB",
    size,
    "refuse a longer source, before VOD hears of it where its length is told",
    CUT,
  ),
  ranges: off(
    "--no-ranges",
    "read a URL in one request, in order: for a link that works only once. Ranges that turn out not to work lead to that " +
      "by themselves",
    CUT,
  ),
  sourceTimeoutMs: option(
    "--source-timeout SECONDS",
    seconds,
    "how long a source may stand still; default: 300 before its first byte, 60 between two",
  ),
  serviceTimeoutMs: option(
    "--service-timeout SECONDS",
    seconds,
    "how long VOD and OSS may stand still, 60 unless told otherwise; a part has as long as its bytes need at 16 KiB/s " +
      "on top of that",
  ),
  anyContentType: flag(
    "--any-content-type",
    "take the source for what it is uploaded as, whatever its Content-Type, name and first bytes say. Otherwise a page (HTML, JSON, " +
      "XML) is refused, and a playlist or an image is asked about",
  ),
  segments: option(
    "--segments FILE",
    path,
    "the segments of one media playlist, a line each, in place of those it names: URLs (signed ones, say), or paths " +
      "below its folder",
    PLAYLIST,
  ),
  limits: option(
    "--limits NAME=N,…",
    sizes(["playlists", "files", "playlistBytes", "bytes"]),
    "what is too much: playlists=100, files=100000, playlistBytes=8MiB, bytes=1TiB unless told otherwise",
    PLAYLIST,
  ),
  hosts: option(
    "--hosts JSON",
    hosts,
    'what the hosts that a playlist leads to are asked with: \'{"cdn.example.com":{"headers":{"Cookie":"a=1"},' +
      '"query":"token=2"}}\'. No checkpoint keeps it: pass it to resume again',
    PLAYLIST,
  ),
  allowPrivate: named(
    "allowPrivateSources",
    toggle("--allow-private", "allow URLs on private and loopback addresses"),
  ),
  allowHosts: option(
    "--allow-hosts H,…",
    words,
    "only these hosts, of URLs, redirects and what playlists name: media.example.com, *.example.com, example.com:8443",
  ),
  denyHosts: option("--deny-hosts H,…", words, "none of these, even where --allow-hosts has them"),
};

/** What only its beginning decides. */
export const BEGIN = {
  objectHeaders: list(
    "--object-header 'N: v'",
    headers,
    "kept with the object: Content-Type, Cache-Control, x-oss-meta-…, x-oss-storage-class, x-oss-forbid-overwrite, " +
      "x-oss-tagging …",
  ),
  partSize: option("--part-size 16MiB", size, "100KiB to 5GiB; default: fits the size", CUT),
  variants: option(
    "--variants V,…",
    words,
    "only these variants of a master playlist: best, worst, 720p, <=720p, 2500000 (bit/s), <=2500000, name=HD; audio and " +
      "subtitles that none of them plays with fall away",
    PLAYLIST,
  ),
  complete: flag(
    "--complete",
    "take a live or unfinished playlist as ended: what it lists now is all there is",
    PLAYLIST,
  ),
  missingSegments: option(
    "--missing-segments gap|fail",
    word(["gap", "fail"]),
    "gap: go on without a segment that is not there, marked with EXT-X-GAP; default: fail",
    PLAYLIST,
  ),
  size: option(
    "--size BYTES",
    size,
    "of standard input, if it is known: another length is an error",
  ),
  checkpoint: option(
    "--checkpoint FILE",
    path,
    "keep what is needed to go on with `vodlift resume FILE`; removed when it is done",
  ),
  wait: toggle("--wait", "return only when VOD reports the whole source file (of videos)"),
};
