// What comes after the bytes: VOD is asked whether it has them, and webhooks are told.
import { asFailure, client } from "../client.ts";
import type { Env } from "../env.ts";
import { jobs } from "../jobs/index.ts";
import { requestOf } from "./request.ts";
import { deliver, hooksOf } from "./webhook.ts";
import type { RunParams } from "./workflow.ts";

const PATIENCE_MS = 10 * 60_000;
/** The engine's first wait between two tries; each is twice as long as the one before. */
const FIRST_DELAY_MS = 5_000;

/**
 * Asks VOD until it has the file, where that was wanted. The file itself is verified by then, so nothing fails here.
 *
 * @returns Whether it was wanted.
 */
export async function verify(env: Env, { id, run }: RunParams): Promise<boolean> {
  const index = jobs(env);
  const task = await index.begin(id, run);
  if (!task?.view.mediaId || task.todo !== "confirm") return false;
  await index.expectSilence(id, run, PATIENCE_MS);
  try {
    const { replace } = task.request ? await requestOf(env, task) : {};
    // One that was replaced was ready before: VOD has to report the new size.
    const { mediaId, size } = task.view;
    const told = replace !== undefined && size !== undefined ? { size } : {};
    await client(env).waitUntilReady(mediaId, { timeout: PATIENCE_MS, ...told });
    await index.ready(task.view.mediaId);
  } catch (error) {
    const { message, hint } = asFailure(error);
    await index.note(id, run, "unconfirmed", `VOD did not confirm it: ${message} ${hint}`);
  }
  await index.asked(id, run);
  return true;
}

/** What is to be told, and to how many. */
export interface Telling {
  notices: number[];
  hooks: number;
}

const NOTHING: Telling = { notices: [], hooks: 0 };

export const tell = {
  async plan(env: Env, { id, run }: RunParams): Promise<Telling> {
    const index = jobs(env);
    const task = await index.begin(id, run);
    const notices = (await index.notices(id, run)).map(({ seq }) => seq);
    if (!task || (notices.length === 0 && task.todo !== "notify")) return NOTHING;
    const hooks = notices.length === 0 ? 0 : (await hooksOf(env, task)).length;
    if (hooks > 0) return { notices, hooks };
    await index.notified(id, run, { notices, webhook: null });
    return NOTHING;
  },

  /** @throws Error so that the engine tries again. */
  async one(env: Env, { id, run }: RunParams, seq: number, nth: number, attempt: number) {
    const index = jobs(env);
    const task = await index.begin(id, run);
    const notice = (await index.notices(id, run)).find((one) => one.seq === seq);
    const url = task && (await hooksOf(env, task))[nth];
    if (!task || !notice || url === undefined) return;
    // While it stands as it stood then, what became of it since is told, too.
    const { view } = task;
    const same = view.state === notice.view.state && view.attempts === notice.attempt;
    try {
      await deliver(env, url, same ? view : notice.view);
    } catch (error) {
      await index.expectSilence(id, run, FIRST_DELAY_MS * 2 ** attempt);
      throw error;
    }
  },
};
