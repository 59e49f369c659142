/**
 * Works on many things, a few at a time, and tells of each as it ends. The next one is asked for when there is room, so a
 * list of any length takes no more memory than what is under way.
 *
 * A failure of `work` ends it: nothing new begins, what runs is waited for, and then the failure is thrown.
 *
 * @param limit How many at once.
 */
export async function* inParallel<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const source =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const running = new Set<Promise<void>>();
  const ended: Result[] = [];
  const failures: unknown[] = [];
  const begin = (item: Item) => {
    const job = work(item)
      .then(
        (result) => void ended.push(result),
        (error) => void failures.push(error),
      )
      .finally(() => void running.delete(job));
    running.add(job);
  };
  try {
    for (let more = true; failures.length === 0; ) {
      // What has ended is told first: of a long list of items that fail at once all would be begun, and kept.
      while (more && running.size + ended.length < limit) {
        const next = await source.next();
        if (next.done) more = false;
        else begin(next.value);
      }
      if (running.size === 0 && ended.length === 0) break;
      if (ended.length === 0) await Promise.race(running);
      yield* ended.splice(0);
    }
  } finally {
    await Promise.all(running);
    await source.return?.();
  }
  if (failures.length > 0) throw failures[0];
}
