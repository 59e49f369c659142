// What an option is: how it is written, what its text means, for which kinds it is, and its line in the help. Tables of
// them are what commands are parsed by and what their help is made of.
import { type ParseArgsConfig, parseArgs } from "node:util";
import { UsageError } from "../usage.ts";

/** What an upload becomes; audio is a video, too. */
export const KINDS = ["video", "image", "attached", "playlist"] as const;

export type UploadKind = (typeof KINDS)[number];

/** What a text means. Throws a `UsageError` that names the option. */
export type Reader<T> = (text: string, option: string) => T;

type Given = string | boolean | readonly string[] | undefined;

export interface Option<T> {
  /** As the help shows it: `--title T`, or `--json` alone. */
  readonly usage: string;
  readonly help: string;
  /** The kinds of media that have it; all of them otherwise. */
  readonly only: readonly UploadKind[] | undefined;
  readonly type: "string" | "boolean";
  readonly multiple: boolean;
  /** What the API calls it, where that is not its field in the table. */
  readonly api?: string;
  read(given: Given): T;
}

/** Options by the field they become. Where the API has one for the same purpose, it is named as there. */
export type Table = Readonly<Record<string, Option<unknown>>>;

type Read<T> = { [K in keyof T]: T[K] extends Option<infer V> ? V : never };
type Maybe<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** What a command line gives for a table: without the fields that were not given. */
export type Values<T> = Omit<Read<T>, Maybe<Read<T>>> & {
  [K in Maybe<Read<T>>]?: Exclude<Read<T>[K], undefined>;
};

/** An option with one value. */
export function option<T>(
  usage: string,
  read: Reader<T>,
  help: string,
  only?: readonly UploadKind[],
): Option<T | undefined> {
  const name = flagOf(usage);
  const one = (given: Given) => (given === undefined ? undefined : read(given as string, name));
  return { usage, help, only, type: "string", multiple: false, read: one };
}

/** An option that may be repeated. */
export function list<T>(
  usage: string,
  read: (texts: readonly string[], option: string) => T,
  help: string,
): Option<T | undefined> {
  const name = flagOf(usage);
  const all = (given: Given) =>
    given === undefined ? undefined : read(given as readonly string[], name);
  const told = `${help}; may be repeated`;
  return { usage, help: told, only: undefined, type: "string", multiple: true, read: all };
}

/** An option without a value. */
export function flag(
  usage: string,
  help: string,
  only?: readonly UploadKind[],
): Option<true | undefined> {
  const read = (given: Given) => (given === true ? given : undefined);
  return { usage, help, only, type: "boolean", multiple: false, read };
}

/** An option without a value that switches something off. */
export function off(
  usage: string,
  help: string,
  only?: readonly UploadKind[],
): Option<false | undefined> {
  const read = (given: Given) => (given === true ? false : undefined);
  return { usage, help, only, type: "boolean", multiple: false, read };
}

/** An option without a value whose absence says something, too. */
export function toggle(usage: string, help: string): Option<boolean> {
  return { ...flag(usage, help), read: (given) => given === true };
}

/** The same option, for a field of the API that has another name. */
export function named<T>(api: string, one: Option<T>): Option<T> {
  return { ...one, api };
}

/** `--title`, of `--title T`. */
export function flagOf(usage: string): string {
  return usage.split(" ", 1)[0] ?? "";
}

/** Reads arguments by a table. */
export function parseOptions<T extends Table>(
  args: string[],
  table: T,
): { values: Values<T>; positionals: string[] } {
  const fields = Object.entries(table);
  const config: NonNullable<ParseArgsConfig["options"]> = Object.fromEntries(
    fields.map(([, { usage, type, multiple }]) => [flagOf(usage).slice(2), { type, multiple }]),
  );
  const { values, positionals } = parsed(args, config);
  const read = fields.map(([field, one]) => [
    field,
    one.read(values[flagOf(one.usage).slice(2)] as Given),
  ]);
  return { values: defined(Object.fromEntries(read)) as Values<T>, positionals };
}

function parsed(args: string[], options: NonNullable<ParseArgsConfig["options"]>) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    // parseArgs names the option, and in long sentences how to escape it; the first one is enough.
    const [message = "unreadable arguments"] = (error as Error).message.split(". ");
    throw new UsageError(message.replace(/^\w/, (c) => c.toLowerCase()));
  }
}

/** Those of the fields that stand in the table. */
export function pick<T extends Table>(fields: Partial<Values<T>>, table: T): Partial<Values<T>> {
  const there = Object.entries(fields).filter(([field]) => Object.hasOwn(table, field));
  return defined(Object.fromEntries(there)) as Partial<Values<T>>;
}

/** The same object without the fields that are undefined. */
function defined(fields: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
