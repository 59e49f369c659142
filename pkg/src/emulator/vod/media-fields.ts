/** What GetVideoInfo, GetVideoInfos and SearchMedia say of a media file. */
import type { Asset } from "../store/assets.ts";
import type { World } from "../world.ts";
import type { Reply } from "./answer.ts";
import { storageLocation } from "./storage-location.ts";
import { utcSeconds } from "./utc.ts";

export async function mediaFields(world: World, asset: Asset): Promise<Reply> {
  const object = await world.objects.find(asset.bucket, asset.key);
  const { parameters } = asset;
  const created = utcSeconds(new Date(asset.created));
  return {
    Title: parameters.Title ?? "",
    Description: parameters.Description ?? "",
    Tags: parameters.Tags ?? "",
    ...(parameters.CateId === undefined ? {} : { CateId: Number(parameters.CateId) }),
    // The emulator transcodes nothing: a file that has arrived is ready.
    Status: object ? "Normal" : "Uploading",
    Size: object?.size ?? 0,
    Duration: 0,
    CoverURL: parameters.CoverURL ?? "",
    Snapshots: [],
    CreationTime: created,
    ModificationTime: object ? utcSeconds(new Date(object.modified)) : created,
    StorageLocation: storageLocation(world),
    RegionId: world.settings.region,
    TemplateGroupId: parameters.TemplateGroupId ?? "",
    AppId: parameters.AppId ?? "app-1000000",
    StorageClass: "Standard",
    ...(asset.referenceId === undefined ? {} : { ReferenceId: asset.referenceId }),
    ...(parameters.UserData === undefined ? {} : { UserData: parameters.UserData }),
  };
}

export async function videoFields(world: World, asset: Asset): Promise<Reply> {
  return { VideoId: asset.id, ...(await mediaFields(world, asset)) };
}
