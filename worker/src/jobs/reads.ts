// What callers read of the index: lists, searches, CSV. The index does one thing at a time, for everyone, so each caller has
// an allowance of rows, and few reads at once.
import type { Env } from "../env.ts";
import { Allowances } from "../life/allowance.ts";
import { setting } from "../settings.ts";
import type { Full } from "./contract.ts";

/** Reads of one caller that are under way at once. */
const AT_ONCE = 4;
/** Seconds of its allowance that a caller may save up. */
const SAVED = 4;

export class Reads {
  readonly #perSecond: number;
  readonly #allowances: Allowances;
  readonly #open = new Map<string, number>();

  constructor(env: Env) {
    this.#perSecond = setting(env, "VODLIFT_ROWS_PER_CALLER");
    const perSecond = this.#perSecond;
    this.#allowances = new Allowances({ most: perSecond * SAVED, perSecond });
  }

  /** Begins one, unless this caller has read too much of late, or reads as much as it may by now. */
  begin(owner: string): Full | undefined {
    const ms = this.waitMs(owner);
    if (ms > 0) {
      return {
        full: `VODLIFT_ROWS_PER_CALLER lets one caller's lists look at ${this.#perSecond} rows a second, and they have looked at more`,
        after: Math.ceil(ms / 1_000),
      };
    }
    const open = this.#open.get(owner) ?? 0;
    if (open >= AT_ONCE) {
      return { full: `${AT_ONCE} lists of one caller are read at once, and as many are`, after: 1 };
    }
    this.#open.set(owner, open + 1);
    return undefined;
  }

  end(owner: string): void {
    const open = (this.#open.get(owner) ?? 1) - 1;
    if (open > 0) this.#open.set(owner, open);
    else this.#open.delete(owner);
  }

  spend(owner: string, rows: number): void {
    if (this.#perSecond > 0) this.#allowances.spend(owner, rows, Date.now());
  }

  /** Before it looks at more. */
  waitMs(owner: string): number {
    return this.#perSecond > 0 ? this.#allowances.waitMs(owner, Date.now()) : 0;
  }
}
