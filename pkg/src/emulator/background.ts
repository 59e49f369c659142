/** Work that goes on after its request was answered: notifications, pulled URLs. It ends with the emulator. */

import { setTimeout as sleep } from "node:timers/promises";
import { complain } from "./complain.ts";

/** How long `close` waits for work that was just told to stop. */
const CLOSE_MS = 2_000;

export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  /** Aborted when the emulator closes. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** What fails here has nobody to answer: it is printed, unless it fails because the emulator is closing. */
  run(work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => {
        if (!this.signal.aborted) complain(error);
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const grace = sleep(CLOSE_MS, undefined, { ref: false });
    await Promise.race([Promise.all(this.#running), grace]);
  }
}
