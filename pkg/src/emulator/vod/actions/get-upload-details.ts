/**
 * GetUploadDetails: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getuploaddetails
 *
 * The service knows the ratio of an upload only if the client reports it. The emulator counts the stored parts instead.
 */
import type { Asset } from "../../store/assets.ts";
import type { World } from "../../world.ts";
import type { Reply } from "../answer.ts";
import { openUploadsOf } from "../delete-asset.ts";
import { VodError } from "../errors.ts";
import { mediaStatus } from "../media-status.ts";
import { utcSeconds } from "../utc.ts";
import type { VodAction } from "./index.ts";

const MAX_IDS = 20;

export const getUploadDetails: VodAction = {
  name: "GetUploadDetails",
  run: async ({ world, parameters }) => {
    const ids = parameters.required("MediaIds").split(",");
    parameters.oneOf("MediaType", ["video"], "video");
    if (ids.length > MAX_IDS) {
      throw new VodError(
        400,
        "LimitExceeded.MediaIds",
        'The input parameter "MediaIds" Exceed the limit.',
      );
    }
    const found = ids.flatMap((id) => world.assets.find(id) ?? []);
    const videos = found.filter((asset) => asset.kind === "video");
    const known = new Set(videos.map((asset) => asset.id));
    return {
      UploadDetails: await Promise.all(videos.map((asset) => describe(world, asset))),
      NonExistMediaIds: ids.filter((id) => !known.has(id)),
      ForbiddenMediaIds: [],
    };
  },
};

async function describe(world: World, asset: Asset): Promise<Reply> {
  const object = await world.objects.find(asset.bucket, asset.key);
  const parts = openUploadsOf(world, asset).flatMap((upload) => world.uploads.parts(upload.id));
  const uploaded = object?.size ?? parts.reduce((sum, part) => sum + part.size, 0);
  const announced = object?.size ?? Number(asset.parameters.FileSize ?? 0);
  const latest = Math.max(asset.created, ...parts.map((part) => part.modified));
  const time = (ms: number) => utcSeconds(new Date(ms));
  return {
    MediaId: asset.id,
    Title: asset.parameters.Title ?? "",
    Status: mediaStatus(world, asset, object),
    UploadStatus: object ? "UPLOAD_SUCCESS" : "UPLOADING",
    UploadSize: uploaded,
    FileSize: announced,
    UploadRatio: object ? 1 : announced > 0 ? Math.min(uploaded / announced, 1) : 0,
    CreationTime: time(asset.created),
    ModificationTime: time(object?.modified ?? latest),
    ...(object ? { CompletionTime: time(object.modified) } : {}),
  };
}
