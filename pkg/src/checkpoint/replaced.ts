import type { Checkpoint, VideoRef } from "../wasm/core.js";

/** The media whose file would be overwritten, where the checkpoint says `replace`. */
export function replacedBy({ replace, place }: Checkpoint): VideoRef | undefined {
  if (replace === undefined) return undefined;
  return place === undefined ? replace : { ...replace, mediaId: place.mediaId };
}
