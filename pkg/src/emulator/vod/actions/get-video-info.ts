/** GetVideoInfo: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getvideoinfo */
import { requestedVideo } from "../asset-lookup.ts";
import { videoInfoFields } from "../media-fields.ts";
import type { VodAction } from "./index.ts";

export const getVideoInfo: VodAction = {
  name: "GetVideoInfo",
  run: async ({ world, parameters }) => ({
    Video: await videoInfoFields(world, requestedVideo(world, parameters)),
  }),
};
