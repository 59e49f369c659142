// One run of an upload, with everything around it that a caller sees: progress, checkpoints, abort and stop.

import { onAbort } from "./aborts.ts";
import { type Beginning, start } from "./begin.ts";
import type { CheckpointStore } from "./checkpoint/index.ts";
import { CheckpointSaver } from "./checkpoint/saver.ts";
import { errorOf, VodliftError } from "./core.ts";
import { drive, type Suspended } from "./driver.ts";
import { wordsOf } from "./hosts/failure.ts";
import type { Host } from "./hosts/host.ts";
import type { Keys } from "./keys.ts";
import { UploadMemory } from "./memory.ts";
import type { Outcome } from "./outcome.ts";
import { mustNotBeAborted, unlessAborted } from "./patience.ts";
import { ProgressMeter, type UploadProgress } from "./progress.ts";
import { Pulse } from "./pulse.ts";
import type { SlowRequests } from "./slow.ts";
import type { OpenSource, TakenSource } from "./sources/index.ts";
import { afterTrap, isTrap } from "./trapped.ts";
import { fitting, Turn } from "./turns.ts";
import type { Account, Checkpoint, Error as ErrorData, HostLimits, Job } from "./wasm/core.js";

/** What a run needs. */
export interface Run {
  readonly host: Host;
  /** What all uploads of the process may hold in memory, in bytes, where that is not the host's to say. */
  readonly memory?: number | undefined;
  readonly source: Pick<TakenSource, "open"> & Partial<TakenSource>;
  /** Whose keys sign. */
  readonly keys: Pick<Keys, "current" | "renew">;
  /** What the machine begins with that decides. */
  begin(source: Job["source"], host: HostLimits): Beginning;
  readonly store: CheckpointStore | undefined;
  readonly signal: AbortSignal | undefined;
  readonly stop: AbortSignal | undefined;
  /** From then on it waits for no other upload, in ms since 1970. */
  readonly deadline?: number | undefined;
  /** Whose upload it is. */
  readonly owner?: string | undefined;
  readonly onProgress: ((progress: UploadProgress) => unknown) | undefined;
  readonly slow?: SlowRequests | undefined;
  /** Who wants to write down what happens. */
  readonly trace: ((line: string) => unknown) | undefined;
}

/**
 * How long a store may take in the end; and where the caller has no more patience. The core hears nothing of
 * stores: when these ms run, its machine has ended, and neither a retry nor a limit of VOD or OSS depends on them.
 */
const STORE_MS = 10_000;
const STORE_ABORTED_MS = 1_000;

/** So long a stream waits for its turn: what is at its other end may not wait for ever. */
const STREAM_MS = 1_000;

/**
 * Runs an upload to its end, or to where it was to stop. Nothing of it is left running, and the source
 * is closed, however early it ends.
 *
 * @param taken A source that is closed even where `prepare` fails.
 */
export async function run(
  taken: TakenSource | undefined,
  prepare: () => Run | Promise<Run>,
): Promise<Outcome | Suspended> {
  let what: Run | undefined;
  let turn: Turn | undefined;
  let pulse: Pulse | undefined;
  try {
    what = await prepare();
    const { signal, keys, source, host } = what;
    mustNotBeAborted(signal);
    pulse = host.dropsRequests ? new Pulse() : undefined;
    turn = await inTurn(what, pulse);
    const account = await unlessAborted(keys.current(), signal);
    const opened = await source.open(signal);
    mustNotBeAborted(signal);
    return await runOpened(what, account, opened, { turn, pulse });
  } finally {
    await what?.source.close?.();
    await taken?.close();
    turn?.end();
    pulse?.end();
  }
}

/**
 * Waits for its turn among the uploads of the process. One that is to stop, or whose time is over, has it at once: it ends
 * by itself then. So does one of a stream that the caller gives, after a while: a caller who writes several in step waits
 * until all of them are read.
 */
async function inTurn(
  { host, memory, source, deadline, owner, signal, stop }: Run,
  pulse: Pulse | undefined,
): Promise<Turn> {
  const patience = source.isStream ? Date.now() + STREAM_MS : Number.POSITIVE_INFINITY;
  const turn = new Turn({
    most: fitting(memory, host),
    until: Math.min(deadline ?? patience, patience),
    owner,
  });
  pulse?.left(() => turn.end());
  const skip = () => turn.skip();
  if (stop?.aborted) skip();
  const forget = stop && onAbort(stop, skip);
  try {
    await unlessAborted(turn.begun, signal);
    return turn;
  } catch (error) {
    turn.end();
    throw error;
  } finally {
    forget?.();
  }
}

