// Reference ids: VOD takes each once, so by one an ingest finds the media again that it made and never heard of. An ingest
// goes on with no media but its own.
import { RESERVED } from "../api/reserved.ts";
import type { Failure, IngestRequest } from "../api/schema.ts";
import type { Env } from "../env.ts";
import { mark } from "../seal.ts";

/** Hex digits of the HMAC. VOD takes 64 characters in all. */
const LENGTH = 40;

/** A reference id of our own. Whoever knows the ingest's id cannot tell it, and callers cannot choose one like it. */
export async function ownReference(env: Env, id: string): Promise<string> {
  return RESERVED + (await mark(env, "reference", id)).slice(0, LENGTH);
}

/** Under which id to create the media of an ingest or of an upload, and how its own media is known. */
export function referenceOf(
  { reference, mediaId }: { reference: string; mediaId?: string | undefined },
  { referenceId, replace }: Pick<IngestRequest, "referenceId" | "replace">,
) {
  // That one has an id already, and it is somebody's by intent.
  if (replace !== undefined) return {};
  const own = mediaId === undefined ? {} : { earlierMediaId: mediaId };
  if (referenceId !== undefined) return { referenceId, ...own };
  // Only this very ingest can have made a media under it.
  return { referenceId: reference, adopt: "if-possible" as const, ...own };
}

/** The same words whoever has the id, and whatever is in it: they tell nothing of the other media. */
export const REFERENCE_TAKEN: Failure = {
  code: "reference_taken",
  message: "`referenceId` is taken",
  hint: "Choose another one, or retry the ingest that began its media: no other goes on with that.",
  retryable: false,
};
