// How many uploads are at work at once. Each takes memory that no buffer of ours holds: its connections, what the runtime
// reads ahead in them, its part of the core, and what the garbage collector has not looked at. That was measured, as about
// 1 MiB in Node and in workerd; so how many may work follows from the memory that all of them may have. The others wait
// before they have taken anything.
//
// Nobody waits for ever: an upload that hardly moves, such as one of a source that trickles, holds up nobody, and neither
// does one whose request was dropped by the runtime, so that it never says that it is over.

import type { Host } from "./hosts/host.ts";

/** Who moves fewer bytes in so many milliseconds does not count. */
const SLOW_BYTES = 1024 * 1024;
const SLOW_MS = 10_000;

/** The connections of an upload, in bytes, with what lies in them. */
const MEMORY_EACH = 3 * 1024 * 1024;

/** How often one that waits looks whether others have become slow, in milliseconds. */
const LOOK_MS = 1_000;

/** Those that wait for each other. */
export class Queue {
  /** @internal */
  readonly working = new Set<Turn>();
  /** @internal */
  readonly waiting: Turn[] = [];

  /** @internal In the order in which they came. */
  admit(): void {
    const busy = () => [...this.working].filter(({ isBusy }) => isBusy).length;
    for (let next = this.waiting[0]; next?.goesBeside(busy()); next = this.waiting[0]) next.skip();
  }
}

/** All uploads of the process. */
const UPLOADS = new Queue();

/** Whom an upload waits for, and how long. */
export interface Patience {
  /** So many may be at work beside it, itself included. */
  most: number;
  /** From then on it waits no longer, in ms since 1970. */
  until: number;
}

/** So many fit into this memory. */
export function fitting(memory: number | undefined, { limits, memoryEach }: Host): number {
  return (memory ?? limits.bufferBytes) / (memoryEach ?? MEMORY_EACH);
}

/** The turn of one upload. */
export class Turn {
  /** Resolves once it may begin. */
  readonly begun: Promise<void>;
  readonly #queue: Queue;
  readonly #most: number;
  readonly #until: number;
  #begin: () => void = () => {};
  #timer: ReturnType<typeof setInterval> | undefined;
  /** When its bytes were last counted, in ms since 1970, and those since then. */
  #since = 0;
  #moved = 0;
  #isSlow = false;

  constructor({ most, until }: Patience, queue = UPLOADS) {
    this.#queue = queue;
    this.#most = Math.max(Math.floor(most), 1);
    this.#until = until;
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    queue.waiting.push(this);
    this.#look();
    // One for each: in a Worker a timer ends with the request that has set it.
    if (queue.waiting.includes(this)) this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** It has moved so many bytes. */
  moved(bytes: number): void {
    this.#moved += bytes;
    if (this.#moved >= SLOW_BYTES) this.#count();
  }

  /** It begins whether or not others are at work, such as where it is to end at once. */
  skip(): void {
    const { waiting } = this.#queue;
    const at = waiting.indexOf(this);
    if (at < 0) return;
    waiting.splice(at, 1);
    this.#enter();
  }

  /** It is over, or does not wait any more. */
  end(): void {
    clearInterval(this.#timer);
    const { working, waiting } = this.#queue;
    working.delete(this);
    const at = waiting.indexOf(this);
    if (at >= 0) waiting.splice(at, 1);
    this.#queue.admit();
  }

  /** @internal Whether it may begin beside so many. */
  goesBeside(busy: number): boolean {
    return busy < this.#most;
  }

  /** @internal Whether others wait for it. */
  get isBusy(): boolean {
    if (Date.now() - this.#since >= SLOW_MS) {
      this.#isSlow = this.#moved < SLOW_BYTES;
      this.#count();
    }
    return !this.#isSlow;
  }

  #look(): void {
    if (Date.now() >= this.#until) this.skip();
    else this.#queue.admit();
  }

  #count(): void {
    if (this.#moved >= SLOW_BYTES) this.#isSlow = false;
    this.#since = Date.now();
    this.#moved = 0;
  }

  #enter(): void {
    clearInterval(this.#timer);
    this.#count();
    this.#queue.working.add(this);
    this.#begin();
  }
}
