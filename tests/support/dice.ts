// Luck that can be had again: the same seed gives the same run.

export interface Dice {
  readonly seed: number;
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** One of them. */
  pick<T>(from: readonly T[]): T;
  /** Yes, once in so many times. */
  oneIn(times: number): boolean;
}

export function dice(seed: number): Dice {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  // mulberry32: enough for luck.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number) => next() % limit;
  return {
    seed,
    below,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    oneIn: (times) => below(times) === 0,
  };
}

/** The seeds to run: those of the test, or `SEED` from the environment. */
export function seeds(count: number): number[] {
  const { SEED } = process.env;
  return SEED === undefined ? Array.from({ length: count }, (_, at) => at + 1) : [Number(SEED)];
}
