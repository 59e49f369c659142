/** The video a call names, by VideoId or by the caller's own ReferenceId. */
import type { Asset } from "../store/assets.ts";
import type { World } from "../world.ts";
import { missingParameter, videoNotFound } from "./errors.ts";
import type { Parameters } from "./parameters.ts";

export function requestedVideo(world: World, parameters: Parameters): Asset {
  const id = parameters.text("VideoId");
  const referenceId = parameters.text("ReferenceId");
  if (id === undefined && referenceId === undefined) throw missingParameter("VideoId");
  const asset =
    id === undefined ? world.assets.findByReference(referenceId ?? "") : world.assets.find(id);
  if (!asset) throw videoNotFound();
  return asset;
}
