// What one Workflow instance may use up. The plan limits the requests of an instance, whatever its steps: 50 on the free
// plan, 10,000 and more on paid ones. An instance that has used up its own hands over to the next, so no file is too large.
import type { Env } from "../env.ts";
import { setting } from "../settings.ts";

export interface Budget {
  /** Steps that move parts. */
  slices: number;
  /** Requests each of them may send. */
  subrequests: number;
  /** ms after which none begins another part. */
  sliceMs: number;
}

/** Kept back for the steps beside the slices: VOD is asked again, a webhook is sent. */
const ASIDE = 10;
/** A slice is to do more than open its source and ask for a credential, which takes up to 6 requests. */
const LEAST = 30;
const MOST_SLICES = 8;

export function budgetOf(env: Env): Budget {
  const all = Math.max(setting(env, "VODLIFT_SUBREQUESTS") - ASIDE, LEAST);
  const slices = Math.max(1, Math.min(MOST_SLICES, Math.floor(all / (4 * LEAST))));
  const sliceMs = setting(env, "VODLIFT_SLICE_SECONDS") * 1000;
  return { slices, subrequests: Math.floor(all / slices), sliceMs };
}
