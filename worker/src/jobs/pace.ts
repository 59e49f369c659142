// Whether a transfer moves at all: over each stretch of time it has to make so many bytes a second.
import type { Report } from "./contract.ts";
import type { Row } from "./row.ts";

export interface Pace {
  /** Bytes a second. */
  least: number;
  /** The stretch, in ms. */
  over: number;
}

/** Phases in which bytes are to come. */
const MOVING: ReadonlySet<string> = new Set(["probing", "creating", "uploading"]);

type Mark = Pick<Row, "paced_at" | "paced_sent">;

/** Where to measure from, next time; or that it was too slow. Only while bytes are to move: the rest has limits of its own. */
export function paced(row: Row, report: Report, { least, over }: Pace): Mark | "too slow" {
  const { phase, shard, sent, size } = report;
  const isWhole = size !== undefined && sent >= size;
  if (!MOVING.has(phase) || shard !== undefined || isWhole) {
    return { paced_at: null, paced_sent: null };
  }
  const { paced_at: at, paced_sent: before } = row;
  const now = Date.now();
  // A part that is sent again counts from its beginning.
  if (at === null || before === null || sent < before) return { paced_at: now, paced_sent: sent };
  // A source may have to make its file first.
  if (now - at < (phase === "uploading" ? over : 2 * over))
    return { paced_at: at, paced_sent: before };
  if (sent - before < (least * (now - at)) / 1_000) return "too slow";
  return { paced_at: now, paced_sent: sent };
}
