// Each command's options, in the sections its help has.
import { parseHostName, parseOrigin } from "../../emulator/door.ts";
import { parseFault } from "../../emulator/fault-text.ts";
import { type Habits, parseHabit } from "../../emulator/habits.ts";
import { parseAccessKey } from "../../emulator/store/settings.ts";
import { UsageError } from "../usage.ts";
import { declared, group } from "./declared.ts";
import { flag, list, option, type Reader, toggle } from "./option.ts";
import { path, size, whole } from "./values.ts";

/** What is printed: each command has its own words for it. */
export function output(json: string, quiet: string) {
  return { json: toggle("--json", json), quiet: toggle("--quiet", quiet) };
}

const MEDIA = group(["media"], "begin");
const REST = ["source", "playlist", "transfer", "run"] as const;
const TRANSFER = group(REST, "begin");
/** Also what is resumed. */
export const AGAIN = group(REST, "resume");
export const SERVICE = group(["service"], "client");

export const OUTPUT = output(
  "one JSON object as the last line on stdout: mediaId, kind, bucket, objectKey, bytes, parts, crc64, compared, vouched, resumed, " +
    "refreshes, retries, restarts, requestId, of playlists missingSegments, of a replacement replaced and notice; or " +
    "error { code, message, … }; warnings beside either",
  "no progress, and only the media id on stdout",
);

export const UPLOAD = { ...MEDIA, ...TRANSFER, ...SERVICE, ...OUTPUT };
export const UPLOAD_SECTIONS = {
  media: MEDIA,
  transfer: TRANSFER,
  service: SERVICE,
  output: OUTPUT,
};

export const RESUME = {
  ...AGAIN,
  yes: flag(
    "--yes",
    "upload the file that the checkpoint names wherever it lies, and into the media that it names; otherwise a file " +
      "that is neither below the working directory nor beside the checkpoint is asked about, and a media that is to be " +
      "replaced or that the checkpoint does not prove to be its own, as one that was written with another AccessKey or by " +
      "an older version cannot before OSS has told an upload id; where nobody can be asked each is refused",
  ),
  ...SERVICE,
  ...OUTPUT,
};

export const ABORT = {
  yes: flag(
    "--yes",
    "the media that the checkpoint names is this upload's own: otherwise one that the checkpoint does not prove to be so, " +
      "as one that was written with another AccessKey or by an older version cannot, is asked about, and refused where " +
      "nobody can be asked",
  ),
  ...SERVICE,
  // Nothing is read; it is accepted so that the same options fit resume and abort.
  ...declared("allowPrivateSources"),
  ...output('print {"aborted":true}, or error { code, message, … }', "print nothing"),
};

export const CALL = {
  repeatable: flag(
    "--repeatable",
    "it may be sent again when its reply was lost; taken for granted of actions that only look (Get…, List…, …)",
  ),
  ...declared("region", "endpoint", "vodSignature"),
  ...output("the reply, or error { code, message, … }, on one line", "the reply on one line"),
};

/** Beyond this the machine's own limits are met, and an account's. */
const MOST_JOBS = 64;

/** What a row takes from no other: its file's size, and headers, which may hold a secret of one source. */
const { size: _, sourceHeaders: __, ...OF_ROWS } = group(["source", "transfer"], "begin");
/** What all rows have that say nothing else. */
export const OF_ALL_ROWS = OF_ROWS;

export const INGEST = {
  jobs: option(
    "--jobs 4",
    whole(1, MOST_JOBS),
    "uploads at once, at most 64; all of them together have at most 64 parts in flight",
  ),
  report: option(
    "--report FILE",
    path,
    "default: <manifest>.report.jsonl; one JSON object a line: line, key, source, state (done or failed), mediaId, " +
      "bytes, replaced, warnings, error. Beside it, FILE.d holds what is needed to go on while there is work left",
  ),
  noReferenceIds: flag("--no-reference-ids", "make none up"),
  ...OF_ALL_ROWS,
  ...declared("slowRequestMs"),
  ...SERVICE,
  ...output(
    "one JSON object as the last line on stdout: total, done, failed, skipped (done before), left, bytes, seconds, and " +
      "error, the first one, with its line",
    "no progress and no summary",
  ),
};

/** What the emulator itself reads, with the option's name before its sentence. */
const ofEmulator =
  <T>(parse: (text: string) => T): Reader<T> =>
  (text, name) => {
    try {
      return parse(text);
    } catch (error) {
      throw new UsageError(`${name}: ${(error as Error).message}`);
    }
  };
const each =
  <T>(read: Reader<T>) =>
  (texts: readonly string[], name: string) =>
    texts.map((text) => read(text, name));

const EMULATOR_PLACE = {
  port: option("--port N", whole(0, 65_535), "port to listen on; default: any free one"),
  dir: option(
    "--dir DIR",
    path,
    "where objects and open uploads are kept; default: a temporary folder, removed at the end",
  ),
  tls: flag(
    "--tls",
    "listen on https, with a certificate made at start; its authority is written to DIR/ca.pem",
  ),
  json: toggle(
    "--json",
    'print {"endpoint","accessKeyId","accessKeySecret","region","bucket","dir"} as the first line, for scripts; with ' +
      '--tls also "caFile"',
  ),
};

const EMULATOR_DOOR = {
  accessKey: option(
    "--access-key ID:SECRET",
    ofEmulator(parseAccessKey),
    "the account's key; default: one drawn at random, and the same again for the same --dir",
  ),
  hostNames: list(
    "--host-name NAME",
    each(ofEmulator(parseHostName)),
    "a name that clients reach it by, beside its address and localhost; requests to any other name are refused",
  ),
  allowOrigins: list(
    "--allow-origin ORIGIN",
    each(ofEmulator(parseOrigin)),
    "web pages of this origin may call it, such as http://localhost:5173; those of any other are refused",
  ),
  allowPrivate: flag(
    "--allow-private",
    "what UploadMediaByURL pulls, and callbacks that clients ask for, may be on loopback and in private networks",
  ),
};

const EMULATOR_FAULTS = {
  credentialLifeSeconds: option(
    "--credential-life S",
    whole(1),
    "upload credentials expire S seconds after they were made; default: 3600, as the service's",
  ),
  qps: option(
    "--qps N",
    whole(1),
    "calls of the VOD API a second; those beyond are refused with 400 Throttling.User; default: any number",
  ),
  latencyMs: option(
    "--latency MS",
    whole(0),
    "every request waits this long before it is looked at",
  ),
  bandwidth: option(
    "--bandwidth BYTES",
    size,
    "bytes per second, per connection and direction; such as 1MiB",
  ),
  faults: list("--fault RULE", each(ofEmulator(parseFault)), "OPERATION[/PART]:WHEN:ACTION"),
};

const EMULATOR_HABITS = {
  habits: list(
    "--habit NAME=VALUE",
    (texts, name): Partial<Habits> =>
      Object.assign({}, ...each(ofEmulator(parseHabit))(texts, name)),
    "one of the habits below",
  ),
  drawHabits: option("--draw-habits SEED", whole(0), "any value for each habit that is not given"),
};

export const EMULATOR = {
  ...EMULATOR_PLACE,
  ...EMULATOR_DOOR,
  ...EMULATOR_FAULTS,
  ...EMULATOR_HABITS,
};
export const EMULATOR_SECTIONS = {
  place: EMULATOR_PLACE,
  door: EMULATOR_DOOR,
  faults: EMULATOR_FAULTS,
  habits: EMULATOR_HABITS,
};
