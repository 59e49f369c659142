import { endsWithin } from "../patience.ts";
import type { Checkpoint } from "../wasm/core.js";
import type { CheckpointStore } from "./index.ts";

/** Writes checkpoints one after the other, and of those that queue up only the latest. */
export class CheckpointSaver {
  readonly #store: CheckpointStore | undefined;
  readonly #failed: (error: unknown) => void;
  #latest: Checkpoint | undefined;
  #writing: Promise<void> | undefined;
  /** The one write that is under way. */
  #write: Promise<void> | undefined;
  /** The multipart upload of the latest checkpoint, and of the last that was written. */
  #uploadId: string | undefined;
  #writtenId: string | undefined;

  /** @param failed Told when the store does not take one, or does not let go of it. */
  constructor(store: CheckpointStore | undefined, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  save(checkpoint: Checkpoint): void {
    if (this.#store === undefined) return;
    this.#latest = checkpoint;
    this.#uploadId = checkpoint.uploadId;
    this.#writing ??= this.#writeAll();
  }

  /** Waits until the multipart upload is written down: parts of one that nobody knows of would be lost with the process. */
  async identified(): Promise<void> {
    while (this.#writing !== undefined && this.#writtenId !== this.#uploadId) await this.#write;
  }

  /** Waits until the latest is written, but no longer than this. */
  async settled(patienceMs: number): Promise<void> {
    if (this.#writing === undefined || (await endsWithin(this.#writing, patienceMs))) return;
    this.#latest = undefined;
    this.#failed(new Error(`the store has not answered for ${patienceMs} ms`));
  }

  /** Nothing is left to resume from. */
  async remove(patienceMs: number): Promise<void> {
    this.#latest = undefined;
    await this.settled(patienceMs);
    try {
      const removing = Promise.resolve(this.#store?.remove());
      if (await endsWithin(removing, patienceMs)) return;
      removing.catch(() => {});
      throw new Error(`the store has not answered for ${patienceMs} ms`);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#latest !== undefined) {
        const checkpoint = this.#latest;
        this.#latest = undefined;
        this.#write = this.#store?.save(checkpoint);
        await this.#write;
        this.#writtenId = checkpoint.uploadId;
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#writing = undefined;
    }
  }
}