async function runOpened(
  what: Run,
  account: Account,
  { data, local }: OpenSource,
  { turn, pulse }: { turn: Turn; pulse: Pulse | undefined },
): Promise<Outcome | Suspended> {
  const { signal, slow } = what;
  const abort = new AbortController();
  const relay = () => abort.abort(signal?.reason);
  const tell = new Teller((error) => abort.abort(error));
  const meter = new ProgressMeter((now) => tell.call("onProgress", () => what.onProgress?.(now)));
  let over = false;
  let begun: Beginning | undefined;
  let last: Checkpoint | undefined;
  const saver = new CheckpointSaver(what.store, (error) => {
    const failure = checkpointFailed(error);
    if (over) tell.warn("checkpoint", failure);
    else abort.abort(failure);
  });
  const patience = () => (signal?.aborted ? STORE_ABORTED_MS : STORE_MS);
  const forget = signal && onAbort(signal, relay);
  const { bufferBytes } = what.host.limits;
  const limits = { ...what.host.limits, bufferBytes: what.memory ?? bufferBytes };
  try {
    const { trace } = what;
    const tellLine = trace && ((line: string) => tell.call("trace", () => trace(line)));
    begun = what.begin(data, limits);
    const machine = start(begun, account, tellLine);
    const end = await drive({
      machine,
      memory: new UploadMemory(
        limits.bufferBytes,
        () => machine.held(),
        (bytes) => turn.moved(bytes),
      ),
      pulse,
      host: what.host,
      renew: () => what.keys.renew(),
      local,
      signal: abort.signal,
      stop: what.stop,
      slow: slow && {
        ...slow,
        tell: (one) => tell.call("onSlowRequest", () => slow.tell(one)),
      },
      onProgress: (progress) => meter.update(progress),
      onSent: (transfer, count) => {
        turn.moved(count ?? 0);
        meter.sent(transfer, count);
      },
      onCheckpoint: (checkpoint) => {
        last = checkpoint;
        saver.save(checkpoint);
      },
      identified: () => saver.identified(),
      saved: () => saver.settled(patience()),
    });
    over = true;
    if ("suspended" in end) saver.save(end.checkpoint);
    await ("suspended" in end ? saver.settled(patience()) : saver.remove(patience()));
    meter.flush();
    return tell.warnings.length > 0 ? { ...end, warnings: [...tell.warnings] } : end;
  } catch (error) {
    over = true;
    let failure =
      error instanceof VodliftError && error.cause instanceof VodliftError ? error.cause : error;
    await (isAborted(failure) ? saver.remove(patience()) : saver.settled(patience()));
    if (isTrap(failure)) {
      const { host, keys } = what;
      const end = await afterTrap(failure, { begun, checkpoint: last, host, keys, signal });
      failure = end.error;
      if (end.warning) tell.warn("trap", end.warning);
    }
    meter.flush();
    throw withWarnings(failure, tell.warnings);
  } finally {
    forget?.();
  }
}

/**
 * Calls the functions that a caller wants to be told things by. One that throws ends the upload. A
 * promise that one returns is not waited for: if it rejects, the upload goes on, and the first error of
 * each is a warning in what comes of it.
 */
class Teller {
  readonly warnings: ErrorData[] = [];
  readonly #about = new Set<string>();
  readonly #thrown: (error: unknown) => void;

  constructor(thrown: (error: unknown) => void) {
    this.#thrown = thrown;
  }

  call(name: string, tell: () => unknown): void {
    try {
      const told = tell();
      Promise.resolve(told).catch((error) => this.#rejected(name, error));
    } catch (error) {
      this.#thrown(error);
    }
  }

  /** The first of each kind. */
  warn(about: string, error: VodliftError): void {
    if (this.#about.has(about)) return;
    this.#about.add(about);
    this.warnings.push(error.toJSON());
  }

  #rejected(name: string, error: unknown): void {
    const message = `the function \`${name}\` failed: ${wordsOf(error)}`;
    this.warn(name, new VodliftError(errorOf("listener_failed", message)));
  }
}

function withWarnings(error: unknown, warnings: readonly ErrorData[]): unknown {
  if (!(error instanceof VodliftError) || warnings.length === 0) return error;
  return new VodliftError(error.toJSON(), error.cause, [...warnings]);
}

function isAborted(error: unknown): boolean {
  return error instanceof VodliftError && error.code === "aborted";
}

function checkpointFailed(error: unknown): VodliftError {
  const message = `the checkpoint store failed: ${wordsOf(error)}`;
  return new VodliftError(errorOf("checkpoint_failed", message), error);
}
