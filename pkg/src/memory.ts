// Memory that uploads take, counted over all of the process: playlists in the core, which become larger than their text,
// and parts that are gathered before they are sent. Many at once would be more than a Worker has. How much may be taken
// is the core's and the host's to say.

import { limits } from "./door.ts";
import type { HostLimits } from "./wasm/core.js";

/** Bytes that uploads may gather parts in, of all that the host has. */
let buffers = 0;

/** Its share of the host's buffers: what is free, but for a last share that the next one is to find. */
export function shareOf(host: HostLimits): { limits: HostLimits; leave(): void } {
  const least = Math.min(limits().leastBuffer, host.bufferBytes);
  const bufferBytes = Math.max(host.bufferBytes - buffers - least, least);
  buffers += bufferBytes;
  return {
    limits: { ...host, bufferBytes },
    leave() {
      buffers -= bufferBytes;
    },
  };
}

/** Bytes that uploads have, or may come to have. */
let taken = 0;
const waiting: PlaylistMemory[] = [];

/** The share of one upload. */
export class PlaylistMemory {
  readonly #held: () => number;
  #share = 0;
  #entering: Promise<void> | undefined;
  #enter: (() => void) | undefined;

  /** @param held What the upload's playlists take by now, in bytes. */
  constructor(held: () => number) {
    this.#held = held;
  }

  /** Resolves once there is room for all that the playlists of one upload may take. */
  enter(): Promise<void> {
    this.#entering ??= new Promise((resolve) => {
      this.#enter = resolve;
      waiting.push(this);
      admit();
    });
    return this.#entering;
  }

  /** The playlists are read: from now on they take what they take. */
  settle(): void {
    if (this.#share === 0) return;
    taken -= this.#share;
    this.#share = Math.min(this.#held(), this.#share);
    taken += this.#share;
    admit();
  }

  /** The upload is over. */
  leave(): void {
    taken -= this.#share;
    this.#share = 0;
    const at = waiting.indexOf(this);
    if (at >= 0) waiting.splice(at, 1);
    admit();
  }

  /** @internal */
  admitted(share: number): void {
    this.#share = share;
    taken += share;
    this.#enter?.();
  }
}

/** In the order in which they came. */
function admit(): void {
  const { playlistMemory, processMemory } = limits();
  while (taken + playlistMemory <= processMemory) {
    const next = waiting.shift();
    if (next === undefined) return;
    next.admitted(playlistMemory);
  }
}
