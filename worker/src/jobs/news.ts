/** Those who wait for something to happen to a job, by its id. */
export class News {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when there is news, or when patience is at its end. */
  wait(id: string, patienceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(resolve));
    const timer = setTimeout(resolve, patienceMs);
    return promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(resolve);
      if (waiting.size === 0) this.#waiting.delete(id);
    });
  }

  readonly tell = (id: string): void => {
    for (const resolve of this.#waiting.get(id) ?? []) resolve();
  };
}
