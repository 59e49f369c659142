// Ctrl-C asks to end; a second one insists.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs `gently` at the first signal; the second ends the process at once. */
export function onInterrupt(gently: () => void): void {
  let asked = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (asked) process.exit(130);
      asked = true;
      gently();
    });
  }
}
