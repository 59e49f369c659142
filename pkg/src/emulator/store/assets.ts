/** VOD assets: what CreateUploadVideo and its siblings made, one JSON file each. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readJson, writeJson } from "./files.ts";
import type { Folder } from "./folder.ts";

export type Asset = {
  id: string;
  /** `video` is audio, too: the API makes no difference. */
  kind: "video" | "image" | "attached";
  bucket: string;
  /** Object key of the source file. */
  key: string;
  /** Set for playlists: the credential then covers every key below it. */
  prefix?: string;
  referenceId?: string;
  /** Unix ms. */
  created: number;
  /** The request's business parameters as they came: Title, FileName, Tags … */
  parameters: Record<string, string>;
};

export class Assets {
  readonly #folder: Folder;
  readonly #byId = new Map<string, Asset>();
  readonly #byReference = new Map<string, Asset>();
  readonly #byObject = new Map<string, Asset>();

  private constructor(folder: Folder) {
    this.#folder = folder;
  }

  static async load(folder: Folder): Promise<Assets> {
    const assets = new Assets(folder);
    for (const name of await readdir(folder.assets)) {
      if (!name.endsWith(".json")) continue;
      const asset = await readJson<Asset>(join(folder.assets, name));
      if (asset) assets.#index(asset);
    }
    return assets;
  }

  /** Indexed before it is on disk, so that two creations at once cannot take one ReferenceId. */
  async add(asset: Asset): Promise<void> {
    this.#index(asset);
    await writeJson(join(this.#folder.assets, `${asset.id}.json`), asset);
  }

  async remove(asset: Asset): Promise<void> {
    this.#byId.delete(asset.id);
    this.#byObject.delete(objectName(asset.bucket, asset.key));
    if (asset.referenceId !== undefined) this.#byReference.delete(asset.referenceId);
    await rm(join(this.#folder.assets, `${asset.id}.json`), { force: true });
  }

  list(): Asset[] {
    return [...this.#byId.values()];
  }

  find(id: string): Asset | undefined {
    return this.#byId.get(id);
  }

  findByReference(referenceId: string): Asset | undefined {
    return this.#byReference.get(referenceId);
  }

  /** The asset whose source file is this object. */
  findByObject(bucket: string, key: string): Asset | undefined {
    return this.#byObject.get(objectName(bucket, key));
  }

  #index(asset: Asset): void {
    this.#byId.set(asset.id, asset);
    this.#byObject.set(objectName(asset.bucket, asset.key), asset);
    if (asset.referenceId !== undefined) this.#byReference.set(asset.referenceId, asset);
  }
}

function objectName(bucket: string, key: string): string {
  return `${bucket}/${key}`;
}
