/** UploadAddress and UploadAuth: base64 of JSON, what a client needs to bring one file to OSS. */
import { endpointFor } from "../endpoint.ts";
import type { Exchange } from "../exchange.ts";
import type { Asset } from "../store/assets.ts";
import type { World } from "../world.ts";
import type { Reply } from "./answer.ts";
import { utcSeconds } from "./utc.ts";

/** The address of an asset stays the same; whether its credential does is a habit. */
export function uploadFields(world: World, exchange: Exchange, asset: Asset): Reply {
  const { bucket, key, prefix } = asset;
  const credential = world.uploadCredentials.for(asset, exchange.arrived);
  const address = {
    Endpoint: endpointFor(world, exchange),
    Bucket: bucket,
    FileName: key,
    ...(prefix === undefined ? {} : { ObjectPrefix: prefix }),
  };
  const remaining = Math.max(0, credential.expires.getTime() - exchange.arrived);
  const full = world.habits.credentialFields === "full";
  const auth = {
    SecurityToken: credential.securityToken,
    AccessKeyId: credential.accessKeyId,
    ...(full ? { ExpireUTCTime: utcSeconds(credential.expires) } : {}),
    AccessKeySecret: credential.accessKeySecret,
    Expiration: String(Math.floor(remaining / 1000)),
    ...(full ? { Region: regionField(world, asset) } : {}),
  };
  const fields = { UploadAddress: encode(address), UploadAuth: encode(auth) };
  world.credentials.remember(...Object.values(fields));
  return fields;
}

function regionField({ habits, settings }: World, { kind }: Asset): string {
  const { region } = settings;
  switch (habits.credentialRegion) {
    case "plain":
      return region;
    case "prefixed":
      return `oss-${region}`;
    case "wrong-for-images":
      if (kind !== "image") return region;
      return region === "cn-shanghai" ? "cn-beijing" : "cn-shanghai";
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}
