// One text for one request, however it is written: order of members, case of header names, what is left out because it would
// be so anyway. By it a request is known again that comes under the same Idempotency-Key.
import { DECLARED } from "vodlift/shell";
import { parseJson } from "./validation.ts";

/** What holds for a member that is left out. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  concurrency: 3,
  verify: "length",
  wait: false,
};
/** Fingerprints that were stored once stay what they are: in them these have their first names. */
const WRITTEN: Readonly<Record<string, string>> = { sourceHeaders: "headers" };
const isUrl = (name: string) => name === "url" || DECLARED[name]?.type === "url";
const isHeaders = (name: string) => name === "headers" || DECLARED[name]?.type === "fields";

export function canonical(request: object): string {
  const members = Object.entries(request)
    .map(([name, value]) => [WRITTEN[name] ?? name, plain(name, value)] as const)
    .filter(([name, value]) => !isEmpty(value) && value !== DEFAULTS[name]);
  return JSON.stringify(sorted(Object.fromEntries(members)));
}

function plain(name: string, value: unknown): unknown {
  if (isUrl(name) && typeof value === "string") return new URL(value).href;
  // A media id alone is one of two ways to say it.
  if (name === "replace" && typeof value === "string") return { mediaId: value };
  // A JSON object as text.
  if (name === "userData" && typeof value === "string") return parseJson(value) ?? value;
  if (!isRecord(value)) return value;
  const members = Object.entries(value);
  if (isHeaders(name)) {
    return Object.fromEntries(
      members.map(([field, text]) => [field.toLowerCase(), `${text}`.trim()]),
    );
  }
  if (name !== "hosts") return value;
  const hosts = members.map(([host, how]) => [
    host.toLowerCase(),
    isRecord(how) ? ofHost(how) : how,
  ]);
  return Object.fromEntries(hosts);
}

/** What one host is asked with holds headers again. */
function ofHost(how: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(how).map(([name, value]) => [name, plain(name, value)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === undefined;
  return Object.keys(value).length === 0;
}

/** Members in the order of their names, all the way down. Lists keep their order, which says something. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, one]) => [name, sorted(one)] as const);
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))));
}
