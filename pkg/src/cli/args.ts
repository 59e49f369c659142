// Arguments → commands, with one sentence for everything that is not one. What the options are stands in options/: first
// option.ts (what an option is), then declared.ts (those of src/options), commands.ts (all of them), values.ts (their texts).

import { ABORT, CALL, EMULATOR, INGEST, RESUME, UPLOAD } from "./options/commands.ts";
import {
  flagOf,
  flagsOf,
  parseOptions,
  type Table,
  type UploadKind,
  type Values,
} from "./options/option.ts";
import { TICKET, TICKET_MEDIA, TICKET_UPLOAD } from "./options/ticket.ts";
import { closest } from "./suggest.ts";
import { isMisspeltUrl, isUrl, mustBeNoMisspeltUrl, named } from "./urls.ts";
import { UsageError } from "./usage.ts";

export type { UploadKind } from "./options/option.ts";
export { UsageError } from "./usage.ts";

export type UploadCommand = Values<typeof UPLOAD> & {
  name: "upload";
  source: string;
  kind: UploadKind;
};

export type ResumeCommand = Values<typeof RESUME> & { name: "resume"; checkpoint: string };

export type AbortCommand = Values<typeof ABORT> & { name: "abort"; checkpoint: string };

export type CallCommand = Values<typeof CALL> & {
  name: "call";
  action: string;
  params: Record<string, string>;
};

export type IngestCommand = Values<typeof INGEST> & {
  name: "ingest";
  manifest: string;
  jobs: number;
};

export type TicketCommand = Values<typeof TICKET> & { name: "ticket"; file?: string };

export type TicketUploadCommand = Values<typeof TICKET_UPLOAD> & {
  name: "uploadByTicket";
  ticket: string;
  source: string;
};

export type EmulatorCommand = Values<typeof EMULATOR> & { name: "emulator" };

export type Command =
  | { name: "help"; topic: string }
  | { name: "version" }
  | UploadCommand
  | ResumeCommand
  | AbortCommand
  | CallCommand
  | IngestCommand
  | TicketCommand
  | TicketUploadCommand
  | EmulatorCommand;

const PARSERS = {
  upload: parseUpload,
  resume: parseResume,
  abort: parseAbort,
  call: parseCall,
  ingest: parseIngest,
  ticket: parseTicket,
  emulator: parseEmulator,
};

export function parseCommand(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first === undefined || first === "--help" || first === "-h")
    return { name: "help", topic: "" };
  if (first === "help") return { name: "help", topic: topicOf(rest) };
  if (["--version", "-V", "-v", "version"].includes(first)) return { name: "version" };
  if (first.startsWith("-")) {
    throw new UsageError(`\`${named(first)}\` must come after a command`, "", UPLOADING);
  }
  mustBeCommand(first);
  if (rest.includes("--help") || rest.includes("-h")) return { name: "help", topic: first };
  try {
    return PARSERS[first as keyof typeof PARSERS](rest);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(error.message, first, error.hint) : error;
  }
}

const UPLOADING = "Name the command first, such as: vodlift upload film.mp4";

function topicOf([topic = ""]: string[]): string {
  if (topic === "" || topic.startsWith("-")) return "";
  mustBeCommand(topic);
  return topic;
}

function mustBeCommand(word: string): void {
  if (Object.hasOwn(PARSERS, word)) return;
  const known = Object.keys(PARSERS);
  const meant = closest(word, known);
  const isSource = isUrl(word) || isMisspeltUrl(word) || /[./\\]/.test(word);
  const hint = isSource
    ? UPLOADING
    : meant === undefined
      ? "See vodlift --help for what each of them does."
      : `Did you mean vodlift ${meant}?`;
  throw new UsageError(
    `\`${named(word)}\` is not a command: there are ${known.join(", ")}`,
    "",
    hint,
  );
}

function parseUpload(args: string[]): UploadCommand | TicketUploadCommand {
  if (args.some((arg) => /^--ticket(=|$)/.test(arg))) return parseTicketUpload(args);
  const { values, positionals } = parsed(args, UPLOAD);
  const kind = values.as ?? "video";
  refuseForeign(kind, values);
  const [source, extra] = positionals;
  if (!source) throw new UsageError("name a file, a URL, or - for standard input");
  if (extra !== undefined) throw tooMany("one source", extra);
  mustBeNoMisspeltUrl(source, "upload");
  if (source === "-") checkStandardInput(kind, values);
  else if (values.size !== undefined) {
    throw new UsageError("--size goes with standard input: files and URLs know their own");
  }
  if (values.sourceHeaders !== undefined && !isUrl(source)) {
    throw new UsageError(
      "--source-header goes with a URL: a file and standard input are read without HTTP",
    );
  }
  return { name: "upload", source, ...values, kind };
}

/** An option that has no effect on this kind is a mistake that somebody would find out late. */
function refuseForeign(kind: UploadKind, values: Values<typeof UPLOAD>): void {
  for (const field of Object.keys(values)) {
    const { usage, only } = (UPLOAD as Table)[field] ?? {};
    if (usage === undefined || only === undefined || only.includes(kind)) continue;
    throw new UsageError(`${flagOf(usage)} goes with --as ${only.join(" or ")}, not with ${kind}`);
  }
}

