// Runs a conversation with the VOD API, one step after the other. As in the driver, there is no rule in here.

import { onAbort } from "./aborts.ts";
import { Conversation, errorOf, VodliftError } from "./core.ts";
import { Attempt } from "./hosts/attempt.ts";
import { describe, HostFailure } from "./hosts/failure.ts";
import type { Host } from "./hosts/host.ts";
import type { Keys } from "./keys.ts";
import { unlessAborted } from "./patience.ts";
import { send } from "./transfer.ts";
import type { Answer, Ask, Heard, Step, VodService } from "./wasm/core.js";

/** What a conversation runs with. */
export interface Converse {
  readonly host: Host;
  readonly service: VodService;
  readonly keys: Keys;
  readonly signal: AbortSignal | undefined;
}

/** Asks VOD; gives the answer that fits, or throws. */
export async function converse<T extends Answer["type"]>(
  { host, service, keys, signal }: Converse,
  ask: Ask,
  wanted: T,
): Promise<Extract<Answer, { type: T }>> {
  mustNotBeAborted(signal);
  const account = await unlessAborted(keys.current(), signal);
  const entropy = crypto.getRandomValues(new Uint8Array(32));
  const machine = new Conversation(service, account, ask, entropy, Date.now());
  try {
    let step = machine.start(Date.now());
    while (step.type !== "done" && step.type !== "failed") {
      mustNotBeAborted(signal);
      step = machine.handle(await take(step, host, keys, signal), Date.now());
    }
    if (step.type === "failed") throw new VodliftError(step.error);
    const { answer } = step;
    if (answer.type === wanted) return answer as Extract<Answer, { type: T }>;
    throw new VodliftError(errorOf("internal", `the core answered ${answer.type}`));
  } finally {
    machine.free();
  }
}

async function take(
  step: Exclude<Step, { type: "done" | "failed" }>,
  host: Host,
  keys: Keys,
  signal: AbortSignal | undefined,
): Promise<Heard> {
  if (step.type === "renew") return { type: "renewed", account: await keys.renew() };
  const attempt = new Attempt();
  const stop = () => attempt.stop(new HostFailure("canceled", "called off"));
  const forget = signal && onAbort(signal, stop);
  try {
    if (step.type === "send") {
      return { type: "replied", ...(await send(attempt, host, step.request)) };
    }
    while (Date.now() < step.until) await attempt.sleep(step.until - Date.now());
    return { type: "woke" };
  } catch (error) {
    mustNotBeAborted(signal);
    if (!(error instanceof HostFailure)) throw error;
    return { type: "failed", message: describe(error), kind: error.kind };
  } finally {
    forget?.();
    attempt.end();
  }
}

function mustNotBeAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new VodliftError(errorOf("aborted", "the call was aborted"), signal.reason);
}
