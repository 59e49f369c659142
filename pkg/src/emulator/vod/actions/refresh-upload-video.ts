/** RefreshUploadVideo: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-refreshuploadvideo */
import { requestedVideo } from "../asset-lookup.ts";
import { uploadFields } from "../upload-credential.ts";
import type { VodAction } from "./index.ts";

export const refreshUploadVideo: VodAction = {
  name: "RefreshUploadVideo",
  /** The address does not change, and an open multipart upload goes on under the new credential. */
  run: async ({ world, exchange, parameters }) => {
    const asset = requestedVideo(world, parameters);
    return { VideoId: asset.id, ...uploadFields(world, exchange, asset) };
  },
};
