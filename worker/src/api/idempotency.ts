import { z } from "@hono/zod-openapi";
import { invalid, type Trouble } from "./problem.ts";

const MAX_KEY = 255;

export const Key = z.object({
  "idempotency-key": z.string().min(1).max(MAX_KEY).optional().openapi({
    description:
      "The same request under the same key is the same ingest, however often it is sent.",
  }),
});

/** What breaks a rule about a key, if something does. */
export function keyTrouble(key: string | undefined): Trouble | undefined {
  if (key === undefined || (key !== "" && key.length <= MAX_KEY)) return undefined;
  return invalid("Idempotency-Key", `must have 1 to ${MAX_KEY} characters`);
}

/** An owner's key, for one request of a batch, for one alone, or for an upload: each is another. */
export function keyOf(
  owner: string,
  key: string | undefined,
  of: number | "upload" | null,
): string | undefined {
  return key === undefined ? undefined : JSON.stringify([owner, key, of]);
}

export const CONFLICT: Trouble = {
  code: "idempotency_conflict",
  message: "this Idempotency-Key was used for another request",
  hint: "Use a new key for a new request.",
};
