/** GetMezzanineInfo: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getmezzanineinfo */

import * as v1 from "../../sign/oss-v1.ts";
import { type Parameter, percentEncodePath } from "../../sign/text.ts";
import type { Asset } from "../../store/assets.ts";
import { requestedVideo } from "../asset-lookup.ts";
import { invalidParameter } from "../errors.ts";
import { endpointFor, utcSeconds } from "../upload-credential.ts";
import type { VodAction, VodRequest } from "./index.ts";

const DEFAULT_URL_LIFE = 3600;
const MAX_URL_LIFE = 2_592_000;

export const getMezzanineInfo: VodAction = {
  name: "GetMezzanineInfo",
  run: async (request) => {
    const { world, parameters } = request;
    const asset = requestedVideo(world, parameters);
    const life = parameters.integer("AuthTimeout") ?? DEFAULT_URL_LIFE;
    if (life < 1 || life > MAX_URL_LIFE)
      throw invalidParameter("AuthTimeout", "it is out of range.");
    const object = await world.objects.find(asset.bucket, asset.key);
    return {
      Mezzanine: {
        VideoId: asset.id,
        Status: object ? "Normal" : "Uploading",
        FileName: asset.key,
        ...(object ? { FileURL: readUrl(request, asset, life) } : {}),
        Size: object?.size ?? 0,
        // The emulator never looks into a file: what a probe would find is left at zero.
        Duration: "0",
        Bitrate: "0",
        Fps: "0",
        Width: 0,
        Height: 0,
        CreationTime: utcSeconds(new Date(asset.created)),
        OutputType: parameters.text("OutputType") ?? "cdn",
        PreprocessStatus: "UnPreprocess",
        StorageClass: "Standard",
        VideoStreamList: [],
        AudioStreamList: [],
      },
    };
  },
};

/** A presigned URL that really works: it reads the object back from this emulator. */
function readUrl({ world, exchange }: VodRequest, asset: Asset, lifeSeconds: number): string {
  const { accessKeyId, accessKeySecret } = world.credentials;
  const { bucket, key } = asset;
  const expires = String(Math.floor(exchange.arrived / 1000) + lifeSeconds);
  const query: Parameter[] = [];
  const stringToSign = v1.stringToSign({
    method: "GET",
    bucket,
    key,
    query,
    headers: {},
    date: expires,
  });
  const signature = v1.signature(accessKeySecret, stringToSign);
  const url = new URL(`${endpointFor(world, exchange)}/${bucket}/${percentEncodePath(key)}`);
  url.searchParams.set("OSSAccessKeyId", accessKeyId);
  url.searchParams.set("Expires", expires);
  url.searchParams.set("Signature", signature);
  return url.href;
}
