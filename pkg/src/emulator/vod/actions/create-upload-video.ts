/** CreateUploadVideo, for video and audio: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadvideo */
import { addVideo, checkReference, mediaExtension } from "../new-video.ts";
import { checkTags } from "../parameters.ts";
import { checkStorage } from "../storage-location.ts";
import { uploadFields } from "../upload-credential.ts";
import type { VodAction } from "./index.ts";

export const createUploadVideo: VodAction = {
  name: "CreateUploadVideo",
  run: async ({ world, exchange, parameters }) => {
    parameters.required("Title");
    parameters.limited("Title", 128);
    const extension = mediaExtension(parameters.required("FileName"));
    parameters.limited("Description", 1024);
    checkTags(parameters);
    parameters.integer("FileSize");
    parameters.integer("CateId");
    parameters.json("UserData");
    checkStorage(world, parameters);
    const asset = await addVideo(world, {
      extension,
      referenceId: checkReference(world, parameters.text("ReferenceId")),
      created: exchange.arrived,
      parameters: parameters.business(),
    });
    return { VideoId: asset.id, ...uploadFields(world, exchange, asset) };
  },
};
