/** CreateUploadVideo, for video and audio: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadvideo */
import { randomBytes } from "node:crypto";
import type { Asset } from "../../store/assets.ts";
import type { World } from "../../world.ts";
import { invalidParameter, VodError } from "../errors.ts";
import { checkTags, type Parameters } from "../parameters.ts";
import { uploadFields } from "../upload-credential.ts";
import type { VodAction } from "./index.ts";

const EXTENSIONS = new Set(
  `3gp asf avi dat dv flv f4v gif m2t m3u8 m4v mj2 mjpeg mkv mov mp4 mpe mpg mpeg mts ogg qt rm rmvb swf ts vob wmv webm
  aac ac3 acm amr ape caf flac m4a mp3 ra wav wma`.split(/\s+/),
);

export const createUploadVideo: VodAction = {
  name: "CreateUploadVideo",
  run: async ({ world, exchange, parameters }) => {
    parameters.required("Title");
    parameters.limited("Title", 128);
    const extension = extensionOf(parameters.required("FileName"));
    parameters.limited("Description", 1024);
    checkTags(parameters);
    parameters.integer("FileSize");
    parameters.integer("CateId");
    parameters.json("UserData");
    checkStorage(world, parameters);
    const referenceId = checkReference(world, parameters);
    const id = randomBytes(16).toString("hex");
    const prefix = `sv/${id}/`;
    const asset: Asset = {
      id,
      kind: "video",
      bucket: world.settings.bucket,
      key: `${prefix}${id}.${extension}`,
      // A playlist is not one object: its segments go beside it, with the same credential.
      ...(extension === "m3u8" ? { prefix } : {}),
      ...(referenceId === undefined ? {} : { referenceId }),
      created: exchange.arrived,
      parameters: parameters.business(),
    };
    await world.assets.add(asset);
    return { VideoId: id, ...uploadFields(world, exchange, asset) };
  },
};

/** Only the extension of FileName matters; upper case is fine, a path too. */
function extensionOf(fileName: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase();
  if (extension !== undefined && EXTENSIONS.has(extension)) return extension;
  throw new VodError(
    400,
    "InvalidFileName.Extension",
    "The specified FileName's extension is illegal.",
  );
}

function checkStorage(world: World, parameters: Parameters): void {
  const location = parameters.text("StorageLocation");
  const { bucket, region } = world.settings;
  if (location === undefined || location === `${bucket}.oss-${region}.aliyuncs.com`) return;
  throw new VodError(
    404,
    "InvalidStorage.NotFound",
    "The specified StorageLocation does not exist.",
  );
}

function checkReference(world: World, parameters: Parameters): string | undefined {
  const id = parameters.text("ReferenceId");
  if (id === undefined) return undefined;
  if (!/^[A-Za-z0-9_-]{6,64}$/.test(id)) {
    throw invalidParameter("ReferenceId", "it must be 6 to 64 letters, digits, '_' and '-'.");
  }
  if (world.assets.findByReference(id)) {
    throw invalidParameter("ReferenceId", "it belongs to another media file already.");
  }
  return id;
}
