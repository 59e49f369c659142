// What an upload leaves on the server whose machine has trapped. That one can remove nothing any more, so another one does,
// in a fresh instance, from the last checkpoint that was heard of.

import { onAbort } from "./aborts.ts";
import { type Beginning, NO_SOURCE, start } from "./begin.ts";
import { errorOf, VodliftError } from "./core.ts";
import { drive } from "./driver.ts";
import { wordsOf } from "./hosts/failure.ts";
import type { Host } from "./hosts/host.ts";
import type { Keys } from "./keys.ts";
import type { Checkpoint, Error as ErrorData } from "./wasm/core.js";

/** An upload that has trapped, as far as it is known. */
export interface Trapped {
  readonly begun: Beginning | undefined;
  /** The last one that its machine has told of. */
  readonly checkpoint: Checkpoint | undefined;
  readonly host: Host;
  readonly keys: Pick<Keys, "current" | "renew">;
  /** Aborted where the caller has no more patience. */
  readonly signal: AbortSignal | undefined;
}

/** As `STORE_MS` in `run.ts`: how long the removal may take, and where the caller has no more patience. */
const REMOVAL_MS = 30_000;
const REMOVAL_ABORTED_MS = 1_000;

/** What to do about it by hand. */
const LEFT =
  "VOD removes parts by itself within 7 days; to have it at once, delete the media by its id.";

/** Whether an error tells of a trap. */
export function isTrap(error: unknown): error is VodliftError {
  return error instanceof VodliftError && error.code === "core_stopped";
}

/** The error, with the names of what it is about; and what went wrong when that was removed. */
export async function afterTrap(
  error: VodliftError,
  trapped: Trapped,
): Promise<{ error: VodliftError; warning?: VodliftError }> {
  const { checkpoint } = trapped;
  if (checkpoint?.place === undefined) return { error };
  const names = namesOf(checkpoint);
  const message = `${error.message}: it was ${names}`;
  const named = new VodliftError({ ...error.toJSON(), message }, error.cause);
  const failure = await removed(trapped);
  if (failure === undefined) return { error: named };
  const left = `what is left of ${names} could not be removed: ${failure.message}`;
  const warning = new VodliftError({ ...failure, message: left, hint: LEFT });
  return { error: named, warning };
}

function namesOf({ place, uploadId }: Checkpoint): string {
  const parts = uploadId === undefined ? "" : `, upload id ${uploadId}`;
  return `media ${place?.mediaId}${parts}`;
}

/** Why it could not be, if it could not. What somebody can resume, or others work on, stays. */
async function removed(trapped: Trapped): Promise<ErrorData | undefined> {
  const { begun, signal } = trapped;
  if (begun === undefined || begun.type === "discard") return undefined;
  if (begun.job.options.keepOnFailure || begun.job.options.shard !== undefined) return undefined;
  const quit = new AbortController();
  const quitIn = (ms: number) => {
    const late = new VodliftError(errorOf("oss_unavailable", `it was not done within ${ms} ms`));
    return setTimeout(() => quit.abort(late), ms);
  };
  const timers = [quitIn(signal?.aborted ? REMOVAL_ABORTED_MS : REMOVAL_MS)];
  const forget = signal && onAbort(signal, () => timers.push(quitIn(REMOVAL_ABORTED_MS)));
  try {
    await discard(trapped, begun, quit.signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof VodliftError)) return errorOf("internal", wordsOf(error));
    return error.code === "aborted" ? undefined : error.toJSON();
  } finally {
    forget?.();
    for (const timer of timers) clearTimeout(timer);
  }
}

/** It ends in an error, which is `aborted` where all is gone. */
async function discard(
  { checkpoint, host, keys }: Trapped,
  { job }: Beginning,
  quit: AbortSignal,
): Promise<unknown> {
  if (checkpoint === undefined) return undefined;
  const begun = { type: "discard", checkpoint, job: { ...job, source: NO_SOURCE } } as const;
  return drive({
    machine: start(begun, await keys.current()),
    host,
    renew: () => keys.renew(),
    local: undefined,
    signal: undefined,
    quit,
    onProgress() {},
    onSent() {},
  });
}
