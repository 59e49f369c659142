/** GetMezzanineInfo: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getmezzanineinfo */
import { requestedVideo } from "../asset-lookup.ts";
import { invalidParameter, VodError } from "../errors.ts";
import { mediaStatus } from "../media-status.ts";
import { readUrl } from "../read-url.ts";
import { utcSeconds } from "../utc.ts";
import type { VodAction } from "./index.ts";

const DEFAULT_URL_LIFE = 3600;
const MAX_URL_LIFE = 2_592_000;

export const getMezzanineInfo: VodAction = {
  name: "GetMezzanineInfo",
  run: async (request) => {
    const { world, parameters } = request;
    const asset = requestedVideo(world, parameters);
    const life = parameters.integer("AuthTimeout") ?? DEFAULT_URL_LIFE;
    if (life < 1 || life > MAX_URL_LIFE)
      throw invalidParameter("AuthTimeout", "it is out of range.");
    const object = await world.objects.find(asset.bucket, asset.key);
    if (!object && world.habits.beforeArrival === "not-found") throw fileNotFound();
    const status = mediaStatus(world, asset, object);
    return {
      Mezzanine: {
        VideoId: asset.id,
        Status: status,
        FileName: asset.key,
        ...(object ? { FileURL: readUrl(request, asset, life) } : {}),
        ...(status === "Transcoding" ? {} : { Size: object?.size ?? 0 }),
        // The emulator never looks into a file: what a probe would find is left at zero.
        Duration: "0",
        Bitrate: "0",
        Fps: "0",
        Width: 0,
        Height: 0,
        CreationTime: utcSeconds(new Date(asset.created)),
        OutputType: parameters.text("OutputType") ?? "cdn",
        PreprocessStatus: "UnPreprocess",
        StorageClass: "Standard",
        VideoStreamList: [],
        AudioStreamList: [],
      },
    };
  },
};

function fileNotFound(): VodError {
  return new VodError(404, "InvalidFile.NotFound", "The file does not exist.");
}
