// The memory that uploads and calls hold bytes in, counted over all of the process: parts that are gathered before they are
// sent, and playlists and replies in the core, which become larger than their text. Many at once would be more than a Worker has.
//
// Who needs some asks for it and waits in turn. The core says how much a buffer takes, and how little will do; how much
// there is in all is the host's to say, or the caller's (`memory`).
//
// Nobody waits for ever. A buffer that was granted needs no more, and one that is full is sent and comes back. Where all are
// still being filled, perhaps by sources that give next to nothing, or that give only when the one who waits takes its
// bytes, those who have more than they have filled give of it: at once, or after the time that the core gives them.

import { Blocks, freeSpare } from "./blocks.ts";
import { limits } from "./door.ts";

/** Held by buffers and playlists. */
let taken = 0;
/** Of that, by playlists. */
let playlists = 0;
/** How many have room for a long reply. */
let replying = 0;
const buffers = new Set<PartBuffer>();
const waiting: Waiting[] = [];
let uploads = 0;

/** Less is no fair share. */
const STEP = 1024 * 1024;

/** How often somebody who waits looks for buffers that have had their time, in milliseconds. */
const LOOK_MS = 1_000;

/** Somebody who has asked. */
interface Waiting {
  readonly owner: UploadMemory;
  /** Takes what there is, if that is enough. */
  tryToEnter(): boolean;
  /** Whether nobody may pass who came later. */
  blocks(): boolean;
  /** Whether it may pass those who came before. */
  passes(): boolean;
}

/** What was asked for. */
export interface Lease<T> {
  readonly granted: Promise<T>;
  /** It is not wanted any more, or not for what it was granted for. */
  giveUp(): void;
}

/** How much a buffer takes, in bytes. */
export interface Wish {
  /** At the most. */
  limit: number;
  /** Where memory is short. */
  least: number;
  /** For so long nothing is taken of it while others wait, in milliseconds. */
  firmMs?: number;
}

/** What one upload holds. */
export class UploadMemory {
  readonly #budget: number;
  readonly #held: () => number;
  readonly #filled: (bytes: number) => void;
  #playlists = 0;
  #entering: Lease<void> | undefined;
  #reply: Lease<void> | undefined;
  #isReplying = false;

  /**
   * @param budget What all uploads of the process may hold while this one gets some, in bytes.
   * @param held What this upload's playlists take by now, in bytes.
   * @param filled Hears of bytes that come into its buffers.
   */
  constructor(budget: number, held: () => number, filled: (bytes: number) => void = () => {}) {
    this.#budget = budget;
    this.#held = held;
    this.#filled = filled;
    uploads += 1;
  }

