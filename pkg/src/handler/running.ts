// How much one caller may have under way: what a slice needs, time and memory of the process, others want as well.

import { type Problem, problem } from "./problem.ts";
import type { Caller } from "./tokens.ts";

/** Requests of one caller that are under way at once, unless told otherwise. */
const MOST = 10;
/** A refusal waits for so long, in ms: whoever asks again at once must not cost as much as one that is served. */
const LATE_MS = 1_000;
/** Refusals that a caller hears at once, and in how many ms there is another one. */
const REFUSALS = 50;
const REFUSAL_MS = 1_000;
/** So many wait at the most; they hold a connection each. */
const MOST_LATE = 1_000;
/** In seconds. A slice may end at any time. */
export const RETRY_AFTER = "5";

/** Counts requests from when it is known who sends them, so that a body that takes its time counts, too. */
export class Running {
  readonly #most: number;
  readonly #counts = new Map<string, number>();
  /** Refusals that each caller may still hear at once, and when that was so. */
  readonly #patience = new Map<string, { left: number; at: number }>();
  #late = 0;

  constructor(most = MOST) {
    this.#most = most;
  }

  /** Runs it, unless this caller has as many under way as it may. What gives room is counted apart. */
  async run({ owner }: Caller, scope: string, work: () => Promise<Response>) {
    const key = scope === "abort" ? `abort ${owner}` : owner;
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#most) {
      await this.#lateness();
      return this.#full();
    }
    this.#counts.set(key, count + 1);
    try {
      const answer = await work();
      // It keeps its place meanwhile.
      if (answer.status >= 400 && this.#isOften(key)) await this.#lateness();
      return answer;
    } finally {
      const left = (this.#counts.get(key) ?? 1) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    }
  }

  #isOften(key: string): boolean {
    const now = Date.now();
    const { left, at } = this.#patience.get(key) ?? { left: REFUSALS, at: now };
    const filled = Math.min(left + Math.max(now - at, 0) / REFUSAL_MS, REFUSALS);
    if (filled < 1) return true;
    this.#patience.set(key, { left: filled - 1, at: now });
    return false;
  }

  async #lateness(): Promise<void> {
    if (this.#late >= MOST_LATE) return;
    this.#late += 1;
    await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    this.#late -= 1;
  }

  #full(): Problem {
    return problem(429, {
      code: "quota_exceeded",
      detail: `one caller may have ${this.#most} requests under way, and as many are`,
      hint: "Wait until one of them is answered, or raise `runningPerCaller`.",
      retryable: true,
    });
  }
}
