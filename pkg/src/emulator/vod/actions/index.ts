/** The API's actions, one file each. Another one needs its file and its line in this list, nothing else. */
import type { Exchange } from "../../exchange.ts";
import type { World } from "../../world.ts";
import type { Reply } from "../answer.ts";
import type { Parameters } from "../parameters.ts";
import { cancelUrlUploadJobs } from "./cancel-url-upload-jobs.ts";
import { createUploadAttachedMedia } from "./create-upload-attached-media.ts";
import { createUploadImage } from "./create-upload-image.ts";
import { createUploadVideo } from "./create-upload-video.ts";
import { deleteMultipartUpload } from "./delete-multipart-upload.ts";
import { deleteVideo } from "./delete-video.ts";
import { getAttachedMediaInfo } from "./get-attached-media-info.ts";
import { getImageInfo } from "./get-image-info.ts";
import { getMezzanineInfo } from "./get-mezzanine-info.ts";
import { getUploadDetails } from "./get-upload-details.ts";
import { getUrlUploadInfos } from "./get-url-upload-infos.ts";
import { getVideoInfo } from "./get-video-info.ts";
import { getVideoInfos } from "./get-video-infos.ts";
import { refreshUploadVideo } from "./refresh-upload-video.ts";
import { searchMedia } from "./search-media.ts";
import { uploadMediaByUrl } from "./upload-media-by-url.ts";

/** A verified call. */
export type VodRequest = { world: World; exchange: Exchange; parameters: Parameters };

export type VodAction = {
  /** The API's own name. */
  name: string;
  /** Replies, or throws a VodError. RequestId is added to the reply. */
  run(request: VodRequest): Promise<Reply>;
};

export const actions: readonly VodAction[] = [
  createUploadVideo,
  refreshUploadVideo,
  createUploadImage,
  createUploadAttachedMedia,
  getImageInfo,
  getAttachedMediaInfo,
  getMezzanineInfo,
  getVideoInfo,
  getVideoInfos,
  searchMedia,
  getUploadDetails,
  deleteVideo,
  deleteMultipartUpload,
  uploadMediaByUrl,
  getUrlUploadInfos,
  cancelUrlUploadJobs,
];