  /** A buffer, once there is room for one. */
  buffer(wish: Wish): Lease<PartBuffer> {
    let buffer: PartBuffer | undefined;
    const asked = this.#ask<PartBuffer>((enter) => {
      const size = this.#sizeOf(wish);
      if (size === undefined) return false;
      buffer = new PartBuffer(this, size, wish);
      enter(buffer);
      return true;
    });
    return {
      granted: asked.granted,
      giveUp() {
        asked.giveUp();
        buffer?.release();
      },
    };
  }

  /** Resolves once there is room for all that the playlists of one upload may take. */
  enter(): Promise<void> {
    const share = limits().playlistMemory;
    this.#entering ??= this.#ask<void>(
      (enter) => {
        if (taken > 0 && taken + share > this.#budget && !this.#reclaimed(share)) return false;
        this.#hold(share);
        enter();
        return true;
      },
      // Behind playlists that stay until their uploads are over, others must not wait: those uploads may be among them.
      () => playlists === 0 || playlists + share <= this.#budget,
    );
    return this.#entering.granted;
  }

  /** The playlists are read: from now on they take what they take. */
  settle(): void {
    if (this.#playlists === 0) return;
    this.#hold(Math.min(this.#held(), this.#playlists));
    admit();
  }

  /**
   * Resolves once there is room for what a long reply becomes, until `replied`. One at a time always has room: an upload
   * may wait for what that reply tells, such as its keys.
   */
  reply(): Promise<void> {
    const share = limits().replyMemory;
    this.#reply ??= this.#ask<void>(
      (enter) => {
        const fits = taken + share <= this.#budget || this.#reclaimed(share);
        if (!fits && replying > 0) return false;
        this.#isReplying = true;
        replying += 1;
        taken += share;
        enter();
        return true;
      },
      () => false,
      () => replying === 0,
    );
    return this.#reply.granted;
  }

  /** What was replied is needed no more. */
  replied(): void {
    this.#reply?.giveUp();
    this.#reply = undefined;
    if (!this.#isReplying) return;
    this.#isReplying = false;
    replying -= 1;
    taken -= limits().replyMemory;
    admit();
  }

  /** @internal So many bytes came into one of its buffers. */
  filled(bytes: number): void {
    this.#filled(bytes);
  }

  /** The upload is over. Its buffers are released by whoever holds them. */
  leave(): void {
    this.#entering?.giveUp();
    this.replied();
    this.#hold(0);
    uploads -= 1;
    if (uploads === 0) freeSpare();
    admit();
  }

  /** The upload was dropped where it stood: nobody will release anything of it. */
  abandon(): void {
    for (const one of [...waiting]) {
      if (one.owner === this) waiting.splice(waiting.indexOf(one), 1);
    }
    for (const buffer of [...buffers]) if (buffer.owner === this) buffer.abandon();
    this.leave();
  }

  #hold(bytes: number): void {
    taken += bytes - this.#playlists;
    playlists += bytes - this.#playlists;
    this.#playlists = bytes;
  }

  #ask<T>(
    tryToEnter: (enter: (what: T) => void) => boolean,
    blocks = () => true,
    passes = () => false,
  ): Lease<T> {
    const { promise, resolve } = withResolvers<T>();
    let timer: ReturnType<typeof setInterval> | undefined;
    const enter = (what: T) => {
      clearInterval(timer);
      resolve(what);
    };
    const one: Waiting = { owner: this, tryToEnter: () => tryToEnter(enter), blocks, passes };
    waiting.push(one);
    admit();
    // One for each: in a Worker a timer ends with the request that has set it, and no other request can clear it.
    const look = () => (waiting.includes(one) ? admit() : clearInterval(timer));
    if (waiting.includes(one)) timer = setInterval(look, LOOK_MS);
    return {
      granted: promise,
      giveUp() {
        clearInterval(timer);
        const at = waiting.indexOf(one);
        if (at < 0) return;
        waiting.splice(at, 1);
        admit();
      },
    };
  }

  /** Of a buffer now: an even share for two of each upload, unless that is too little. */
  #sizeOf({ limit, least: wished, firmMs = 0 }: Wish): number | undefined {
    // What is firm begins whole.
    const least = firmMs > 0 ? limit : wished;
    const owners = new Set([...buffers, ...waiting].map(({ owner }) => owner).concat(this));
    const share = Math.max(this.#budget / owners.size / 2, STEP);
    const wanted = Math.max(Math.min(limit, share - (share % STEP)), least);
    const free = () => this.#budget - taken;
    if (wanted <= free() || this.#reclaimed(wanted)) return wanted;
    // Playlists may leave little, or nothing: one buffer at a time there always is.
    if (buffers.size === 0) return Math.max(Math.min(wanted, free()), least);
    return isAnyFull() || free() < least ? undefined : Math.min(wanted, free());
  }

  /** Whether there is room for so much, after those who have more than they have filled gave of it. */
  #reclaimed(bytes: number): boolean {
    const missing = () => taken + bytes - this.#budget;
    // What is full comes back by itself.
    while (missing() > 0 && !isAnyFull()) {
      const [largest] = [...buffers].sort((one, other) => other.unused - one.unused);
      if (largest === undefined || largest.unused === 0) break;
      largest.shrink(Math.min(largest.unused, missing()));
    }
    return missing() <= 0;
  }
}

/** A buffer that a part is gathered in. */
export class PartBuffer {
  readonly owner: UploadMemory;
  readonly #least: number;
  /** Nothing is taken of it before, in ms since 1970. */
  readonly #firmUntil: number;
  #size: number;
  /** What it holds. */
  readonly blocks = new Blocks();
  #state: "filling" | "full" | "released" = "filling";

  /** @internal */
  constructor(owner: UploadMemory, size: number, { least, firmMs = 0 }: Wish) {
    this.owner = owner;
    this.#size = size;
    this.#least = least;
    this.#firmUntil = firmMs > 0 ? Date.now() + firmMs : 0;
    taken += size;
    buffers.add(this);
  }

  /** Bytes that it may hold: fewer from one moment to the next, but never fewer than it holds. */
  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#state === "full";
  }

  /** @internal Bytes that it can do without. */
  get unused(): number {
    if (this.#state !== "filling" || Date.now() < this.#firmUntil) return 0;
    return Math.max(this.#size - Math.max(this.blocks.length, this.#least), 0);
  }

  /** Puts bytes behind those that are there. */
  put(chunk: Uint8Array): void {
    this.blocks.put(chunk);
    this.owner.filled(chunk.length);
  }

  /** No more bytes come. */
  settle(): void {
    if (this.#state !== "filling") return;
    this.shrink(this.#size - this.blocks.length);
    this.#state = "full";
    admit();
  }

  /** @internal Gives so many bytes back. */
  shrink(bytes: number): void {
    this.#size -= bytes;
    taken -= bytes;
  }

  /** It is not needed any more, and nobody reads from it. */
  release(): void {
    if (this.#state === "released") return;
    this.abandon();
    this.blocks.giveBack();
    if (uploads === 0) freeSpare();
    admit();
  }

  /** @internal It does not count any more. Its bytes are left to whoever may still read them. */
  abandon(): void {
    this.#state = "released";
    buffers.delete(this);
    taken -= this.#size;
  }
}

/** In the order in which they came. */
function admit(): void {
  let blocked = false;
  for (const next of [...waiting]) {
    if (blocked && !next.passes()) continue;
    if (next.tryToEnter()) waiting.splice(waiting.indexOf(next), 1);
    else blocked ||= next.blocks();
  }
}

function isAnyFull(): boolean {
  return [...buffers].some(({ isFull }) => isFull);
}

/** As `Promise.withResolvers`, which Node 20 does not know. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
