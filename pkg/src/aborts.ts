// Many uploads may hang on one signal. Each would add a listener of its own, and from the eleventh on runtimes warn of a
// leak; so a signal has one listener of ours, however many wait for it.

const waiting = new WeakMap<AbortSignal, { tells: Set<() => void>; listener: () => void }>();

/**
 * Calls `tell` when the signal aborts; one that has aborted already says nothing more.
 *
 * @returns What takes it back; with the last of them nothing of ours is left on the signal.
 */
export function onAbort(signal: AbortSignal, tell: () => void): () => void {
  const { tells, listener } = waiting.get(signal) ?? listening(signal);
  tells.add(tell);
  return () => {
    tells.delete(tell);
    if (tells.size > 0 || waiting.get(signal)?.tells !== tells) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

function listening(signal: AbortSignal) {
  const tells = new Set<() => void>();
  const listener = () => {
    for (const tell of [...tells]) if (tells.has(tell)) tell();
  };
  const made = { tells, listener };
  waiting.set(signal, made);
  signal.addEventListener("abort", listener, { once: true });
  return made;
}
