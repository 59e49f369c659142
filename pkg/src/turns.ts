// How many uploads are at work at once. Each takes memory that no buffer of ours holds: its connections, what the runtime
// reads ahead in them, its part of the core, and what the garbage collector has not looked at. That was measured, as about
// 1 MiB in Node and in workerd; so how many may work follows from the memory that all of them may have. The others wait
// before they have taken anything.
//
// Nobody waits for ever: an upload that hardly moves, such as one of a source that trickles, holds up nobody, and neither
// does one whose request was dropped by the runtime, so that it never says that it is over.
//
// Owners take turns. Each place goes to the owner with the fewest at work; and where one owner has taken most of them, another
// need not wait until one of those is over, or turns out to be slow: there are a few places more for that.

import type { Host } from "./hosts/host.ts";

/** Who moves fewer bytes in so many milliseconds does not count. */
const SLOW_BYTES = 1024 * 1024;
const SLOW_MS = 10_000;

/** The connections of an upload, in bytes, with what lies in them. */
const MEMORY_EACH = 3 * 1024 * 1024;

/** Places beyond `most`, for owners with at least two fewer at work than another. They are few beside what an isolate has. */
const SPARE = 2;

/** How often one that waits looks whether others have become slow, in milliseconds. */
const LOOK_MS = 1_000;

/** Those that wait for each other. */
export class Queue {
  /** @internal */
  readonly working = new Set<Turn>();
  /** @internal */
  readonly waiting: Turn[] = [];

  /** @internal Of the owners with the fewest at work whoever came first, as long as there is room for one. */
  admit(): void {
    for (let next = this.#first(); next !== undefined; next = this.#first()) next.skip();
  }

  /** Who is to begin now. Nobody passes whoever is before it. */
  #first(): Turn | undefined {
    const counts = new Map<string | undefined, number>();
    for (const { isBusy, owner } of this.working) {
      if (isBusy) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    const own = ({ owner }: Turn) => counts.get(owner) ?? 0;
    const [next] = this.waiting.toSorted((one, other) => own(one) - own(other));
    if (next === undefined) return undefined;
    const others = [...counts].filter(([owner]) => owner !== next.owner);
    const mayBegin = next.goesBeside(
      own(next),
      others.map(([, count]) => count),
    );
    return mayBegin ? next : undefined;
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
  /** Whose upload it is. All without one are one owner's. */
  owner?: string | undefined;
}

/** So many fit into this memory. */
export function fitting(memory: number | undefined, { limits, memoryEach }: Host): number {
  return (memory ?? limits.bufferBytes) / (memoryEach ?? MEMORY_EACH);
}

/** The turn of one upload. */
export class Turn {
  /** Resolves once it may begin. */
  readonly begun: Promise<void>;
  /** @internal */
  readonly owner: string | undefined;
  readonly #queue: Queue;
  readonly #most: number;
  readonly #until: number;
  #begin: () => void = () => {};
  #timer: ReturnType<typeof setInterval> | undefined;
  /** When its bytes were last counted, in ms since 1970, and those since then. */
  #since = 0;
  #moved = 0;
  #isSlow = false;

  constructor({ most, until, owner }: Patience, queue = UPLOADS) {
    this.owner = owner;
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

  /** @internal Whether it may begin where so many are at work of its owner, and so many of each other one. */
  goesBeside(own: number, others: readonly number[]): boolean {
    // What one owner has beyond that, of streams that did not wait, is nobody else's loss.
    const busy = others.reduce((sum, count) => sum + Math.min(count, this.#most), own);
    const isCrowdedOut = others.some((count) => count >= own + 2);
    return busy < this.#most + (isCrowdedOut ? SPARE : 0);
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