function checkStandardInput(kind: UploadKind, values: Values<typeof UPLOAD>): void {
  if (kind === "playlist") {
    throw new UsageError("a playlist from standard input has no folder: name its file or its URL");
  }
  const replaces = values.replace ?? values.replaceReferenceId;
  // A media that exists has a name.
  if (values.fileName === undefined && replaces === undefined) {
    throw new UsageError(
      "standard input has no name: pass --file-name, such as --file-name film.mp4",
    );
  }
  // Whoever asks for a checkpoint of it hopes for more than there can be.
  if (values.checkpoint !== undefined) {
    throw new UsageError("--checkpoint does not go with standard input: it can be read only once");
  }
}

/** By ticket there is nothing to say of the media, and no account to name. */
function parseTicketUpload(args: string[]): TicketUploadCommand {
  const { values, positionals } = parsed(args, TICKET_UPLOAD);
  const [source, extra] = positionals;
  const { ticket } = values;
  if (!ticket) throw new UsageError("--ticket needs a file, or - for standard input");
  if (!source) throw new UsageError("name a file, a URL, or - for standard input");
  if (extra !== undefined) throw tooMany("one source", extra);
  mustBeNoMisspeltUrl(source, "upload");
  if (source === "-" && ticket === "-") {
    throw new UsageError("standard input cannot be both the ticket and the media");
  }
  if (source === "-" && values.checkpoint !== undefined) {
    throw new UsageError("--checkpoint does not go with standard input: it can be read only once");
  }
  if (source !== "-" && values.size !== undefined) {
    throw new UsageError("--size goes with standard input: files and URLs know their own");
  }
  if (values.sourceHeaders !== undefined && !isUrl(source)) {
    throw new UsageError(
      "--source-header goes with a URL: a file and standard input are read without HTTP",
    );
  }
  return { name: "uploadByTicket", ...values, ticket, source };
}

function parseTicket(args: string[]): TicketCommand {
  const { values, positionals } = parsed(args, TICKET);
  const [file, extra] = positionals;
  if (extra !== undefined) throw tooMany("one file", extra);
  const { refresh } = values;
  if (refresh === undefined) {
    refuseForeign(values.as ?? "video", values as Values<typeof UPLOAD>);
    if (file === undefined && values.fileName === undefined) {
      throw new UsageError("name the file, or pass its name by --file-name, such as film.mp4");
    }
    return { name: "ticket", ...values, ...(file !== undefined && { file }) };
  }
  const said = Object.keys(values).find((field) => field in TICKET_MEDIA);
  if (said !== undefined || file !== undefined) {
    throw new UsageError("--refresh goes alone: the media is there, with all that was said of it");
  }
  return { name: "ticket", ...values };
}

function parseResume(args: string[]): ResumeCommand {
  const { values, positionals } = parsed(args, RESUME);
  mustBeNoMisspeltUrl(values.source ?? "", "resume");
  const { source, sourceHeaders } = values;
  if (sourceHeaders !== undefined && source !== undefined && !isUrl(source)) {
    throw new UsageError("--source-header goes with a URL: a file is read without HTTP");
  }
  return { name: "resume", checkpoint: oneFile(positionals), ...values };
}

function parseAbort(args: string[]): AbortCommand {
  const { values, positionals } = parsed(args, ABORT);
  return { name: "abort", checkpoint: oneFile(positionals), ...values };
}

function parseCall(args: string[]): CallCommand {
  const { values, positionals } = parsed(args, CALL);
  const [action, ...pairs] = positionals;
  if (action === undefined || isUrl(action) || isMisspeltUrl(action)) {
    throw new UsageError("name an action, such as GetVideoInfo");
  }
  const params: Record<string, string> = {};
  for (const [index, pair] of pairs.entries()) {
    const at = pair.indexOf("=");
    // The value may be a secret, so only what stands before it is repeated.
    if (at < 1) throw new UsageError(`parameter ${index + 1} is not Key=Value`);
    params[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return { name: "call", action, params, ...values };
}

function parseIngest(args: string[]): IngestCommand {
  const { values, positionals } = parsed(args, INGEST);
  const manifest = oneFile(positionals, "manifest");
  if (values.report === manifest) {
    throw new UsageError("--report and the manifest are the same file");
  }
  return { name: "ingest", manifest, ...values, jobs: values.jobs ?? 4 };
}

function parseEmulator(args: string[]): EmulatorCommand {
  const { values, positionals } = parsed(args, EMULATOR);
  const [extra] = positionals;
  if (extra !== undefined) {
    throw new UsageError(`the emulator takes no argument \`${named(extra)}\``);
  }
  return { name: "emulator", ...values };
}

/** The arguments of a command; an option that only another one has is told as that. */
function parsed<T extends Table>(args: string[], table: T) {
  return parseOptions(args, table, (flag) => {
    const owners = Object.entries(TABLES).filter(([, other]) => flagsOf(other).includes(flag));
    return owners.map(([command]) => `vodlift ${command}`);
  });
}

const TABLES: Readonly<Record<string, Table>> = {
  upload: UPLOAD,
  resume: RESUME,
  abort: ABORT,
  call: CALL,
  ingest: INGEST,
  ticket: TICKET,
  "upload --ticket": TICKET_UPLOAD,
  emulator: EMULATOR,
};

function oneFile(positionals: string[], what = "checkpoint file"): string {
  const [file, extra] = positionals;
  if (!file) throw new UsageError(`name the ${what}`);
  if (extra !== undefined) throw tooMany("one file", extra);
  return file;
}

function tooMany(one: string, extra: string): UsageError {
  return new UsageError(`${one} at a time: \`${named(extra)}\` is one too many`);
}
