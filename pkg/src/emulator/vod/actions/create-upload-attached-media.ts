/** CreateUploadAttachedMedia: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadattachedmedia */
import { randomBytes } from "node:crypto";
import { endpointFor, objectUrl } from "../../endpoint.ts";
import type { Asset } from "../../store/assets.ts";
import { invalidParameter, missingParameter } from "../errors.ts";
import { checkTags, type Parameters } from "../parameters.ts";
import { readUrl } from "../read-url.ts";
import { checkStorage } from "../storage-location.ts";
import { uploadFields } from "../upload-credential.ts";
import type { VodAction } from "./index.ts";

const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  watermark: ["png", "gif", "apng", "mov"],
  subtitle: ["srt", "ass", "stl", "ttml", "vtt"],
  material: ["jpg", "gif", "png", "mp4", "mat", "zip", "apk"],
};
const URL_LIFE = 3600;

export const createUploadAttachedMedia: VodAction = {
  name: "CreateUploadAttachedMedia",
  run: async (request) => {
    const { world, exchange, parameters } = request;
    const required = parameters.required("BusinessType");
    const type = parameters.oneOf("BusinessType", Object.keys(EXTENSIONS), required);
    const extension = extensionOf(parameters, EXTENSIONS[type] ?? []);
    parameters.limited("Title", 128, "bytes");
    parameters.limited("Description", 1024, "bytes");
    checkTags(parameters);
    parameters.integer("FileSize");
    checkCategories(parameters);
    parameters.json("UserData");
    checkStorage(world, parameters);
    const id = randomBytes(16).toString("hex");
    const asset: Asset = {
      id,
      kind: "attached",
      bucket: world.settings.bucket,
      key: `${type}/${id.toUpperCase()}.${extension}`,
      created: exchange.arrived,
      parameters: parameters.business(),
    };
    await world.assets.add(asset);
    return {
      MediaId: id,
      MediaURL: readUrl(request, asset, URL_LIFE),
      FileURL: objectUrl(endpointFor(world, exchange), asset),
      ...uploadFields(world, exchange, asset),
    };
  },
};

/** MediaExt, or else what FileName ends with. */
function extensionOf(parameters: Parameters, allowed: readonly string[]): string {
  const named = /\.([A-Za-z0-9]+)$/.exec(parameters.text("FileName") ?? "")?.[1];
  const text = parameters.text("MediaExt") ?? named;
  if (text === undefined) throw missingParameter("MediaExt");
  const extension = text.toLowerCase();
  if (allowed.includes(extension)) return extension;
  throw invalidParameter("MediaExt", `for this BusinessType it is one of ${allowed.join(", ")}.`);
}

/** At most five, comma-separated. `CateId`, which an official SDK sends instead, is unknown here and passes unread. */
function checkCategories(parameters: Parameters): void {
  const list = parameters.text("CateIds")?.split(",") ?? [];
  if (list.length > 5 || !list.every((id) => /^-?\d+$/.test(id))) {
    throw invalidParameter("CateIds", "it must be at most five numbers, separated by commas.");
  }
}
