/** CreateUploadImage: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadimage */
import { randomBytes } from "node:crypto";
import { endpointFor, objectUrl } from "../../endpoint.ts";
import type { Asset } from "../../store/assets.ts";
import { checkTags } from "../parameters.ts";
import { readUrl } from "../read-url.ts";
import { checkStorage } from "../storage-location.ts";
import { uploadFields } from "../upload-credential.ts";
import type { VodAction } from "./index.ts";

/** `watermark` is what older demos send. */
const TYPES = ["default", "cover", "watermark"];
const EXTENSIONS = ["png", "jpg", "jpeg", "gif", "heic", "webp"];
const URL_LIFE = 3600;

export const createUploadImage: VodAction = {
  name: "CreateUploadImage",
  run: async (request) => {
    const { world, exchange, parameters } = request;
    const type = parameters.oneOf("ImageType", TYPES, parameters.required("ImageType"));
    const extension = parameters.oneOf("ImageExt", EXTENSIONS, "png");
    parameters.limited("Title", 128);
    parameters.limited("Description", 1024);
    checkTags(parameters);
    parameters.integer("CateId");
    parameters.json("UserData");
    checkStorage(world, parameters);
    const id = randomBytes(16).toString("hex");
    const asset: Asset = {
      id,
      kind: "image",
      bucket: world.settings.bucket,
      key: `image/${type}/${id.toUpperCase()}-6-2.${extension}`,
      created: exchange.arrived,
      parameters: parameters.business(),
    };
    await world.assets.add(asset);
    const fileUrl = objectUrl(endpointFor(world, exchange), asset);
    const presigned = world.habits.imageUrl === "presigned";
    return {
      ImageId: id,
      ImageURL: presigned ? readUrl(request, asset, URL_LIFE) : fileUrl,
      FileURL: fileUrl,
      ...uploadFields(world, exchange, asset),
    };
  },
};
