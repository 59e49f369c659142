// Arguments → commands, with one sentence for everything that is not one.
import { type ParseArgsConfig, parseArgs } from "node:util";
import { parseFault } from "../emulator/fault-text.ts";
import type { FaultRule } from "../emulator/faults.ts";
import { CliError } from "./exit.ts";

/** A command line that says nothing we can do. Exit 2. */
export class UsageError extends CliError {
  /** The command whose help to point at. */
  readonly topic: string;

  constructor(message: string, topic = "", hint = "Correct the command line and run it again.") {
    super({ code: "invalid_argument", class: "usage", message, hint });
    this.topic = topic;
  }
}

export type OssNetwork = "public" | "internal" | "accelerate";

export type UploadKind = "video" | "image" | "attached" | "playlist";

export interface UploadCommand {
  name: "upload";
  source: string;
  /** What it becomes; audio is a video, too. */
  kind: UploadKind;
  imageType?: "default" | "cover";
  businessType?: "watermark" | "subtitle" | "material";
  title?: string;
  description?: string;
  tags?: string[];
  cateId?: number;
  coverUrl?: string;
  templateGroupId?: string;
  workflowId?: string;
  storageLocation?: string;
  appId?: string;
  userData?: string;
  referenceId?: string;
  adopt?: boolean;
  fileName?: string;
  /** Sent to the source. */
  headers: Record<string, string>;
  /** Kept with the object. */
  objectHeaders: Record<string, string>;
  trafficLimit?: number;
  partSize?: number;
  concurrency?: number;
  verify?: "crc64" | "length";
  checkpoint?: string;
  allowPrivate: boolean;
  /** Wait until VOD has the whole file. */
  wait: boolean;
  region?: string;
  endpoint?: string;
  ossEndpoint?: string;
  ossNetwork?: OssNetwork;
  json: boolean;
  quiet: boolean;
}

export interface ResumeCommand {
  name: "resume";
  checkpoint: string;
  source?: string;
  headers: Record<string, string>;
  concurrency?: number;
  verify?: "crc64" | "length";
  allowPrivate: boolean;
  region?: string;
  endpoint?: string;
  ossEndpoint?: string;
  ossNetwork?: OssNetwork;
  json: boolean;
  quiet: boolean;
}

export interface AbortCommand {
  name: "abort";
  checkpoint: string;
  region?: string;
  endpoint?: string;
  ossEndpoint?: string;
  ossNetwork?: OssNetwork;
  json: boolean;
  quiet: boolean;
}

export interface CallCommand {
  name: "call";
  action: string;
  params: Record<string, string>;
  region?: string;
  endpoint?: string;
  json: boolean;
  quiet: boolean;
}

export interface IngestCommand {
  name: "ingest";
  manifest: string;
  jobs: number;
  report?: string;
  noReferenceIds?: boolean;
  partSize?: number;
  concurrency?: number;
  verify?: "crc64" | "length";
  allowPrivate: boolean;
  region?: string;
  endpoint?: string;
  json: boolean;
  quiet: boolean;
}

export interface EmulatorCommand {
  name: "emulator";
  port?: number;
  dir?: string;
  tls?: true;
  faults?: FaultRule[];
  latencyMs?: number;
  bandwidth?: number;
  credentialLifeSeconds?: number;
  json: boolean;
}

export type Command =
  | { name: "help"; topic: string }
  | { name: "version" }
  | UploadCommand
  | ResumeCommand
  | AbortCommand
  | CallCommand
  | IngestCommand
  | EmulatorCommand;

const COMMANDS = ["upload", "resume", "abort", "call", "ingest", "emulator"];

