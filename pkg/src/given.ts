// What others write of an option: in JSON, or as the text of a cell, of a query or on the command line. Every shell reads it here.

import { invalid, needed } from "./arguments.ts";
import { DECLARED, readOption, type ValueType } from "./declared.ts";
import type { EveryOption, OPTIONS } from "./options.gen.ts";

/** These are told in several ways, and taken on in one. The rest is taken on as it was told. */
const READ: readonly (ValueType | undefined)[] = [
  ...(["words", "texts", "id", "ids", "size", "duration", "json"] as const),
];

/** What an option is taken on as. */
export type Taken<N extends keyof EveryOption> = (typeof OPTIONS)[N] extends { type: infer T }
  ? T extends "id" | "size" | "duration"
    ? number
    : T extends "words" | "texts"
      ? string[]
      : T extends "ids"
        ? number[]
        : T extends "json"
          ? string
          : Exclude<EveryOption[N], undefined>
  : never;

/**
 * What a JSON value says of an option, as the package takes it: a size as bytes, a time as ms, texts as a list.
 *
 * ```ts
 * fromJson("partSize", "16MiB"); // 16777216
 * ```
 *
 * @throws VodliftError `invalid_argument`, naming the option and the rule.
 */
export function fromJson(name: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (value === "") throw invalid(needed("name", name), "must not be empty");
  const read = readOption(needed("name", name), value);
  return READ.includes(DECLARED[name]?.type) ? read : value;
}

/**
 * What a text says of an option, as JSON would: `true`, digits, a list with commas, an object as JSON. A text that says none of
 * it is left as it is, for `fromJson` to refuse.
 *
 * ```ts
 * fromJson("tags", fromText("tags", "a, b")); // ["a", "b"]
 * ```
 */
export function fromText(name: string, text: string): unknown {
  const given = needed("text", text).trim();
  switch (DECLARED[needed("name", name)]?.type) {
    case "flag":
    case "flagOr":
      // Spreadsheets write TRUE.
      return /^(true|false)$/i.test(given) ? given.toLowerCase() === "true" : text;
    case "whole":
    case "id":
      return digits(given);
    case "words":
    case "texts":
    case "ids":
      return parsed(given, "[") ?? given.split(",").map((one) => one.trim());
    case "fields":
    case "object":
    case "video":
      return parsed(given, "{") ?? text;
    default:
      return text;
  }
}

function digits(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** What JSON holds, if it begins so. */
function parsed(text: string, begins: string): unknown {
  if (!text.startsWith(begins)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
