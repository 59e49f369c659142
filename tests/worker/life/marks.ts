// The stages of a life, and which may follow each: all that there are. Who reads this list has seen what can happen.
import type { Life } from "../../../worker/src/life/life.ts";
import { isAtRest } from "./rules.ts";

/** In words. After an end something may be owed: a clean-up, VOD's word, webhooks. */
export function stageOf(life: Life): string {
  switch (life.at) {
    case "queued":
      return life.lease === null ? "queued" : "leaving";
    case "running":
      return "running";
    case "closing":
      return life.verdict;
    case "over":
      return isAtRest(life) ? life.end : `${life.end}, owing`;
  }
}

/** Where its run may end an upload well, in spite of all. */
const WELL = ["done", "done, owing", "ready", "ready, owing"];
const FAILED = ["failed", "failed, owing"];
const CANCELED = ["canceled", "canceled, owing"];

export const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  queued: ["running", ...CANCELED],
  leaving: ["queued", "cancel", "stop", ...FAILED, ...WELL],
  running: ["queued", "leaving", "cancel", "stop", "fail", ...FAILED, ...WELL],
  cancel: [...CANCELED, ...WELL],
  stop: ["cancel", ...CANCELED, ...WELL],
  fail: ["cancel", ...FAILED, ...WELL],
  "done, owing": ["done", "ready", "ready, owing"],
  done: ["done, owing", "ready", "ready, owing"],
  "ready, owing": ["ready"],
  ready: [],
  "failed, owing": ["failed", "canceled, owing", "queued", "running"],
  failed: ["canceled, owing", "queued", "running"],
  "canceled, owing": ["canceled", "queued"],
  canceled: ["canceled, owing", "queued"],
};
