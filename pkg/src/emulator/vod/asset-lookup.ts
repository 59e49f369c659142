/** The videos a call names, by VideoId or by the caller's own ReferenceId. */
import type { Asset } from "../store/assets.ts";
import type { World } from "../world.ts";
import { invalidParameter, missingParameter, videoNotFound } from "./errors.ts";
import type { Parameters } from "./parameters.ts";

const MAX_IDS = 20;

export function requestedVideo(world: World, parameters: Parameters): Asset {
  const id = parameters.text("VideoId");
  const referenceId = parameters.text("ReferenceId");
  if (id === undefined && referenceId === undefined) throw missingParameter("VideoId");
  const asset =
    id === undefined ? world.assets.findByReference(referenceId ?? "") : findVideo(world, id);
  if (!asset) throw videoNotFound();
  return asset;
}

/** The videos found of a list, and the ids not found as the reply names them. VideoIds win over ReferenceIds. */
export function requestedVideos(
  world: World,
  parameters: Parameters,
): { found: Asset[]; unknown: { NonExistVideoIds: string[]; NonExistReferenceIds: string[] } } {
  const byId = parameters.text("VideoIds") !== undefined;
  const name = byId ? "VideoIds" : "ReferenceIds";
  const ids = (parameters.text(name) ?? "").split(",").filter(Boolean);
  if (ids.length === 0) throw missingParameter("VideoIds");
  if (ids.length > MAX_IDS) throw invalidParameter(name, `it takes at most ${MAX_IDS} ids.`);
  const find = (id: string) => (byId ? findVideo(world, id) : world.assets.findByReference(id));
  const missing = ids.filter((id) => !find(id));
  return {
    found: [...new Set(ids)].flatMap((id) => find(id) ?? []),
    unknown: {
      NonExistVideoIds: byId ? missing : [],
      NonExistReferenceIds: byId ? [] : missing,
    },
  };
}

/** An image has an id as well, yet it is no video. */
function findVideo(world: World, id: string): Asset | undefined {
  const asset = world.assets.find(id);
  return asset?.kind === "video" ? asset : undefined;
}
