// Lives in a few words, for tests that tell one thing.
import { born, type Life } from "../../../worker/src/life/life.ts";
import { next } from "../../../worker/src/life/next.ts";
import type { Limits, Said, Step } from "../../../worker/src/life/said.ts";

export const LIMITS: Limits = {
  ...{ staleMs: 120_000, longestMs: 86_400_000, leastRate: 0, leastOverMs: 300_000 },
  paused: false,
};

/** A life in which this is said, one word a second. */
export function story(source: Life["source"], ...words: readonly Said[]): Step {
  const life = born(source, true, 0, LIMITS);
  let step: Step = { life, show: {}, notes: [], tell: [] };
  for (const [at, word] of words.entries()) step = next(step.life, word, at * 1_000, LIMITS);
  return step;
}

export const TICK = { type: "tick" } as const;
export const START = { type: "start" } as const;
export const STOP = { type: "stop" } as const;
export const CANCEL = { type: "cancel" } as const;
export const SAVE = { type: "save", run: 1, checkpoint: true } as const;
export const REPORT = {
  type: "report",
  run: 1,
  gained: true,
  phase: "uploading",
  sent: 1,
} as const;
export const HAND_OVER = { type: "handOver", run: 1 } as const;
export const ERROR = { code: "c", message: "m", hint: "h" };
export const FAIL = { type: "fail", run: 1, error: ERROR } as const;
export const BEGIN = { type: "begin", run: 1 } as const;
export const FINISH = { type: "finish", run: 1, confirm: false, text: "stored" } as const;
