// What an option is: how it is written, what its text means, for which kinds it is, and its line in the help. Tables of
// them are what commands are parsed by and what their help is made of.
import { type ParseArgsConfig, parseArgs } from "node:util";
import { OPTIONS } from "../../options.gen.ts";
import { closest } from "../suggest.ts";
import { UsageError } from "../usage.ts";

/** What an upload becomes; audio is a video, too. */
export const KINDS = OPTIONS.as.values;

export type UploadKind = (typeof KINDS)[number];

/** What a text means. Throws a `UsageError` that names the option. */
export type Reader<T> = (text: string, option: string) => T;

type Given = string | boolean | readonly string[] | undefined;

export interface Option<T> {
  /** As the help shows it: `--title T`, or `--json` alone. */
  readonly usage: string;
  /** Another flag that means the same. */
  readonly also?: string | undefined;
  readonly help: string;
  /** The kinds of media that have it; all of them otherwise. */
  readonly only: readonly UploadKind[] | undefined;
  readonly type: "string" | "boolean";
  readonly multiple: boolean;
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
  also?: string,
): Option<T | undefined> {
  const name = flagOf(usage);
  const all = (given: Given) =>
    given === undefined ? undefined : read(given as readonly string[], name);
  const told = help.endsWith(".") ? `${help} May be repeated.` : `${help}; may be repeated`;
  return { usage, also, help: told, only: undefined, type: "string", multiple: true, read: all };
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

/** `--title`, of `--title T`. */
export function flagOf(usage: string): string {
  return usage.split(" ", 1)[0] ?? "";
}

/** The flags of a table. */
export function flagsOf(table: Table): string[] {
  return Object.values(table).flatMap(names);
}

function names({ usage, also }: Pick<Option<unknown>, "usage" | "also">): string[] {
  return also === undefined ? [flagOf(usage)] : [flagOf(usage), also];
}

/**
 * Reads arguments by a table.
 *
 * @param owners The commands that have a flag which this one does not.
 */
export function parseOptions<T extends Table>(
  args: string[],
  table: T,
  owners: (flag: string) => string[] = () => [],
): { values: Values<T>; positionals: string[] } {
  const { values, positionals } = parsed(args, table, owners);
  const read = Object.entries(table).map(([field, one]) => {
    const given = names(one).map((flag) => values[flag.slice(2)] as Given);
    // Only what may be repeated has two names.
    const there = given.filter((value) => value !== undefined);
    return [field, one.read(there.length > 1 ? (there.flat() as string[]) : there[0])];
  });
  return { values: defined(Object.fromEntries(read)) as Values<T>, positionals };
}

function parsed(args: string[], table: Table, owners: (flag: string) => string[]) {
  const options: NonNullable<ParseArgsConfig["options"]> = Object.fromEntries(
    Object.values(table).flatMap(({ type, multiple, ...one }) =>
      names(one).map((flag) => [flag.slice(2), { type, multiple }]),
    ),
  );
  try {
    const found = parseArgs({ args, options, strict: true, allowPositionals: true, tokens: true });
    mustBeOnce(found.tokens, table);
    return found;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw refusal(error as NodeJS.ErrnoException, table, owners);
  }
}

/** Of two values one would be dropped without a word. */
function mustBeOnce(tokens: readonly { kind: string; name?: string }[], table: Table): void {
  const single = Object.values(table).filter(
    ({ type, multiple }) => type === "string" && !multiple,
  );
  for (const flag of single.map(({ usage }) => flagOf(usage))) {
    const given = tokens.filter(({ kind, name }) => kind === "option" && `--${name}` === flag);
    if (given.length > 1) throw new UsageError(`${flag} is there ${given.length} times`);
  }
}

/** parseArgs names the option, and in long sentences how to escape it; the first one is enough. */
function refusal(
  { message, code }: NodeJS.ErrnoException,
  table: Table,
  owners: (flag: string) => string[],
): UsageError {
  const [first = "unreadable arguments"] = message.split(". ");
  const text = first.replace(/^\w/, (c) => c.toLowerCase());
  const [, flag = ""] = /'(-[^' ]*)/.exec(message) ?? [];
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    return new UsageError(text, "", meant(flag, flagsOf(table), owners(flag)));
  }
  if (!/ambiguous/.test(first)) return new UsageError(text);
  return new UsageError(
    `${flag} needs a value, and what follows it begins with a dash`,
    "",
    `Write ${flag}=VALUE where the value itself begins with a dash.`,
  );
}

function meant(
  flag: string,
  flags: readonly string[],
  owners: readonly string[],
): string | undefined {
  if (owners.length > 0) return `${flag} is an option of ${owners.join(" and ")}.`;
  const positive = flag.replace(/^--no-/, "--");
  if (positive !== flag && flags.includes(positive)) {
    return `${positive} says nothing unless it is given: leave it out.`;
  }
  const near = closest(flag, flags);
  return near === undefined ? undefined : `Did you mean ${near}?`;
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
