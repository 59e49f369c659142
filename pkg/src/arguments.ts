// From what a caller writes to what the core takes. Shapes are checked here, limits (lengths, sizes, characters) there.

import { errorData, limits } from "./door.ts";
import { VodliftError } from "./error.ts";
import { wordsOf } from "./hosts/failure.ts";
import { isDate } from "./kinds.ts";
import { durationOf, sizeOf } from "./units.ts";

/** `invalid_argument`, naming the field. */
export function invalid(field: string, rule: string): VodliftError {
  return new VodliftError(errorData("invalid_argument", `\`${field}\` ${rule}`));
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out what is undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

/**
 * Reads what a caller passed, which may run code of the caller's: a getter, a proxy, an iterator. What that throws says that
 * the field cannot be read.
 */
export function readable<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof VodliftError) throw error;
    throw invalid(field, `cannot be read: ${wordsOf(error)}`);
  }
}

/** The fields of an object, each read once. */
export function record(field: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null)
    // A text may hold a secret, so it is not repeated.
    throw invalid(
      field,
      `must be an object, ${typeof value === "string" ? "got a text" : got(value)}`,
    );
  return readable(field, () => {
    if (Array.isArray(value)) throw invalid(field, "must be an object, got a list");
    const read: Record<string, unknown> = Object.create(null);
    for (const name of Object.keys(value)) {
      read[name] = readable(`${field}.${name}`, () => (value as Record<string, unknown>)[name]);
    }
    return read;
  });
}

/** No list that means anything is longer: a playlist names fewer files. */
const MAX_ITEMS = 1_000_000;

/** The items of a list, each read once. */
export function list(field: string, value: unknown, what = "a list"): unknown[] {
  return readable(field, () => {
    if (!Array.isArray(value)) throw invalid(field, `must be ${what}, ${got(value)}`);
    if (value.length > MAX_ITEMS) throw invalid(field, `must have at most ${MAX_ITEMS} items`);
    return Array.from(value);
  });
}

/** A text, if there is one. */
export function text(field: string, value: string | undefined): string | undefined {
  if (value === undefined) return value;
  if (typeof value !== "string") throw invalid(field, `must be a string, got ${kindOf(value)}`);
  const { text: most } = limits();
  if (value.length <= most) return value;
  throw invalid(field, `is longer than the ${most} characters that are taken at once`);
}

/** A text that has to be there. */
export function needed(field: string, value: unknown): string {
  return text(field, value === undefined ? (null as never) : (value as string)) ?? "";
}

/** A text that has to be there, and to say something. */
export function filled(field: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return needed(field, value);
  throw invalid(field, "must be a string that is not empty");
}

/** Several texts, if there is a list. */
export function texts(field: string, value: readonly string[] | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  return list(field, value, "a list of strings").map((one) => text(field, one as string) ?? "");
}

/** Yes or no, if told. */
export function flag(field: string, value: boolean | undefined): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw invalid(field, `must be true or false, got ${kindOf(value)}`);
}

/** One of a few words, if there is one. */
export function oneOf<T extends string>(
  field: string,
  value: T | undefined,
  words: readonly T[],
): T | undefined {
  if (value === undefined || words.includes(value)) return value;
  throw invalid(field, `must be ${words.map((word) => `"${word}"`).join(" or ")}, ${got(value)}`);
}

/** Beyond these a number is not what was written, or not one that the core can hold. */
const MOST = Number.MAX_SAFE_INTEGER;
export const MOST_32 = 2 ** 32 - 1;

/** A whole number of at least `least`, if there is one. */
export function whole(
  field: string,
  value: number | undefined,
  least: number,
  most = MOST,
): number | undefined {
  if (value === undefined) return value;
  if (!Number.isInteger(value) || value < least) {
    throw invalid(field, `must be a whole number of at least ${least}, ${got(value)}`);
  }
  if (value > most) throw invalid(field, `must be at most ${most}, ${got(value)}`);
  return value;
}

