// The options that src/options declares for the command line: flag, text and meaning follow from there.
import { DECLARED, type Declared } from "../../declared.ts";
import { VodliftError } from "../../error.ts";
import { fromJson, fromText } from "../../given.ts";
import { OPTIONS, TEXTS } from "../../options.gen.ts";
import { closest } from "../suggest.ts";
import { UsageError } from "../usage.ts";
import {
  flag,
  flagOf,
  list,
  type Option,
  off,
  option,
  type Reader,
  type UploadKind,
} from "./option.ts";
import { callback, headers, hosts, path, sizes } from "./values.ts";

type Options = typeof OPTIONS;
/** The options that the command line offers. */
export type CliOption = {
  [N in keyof Options]: Options[N] extends { flag: string } ? N : never;
}[keyof Options];

/** What these are by name: an object that only JSON could tell, or the name of a file. */
const OWN = {
  callback,
  hosts,
  limits: sizes(["playlists", "files", "playlistBytes", "bytes"]),
  source: path,
  checkpoint: path,
  segments: path,
  trace: path,
};

/** What a value of each type is on the command line. */
interface Values {
  text: string;
  url: string;
  video: string;
  json: string;
  words: string[];
  texts: string[];
  ids: number[];
  flag: boolean;
  flagOr: true;
  whole: number;
  id: number;
  size: number;
  duration: number;
  fields: Record<string, string>;
}

type ValueOf<N extends keyof Options> = N extends keyof typeof OWN
  ? ReturnType<(typeof OWN)[N]>
  : Options[N] extends { type: "oneOf"; values: readonly (infer Word)[] }
    ? Word
    : Options[N]["type"] extends keyof Values
      ? Values[Options[N]["type"]]
      : never;

/** Words that only the command line needs. */
const MORE: Readonly<Record<string, string>> = {
  segments: "FILE has one on each line.",
  slowRequestMs: "It gets a line on stderr while it takes so long; not with --quiet.",
  sourceHeaders: "--header is the same.",
};
/** Older names. */
const ALSO: Readonly<Record<string, string>> = { sourceHeaders: "--header" };

/** A table of these options. */
export function declared<const N extends CliOption>(
  ...names: readonly N[]
): { readonly [K in N]: Option<ValueOf<K> | undefined> } {
  return Object.fromEntries(names.map((name) => [name, made(name)])) as never;
}

/** A table of all options of some groups that are given at some stage. */
export function group<const G extends Options[CliOption]["group"], const S extends Stage>(
  groups: readonly G[],
  stage: S,
): { readonly [K in In<G, S>]: Option<ValueOf<K> | undefined> } {
  const names = Object.entries(DECLARED)
    .filter(([, one]) => one.flag !== undefined && groups.includes(one.group as G))
    .filter(([, { stages }]) => stages.includes(stage))
    .map(([name]) => name as In<G, S>);
  return declared(...names);
}

type Stage = Declared["stages"][number];
type In<G, S extends Stage> = {
  [N in CliOption]: Options[N]["group"] extends G
    ? S extends Options[N]["stages"][number]
      ? N
      : never
    : never;
}[CliOption];

function made(name: CliOption): Option<unknown> {
  const { type, flag: usage = "", kinds }: Declared = OPTIONS[name];
  const only = kinds.length === KIND_COUNT ? undefined : (kinds as readonly UploadKind[]);
  const help = [spelled(TEXTS[name]), MORE[name]].filter(Boolean).join(" ");
  const one = (read: Reader<unknown>) => option(usage, read, help, only);
  if (Object.hasOwn(OWN, name)) return one(OWN[name as keyof typeof OWN]);
  switch (type) {
    case "texts":
      return list(usage, (all) => [...all], help);
    case "fields":
      return list(usage, headers, help, ALSO[name]);
    case "flag":
    case "flagOr":
      if (usage.includes(" ")) break;
      return usage.startsWith("--no-") ? off(usage, help, only) : flag(usage, help, only);
  }
  return one((text, flag) => readAs(name, text, flag));
}

/** As every shell reads it, but that a time without a unit is one in seconds. */
function readAs(name: CliOption, text: string, flag: string): unknown {
  const { type, values = [] }: Declared = OPTIONS[name];
  const isSeconds = type === "duration" && /^[\d.]+$/.test(text);
  try {
    return fromJson(name, fromText(name, isSeconds ? `${text}s` : text));
  } catch (error) {
    if (!(error instanceof VodliftError)) throw error;
    const near = type === "oneOf" ? closest(text, values) : undefined;
    const hint = near === undefined ? undefined : `Did you mean ${flag} ${near}?`;
    const rule = error.message
      .replace(/^`[^`]*` /, "")
      .replace("a number of ms", "a number of seconds");
    throw new UsageError(`${flag} ${rule}`, "", hint);
  }
}

const KIND_COUNT = 4;

/** A text with flags in place of the names that the package has for options, as plain text. */
function spelled(words: string): string {
  return words.replace(/`([^`]+)`/g, (_, name: string) => {
    const usage = Object.hasOwn(DECLARED, name) ? DECLARED[name]?.flag : undefined;
    return usage === undefined ? name : flagOf(usage);
  });
}
