// A huge object is moved by several Workflow instances at once, each with a range of its part numbers.
import type { Checkpoint } from "vodlift";
import type { IngestRequest } from "../api/schema.ts";
import type { Env } from "../env.ts";
import { setting } from "../settings.ts";

export interface Shard {
  /** From 1. */
  index: number;
  /** Part numbers, both included. */
  first: number;
  last: number;
}

const MOST_SHARDS = 16;

/** How many would move it best. */
export function wantedShards(
  env: Env,
  { shards: wanted }: IngestRequest,
  plan: Checkpoint["plan"],
): number {
  if (plan?.type !== "parts") return 0;
  const bySize = Math.floor(plan.size / setting(env, "VODLIFT_SHARD_BYTES"));
  return Math.min(wanted ?? bySize, MOST_SHARDS, partsOf(plan));
}

/** How to share it out; nothing if one instance does it. */
export function shardsOf(plan: Checkpoint["plan"], count: number): Shard[] {
  if (plan?.type !== "parts" || count < 2) return [];
  const parts = partsOf(plan);
  const each = Math.ceil(parts / count);
  return Array.from({ length: count }, (_, n) => ({
    index: n + 1,
    first: n * each + 1,
    last: Math.min((n + 1) * each, parts),
  })).filter(({ first, last }) => first <= last);
}

function partsOf({ size, partSize }: { size: number; partSize: number }): number {
  return Math.ceil(size / partSize);
}
