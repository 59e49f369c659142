/** What has become of a media file: nothing, while its file is not there; then it is transcoded, or said to be. */
import type { Asset } from "../store/assets.ts";
import type { ObjectMetadata } from "../store/objects.ts";
import { now, type World } from "../world.ts";

export const TRANSCODING_MS = 500;

/** Only videos are transcoded, and not under this template group. */
export function isTranscoded({ habits }: World, { kind, parameters }: Asset): boolean {
  if (kind !== "video" || parameters.TemplateGroupId === "VOD_NO_TRANSCODE") return false;
  return habits.transcoding !== "none";
}

export type MediaStatus = "Uploading" | "Transcoding" | "Normal";

export function mediaStatus(
  world: World,
  asset: Asset,
  object: ObjectMetadata | undefined,
): MediaStatus {
  if (!object) return "Uploading";
  const slow = world.habits.transcoding === "slow" && isTranscoded(world, asset);
  return slow && now(world) < object.modified + TRANSCODING_MS ? "Transcoding" : "Normal";
}
