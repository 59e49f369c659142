// @ts-check
// Asks again and again: every 2 s while somebody looks, seldom while nobody does, ever later while it fails.
import { ApiError } from "./api.js";

const BUSY = 2_000;
const HIDDEN = 30_000;
const LATEST = 30_000;

export class Poller {
  #work;
  #onTrouble;
  #failures = 0;
  #timer = 0;
  #running = false;
  #asked = false;
  #on = false;

  /**
   * @param {() => Promise<void>} work
   * @param {(trouble: { error: ApiError, next: number } | undefined) => void} onTrouble the error and when it is tried
   *   again (ms since the epoch), or undefined once it works
   */
  constructor(work, onTrouble) {
    this.#work = work;
    this.#onTrouble = onTrouble;
    document.addEventListener("visibilitychange", () => this.#on && !document.hidden && this.now());
    addEventListener("online", () => this.#on && this.now());
  }

  start() {
    this.#on = true;
    this.now();
  }

  stop() {
    this.#on = false;
    clearTimeout(this.#timer);
  }

  /** At once; if it is being done just now, once more after that. */
  now() {
    clearTimeout(this.#timer);
    if (this.#running) this.#asked = true;
    else void this.#round();
  }

  async #round() {
    this.#running = true;
    this.#asked = false;
    let wait = document.hidden ? HIDDEN : BUSY;
    try {
      await this.#work();
      this.#failures = 0;
      this.#onTrouble(undefined);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#failures += 1;
      wait = Math.max(error.wait, Math.min(LATEST, BUSY * 2 ** (this.#failures - 1)));
      if (this.#on) this.#onTrouble({ error, next: Date.now() + wait });
    } finally {
      this.#running = false;
    }
    if (!this.#on) return;
    if (this.#asked) this.now();
    else this.#timer = setTimeout(() => this.now(), wait);
  }
}
