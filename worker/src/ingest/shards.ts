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

/** How to share it out; nothing if one instance does. */
export function shardsOf(
  env: Env,
  { shards: wanted }: IngestRequest,
  plan: Checkpoint["plan"],
): Shard[] {
  if (plan?.type !== "parts") return [];
  const { size, partSize } = plan;
  const parts = Math.ceil(size / partSize);
  const bySize = Math.floor(size / setting(env, "VODLIFT_SHARD_BYTES"));
  const count = Math.min(wanted ?? bySize, MOST_SHARDS, parts);
  if (count < 2) return [];
  const each = Math.ceil(parts / count);
  return Array.from({ length: count }, (_, n) => ({
    index: n + 1,
    first: n * each + 1,
    last: Math.min((n + 1) * each, parts),
  })).filter(({ first, last }) => first <= last);
}
