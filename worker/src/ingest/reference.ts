// Reference ids: VOD takes each once, so by one an ingest finds the media again that it made and never heard of. An ingest
// goes on with no media but its own.
import type { Failure, IngestRequest } from "../api/schema.ts";

/** Under which id to create the media of an ingest or of an upload, and how its own media is known. */
export function referenceOf(
  { id, mediaId }: { id: string; mediaId?: string | undefined },
  { referenceId, replace }: Pick<IngestRequest, "referenceId" | "replace">,
) {
  // That one has an id already, and it is somebody's by intent.
  if (replace !== undefined) return {};
  const own = mediaId === undefined ? {} : { earlierMediaId: mediaId };
  if (referenceId !== undefined) return { referenceId, ...own };
  return { referenceId: `vodlift-${id}`, adopt: "if-possible" as const, ...own };
}

export const REFERENCE_HINT =
  "Choose another referenceId: only media that the same ingest began are gone on with.";

export const REFERENCE_TAKEN: Failure = {
  code: "reference_taken",
  message: "`referenceId` belongs to an ingest that is under way",
  hint: REFERENCE_HINT,
  retryable: false,
};
