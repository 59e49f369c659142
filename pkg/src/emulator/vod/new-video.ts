/** What every new video or audio file must keep to, whether it is uploaded or pulled from a URL. */
import { randomBytes } from "node:crypto";
import type { Asset } from "../store/assets.ts";
import type { World } from "../world.ts";
import { invalidParameter, VodError } from "./errors.ts";

const AUDIO = new Set("aac ac3 acm amr ape caf flac m4a mp3 ra wav wma".split(" "));
const VIDEO = new Set(
  `3gp asf avi dat dv flv f4v gif m2t m3u8 m4v mj2 mjpeg mkv mov mp4 mpe mpg mpeg mts ogg qt rm rmvb swf ts vob wmv
  webm`.split(/\s+/),
);

/** Only the extension of a file name matters; upper case is fine, a path too. */
export function mediaExtension(fileName: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase();
  if (extension !== undefined && (AUDIO.has(extension) || VIDEO.has(extension))) return extension;
  throw new VodError(
    400,
    "InvalidFileName.Extension",
    "The specified FileName's extension is illegal.",
  );
}

export function isAudio(asset: Asset): boolean {
  return asset.kind === "video" && AUDIO.has(asset.key.slice(asset.key.lastIndexOf(".") + 1));
}

export function checkReference(world: World, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  if (!/^[A-Za-z0-9_-]{6,64}$/.test(id)) {
    throw invalidParameter("ReferenceId", "it must be 6 to 64 letters, digits, '_' and '-'.");
  }
  if (world.assets.findByReference(id)) {
    throw invalidParameter("ReferenceId", "it belongs to another media file already.");
  }
  return id;
}

function folderOf({ habits }: World, id: string): string {
  switch (habits.objectKeys) {
    case "sv":
      return `sv/${id}/`;
    case "video":
      return `video/${id}/`;
    case "workflow":
      return `original/workflow/${id}/`;
    case "customerTrans":
      return `customerTrans/${randomBytes(16).toString("hex")}/`;
  }
}

export type NewVideo = {
  extension: string;
  referenceId: string | undefined;
  /** Unix ms. */
  created: number;
  parameters: Record<string, string>;
};

export async function addVideo(world: World, video: NewVideo): Promise<Asset> {
  const { extension, referenceId, created, parameters } = video;
  const id = randomBytes(16).toString("hex");
  const prefix = folderOf(world, id);
  const asset: Asset = {
    id,
    kind: "video",
    bucket: world.settings.bucket,
    key: `${prefix}${id}.${extension}`,
    // A playlist is not one object: its segments go beside it, with the same credential.
    ...(extension === "m3u8" ? { prefix } : {}),
    ...(referenceId === undefined ? {} : { referenceId }),
    created,
    parameters,
  };
  await world.assets.add(asset);
  return asset;
}
