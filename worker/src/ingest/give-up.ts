import { asFailure } from "../client.ts";
import type { Env } from "../env.ts";
import { jobs } from "../jobs/index.ts";
import type { RunParams } from "./workflow.ts";

/** A step failed as often as it may. Of what it threw the engine keeps the message only; the index knows more. */
export async function giveUp(env: Env, { id, run }: RunParams, error: unknown): Promise<false> {
  const index = jobs(env);
  const task = await index.begin(id, run);
  if (task?.view.state !== "running") return false;
  const failure = task.view.error ?? asFailure(error);
  await index.fail(id, run, failure);
  return false;
}
