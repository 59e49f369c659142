/** Remembers the SessionIds of UploadMediaByURL, so that a call that is repeated does not submit its jobs twice. */

const LIFE_MS = 10 * 60 * 1000;

export class Sessions {
  readonly #seen = new Map<string, number>();

  /** False when the id was used within the last ten minutes. */
  use(id: string, now: number): boolean {
    for (const [known, time] of this.#seen) {
      if (now - time >= LIFE_MS) this.#seen.delete(known);
    }
    if (this.#seen.has(id)) return false;
    this.#seen.set(id, now);
    return true;
  }
}
