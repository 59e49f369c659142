// Whether a transfer moves at all: over each stretch of time it has to make so many bytes a second.
import type { Mark } from "./life.ts";
import type { Limits, Progress } from "./said.ts";

/** Phases in which bytes are to come. */
const MOVING: ReadonlySet<string> = new Set(["probing", "creating", "uploading"]);

/** Where to measure from, next time; or that it was too slow. Only while bytes are to move: the rest has limits of its own. */
export function paced(
  mark: Mark | null,
  { phase, shard, sent, size }: Progress,
  now: number,
  { leastRate, leastOverMs }: Pick<Limits, "leastRate" | "leastOverMs">,
): Mark | null | "too slow" {
  const isWhole = size !== undefined && sent >= size;
  if (!MOVING.has(phase) || shard !== undefined || isWhole) return null;
  // A part that is sent again counts from its beginning.
  if (mark === null || sent < mark.sent) return { at: now, sent };
  const took = now - mark.at;
  // A source may have to make its file first.
  if (took < (phase === "uploading" ? leastOverMs : 2 * leastOverMs)) return mark;
  return sent - mark.sent < (leastRate * took) / 1_000 ? "too slow" : { at: now, sent };
}
