// From what a caller writes to what the core takes. Shapes are checked here, limits (lengths, sizes, characters) there.

import { errorOf, VodliftError } from "./core.ts";

/** `invalid_argument`, naming the field. */
export function invalid(field: string, rule: string): VodliftError {
  return new VodliftError(errorOf("invalid_argument", `\`${field}\` ${rule}`));
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out what is undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

/** A text, if there is one. */
export function text(field: string, value: string | undefined): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw invalid(field, `must be a string, got ${typeof value}`);
}

/** Several texts, if there is a list. */
export function texts(field: string, value: readonly string[] | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return [...value];
  throw invalid(field, "must be a list of strings");
}

/** Yes or no, if told. */
export function flag(field: string, value: boolean | undefined): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw invalid(field, `must be true or false, got ${typeof value}`);
}

/** One of a few words, if there is one. */
export function oneOf<T extends string>(
  field: string,
  value: T | undefined,
  words: readonly T[],
): T | undefined {
  if (value === undefined || words.includes(value)) return value;
  throw invalid(field, `must be ${words.map((word) => `"${word}"`).join(" or ")}, got ${value}`);
}

/** A whole number of at least `least`, if there is one. */
export function whole(field: string, value: number | undefined, least: number): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return value;
  throw invalid(field, `must be a whole number of at least ${least}, got ${String(value)}`);
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Bytes, from a number or a text such as `16MiB`. */
export function bytes(field: string, value: number | string | undefined): number | undefined {
  if (typeof value !== "string") return whole(field, value, 1);
  const [, digits, unit] = /^(\d+)\s*([a-z]*)$/i.exec(value.trim()) ?? [];
  const factor = UNITS[(unit || "b").toLowerCase()];
  if (digits === undefined || factor === undefined) {
    throw invalid(field, `must be a number of bytes or a text such as "16MiB", got "${value}"`);
  }
  return whole(field, Number(digits) * factor, 1);
}

/** Header fields: an object, pairs, or a `Headers`. */
export type HeaderFields =
  | Readonly<Record<string, string>>
  | Iterable<readonly [name: string, value: string]>;

/** Header fields as pairs. */
export function pairs(field: string, headers: HeaderFields = {}): [string, string][] {
  try {
    return [...new Headers(headers as HeadersInit)];
  } catch {
    throw invalid(field, `holds ${refused(headers)} that HTTP does not allow`);
  }
}

/** What of them it is, by its name if that can be printed. */
function refused(headers: HeaderFields): string {
  const all = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  const wrong = all.find(([name, value]) => !isHeader(name, value))?.[0] ?? "";
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
