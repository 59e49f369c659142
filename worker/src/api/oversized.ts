// What one request may have as JSON. It is looked at before any of its rules: a list of a million mistakes is a million
// broken rules, which take far more memory than the list.
import type { NewJob } from "../jobs/index.ts";
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

/** What one call may store, in characters: four thousand for each of a thousand requests. */
const MOST_OF_A_CALL = 4_000_000;

/** What these requests may not be stored for together. What they have alike is stored once, and counts once. */
export function tooHeavy(jobs: readonly NewJob[]): Trouble | undefined {
  const shared = new Map(jobs.map((job) => [job.shared?.id, job.shared?.text.length ?? 0]));
  const own = jobs.map(({ url, request = "" }) => url.length + request.length);
  const size = [...own, ...shared.values()].reduce((sum, one) => sum + one, 0);
  if (size <= MOST_OF_A_CALL) return undefined;
  return {
    code: "batch_too_large",
    message: `these requests take ${size} bytes where they are stored, and those of one call may take ${MOST_OF_A_CALL}`,
    hint: "Split the batch; headers that all of its requests have alike count once.",
  };
}

/** What is nested too deep to be written is too large. */
function sizeOf(value: unknown): number {
  try {
    return JSON.stringify(value)?.length ?? 0;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
