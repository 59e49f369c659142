import type { Checkpoint, VideoRef } from "../wasm/core.js";

/** The media whose file would be overwritten, where the checkpoint says `replace` or that what was stored came out wrong. */
export function replacedBy({ replace, spoiled, place }: Checkpoint): VideoRef | undefined {
  if (replace === undefined) return spoiled && place ? { mediaId: place.mediaId } : undefined;
  return place === undefined ? replace : { ...replace, mediaId: place.mediaId };
}
