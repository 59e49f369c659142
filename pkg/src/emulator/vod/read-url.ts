/** A presigned URL that really works: it reads an object back from this emulator. */
import { endpointFor, objectUrl } from "../endpoint.ts";
import * as v1 from "../sign/oss-v1.ts";
import type { Asset } from "../store/assets.ts";
import type { VodRequest } from "./actions/index.ts";

export function readUrl(
  { world, exchange }: VodRequest,
  asset: Asset,
  lifeSeconds: number,
): string {
  const { accessKeyId, accessKeySecret } = world.credentials;
  const { bucket, key } = asset;
  const expires = String(Math.floor(exchange.arrived / 1000) + lifeSeconds);
  const stringToSign = v1.stringToSign({
    method: "GET",
    bucket,
    key,
    query: [],
    headers: {},
    date: expires,
  });
  const signature = v1.signature(accessKeySecret, stringToSign);
  const url = new URL(objectUrl(endpointFor(world, exchange), asset));
  url.searchParams.set("OSSAccessKeyId", accessKeyId);
  url.searchParams.set("Expires", expires);
  url.searchParams.set("Signature", signature);
  return url.href;
}
