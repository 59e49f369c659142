/** GetAttachedMediaInfo: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getattachedmediainfo */
import { invalidParameter } from "../errors.ts";
import { commonFields, modificationTime } from "../media-fields.ts";
import { readUrl } from "../read-url.ts";
import type { VodAction } from "./index.ts";

const DEFAULT_URL_LIFE = 3600;
const MAX_IDS = 20;

/** As the service's, it does not tell a size. */
export const getAttachedMediaInfo: VodAction = {
  name: "GetAttachedMediaInfo",
  run: async (request) => {
    const { world, parameters } = request;
    const ids = parameters.required("MediaIds").split(",");
    if (ids.length > MAX_IDS)
      throw invalidParameter("MediaIds", `it takes at most ${MAX_IDS} ids.`);
    const life = parameters.integer("AuthTimeout") ?? DEFAULT_URL_LIFE;
    const found = ids.flatMap((id) => {
      const asset = world.assets.find(id);
      return asset?.kind === "attached" ? [asset] : [];
    });
    const list = found.map(async (asset) => {
      const object = await world.objects.find(asset.bucket, asset.key);
      return {
        ...(await commonFields(world, asset)),
        ModificationTime: modificationTime(asset, object),
        MediaId: asset.id,
        Type: asset.parameters.BusinessType ?? "",
        URL: readUrl(request, asset, life),
      };
    });
    return {
      AttachedMediaList: await Promise.all(list),
      NonExistMediaIds: ids.filter((id) => !found.some((asset) => asset.id === id)),
    };
  },
};
