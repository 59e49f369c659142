/** Remembers the nonces of accepted calls, so that a captured request cannot be sent again. */

/** A signature is good for 15 minutes before and after its timestamp: that long its nonce must be known. */
const LIFE_MS = 30 * 60 * 1000;
const SWEEP_EVERY = 1000;

export class Nonces {
  readonly #seen = new Map<string, number>();
  #sinceSweep = 0;

  /** False when the nonce was used before. */
  use(nonce: string, now: number): boolean {
    const last = this.#seen.get(nonce);
    if (last !== undefined && now - last < LIFE_MS) return false;
    this.#seen.set(nonce, now);
    this.#sweep(now);
    return true;
  }

  #sweep(now: number): void {
    this.#sinceSweep += 1;
    if (this.#sinceSweep < SWEEP_EVERY) return;
    this.#sinceSweep = 0;
    for (const [nonce, time] of this.#seen) {
      if (now - time >= LIFE_MS) this.#seen.delete(nonce);
    }
  }
}
