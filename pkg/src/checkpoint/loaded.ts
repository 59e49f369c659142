import { errorOf, VodliftError } from "../core.ts";
import { wordsOf } from "../hosts/failure.ts";
import type { Checkpoint } from "../wasm/core.js";
import type { CheckpointStore } from "./index.ts";

/** What a store of the caller's has kept. What it throws says that it is the store's. */
export async function loaded(store: CheckpointStore): Promise<Checkpoint | undefined> {
  try {
    return await store.load();
  } catch (error) {
    if (error instanceof VodliftError) throw error;
    const message = `the checkpoint could not be loaded: ${wordsOf(error)}`;
    throw new VodliftError(errorOf("checkpoint_failed", message), error);
  }
}
