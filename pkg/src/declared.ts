// What src/options declares, put to use: which options there are, and how each is read for the core.

import {
  bytes,
  duration,
  filled,
  flag,
  got,
  invalid,
  list,
  MOST_32,
  oneOf,
  pairs,
  readable,
  record,
  text,
  texts,
  timeOf,
  whole,
} from "./arguments.ts";
import { describe } from "./hosts/failure.ts";
import { OPTIONS } from "./options.gen.ts";
import type { SliceOptions, UploadCallback } from "./options.ts";
import { hostAccess, playlistLimits, segments } from "./sources/playlist-options.ts";
import { spelledHost } from "./urls.ts";
import type { Budget, OssCallback, Shard, VideoRef } from "./wasm/core.js";

/** What an option's value may be. */
export type ValueType =
  | ("text" | "url" | "words" | "texts" | "flag" | "flagOr" | "whole" | "id" | "ids")
  | ("size" | "duration" | "oneOf" | "fields" | "video" | "json" | "object" | "program");

/** What an upload becomes. */
export type Kind = "video" | "image" | "attached" | "playlist";

/** What is declared of one option. */
export interface Declared {
  readonly group: "media" | "source" | "playlist" | "transfer" | "run" | "service";
  readonly type: ValueType;
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  /** What holds without it, where that is one value everywhere. */
  readonly default?: string | number | boolean;
  /** Of one of a few words. */
  readonly values?: readonly string[];
  readonly kinds: readonly Kind[];
  readonly stages: readonly ("client" | "begin" | "resume" | "run")[];
  readonly shells: readonly ("api" | "cli" | "manifest" | "worker" | "dashboard" | "handler")[];
  /** Of a manifest: said once, for all of them. */
  readonly rows?: "all" | undefined;
  /** On the command line, as its help shows it. */
  readonly flag?: string;
  /** The environment variable that says it where a server, or for keys the command line, is set up. */
  readonly setting?: string;
  /** Where the core takes it, such as `options.partSize`. */
  readonly core?: string;
}

/** Every option by its name. */
export const DECLARED: Readonly<Record<string, Declared>> = Object.assign(
  Object.create(null),
  OPTIONS,
);

/** The names of the options for which something is true, as they are declared. */
export function namesOf(fits: (declared: Declared, name: string) => boolean): string[] {
  const fitting = Object.entries(DECLARED).filter(([name, declared]) => fits(declared, name));
  return fitting.map(([name]) => name);
}

/** Those who offer options. */
export type Shell = Declared["shells"][number];

/** The names of the options that a shell offers. */
export type OptionOf<S extends Shell> = {
  [N in keyof typeof OPTIONS]: S extends (typeof OPTIONS)[N]["shells"][number] ? N : never;
}[keyof typeof OPTIONS];

/** The same, in the order in which they are declared. */
export function optionsOf<S extends Shell>(shell: S): OptionOf<S>[] {
  return namesOf(({ shells }) => shells.includes(shell)) as OptionOf<S>[];
}

/** What the environment calls the options that are set there. */
export function settings(): Record<string, string> {
  const set = Object.entries(DECLARED).filter(([, { setting }]) => setting !== undefined);
  return Object.fromEntries(set.map(([name, { setting = "" }]) => [name, setting]));
}

/** Those of the options that go with a kind: for what a shell says of all its uploads alike. */
export function ofKind<T extends object>(kind: Kind, options: T): Partial<T> {
  return only(options, ({ kinds }) => kinds.includes(kind));
}

/** Those of the options that a resume takes, too: no checkpoint keeps them. */
export function atResume<T extends object>(options: T): Partial<T> {
  return only(options, ({ stages }) => stages.includes("resume"));
}

function only<T extends object>(options: T, fits: (declared: Declared) => boolean): Partial<T> {
  const entries = readable("options", () => Object.entries(options));
  const fitting = entries.filter(([name, value]) => {
    const declared = DECLARED[name];
    return value !== undefined && declared !== undefined && fits(declared);
  });
  return Object.fromEntries(fitting) as Partial<T>;
}

