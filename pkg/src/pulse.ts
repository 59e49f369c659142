// Who has stopped without a word. A Worker whose client has gone is dropped where it stands: no timer of it rings any more and
// no `finally` runs. What it held of what all of the isolate share would be gone with it, so the others take it back.
//
// Time is counted in beats of those who are alive, not by the clock: where nothing runs for a while, nobody is found dead for it.

/** How often each beats, in milliseconds. */
const BEAT_MS = 1_000;

/** Whoever has missed so many beats of others is dead. */
const MISSED = 10;

const alive = new Set<Pulse>();
let now = 0;
/** When `now` was last moved on, in ms since 1970. */
let movedOn = 0;

/** A sign of life of one upload or call, as long as it is under way. */
export class Pulse {
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #left: (() => void)[] = [];
  #at = now;

  constructor() {
    // Some are over before they beat once.
    if (Date.now() - movedOn >= BEAT_MS) next();
    this.#at = now;
    alive.add(this);
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** What is to be done in its place where it is found dead. It must touch no timer, no signal and no request of it. */
  left(takeBack: () => void): void {
    this.#left.push(takeBack);
  }

  /** It is over, by itself. */
  end(): void {
    clearInterval(this.#timer);
    alive.delete(this);
  }

  /** @internal It is dead if it was not heard of for so long. */
  buryIfDead(): void {
    if (now - this.#at < MISSED) return;
    alive.delete(this);
    for (const takeBack of this.#left) takeBack();
  }

  #beat(): void {
    if (!alive.has(this)) {
      this.end();
      return;
    }
    if (this.#at === now) next();
    this.#at = now;
  }
}

function next(): void {
  now += 1;
  movedOn = Date.now();
  for (const pulse of [...alive]) pulse.buryIfDead();
}