const UPLOAD_OPTIONS = {
  as: { type: "string" },
  "image-type": { type: "string" },
  "business-type": { type: "string" },
  title: { type: "string" },
  description: { type: "string" },
  tags: { type: "string" },
  "cate-id": { type: "string" },
  "cover-url": { type: "string" },
  "template-group-id": { type: "string" },
  "workflow-id": { type: "string" },
  "storage-location": { type: "string" },
  "app-id": { type: "string" },
  "user-data": { type: "string" },
  "reference-id": { type: "string" },
  adopt: { type: "boolean" },
  "file-name": { type: "string" },
  header: { type: "string", multiple: true },
  "object-header": { type: "string", multiple: true },
  "traffic-limit": { type: "string" },
  "part-size": { type: "string" },
  concurrency: { type: "string" },
  verify: { type: "string" },
  checkpoint: { type: "string" },
  "allow-private": { type: "boolean", default: false },
  wait: { type: "boolean", default: false },
  region: { type: "string" },
  endpoint: { type: "string" },
  "oss-endpoint": { type: "string" },
  "oss-network": { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

const RESUME_OPTIONS = {
  source: { type: "string" },
  header: { type: "string", multiple: true },
  concurrency: { type: "string" },
  verify: { type: "string" },
  "allow-private": { type: "boolean", default: false },
  region: { type: "string" },
  endpoint: { type: "string" },
  "oss-endpoint": { type: "string" },
  "oss-network": { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

const ABORT_OPTIONS = {
  // Nothing is read; it is accepted so that the same options fit both commands.
  "allow-private": { type: "boolean", default: false },
  region: { type: "string" },
  endpoint: { type: "string" },
  "oss-endpoint": { type: "string" },
  "oss-network": { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

const INGEST_OPTIONS = {
  jobs: { type: "string" },
  report: { type: "string" },
  "no-reference-ids": { type: "boolean" },
  "part-size": { type: "string" },
  concurrency: { type: "string" },
  verify: { type: "string" },
  "allow-private": { type: "boolean", default: false },
  region: { type: "string" },
  endpoint: { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

const EMULATOR_OPTIONS = {
  port: { type: "string" },
  dir: { type: "string" },
  tls: { type: "boolean", default: false },
  fault: { type: "string", multiple: true },
  latency: { type: "string" },
  bandwidth: { type: "string" },
  "credential-life": { type: "string" },
  json: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

export function parseCommand(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first === undefined || first === "help" || first === "--help" || first === "-h") {
    return { name: "help", topic: first === "help" ? (rest[0] ?? "") : "" };
  }
  if (first === "--version" || first === "-V") return { name: "version" };
  if (first.startsWith("-")) throw new UsageError(`\`${first}\` must come after a command`);
  if (!COMMANDS.includes(first)) {
    throw new UsageError(`\`${first}\` is not a command: there are ${COMMANDS.join(", ")}`);
  }
  if (rest.includes("--help") || rest.includes("-h")) return { name: "help", topic: first };
  switch (first) {
    case "upload":
      return parseUpload(rest);
    case "resume":
      return parseResume(rest);
    case "abort":
      return parseAbort(rest);
    case "call":
      return parseCall(rest);
    case "ingest":
      return parseIngest(rest);
    default:
      return parseEmulator(rest);
  }
}

function parseUpload(args: string[]): UploadCommand {
  const { values, positionals } = parse(args, UPLOAD_OPTIONS, "upload");
  const kind = oneOf("--as", values.as, KINDS) ?? "video";
  refuseForeign(kind, values);
  const [source, extra] = positionals;
  if (source === undefined) throw usage("name a file, a URL, or - for standard input");
  if (extra !== undefined) throw usage(`one source at a time: \`${extra}\` is one too many`);
  if (source === "-" && kind === "playlist") {
    throw usage("a playlist from standard input has no folder: name its file or its URL");
  }
  if (kind === "playlist" && values["part-size"] !== undefined) {
    throw usage("--part-size does not go with --as playlist: its files go up as they are");
  }
  if (source === "-" && values["file-name"] === undefined) {
    throw usage("standard input has no name: pass --file-name, such as --file-name film.mp4");
  }
  const headers = parseHeaders(values.header ?? []);
  if (Object.keys(headers).length > 0 && !isUrl(source)) {
    throw usage("--header goes with a URL: a file and standard input are read without HTTP");
  }
  return defined({
    name: "upload",
    source,
    kind,
    imageType: oneOf("--image-type", values["image-type"], IMAGE_TYPES),
    businessType: oneOf("--business-type", values["business-type"], BUSINESS_TYPES),
    title: values.title,
    description: values.description,
    tags: values.tags
      ?.split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
    cateId: parseInteger("--cate-id", values["cate-id"], 0),
    coverUrl: values["cover-url"],
    templateGroupId: values["template-group-id"],
    workflowId: values["workflow-id"],
    storageLocation: values["storage-location"],
    appId: values["app-id"],
    userData: parseUserData(values["user-data"]),
    referenceId: values["reference-id"],
    adopt: values.adopt,
    fileName: values["file-name"],
    headers,
    objectHeaders: parseHeaders(values["object-header"] ?? [], "--object-header"),
    trafficLimit: parseInteger("--traffic-limit", values["traffic-limit"], 1),
    partSize: parseSize("--part-size", values["part-size"]),
    concurrency: parseInteger("--concurrency", values.concurrency, 1),
    verify: parseVerify(values.verify),
    checkpoint: parseCheckpoint(source, values.checkpoint),
    allowPrivate: values["allow-private"],
    wait: values.wait,
    region: values.region,
    endpoint: values.endpoint,
    ossEndpoint: values["oss-endpoint"],
    ossNetwork: oneOf("--oss-network", values["oss-network"], OSS_NETWORKS),
    json: values.json,
    quiet: values.quiet,
  });
}

const OSS_NETWORKS = ["public", "internal", "accelerate"] as const;
const KINDS = ["video", "image", "attached", "playlist"] as const;
const IMAGE_TYPES = ["default", "cover"] as const;
const BUSINESS_TYPES = ["watermark", "subtitle", "material"] as const;

/** Options that only some kinds have. */
const ONLY_FOR: Readonly<Record<string, readonly UploadKind[]>> = {
  "image-type": ["image"],
  "business-type": ["attached"],
  "cover-url": ["video", "playlist"],
  "template-group-id": ["video", "playlist"],
  "workflow-id": ["video", "playlist"],
  "reference-id": ["video", "playlist"],
  adopt: ["video", "playlist"],
};

/** An option that has no effect on this kind is a mistake that somebody would find out late. */
function refuseForeign(kind: UploadKind, values: Readonly<Record<string, unknown>>): void {
  for (const [option, kinds] of Object.entries(ONLY_FOR)) {
    if (values[option] !== undefined && !kinds.includes(kind)) {
      throw usage(`--${option} goes with --as ${kinds.join(" or ")}, not with ${kind}`);
    }
  }
  if (values.wait === true && kind !== "video") {
    throw usage(`--wait goes with --as video: VOD does nothing more with ${kind} media`);
  }
  if (kind === "attached" && values["business-type"] === undefined) {
    throw usage(`--as attached needs --business-type: ${BUSINESS_TYPES.join(", ")}`);
  }
}

function oneOf<T extends string>(
  option: string,
  text: string | undefined,
  words: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const word = words.find((known) => known === text);
  if (word !== undefined) return word;
  throw usage(`${option} must be ${words.join(", ")}, got \`${text}\``);
}

/** Standard input passes by once: whoever asks for a checkpoint of it hopes for more than there can be. */
function parseCheckpoint(source: string, path: string | undefined): string | undefined {
  if (path === undefined || source !== "-") return path;
  throw usage("--checkpoint does not go with standard input: it can be read only once");
}

function parseResume(args: string[]): ResumeCommand {
  const { values, positionals } = parse(args, RESUME_OPTIONS, "resume");
  return defined({
    name: "resume",
    checkpoint: oneFile(positionals, "resume"),
    source: values.source,
    headers: parseHeaders(values.header ?? []),
    concurrency: parseInteger("--concurrency", values.concurrency, 1, "resume"),
    verify: parseVerify(values.verify),
    allowPrivate: values["allow-private"],
    region: values.region,
    endpoint: values.endpoint,
    ossEndpoint: values["oss-endpoint"],
    ossNetwork: oneOf("--oss-network", values["oss-network"], OSS_NETWORKS),
    json: values.json,
    quiet: values.quiet,
  });
}

function parseAbort(args: string[]): AbortCommand {
  const { values, positionals } = parse(args, ABORT_OPTIONS, "abort");
  return defined({
    name: "abort",
    checkpoint: oneFile(positionals, "abort"),
    region: values.region,
    endpoint: values.endpoint,
    ossEndpoint: values["oss-endpoint"],
    ossNetwork: oneOf("--oss-network", values["oss-network"], OSS_NETWORKS),
    json: values.json,
    quiet: values.quiet,
  });
}

const CALL_OPTIONS = {
  region: { type: "string" },
  endpoint: { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

function parseCall(args: string[]): CallCommand {
  const { values, positionals } = parse(args, CALL_OPTIONS, "call");
  const [action, ...pairs] = positionals;
  if (action === undefined) throw new UsageError("name an action, such as GetVideoInfo", "call");
  const params: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    // The value may be a secret, so only what stands before it is repeated.
    if (at < 1)
      throw new UsageError(`parameter ${pairs.indexOf(pair) + 1} is not Key=Value`, "call");
    params[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return defined({ name: "call", action, params, ...values });
}

/** Beyond this the machine's own limits are met, and an account's. */
const MOST_JOBS = 64;

function parseIngest(args: string[]): IngestCommand {
  const { values, positionals } = parse(args, INGEST_OPTIONS, "ingest");
  const manifest = oneFile(positionals, "ingest", "manifest");
  const jobs = parseInteger("--jobs", values.jobs, 1, "ingest") ?? 4;
  if (jobs > MOST_JOBS) throw new UsageError(`--jobs ends at ${MOST_JOBS}, got ${jobs}`, "ingest");
  if (values.report === manifest) {
    throw new UsageError("--report and the manifest are the same file", "ingest");
  }
  return defined({
    name: "ingest",
    manifest,
    jobs,
    report: values.report,
    noReferenceIds: values["no-reference-ids"],
    partSize: parseSize("--part-size", values["part-size"], "ingest"),
    concurrency: parseInteger("--concurrency", values.concurrency, 1, "ingest"),
    verify: parseVerify(values.verify),
    allowPrivate: values["allow-private"],
    region: values.region,
    endpoint: values.endpoint,
    json: values.json,
    quiet: values.quiet,
  });
}

function oneFile(positionals: string[], topic: string, what = "checkpoint file"): string {
  const [file, extra] = positionals;
  if (file === undefined) throw new UsageError(`name the ${what}`, topic);
  if (extra !== undefined)
    throw new UsageError(`one file at a time: \`${extra}\` is one too many`, topic);
  return file;
}

function parseEmulator(args: string[]): EmulatorCommand {
  const { values, positionals } = parse(args, EMULATOR_OPTIONS, "emulator");
  if (positionals[0] !== undefined) {
    throw new UsageError(`the emulator takes no argument \`${positionals[0]}\``, "emulator");
  }
  const port = parseInteger("--port", values.port, 0, "emulator");
  if (port !== undefined && port > 65_535) {
    throw new UsageError(`--port ends at 65535, got ${port}`, "emulator");
  }
  return defined({
    name: "emulator",
    port,
    dir: values.dir,
    tls: values.tls ? true : undefined,
    faults: values.fault?.map(readFault),
    latencyMs: parseInteger("--latency", values.latency, 0, "emulator"),
    bandwidth: parseSize("--bandwidth", values.bandwidth, "emulator"),
    credentialLifeSeconds: parseInteger(
      "--credential-life",
      values["credential-life"],
      1,
      "emulator",
    ),
    json: values.json,
  });
}

function readFault(text: string): FaultRule {
  try {
    return parseFault(text);
  } catch (error) {
    throw new UsageError(`--fault: ${(error as Error).message}`, "emulator");
  }
}

/** A source that is fetched, in whatever case the scheme is written. */
export function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

function parse<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: T,
  topic: string,
) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    // parseArgs names the option, and in long sentences how to escape it; the first one is enough.
    const [message = "unreadable arguments"] = (error as Error).message.split(". ");
    throw new UsageError(
      message.replace(/^\w/, (c) => c.toLowerCase()),
      topic,
    );
  }
}

function usage(message: string): UsageError {
  return new UsageError(message, "upload");
}

function parseHeaders(lines: string[], option = "--header"): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(line);
    // The line may hold a token, so it is not repeated.
    if (!match?.[1]) throw usage(`${option} must look like 'Name: value'`);
    headers[match[1]] = match[2] ?? "";
  }
  return headers;
}

function parseInteger(
  option: string,
  text: string | undefined,
  least: number,
  topic = "upload",
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`${option} must be a whole number from ${least}, got \`${text}\``, topic);
  }
  return value;
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** `16MiB`, `100KB` or plain bytes. */
export function parseSize(
  option: string,
  text: string | undefined,
  topic = "upload",
): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const unit = UNITS[match?.[2]?.toLowerCase() ?? "?"];
  const bytes = unit === undefined ? Number.NaN : Number(match?.[1]) * unit;
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new UsageError(
      `${option} must be a size such as 16MiB, 100KB or 1048576, got \`${text}\``,
      topic,
    );
  }
  return bytes;
}

function parseVerify(text: string | undefined): "crc64" | "length" | undefined {
  if (text === undefined || text === "crc64" || text === "length") return text;
  throw usage(`--verify must be crc64 or length, got \`${text}\``);
}

function parseUserData(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return text;
  } catch {}
  throw usage('--user-data must be a JSON object, such as \'{"Extend":{"id":"7"}}\'');
}

/** The same object without the fields that are undefined. */
function defined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}