type Read = (field: string, value: never, declared: Declared) => unknown;

/** The least and the most are the core's to judge, but for what a field of it cannot hold, and what it never hears of. */
const most = ({ max, core }: Declared) =>
  core === undefined || max === MOST_32 ? max : Number.MAX_SAFE_INTEGER;
const least = ({ min = 0 }: Declared) => Math.min(min, 1);

const BY_TYPE: Readonly<Record<ValueType, Read>> = {
  text,
  url: webUrl,
  words: (field, value: readonly string[] | string) => words(field, value),
  texts: (field, value: readonly string[]) => list(field, value).map((one) => filled(field, one)),
  flag,
  flagOr: (field, value: boolean | string, { values = [] }) =>
    typeof value === "string" && values.includes(value) ? value : flag(field, value as boolean),
  whole: (field, value, declared) => whole(field, value, least(declared), most(declared)),
  id: (field, value: number | string) => idOf(field, value),
  ids: (field, value: readonly unknown[]) => list(field, value).map((one) => idOf(field, one)),
  size: (field, value, declared) => bytes(field, value, least(declared)),
  duration: (field, value, declared) =>
    duration(field, value, least(declared), most(declared) ?? MOST_32),
  oneOf: (field, value: string, { values = [] }) => oneOf(field, value, values),
  fields: pairs,
  video: videoRef,
  json: userData,
  object: (field, value) => record(field, value),
  program: (_, value) => value,
};

/** What the core takes in another form than the caller writes it. */
const OWN: Readonly<Record<string, Read>> = {
  as: (field, value: string, declared) =>
    BY_TYPE.oneOf(field, value as never, declared) === "video",
  adopt: (field, value: boolean | string, declared) => {
    const said = BY_TYPE.flagOr(field, value as never, declared);
    return said === true ? "always" : said === false ? undefined : "if_possible";
  },
  allowHosts: hosts,
  denyHosts: hosts,
  checkpoint: () => true,
  segments,
  hosts: hostAccess,
  limits: playlistLimits,
  callback,
  budget,
  shard,
};

/**
 * The options that the core takes at one place (`options`, `media`, `vod`, `oss`), as it takes them. Those that are not there
 * are left out.
 *
 * @throws VodliftError `invalid_argument`, naming the option.
 */
export function into<T>(place: string, options: object, kind?: Kind): T {
  const made: Record<string, unknown> = {};
  for (const [name, declared] of Object.entries(DECLARED)) {
    const [first, field = "", inner] = declared.core?.split(".") ?? [];
    if (first !== place || (kind !== undefined && !declared.kinds.includes(kind))) continue;
    const given = (options as Record<string, unknown>)[name];
    if (given === undefined) continue;
    const value = (OWN[name] ?? BY_TYPE[declared.type])(name, given as never, declared);
    if (value === undefined) continue;
    made[field] = inner === undefined ? value : { ...(made[field] as object), [inner]: value };
  }
  return made as T;
}

/**
 * Reads one option's value as the core takes it.
 *
 * @throws VodliftError `invalid_argument`, naming the option.
 */
export function readOption(name: string, value: unknown): unknown {
  const declared = DECLARED[name];
  if (declared === undefined) throw invalid("name", "is that of no option");
  return (OWN[name] ?? BY_TYPE[declared.type])(name, value as never, declared);
}

