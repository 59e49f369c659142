// Waiting for what must come to be, for as long as it takes: a machine that is busy makes a test slow, and never fails it.
import { setTimeout as sleep } from "node:timers/promises";

/** No verdict depends on it: it turns a test that would hang into one that says what it waits for. */
const HANGS_MS = 1_800_000;

/** What `look` says once it is neither false nor nothing. */
export async function until<T>(
  look: () => T | Promise<T>,
  hangsMs = HANGS_MS,
): Promise<Exclude<T, undefined | null | false>> {
  const begun = performance.now();
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen as never;
    const waited = performance.now() - begun;
    if (waited > hangsMs) throw new Error(`it has not come to be: ${look}`);
    // Soon at first, and then less and less often: whoever is waited for needs the machine, too.
    await sleep(Math.min(10 + waited / 20, 250));
  }
}
