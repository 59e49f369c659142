/** What the actions that tell of media say of one. */
import type { Asset } from "../store/assets.ts";
import type { ObjectMetadata } from "../store/objects.ts";
import type { World } from "../world.ts";
import type { Reply } from "./answer.ts";
import { mediaStatus } from "./media-status.ts";
import { storageLocation } from "./storage-location.ts";
import { utcSeconds } from "./utc.ts";

/** What every kind of media has. */
export async function commonFields(world: World, asset: Asset): Promise<Reply> {
  return common(world, asset, await world.objects.find(asset.bucket, asset.key));
}

function common(world: World, asset: Asset, object: ObjectMetadata | undefined): Reply {
  const { parameters } = asset;
  return {
    Title: parameters.Title ?? "",
    Description: parameters.Description ?? "",
    Tags: parameters.Tags ?? "",
    ...(parameters.CateId === undefined ? {} : { CateId: Number(parameters.CateId) }),
    Status: mediaStatus(world, asset, object),
    CreationTime: utcSeconds(new Date(asset.created)),
    StorageLocation: storageLocation(world),
    RegionId: world.settings.region,
    AppId: parameters.AppId ?? "app-1000000",
    ...(parameters.UserData === undefined ? {} : { UserData: parameters.UserData }),
  };
}

export function modificationTime(asset: Asset, object: ObjectMetadata | undefined): string {
  return utcSeconds(new Date(object?.modified ?? asset.created));
}

/** What GetVideoInfos and SearchMedia say of a media file. */
export async function mediaFields(world: World, asset: Asset): Promise<Reply> {
  const object = await world.objects.find(asset.bucket, asset.key);
  const { parameters } = asset;
  return {
    ...common(world, asset, object),
    ModificationTime: modificationTime(asset, object),
    Size: object?.size ?? 0,
    // The emulator looks into no file, and takes no snapshots.
    Duration: 0,
    CoverURL: parameters.CoverURL ?? "",
    Snapshots: snapshots(asset),
    TemplateGroupId: parameters.TemplateGroupId ?? "",
    StorageClass: "Standard",
    DownloadSwitch: "on",
    PreprocessStatus: "UnPreprocess",
    ...(asset.referenceId === undefined ? {} : { ReferenceId: asset.referenceId }),
  };
}

function snapshots({ parameters }: Asset): string[] {
  return parameters.CoverURL === undefined ? [] : [parameters.CoverURL];
}

/** As the actions that list have it. */
export async function videoFields(world: World, asset: Asset): Promise<Reply> {
  const fields = await mediaFields(world, asset);
  const size = world.habits.lists === "text" ? { Size: String(fields.Size) } : {};
  return { VideoId: asset.id, ...fields, ...size };
}

/** As GetVideoInfo has it: with the times under their old names, too. */
export async function videoInfoFields(world: World, asset: Asset): Promise<Reply> {
  const fields = await mediaFields(world, asset);
  const wrapped = world.habits.snapshots === "wrapped";
  return {
    VideoId: asset.id,
    ...fields,
    ...(wrapped ? { Snapshots: { Snapshot: snapshots(asset) } } : {}),
    CreateTime: fields.CreationTime ?? "",
    ModifyTime: fields.ModificationTime ?? "",
  };
}
