// Ctrl-C asks to end; a second one insists.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `gently` at the first signal. From then on signals are the system's again, which ends the process at once whatever
 * it is doing. We could not: `process.exit` waits for threads that resolve a name or open a file.
 */
export function onInterrupt(gently: () => void): void {
  const first = () => {
    for (const signal of SIGNALS) process.removeListener(signal, first);
    gently();
  };
  for (const signal of SIGNALS) process.on(signal, first);
}
