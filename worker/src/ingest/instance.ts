import type { RunParams } from "./workflow.ts";

/** One Workflow instance a run, and one a shard of it. Nothing but names stands in its payload. */
export function instanceId({ id, run, shard }: RunParams): string {
  return shard === undefined ? `${id}-${run}` : `${id}-${run}-s${shard.index}`;
}
