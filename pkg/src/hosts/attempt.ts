import type { FailureKind } from "../wasm/core.js";
import { failureFrom, HostFailure } from "./failure.ts";

/** Whom to blame while something is awaited, and how long it may stand still. */
export interface Side {
  /** When what is awaited fails. */
  readonly broken: FailureKind;
  /** When it does not move. */
  readonly stalled: FailureKind;
  /** For this long, in ms; 0 for ever. */
  readonly idleMs: number;
}

/** What a timer can count; whoever needs longer sleeps again. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const NOBODY: Side = { broken: "internal", stalled: "internal", idleMs: 0 };

/**
 * One effect being run. It can be called off at any time, gives up when nothing moves, and in the end closes whatever
 * it has opened: every request of it hangs on its `signal`. (Node does not cancel the source of an upload that was
 * aborted or lost; an own controller, aborted in the end, does.)
 */
export class Attempt {
  readonly #controller = new AbortController();
  #failure: HostFailure | undefined;
  #reject: ((failure: HostFailure) => void) | undefined;
  #side: Side | undefined;
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = Number.POSITIVE_INFINITY;

  /** Aborted when the attempt is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Awaits one step. One at a time. Racing against one long-lived promise would pile up a handler a chunk, so
   * the step that is awaited is remembered instead, and rejected by hand.
   */
  wait<T>(step: Promise<T>, side: Side): Promise<T> {
    if (this.#failure !== undefined) {
      step.catch(() => {});
      return Promise.reject(this.#failure);
    }
    this.#watch(side);
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      step.then(
        (value) => {
          this.#side = undefined;
          resolve(value);
        },
        (error) => reject(this.#failure ?? failureFrom(error, side.broken)),
      );
    });
  }

  /** Passes time. */
  async sleep(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ringing = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS));
    });
    try {
      await this.wait(ringing, NOBODY);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it now, for this reason. */
  stop(failure: HostFailure): void {
    this.#failure ??= failure;
    this.#reject?.(this.#failure);
    this.end();
  }

  /** Closes what was opened. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#side = undefined;
    this.#failure ??= new HostFailure("canceled", "it is over");
    this.#controller.abort();
  }

  #watch(side: Side): void {
    this.#side = side;
    if (side.idleMs === 0) return;
    this.#since = Date.now();
    const due = this.#since + side.idleMs;
    // A timer that rings earlier than needed looks again then; so a chunk costs no timer.
    if (this.#timer !== undefined && this.#due <= due) return;
    this.#arm(due);
  }

  #arm(due: number): void {
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#look(), due - Date.now());
  }

  #look(): void {
    this.#timer = undefined;
    const side = this.#side;
    if (side === undefined || side.idleMs === 0) return;
    const due = this.#since + side.idleMs;
    if (Date.now() < due) this.#arm(due);
    else this.stop(new HostFailure(side.stalled, `nothing moved for ${side.idleMs} ms`));
  }
}
