/** Limits and pages of the list operations. */
import { queryValue } from "../exchange.ts";
import { invalidArgument } from "./errors.ts";
import type { OssRequest } from "./service.ts";

/** A non-negative integer parameter with a default and an upper bound. */
export function integerParameter(
  { exchange }: OssRequest,
  name: string,
  standard: number,
  maximum: number,
): number {
  const text = queryValue(exchange, name);
  if (text === undefined || text === "") return standard;
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= maximum) return value;
  throw invalidArgument(
    name,
    text,
    `Argument ${name} must be an integer between 0 and ${maximum}.`,
  );
}

/** An entry of a listing: something with a key, or the common prefix that stands for several. */
export type Grouped<T> = { prefix: string } | { item: T };

/** Keeps what begins with `prefix`, and folds everything that shares a delimiter after it into one common prefix. */
export function group<T extends { key: string }>(
  items: readonly T[],
  prefix: string,
  delimiter: string,
): Grouped<T>[] {
  const grouped: Grouped<T>[] = [];
  const seen = new Set<string>();
  for (const item of items) {
    if (!item.key.startsWith(prefix)) continue;
    const cut = delimiter === "" ? -1 : item.key.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      grouped.push({ item });
      continue;
    }
    const common = item.key.slice(0, cut + delimiter.length);
    if (!seen.has(common)) grouped.push({ prefix: common });
    seen.add(common);
  }
  return grouped;
}

export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
