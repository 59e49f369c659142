/** Removes a media file with everything it brought to OSS: object, segments of a playlist, parts of open uploads. */
import type { Asset } from "../store/assets.ts";
import type { Upload } from "../store/uploads.ts";
import type { World } from "../world.ts";

export async function deleteAsset(world: World, asset: Asset): Promise<void> {
  const { bucket, key, prefix } = asset;
  for (const upload of openUploadsOf(world, asset)) await world.uploads.abort(upload.id);
  await world.objects.delete(bucket, key);
  if (prefix !== undefined) {
    const keys = await world.objects.keys(bucket);
    for (const below of keys.filter((name) => name.startsWith(prefix))) {
      await world.objects.delete(bucket, below);
    }
  }
  await world.assets.remove(asset);
}

/** The multipart uploads to a media file's address that were neither completed nor aborted. */
export function openUploadsOf(world: World, { bucket, key, prefix }: Asset): Upload[] {
  return world.uploads
    .list()
    .filter(
      (upload) =>
        upload.bucket === bucket &&
        (upload.key === key || (prefix !== undefined && upload.key.startsWith(prefix))),
    );
}
