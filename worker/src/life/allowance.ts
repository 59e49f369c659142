// What one caller may use up, of anything that is counted: it fills up again as time passes. What something has cost is often
// known only afterwards, so whoever has anything left may begin, and pays by waiting.

/** What there was left, and when. A caller that is not known has all of it. */
export interface Allowance {
  readonly left: number;
  /** In ms since the epoch. */
  readonly at: number;
}

export interface Terms {
  /** What can be saved up. */
  readonly most: number;
  readonly perSecond: number;
}

/** What there is by now. */
function filled(before: Allowance | undefined, now: number, { most, perSecond }: Terms): number {
  if (before === undefined) return most;
  const passed = Math.max(now - before.at, 0);
  return Math.min(before.left + (passed * perSecond) / 1_000, most);
}

/** In how many ms this caller may go on: 0 for now. */
export function waitMs(before: Allowance | undefined, now: number, terms: Terms): number {
  const left = filled(before, now, terms);
  return left > 0 ? 0 : Math.floor((-left / terms.perSecond) * 1_000) + 1;
}

export function spent(
  before: Allowance | undefined,
  cost: number,
  now: number,
  terms: Terms,
): Allowance {
  return { left: filled(before, now, terms) - cost, at: now };
}

/** The allowances of all callers. Those that are whole again are forgotten. */
export class Allowances {
  readonly #terms: Terms;
  readonly #known = new Map<string, Allowance>();

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  /** In how many ms this caller may go on: 0 for now. */
  waitMs(caller: string, now: number): number {
    return waitMs(this.#known.get(caller), now, this.#terms);
  }

  spend(caller: string, cost: number, now: number): void {
    this.#known.set(caller, spent(this.#known.get(caller), cost, now, this.#terms));
    for (const [one, known] of this.#known) {
      if (filled(known, now, this.#terms) >= this.#terms.most) this.#known.delete(one);
    }
  }
}
