// Numbers drawn from a seed, so that what a test has met once can be met again: SEED=7 node --test ….

/** The seeds of a run: a hundred fixed ones, or the one that SEED names. */
export function seeds(count = 100): number[] {
  const { SEED } = process.env;
  return SEED === undefined
    ? Array.from({ length: count }, (_, index) => index + 1)
    : [Number(SEED)];
}

export interface Drawn {
  /** 0 to `most`, both included. */
  upTo(most: number): number;
  of<T>(items: readonly T[]): T;
}

/** Mulberry32: small, and the same everywhere. */
export function drawn(seed: number): Drawn {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (most: number) => Math.floor(next() * (most + 1));
  return { upTo, of: (items) => items[upTo(items.length - 1)] as never };
}
