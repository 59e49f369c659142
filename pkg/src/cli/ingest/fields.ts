// What a row may hold: one rule a field, for cells (text) and for JSON values alike.
import { text } from "../../arguments.ts";
import { DECLARED, type Kind, type OptionOf, optionsOf } from "../../declared.ts";
import { renamed } from "../../fields.ts";
import { fromJson, fromText, type Taken } from "../../given.ts";
import { type OptionNames, VodliftError } from "../../index.ts";
import { OPTIONS } from "../../options.gen.ts";
import { FLAGS } from "../spelling.ts";
import { closest } from "../suggest.ts";
import { isMisspeltUrl, isUrl, MISSPELT } from "../urls.ts";

const KINDS = OPTIONS.as.values;

/** A row's value that breaks a rule. */
export class FieldError extends Error {
  readonly field: string;

  constructor(field: string, rule: string) {
    super(rule);
    this.field = field;
  }
}

/** Returns what the value means; throws what it must be. */
type Rule = (field: string, value: never) => unknown;

const url: Rule = (field, value: string) => {
  if (isUrl(text(field, value) ?? "")) return value;
  throw new FieldError(field, "must be a URL, with https:// or http:// before it");
};
const file = (field: string, value: string) => {
  if (text(field, value) === "-") throw new FieldError(field, "cannot be standard input here");
  if (isMisspeltUrl(value)) throw new FieldError(field, MISSPELT);
  return value;
};
const path: Rule = (field, value: string) => {
  if (isUrl(text(field, value) ?? ""))
    throw new FieldError(field, "is a path: a URL goes with `url`");
  return file(field, value);
};

/** A row's own: the options are read as everywhere. */
const OWN: Readonly<Record<string, Rule>> = { source: file, url, file: path, id: text };

/** The names a column or field may have. */
export const FIELDS: readonly string[] = [...Object.keys(OWN), ...optionsOf("manifest")];

/** What a manifest calls the package's options: columns, and flags for what is no column. */
export const COLUMNS: OptionNames = {
  ...FLAGS,
  ...Object.fromEntries(FIELDS.map((field) => [field, field])),
  "replace.referenceId": "replaceReferenceId",
};

/** A row's fields, checked. */
export type Fields = { [N in OptionOf<"manifest">]?: Taken<N> } & {
  [N in "source" | "url" | "file" | "id"]?: string;
};

const bare = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "");
const BY_BARE_NAME = new Map(FIELDS.map((field) => [bare(field), field]));

/** The field that a column's name means, however a spreadsheet writes it: `fileName`, `File name`, `file_name`. */
export function fieldOf(name: string): string {
  const field = BY_BARE_NAME.get(bare(name));
  if (field !== undefined) return field;
  mustBeKnown(name);
  return name;
}

function meant(name: string): string {
  const word = closest(name, FIELDS);
  return word === undefined ? "" : `; did you mean \`${word}\`?`;
}

/** A field's name, if it is one. */
export function mustBeKnown(field: string): void {
  if (FIELDS.includes(field)) return;
  const now = renamed(field);
  if (now !== undefined) throw new FieldError(field, now);
  const divided = /[^\w\s-]/.test(field) ? "; commas, semicolons or tabs divide columns" : "";
  const known = FIELDS.join(", ");
  throw new FieldError(field, `is not known; known are ${known}${divided}${meant(field)}`);
}

/** An option without an effect is a mistake that somebody would find out late. */
function mustFit(read: Readonly<Record<string, unknown>>): void {
  const kind = (read.as as Kind | undefined) ?? "video";
  for (const field of Object.keys(read)) {
    const only = DECLARED[field]?.kinds ?? KINDS;
    if (!only.includes(kind)) {
      const kinds = KINDS.filter((one) => only.includes(one));
      throw new FieldError(field, `goes with \`as\` ${kinds.join(" or ")}, not with ${kind}`);
    }
  }
  if (read.adopt !== undefined && read.referenceId === undefined) {
    throw new FieldError("adopt", "needs a `referenceId`");
  }
}

/** Checks every value. What is empty counts as not given. */
export function readFields(values: Readonly<Record<string, unknown>>): Fields {
  const read: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(values)) {
    mustBeKnown(field);
    if (value === "" || value === null || value === undefined) continue;
    read[field] = checked(field, value);
  }
  mustFit(read);
  return read;
}

function checked(field: string, value: unknown): unknown {
  try {
    const own = OWN[field];
    if (own !== undefined) return own(field, value as never);
    return fromJson(field, typeof value === "string" ? fromText(field, value) : value);
  } catch (error) {
    if (!(error instanceof VodliftError)) throw error;
    // The library names its option in front; here the place in the manifest stands there.
    throw new FieldError(field, error.message.replace(/^[^`]*`[^`]*` /, ""));
  }
}
