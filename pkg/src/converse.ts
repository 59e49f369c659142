// Runs a conversation with the VOD API, one step after the other. As in the driver, there is no rule in here.

import { onAbort } from "./aborts.ts";
import { Conversation, errorOf, VodliftError } from "./core.ts";
import { Attempt } from "./hosts/attempt.ts";
import { describe, HostFailure } from "./hosts/failure.ts";
import type { Host } from "./hosts/host.ts";
import type { Keys } from "./keys.ts";
import { UploadMemory } from "./memory.ts";
import { unlessAborted } from "./patience.ts";
import { Pulse } from "./pulse.ts";
import { send } from "./transfer.ts";
import { fitting, Queue, Turn } from "./turns.ts";
import type { Answer, Ask, Heard, Step, VodService } from "./wasm/core.js";

/** What a conversation runs with. */
export interface Converse {
  readonly host: Host;
  /** What all uploads and calls of the process may hold in memory, in bytes, where that is not the host's to say. */
  readonly memory: number | undefined;
  readonly service: VodService;
  readonly keys: Keys;
  readonly signal: AbortSignal | undefined;
}

/** Calls wait for each other, and for no upload: an upload may wait for what a call tells, such as its keys. */
const CALLS = new Queue();

/** Asks VOD; gives the answer that fits, or throws. */
export async function converse<T extends Answer["type"]>(
  { host, memory, service, keys, signal }: Converse,
  ask: Ask,
  wanted: T,
): Promise<Extract<Answer, { type: T }>> {
  mustNotBeAborted(signal);
  const account = await unlessAborted(keys.current(), signal);
  const entropy = crypto.getRandomValues(new Uint8Array(32));
  const machine = new Conversation(service, account, ask, entropy, Date.now());
  const room = new UploadMemory(memory ?? host.limits.bufferBytes, () => 0);
  const most = fitting(memory, host);
  const pulse = host.dropsRequests ? new Pulse() : undefined;
  let turn: Turn | undefined;
  pulse?.left(() => {
    machine.free();
    room.abandon();
    turn?.end();
  });
  try {
    let step = machine.start(Date.now());
    while (step.type !== "done" && step.type !== "failed") {
      mustNotBeAborted(signal);
      // Only while something is on its way: what the caller's own functions do may need a call, too.
      if (step.type === "send") {
        turn = new Turn({ most, until: Number.POSITIVE_INFINITY }, CALLS);
        await unlessAborted(turn.begun, signal);
      }
      step = machine.handle(await take(step, { host, keys, signal, room }), Date.now());
      room.replied();
      turn?.end();
    }
    if (step.type === "failed") throw new VodliftError(step.error);
    const { answer } = step;
    if (answer.type === wanted) return answer as Extract<Answer, { type: T }>;
    throw new VodliftError(errorOf("internal", `the core answered ${answer.type}`));
  } finally {
    machine.free();
    room.leave();
    turn?.end();
    pulse?.end();
  }
}

async function take(
  step: Exclude<Step, { type: "done" | "failed" }>,
  { host, keys, signal, room }: Pick<Converse, "host" | "keys" | "signal"> & { room: UploadMemory },
): Promise<Heard> {
  if (step.type === "renew") return { type: "renewed", account: await keys.renew() };
  const attempt = new Attempt();
  const stop = () => attempt.stop(new HostFailure("canceled", "called off"));
  const forget = signal && onAbort(signal, stop);
  try {
    if (step.type === "send") {
      return { type: "replied", ...(await send(attempt, host, step.request, () => room.reply())) };
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
