// No more is taken for now: of a caller that has asked too often, or that has as much as it may.
import type { Context } from "hono";
import type { Env } from "../env.ts";
import type { Full } from "../jobs/contract.ts";
import { Allowances } from "../life/allowance.ts";
import { setting } from "../settings.ts";
import { problem } from "./problem.ts";

/** So many bytes of a body that says something count as one call. */
export const BYTES_PER_CALL = 64 * 1024;
/** Seconds of its allowance that a caller may save up. */
const SAVED = 2;

let calls: { perSecond: number; allowances: Allowances } | undefined;

/** No more is taken of this caller for now. */
export function full(context: Context, { full: what, after = 60 }: Full) {
  context.header("retry-after", String(after));
  return problem(context, 429, {
    code: "quota_exceeded",
    message: what,
    hint: "Wait until some of it is over, or ask the operator to raise the setting.",
  });
}

export function tooMany(context: Context, after = 60): Response {
  context.header("retry-after", String(after));
  return problem(context, 429, {
    code: "too_many_requests",
    message: "too many requests of this kind within a minute",
    hint: "Wait a minute; send up to 1,000 ingests in one request.",
  });
}

/** Why this caller may not call now, if so. Each isolate counts for itself: its time is what others want, too. */
export function overCalled(env: Env, caller: string): Full | undefined {
  const { perSecond, allowances } = allowed(env);
  const ms = perSecond > 0 ? allowances.waitMs(caller, Date.now()) : 0;
  if (ms === 0) return undefined;
  return {
    full: `VODLIFT_CALLS_PER_CALLER lets one caller make ${perSecond} calls a second, and it made more`,
    after: Math.ceil(ms / 1_000),
  };
}

/** Counts what a call has cost, in calls of the smallest kind. */
export function charge(env: Env, caller: string, cost: number): void {
  const { perSecond, allowances } = allowed(env);
  if (perSecond > 0) allowances.spend(caller, cost, Date.now());
}

function allowed(env: Env) {
  const perSecond = setting(env, "VODLIFT_CALLS_PER_CALLER");
  if (calls?.perSecond !== perSecond) {
    calls = { perSecond, allowances: new Allowances({ most: perSecond * SAVED, perSecond }) };
  }
  return calls;
}
