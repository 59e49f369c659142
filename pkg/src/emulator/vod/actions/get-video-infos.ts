/** GetVideoInfos: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getvideoinfos */
import { listField } from "../answer.ts";
import { requestedVideos } from "../asset-lookup.ts";
import { videoFields } from "../media-fields.ts";
import type { VodAction } from "./index.ts";

export const getVideoInfos: VodAction = {
  name: "GetVideoInfos",
  run: async ({ world, parameters }) => {
    const { found, unknown } = requestedVideos(world, parameters);
    const list = await Promise.all(found.map((asset) => videoFields(world, asset)));
    return {
      VideoList: list,
      ...unknown,
      NonExistVideoIds: listField(world, unknown.NonExistVideoIds),
    };
  },
};