/** A URL as it is passed on: who follows it judges it again. */
function webUrl(field: string, value: string): string | undefined {
  const given = text(field, value);
  if (given === undefined || (/^https?:\/\//i.test(given) && URL.canParse(given))) return given;
  throw invalid(field, "must be an absolute http or https URL");
}

/** Several texts: a list, or one text with commas. What is empty is dropped. */
export function words(field: string, value: readonly string[] | string): string[] {
  const all = typeof value === "string" ? text(field, value)?.split(",") : texts(field, value);
  return (all ?? []).map((word) => word.trim()).filter((word) => word !== "");
}

/** An empty list allows none, and so does a text that names none. */
function hosts(field: string, value: readonly string[] | string): string[] | undefined {
  const all = typeof value === "string" ? words(field, value) : texts(field, value);
  return all?.map(spelledHost);
}

/** A number that VOD has given out, or its digits. */
export function idOf(field: string, value: unknown): number {
  const isDigits = typeof value === "string" && /^\d+$/.test(value);
  return whole(field, (isDigits ? Number(value) : value) as number, 0) ?? 0;
}

/** A video by one of its ids: which of them the core says. */
export function videoRef(field: string, video: string | VideoRef): VideoRef {
  if (typeof video === "string") return { mediaId: text(field, video) ?? "" };
  if (typeof video !== "object" || video === null) {
    throw invalid(field, "must be a media id, { mediaId } or { referenceId }");
  }
  return fieldsOf<VideoRef>(field, video, {
    mediaId: text,
    referenceId: text,
  });
}

/** Passed on as text, so it may be written as an object. */
export function userData(field: string, data: object | string): string | undefined {
  if (typeof data === "string") return jsonObject(field, data);
  if (typeof data !== "object" || data === null) {
    throw invalid(field, `must be a text or an object, ${got(data)}`);
  }
  let written: string | undefined;
  try {
    written = JSON.stringify(data);
  } catch (error) {
    throw invalid(field, `cannot be written as JSON: ${describe(error)}`);
  }
  if (written === undefined) throw invalid(field, "cannot be written as JSON");
  return text(field, written);
}

/** As it was written: numbers of 20 digits stay what they are. */
function jsonObject(field: string, data: string): string | undefined {
  try {
    const found: unknown = JSON.parse(data);
    if (typeof found === "object" && found !== null && !Array.isArray(found))
      return text(field, data);
  } catch {}
  throw invalid(field, 'must be a JSON object, such as {"Extend":{}}');
}

function callback(field: string, value: UploadCallback): OssCallback {
  const { url, body, ...given } = fieldsOf<Omit<OssCallback, "urls"> & { url: string[] }>(
    field,
    value,
    {
      url: (name, url: string | string[]) => texts(name, typeof url === "string" ? [url] : url),
      body: text,
      bodyType: text,
      host: text,
      sni: flag,
      variables: (name, all: object) =>
        Object.entries(record(name, all)).map(([key, one]) => [key, text(name, one as string)]),
    },
  );
  return { urls: url ?? [], body: body ?? "", ...given };
}

function shard(field: string, value: NonNullable<SliceOptions["shard"]>): Shard {
  const part: Read = (name, number) => whole(name, number, 1, MOST_32);
  const { first, last } = fieldsOf<Partial<Shard>>(field, value, { first: part, last: part });
  if (first === undefined || last === undefined) throw invalid(field, "must hold first and last");
  return { first, last };
}

function budget(field: string, value: NonNullable<SliceOptions["budget"]>): Budget {
  return fieldsOf<Budget>(field, value, {
    parts: (name, parts) => whole(name, parts, 0, MOST_32),
    subrequests: (name, requests) => whole(name, requests, 1, MOST_32),
    bytes: (name, all) => bytes(name, all),
    deadline: (name, time: Date | number) => whole(name, timeOf(name, time), 1),
  });
}

/** An object of a few fields that may each be left out. */
function fieldsOf<T>(field: string, value: object, reads: Record<keyof T & string, Read>): T {
  const made: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(record(field, value))) {
    if (one === undefined) continue;
    const read = Object.hasOwn(reads, name) ? reads[name as keyof T & string] : undefined;
    if (read === undefined) {
      throw invalid(field, `has no ${name}: there are ${Object.keys(reads).join(", ")}`);
    }
    made[name] = read(`${field}.${name}`, one as never, {} as Declared);
  }
  return made as T;
}
