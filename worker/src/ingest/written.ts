// A checkpoint as it is written down: one row, which has a size.
import type { Checkpoint } from "vodlift";
import { KnownFailure } from "../client.ts";

/** SQLite in a Durable Object writes no row of 2 MB, and the request lies beside it. It counts bytes, not characters. */
const MOST_BYTES = 1_500_000;

export function written(checkpoint: Checkpoint): string {
  const text = JSON.stringify(checkpoint);
  if (new TextEncoder().encode(text).length <= MOST_BYTES) return text;
  throw new KnownFailure({
    code: "too_large",
    message: `its checkpoint has more than ${MOST_BYTES} bytes`,
    hint: "Use larger parts; split a playlist of very many files.",
    retryable: false,
  });
}
