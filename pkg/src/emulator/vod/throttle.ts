/** Counts the calls of the VOD API: beyond so many in a second the service refuses. */
import { VodError } from "./errors.ts";

const SECOND_MS = 1000;

export class Throttle {
  readonly #limit: number;
  #second = 0;
  #calls = 0;

  constructor(limit: number | undefined) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
  }

  /** Throws when this second's calls are used up. */
  count(now: number, code: string): void {
    const second = Math.floor(now / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#calls = 0;
    }
    this.#calls += 1;
    if (this.#calls <= this.#limit) return;
    throw new VodError(400, code, "Request was denied due to user flow control.");
  }
}
