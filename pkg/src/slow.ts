// Tells of requests that take long. It decides nothing: what to give up, and when, is the core's to say.

import type { Request } from "./wasm/core.js";

/** A request that takes long. Nothing of its path, query and headers is told: they may hold a secret. */
export interface SlowRequest {
  /** Who is asked. */
  kind: "source" | "vod" | "oss";
  /** `GET`, `PUT`, `POST`, `HEAD` or `DELETE`. */
  method: string;
  /** Host of its URL, with the port where that is written out. */
  host: string;
  /** The part it carries, from 1. */
  partNumber?: number;
  /** How long it has taken so far, in ms. */
  ms: number;
  /** Of the reply, where there was one by then. */
  status?: number;
}

/** What a caller wants to hear of. */
export interface SlowRequests {
  /** From how many ms on. */
  readonly threshold: number;
  tell(slow: SlowRequest): unknown;
}

/** As long as the official Java SDK's. */
export const SLOW_REQUEST_MS = 300_000;

/** What a timer can count. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Whose request it is, and what for: 0 is no part. */
export interface Asked {
  readonly kind: SlowRequest["kind"];
  readonly request: Request;
  readonly part?: number;
}

/**
 * Waits for a request, and tells of it once if that takes long: as soon as the threshold passes, so that one that hangs is
 * seen. Where the runtime's timers were late, when it ends.
 */
export async function watched<T>(
  watch: SlowRequests | undefined,
  { kind, request: { method, url }, part = 0 }: Asked,
  work: Promise<T>,
  statusOf: (result: T) => number,
): Promise<T> {
  if (watch === undefined) return work;
  const { threshold } = watch;
  const began = Date.now();
  let told = false;
  const look = (status?: number) => {
    const ms = Date.now() - began;
    if (told || ms < threshold) return;
    told = true;
    watch.tell({
      kind,
      method,
      host: new URL(url).host,
      ...(part > 0 && { partNumber: part }),
      ms,
      ...(status !== undefined && { status }),
    });
  };
  // A timer may ring a little early by the clock.
  const timer = setTimeout(look, Math.min(threshold + 1, MAX_TIMER_MS));
  try {
    const result = await work;
    look(statusOf(result));
    return result;
  } catch (error) {
    look();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