/** How many bytes something has, if that is known. What is too many is the core's to say. */
export function length(field: string, value: number | string | undefined): number | undefined {
  if (typeof value === "string") return bytes(field, value, 0);
  return whole(field, value, 0, Number.POSITIVE_INFINITY);
}

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}

const MAX_SAID = 80;

/** What came instead, without asking the value itself, which may be anything. */
export function got(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `got ${value.length > MAX_SAID ? "a longer text" : value}`;
    case "number":
    case "boolean":
      return `got ${value}`;
    case "object":
      return value === null ? "got null" : "got an object";
    default:
      return `got a ${typeof value}`;
  }
}

/** Bytes, from a number or a text such as `16MiB`. */
export function bytes(
  field: string,
  value: number | string | undefined,
  least = 1,
): number | undefined {
  if (typeof value !== "string") return whole(field, value, least);
  const size = sizeOf(value);
  if (size !== undefined) return whole(field, size, least);
  throw invalid(field, `must be a number of bytes or a text such as "16MiB", ${got(value)}`);
}

/** Ms, from a number or a text such as `30s`. */
export function duration(
  field: string,
  value: number | string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (typeof value !== "string") return whole(field, value, least, most);
  const ms = durationOf(value);
  if (ms !== undefined) return whole(field, ms, least, most);
  throw invalid(field, `must be a number of ms or a text such as "30s", ${got(value)}`);
}

/** Header fields: an object, pairs, or a `Headers`. */
export type HeaderFields =
  | Readonly<Record<string, string>>
  | Iterable<readonly [name: string, value: string]>;

/** Header fields as pairs. */
export function pairs(field: string, headers: HeaderFields = {}): [string, string][] {
  // A text may hold a secret, so it is not repeated.
  if (typeof headers === "string")
    throw invalid(field, 'must be an object, such as {"Authorization":"…"}');
  const given = fieldsOf(field, headers);
  try {
    return [...new Headers(given)];
  } catch {
    throw invalid(field, `holds ${refused(given)} that HTTP does not allow`);
  }
}

/** Names and values, whatever holds them; each is read once. */
export function fieldsOf(
  field: string,
  headers: unknown,
  what = "header fields",
): [string, string][] {
  if (typeof headers !== "object" || headers === null) {
    throw invalid(field, `must be ${what}, ${got(headers)}`);
  }
  return readable(field, () => {
    const isList = Symbol.iterator in headers;
    const all = isList ? (headers as Iterable<unknown>) : Object.entries(headers);
    const fields: [string, string][] = [];
    // One by one: a list may have no end.
    for (const pair of all) {
      if (fields.length === MAX_ITEMS) {
        throw invalid(field, `must have at most ${MAX_ITEMS} items`);
      }
      const [name, value, ...more] = Array.isArray(pair) ? pair : [];
      if (typeof name !== "string" || more.length > 0) {
        throw invalid(field, "must hold pairs of a name and a value");
      }
      // What is no object has a text that runs no code of the caller's.
      if (["object", "function", "symbol", "undefined"].includes(typeof value)) {
        throw invalid(field, `must have texts as values, ${got(value)}`);
      }
      fields.push([name, String(value)]);
    }
    return fields;
  });
}

/** What of them it is, by its name if that can be printed. */
function refused(headers: readonly [string, string][]): string {
  const wrong = headers.find(([name, value]) => !isHeader(name, value))?.[0] ?? "";
  return isHeader(wrong, "") ? `a value of ${wrong}` : "a header name";
}

function isHeader(name: string, value: string): boolean {
  try {
    new Headers([[name, value]]);
    return true;
  } catch {
    return false;
  }
}

/** What is called later would fail midway otherwise. */
export function mustBeFunction(field: string, value: unknown): void {
  if (typeof value !== "function") throw invalid(field, `must be a function, ${got(value)}`);
}

/** Ms since the epoch. A `Date` may be of another realm, or say that it is one. */
export function timeOf<T>(field: string, time: Date | T): number | T {
  return isDate(time) ? readable(field, () => Date.prototype.getTime.call(time)) : time;
}
