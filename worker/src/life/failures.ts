// How an ingest fails without its run: each is found by the index.
import type { Failure } from "./said.ts";

/** Runs that may be lost in a row. */
export const MOST_STALLS = 5;

export const TOO_SLOW: Failure = {
  code: "too_slow",
  message: "its bytes came slower than VODLIFT_LEAST_RATE allows",
  hint: "Use a faster source or line; what has arrived is kept for a retry of an ingest.",
  retryable: true,
};

export const TOO_LONG: Failure = {
  code: "too_long",
  message: "it took longer than VODLIFT_LONGEST_SECONDS allows",
  hint: "Retry it to go on from its checkpoint, or raise the setting.",
  retryable: true,
};

export const INTERRUPTED: Failure = {
  code: "interrupted",
  message: "the request that carried the bytes has ended",
  hint: "Send it again: its bytes were never stored anywhere else.",
};

export const STALLED: Failure = {
  code: "stalled",
  message: `${MOST_STALLS + 1} runs in a row ended without a word and without a byte`,
  hint: "Look at the Worker's log; a smaller partSize or concurrency needs less memory. Then retry it.",
  retryable: true,
};
