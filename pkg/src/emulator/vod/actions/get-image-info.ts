/** GetImageInfo: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getimageinfo */
import { endpointFor, objectUrl } from "../../endpoint.ts";
import { VodError } from "../errors.ts";
import { commonFields } from "../media-fields.ts";
import { readUrl } from "../read-url.ts";
import type { VodAction } from "./index.ts";

const DEFAULT_URL_LIFE = 3600;

export const getImageInfo: VodAction = {
  name: "GetImageInfo",
  run: async (request) => {
    const { world, exchange, parameters } = request;
    const asset = world.assets.find(parameters.required("ImageId"));
    if (asset?.kind !== "image") {
      throw new VodError(404, "InvalidImage.NotFound", "The image does not exist.");
    }
    const life = parameters.integer("AuthTimeout") ?? DEFAULT_URL_LIFE;
    const object = await world.objects.find(asset.bucket, asset.key);
    return {
      ImageInfo: {
        ...(await commonFields(world, asset)),
        ImageId: asset.id,
        ImageType: asset.parameters.ImageType ?? "default",
        URL: readUrl(request, asset, life),
        Mezzanine: {
          // The service tells it as text.
          FileSize: String(object?.size ?? 0),
          FileURL: objectUrl(endpointFor(world, exchange), asset),
          OriginalFileName: asset.parameters.OriginalFileName ?? "",
          Width: 0,
          Height: 0,
        },
      },
    };
  },
};
