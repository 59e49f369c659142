// Where an upload's checkpoint is kept, so that it can go on in another process, isolate or runtime.
// Read in this order: this file (the interface, and stores for the edge), file.ts (Node), saver.ts (who writes, and when).

import type { Checkpoint } from "../wasm/core.js";
import { parsed, written } from "./json.ts";

/** Keeps one upload's checkpoint. It is plain JSON of about 1 KB, and holds no key, token, signature or signed URL. */
export interface CheckpointStore {
  /** What was saved last; `undefined` if there is nothing. */
  load(): Promise<Checkpoint | undefined>;
  /** Replaces what is there. It resolves once that is durable. */
  save(checkpoint: Checkpoint): Promise<void>;
  /** Forgets it: the upload is done, or aborted. */
  remove(): Promise<void>;
}

/** Keeps the checkpoint in this process, for tests and for retries within one process. */
export function memoryCheckpoint(initial?: Checkpoint): CheckpointStore {
  let kept = initial;
  return {
    load: async () => kept,
    save: async (checkpoint) => {
      kept = checkpoint;
    },
    remove: async () => {
      kept = undefined;
    },
  };
}

/** The part of a browser's `localStorage` or `sessionStorage` that is needed. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps the checkpoint in a browser's `localStorage`, over reloads and restarts, for pages of one origin. Each upload needs a key
 * of its own: one made of the file's name, size and time of change finds it again when the user picks the file once more.
 */
export function storageCheckpoint(storage: TextStorage, key: string): CheckpointStore {
  return {
    async load() {
      const text = storage.getItem(key);
      return text === null ? undefined : parsed(text);
    },
    save: async (checkpoint) => storage.setItem(key, written(checkpoint)),
    remove: async () => storage.removeItem(key),
  };
}

/** The part of a Workers KV namespace that is needed. */
export interface KeyValueNamespace {
  get(key: string): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/** KV refuses a second write to a key within a second. */
const KV_WRITE_EVERY_MS = 1_100;

/**
 * Keeps the checkpoint in Workers KV, one write a second, which is all that KV takes for a key. A later state may be read
 * with a delay elsewhere; that does no harm, as the server is asked for the parts on resume.
 *
 * @see https://developers.cloudflare.com/kv/platform/limits/
 */
export function kvCheckpoint(namespace: KeyValueNamespace, key: string): CheckpointStore {
  let writtenAt = Number.NEGATIVE_INFINITY;
  return {
    async load() {
      const text = await namespace.get(key);
      return text === null ? undefined : parsed(text);
    },
    async save(checkpoint) {
      const early = writtenAt + KV_WRITE_EVERY_MS - Date.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      writtenAt = Date.now();
      await namespace.put(key, written(checkpoint));
    },
    remove: () => namespace.delete(key),
  };
}

/** The part of a Durable Object's storage that is needed. */
export interface ObjectStorage {
  get<T>(key: string): Promise<T | undefined>;
  put<T>(key: string, value: T): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** Keeps the checkpoint in a Durable Object's storage. */
export function durableObjectCheckpoint(storage: ObjectStorage, key: string): CheckpointStore {
  return {
    load: () => storage.get<Checkpoint>(key),
    save: (checkpoint) => storage.put(key, checkpoint),
    async remove() {
      await storage.delete(key);
    },
  };
}
