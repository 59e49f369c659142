// What comes after the bytes: VOD is asked whether it has them, and whoever wants to know is told.
import { asFailure, client } from "../client.ts";
import type { Env } from "../env.ts";
import { jobs } from "../jobs/index.ts";
import { requestOf } from "./request.ts";
import { deliver, hooksOf } from "./webhook.ts";
import type { RunParams } from "./workflow.ts";

const PATIENCE_MS = 10 * 60_000;
/** The engine's first wait between two tries; each is twice as long as the one before. */
const FIRST_DELAY_MS = 5_000;

/** Asks VOD until it has the file, where that was wanted. The file itself is verified by then, so nothing fails here. */
export async function verify(env: Env, { id, run }: RunParams): Promise<void> {
  const index = jobs(env);
  const task = await index.begin(id, run);
  if (!task?.view.mediaId) return;
  const { wait, replace } = await requestOf(env, task);
  if (!wait) return;
  await index.expectSilence(id, run, PATIENCE_MS);
  try {
    // One that was replaced was ready before: VOD has to report the new size.
    const { mediaId, size } = task.view;
    const told = replace !== undefined && size !== undefined ? { size } : {};
    await client(env).waitUntilReady(mediaId, { timeout: PATIENCE_MS, ...told });
    await index.ready(task.view.mediaId);
  } catch (error) {
    const { message, hint } = asFailure(error);
    await index.note(id, run, "unconfirmed", `VOD did not confirm it: ${message} ${hint}`);
  }
}

export const tell = {
  /** How many are to be told. */
  async count(env: Env, { id, run }: RunParams): Promise<number> {
    const index = jobs(env);
    const task = await index.begin(id, run);
    if (task?.todo !== "notify") return 0;
    const { length } = await hooksOf(env, task);
    if (length === 0) await index.notified(id, run, null);
    return length;
  },

  /** @throws Error so that the engine tries again. */
  async one(env: Env, { id, run }: RunParams, n: number, attempt: number): Promise<void> {
    const index = jobs(env);
    const task = await index.begin(id, run);
    if (task?.todo !== "notify") return;
    const url = (await hooksOf(env, task))[n];
    if (url === undefined) return;
    try {
      await deliver(env, url, task.view);
    } catch (error) {
      await index.expectSilence(id, run, FIRST_DELAY_MS * 2 ** attempt);
      throw error;
    }
  },
};
