// What an upload begins with, and the machine that decides from there on.

import { Upload } from "./core.ts";
import { traced } from "./trace/index.ts";
import type { Account, Checkpoint, Job } from "./wasm/core.js";

/** How an upload begins. */
export type Beginning =
  | { readonly type: "create"; readonly job: Job }
  | {
      readonly type: "resume" | "discard";
      readonly job: Job;
      readonly checkpoint: Checkpoint;
    };

/** Of an upload that is only given up nothing is read, so any source does. */
export const NO_SOURCE: Job["source"] = { type: "slices", size: 1 };

/** Makes the machine that decides; where somebody wants to write down what it does, that is told. */
export function start(
  begun: Beginning,
  account: Account,
  tell?: (line: string) => void,
): Pick<Upload, "handle" | "held" | "free"> {
  // Drawn for this upload alone.
  const entropy = crypto.getRandomValues(new Uint8Array(32));
  const now = Date.now();
  const machine =
    begun.type === "create"
      ? Upload.create(begun.job, account, entropy, now)
      : Upload[begun.type](begun.checkpoint, begun.job, account, entropy, now);
  return tell ? traced(machine, begun, { account, entropy, now }, tell) : machine;
}
