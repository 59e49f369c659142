// Streams of events that are open, by caller. Each asks again and again; one that was cut off without a word is forgotten
// when it is overdue.

/** How long after its patience is at an end a stream may take to ask again. */
const GRACE_MS = 15_000;

export class Listeners {
  /** Until when each stream counts, by owner. */
  readonly #streams = new Map<string, Map<string, number>>();

  /** Counts it from now on, unless its caller has as many as it may. */
  hear(owner: string, stream: string, patienceMs: number, most: number): boolean {
    const now = Date.now();
    const streams = this.#streams.get(owner) ?? new Map<string, number>();
    for (const [one, until] of streams) if (until < now) streams.delete(one);
    if (!streams.has(stream) && streams.size >= most) return false;
    this.#streams.set(owner, streams.set(stream, now + patienceMs + GRACE_MS));
    return true;
  }

  leave(owner: string, stream: string): void {
    const streams = this.#streams.get(owner);
    streams?.delete(stream);
    if (streams?.size === 0) this.#streams.delete(owner);
  }
}
