// Files on a machine that is short of file handles.

import { errorOf, handleWaitMs, VodliftError } from "./core.ts";
import { describe, isShortOfHandles } from "./hosts/failure.ts";

/** Opens something, and waits while this machine has no free handle: others give theirs back as they end. */
export async function patiently<T>(open: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const since = Date.now();
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!isShortOfHandles(error) || signal?.aborted) throw error;
      const ms = handleWaitMs(Date.now() - since);
      if (ms === undefined) throw tooManyFiles(error);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
}

function tooManyFiles(error: unknown): VodliftError {
  return new VodliftError(
    errorOf("too_many_files", `a file could not be opened: ${describe(error)}`),
  );
}
