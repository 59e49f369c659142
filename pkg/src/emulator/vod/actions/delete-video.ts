/** DeleteVideo: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-deletevideo */
import { requestedVideos } from "../asset-lookup.ts";
import { deleteAsset } from "../delete-asset.ts";
import { videoNotFound } from "../errors.ts";
import type { VodAction } from "./index.ts";

export const deleteVideo: VodAction = {
  name: "DeleteVideo",
  run: async ({ world, parameters }) => {
    const { found, unknown } = requestedVideos(world, parameters);
    if (found.length === 0) throw videoNotFound();
    for (const asset of found) await deleteAsset(world, asset);
    return { ForbiddenVideoIds: [], ...unknown };
  },
};
