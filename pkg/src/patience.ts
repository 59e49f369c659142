// Waiting for a caller's own code, which may never answer.

import { onAbort } from "./aborts.ts";
import { errorOf, VodliftError } from "./core.ts";

/** Waits for it, but not beyond the caller's own abort. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(aborted(signal));
    if (signal.aborted) stop();
    const forget = onAbort(signal, stop);
    work.then(resolve, reject).finally(forget);
  });
}

/** Whether it is one, from whatever realm: it can be asked, and listened to. */
export function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== "object" || value === null) return false;
  try {
    const signal = value as AbortSignal;
    signal.addEventListener("abort", unheard);
    signal.removeEventListener("abort", unheard);
    return typeof signal.aborted === "boolean";
  } catch {
    return false;
  }
}

function unheard(): void {}

/** @throws VodliftError `aborted`, with the caller's own reason. */
export function mustNotBeAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

function aborted(signal: AbortSignal): VodliftError {
  return new VodliftError(
    errorOf("aborted", "the upload was aborted before it began"),
    signal.reason,
  );
}

/** Whether it was over within so many ms. It is not called off: nothing could. */
export async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
