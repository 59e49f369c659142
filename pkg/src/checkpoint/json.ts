import { needed, readable } from "../arguments.ts";
import { readCheckpoint } from "../core.ts";
import type { Checkpoint } from "../wasm/core.js";

/** What is to be stored, as text. */
export function written(checkpoint: Checkpoint): string {
  return needed(
    "checkpoint",
    readable("checkpoint", () => JSON.stringify(checkpoint)),
  );
}

/** What was stored. Whether it is a checkpoint is judged where it is used; text that is no JSON is none. */
export function parsed(text: string): Checkpoint {
  try {
    return JSON.parse(text) as Checkpoint;
  } catch {
    // It says what is wrong, without quoting the text.
    return readCheckpoint(text);
  }
}
