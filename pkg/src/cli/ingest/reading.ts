// What is said while a long manifest is read: a million rows take some seconds, in which nothing else could be shown.

const FIRST_MS = 2_000;
const EVERY_MS = 5_000;
/** The clock is looked at once in so many rows. */
const ROWS = 1_000;

export class Reading {
  readonly #manifest: string;
  readonly #say: (text: string) => void;
  readonly #now: () => number;
  #due: number;
  #rows = 0;

  /** @param now In milliseconds. */
  constructor(manifest: string, say: (text: string) => void, now = () => performance.now()) {
    this.#manifest = manifest;
    this.#say = say;
    this.#now = now;
    this.#due = now() + FIRST_MS;
  }

  /** One more was read. */
  row(): void {
    this.#rows += 1;
    if (this.#rows % ROWS !== 0 || this.#now() < this.#due) return;
    this.#due = this.#now() + EVERY_MS;
    this.#say(`reading ${this.#manifest}: ${this.#rows} rows so far`);
  }
}
