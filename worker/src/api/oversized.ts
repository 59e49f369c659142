// What one request may have as JSON. It is looked at before any of its rules: a list of a million mistakes is a million
// broken rules, which take far more memory than the list.
import { invalid, type Trouble } from "./problem.ts";

/** Characters. A request is stored as one row, for as long as the ingest is remembered. */
const MOST = 64 * 1024;
/** Objects and lists in one body. A thousand requests have some each; in memory an empty one takes twenty times its text. */
const MOST_VALUES = 64 * 1024;

/** Names the member that takes most, if all of them take too much. */
export function oversized(request: unknown): Trouble | undefined {
  if (sizeOf(request) <= MOST) return undefined;
  const isRecord = typeof request === "object" && request !== null && !Array.isArray(request);
  const members = Object.entries(isRecord ? request : {});
  const [largest] = members
    .map(([field, value]) => ({ field, size: sizeOf(value) }))
    .toSorted((a, b) => b.size - a.size);
  // Of very many members each is small, and its name means nothing.
  const field = largest && largest.size * 50 > MOST ? largest.field : "the body";
  return invalid(field, `is too large: a request has at most ${MOST} characters of JSON`);
}

/** What a body may not be parsed for, as far as its text tells; a bracket within a text counts, too. */
export function crowded(text: string): Trouble | undefined {
  const found = text.matchAll(/[[{]/g);
  for (let n = 0; !found.next().done; n += 1) if (n >= MOST_VALUES) return CROWDED;
  return undefined;
}

const CROWDED = invalid("the body", `must have at most ${MOST_VALUES} objects and lists`);

/** What is nested too deep to be written is too large. */
function sizeOf(value: unknown): number {
  try {
    return JSON.stringify(value)?.length ?? 0;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
