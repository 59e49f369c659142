import type { Checkpoint } from "../wasm/core.js";
import type { CheckpointStore } from "./index.ts";

/** Writes checkpoints one after the other, and of those that queue up only the latest. */
export class CheckpointSaver {
  readonly #store: CheckpointStore | undefined;
  readonly #failed: (error: unknown) => void;
  #latest: Checkpoint | undefined;
  #writing: Promise<void> | undefined;

  /** @param failed Told when the store does not take one. */
  constructor(store: CheckpointStore | undefined, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  save(checkpoint: Checkpoint): void {
    this.#latest = checkpoint;
    this.#writing ??= this.#write();
  }

  /** Waits until the latest is written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Nothing is left to go on from. */
  async remove(): Promise<void> {
    await this.#writing;
    await this.#store?.remove();
  }

  async #write(): Promise<void> {
    try {
      while (this.#latest !== undefined) {
        const checkpoint = this.#latest;
        this.#latest = undefined;
        await this.#store?.save(checkpoint);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#writing = undefined;
    }
  }
}
