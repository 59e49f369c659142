// One run of an upload, with everything around it that a caller sees: progress, checkpoints, abort and stop.

import { onAbort } from "./aborts.ts";
import type { CheckpointStore } from "./checkpoint/index.ts";
import { CheckpointSaver } from "./checkpoint/saver.ts";
import { errorOf, type Upload, VodliftError } from "./core.ts";
import { drive, type Suspended } from "./driver.ts";
import type { Host } from "./hosts/host.ts";
import type { Keys } from "./keys.ts";
import { ProgressMeter, type UploadProgress } from "./progress.ts";
import type { SlowRequests } from "./slow.ts";
import type { OpenSource } from "./sources/index.ts";
import type { Account, Job, Outcome } from "./wasm/core.js";

/** What a run needs. */
export interface Run {
  readonly host: Host;
  /** Opens the source, at the last moment. */
  open(): Promise<OpenSource>;
  /** Whose keys sign. */
  readonly keys: Keys;
  /** Makes the machine that decides. */
  machine(source: Job["source"], account: Account): Upload;
  readonly store: CheckpointStore | undefined;
  readonly signal: AbortSignal | undefined;
  readonly stop: AbortSignal | undefined;
  readonly onProgress: ((progress: UploadProgress) => void) | undefined;
  readonly slow?: SlowRequests | undefined;
}

/** Runs an upload to its end, or to where it was to stop. Nothing of it is left running. */
export async function run(what: Run): Promise<Outcome | Suspended> {
  const { signal, slow } = what;
  mustNotBeAborted(signal);
  const account = await what.keys.current();
  const { data, local } = await what.open();
  const abort = new AbortController();
  const relay = () => abort.abort(signal?.reason);
  const meter = new ProgressMeter((progress) => guarded(() => what.onProgress?.(progress)));
  const saver = new CheckpointSaver(what.store, (error) => abort.abort(checkpointFailed(error)));
  /** A caller's own code that throws ends the upload. */
  function guarded(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      abort.abort(error);
    }
  }
  const forget = signal && onAbort(signal, relay);
  try {
    mustNotBeAborted(signal);
    const end = await drive({
      machine: what.machine(data, account),
      host: what.host,
      renew: () => what.keys.renew(),
      local,
      signal: abort.signal,
      stop: what.stop,
      slow: slow && { ...slow, tell: (one) => guarded(() => slow.tell(one)) },
      onProgress: (progress) => meter.update(progress),
      onSent: (transfer, count) => meter.sent(transfer, count),
      onCheckpoint: (checkpoint) => saver.save(checkpoint),
      identified: () => saver.identified(),
      saved: () => saver.settled(),
    });
    if ("suspended" in end) {
      saver.save(end.checkpoint);
      await saver.settled();
    } else {
      await saver.remove();
    }
    return end;
  } catch (error) {
    const failure =
      error instanceof VodliftError && error.cause instanceof VodliftError ? error.cause : error;
    if (isAborted(failure)) await saver.remove();
    else await saver.settled();
    throw failure;
  } finally {
    forget?.();
    meter.flush();
    if (local?.type === "slices") await local.slices.close();
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof VodliftError && error.code === "aborted";
}

function checkpointFailed(error: unknown): VodliftError {
  const reason = error instanceof Error ? error.message : String(error);
  return new VodliftError(
    errorOf("checkpoint_failed", `the checkpoint could not be stored: ${reason}`),
    error,
  );
}

function mustNotBeAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const message = "the upload was aborted before it began";
  throw new VodliftError(errorOf("aborted", message), signal.reason);
}
