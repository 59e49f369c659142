import type { Context } from "hono";
import type { Full } from "../jobs/contract.ts";
import { problem } from "./problem.ts";

/** No more is taken of this caller for now. */
export function full(context: Context, { full: what, after = 60 }: Full) {
  context.header("retry-after", String(after));
  return problem(context, 429, {
    code: "quota_exceeded",
    message: what,
    hint: "Wait until some of it is over, or ask the operator to raise the setting.",
  });
}
