/** DeleteMultipartUpload, an abort by media id: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-deletemultipartupload */
import { openUploadsOf } from "../delete-asset.ts";
import { VodError, videoNotFound } from "../errors.ts";
import type { VodAction } from "./index.ts";

export const deleteMultipartUpload: VodAction = {
  name: "DeleteMultipartUpload",
  run: async ({ world, parameters }) => {
    const id = parameters.required("MediaId");
    parameters.oneOf("MediaType", ["video"], parameters.required("MediaType"));
    const asset = world.assets.find(id);
    if (asset?.kind !== "video") throw videoNotFound();
    const uploads = openUploadsOf(world, asset);
    if (uploads.length === 0) {
      throw new VodError(
        400,
        "InvalidMultipartUpload.NotFound",
        "The media file has no part of an unfinished multipart upload.",
      );
    }
    for (const upload of uploads) await world.uploads.abort(upload.id);
    return {};
  },
};
