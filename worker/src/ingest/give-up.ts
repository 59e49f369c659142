import { asFailure } from "../client.ts";
import type { Env } from "../env.ts";
import { jobs } from "../jobs/index.ts";
import { hasHooks } from "./webhook.ts";
import type { RunParams } from "./workflow.ts";

/** A step failed as often as it may. What it failed of has passed through the engine, which keeps only the message. */
export async function giveUp(env: Env, { id, run }: RunParams, error: unknown): Promise<false> {
  const index = jobs(env);
  const task = await index.begin(id, run);
  if (task?.view.state !== "running") return false;
  const { message } = asFailure(error);
  const failure = {
    code: "gave_up",
    message,
    hint: "It was tried again and again: look at its timeline, then retry it; it goes on from its checkpoint.",
    retryable: true,
  };
  await index.fail(id, run, failure, await hasHooks(env, task));
  return false;
}
