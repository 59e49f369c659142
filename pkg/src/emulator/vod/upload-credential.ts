/** UploadAddress and UploadAuth: base64 of JSON, what a client needs to bring one file to OSS. */
import { endpointFor } from "../endpoint.ts";
import type { Exchange } from "../exchange.ts";
import type { Asset } from "../store/assets.ts";
import type { World } from "../world.ts";
import type { Reply } from "./answer.ts";
import { utcSeconds } from "./utc.ts";

/** Each call issues another credential; the address of an asset stays the same. */
export function uploadFields(world: World, exchange: Exchange, asset: Asset): Reply {
  const { bucket, key, prefix } = asset;
  const grant = {
    kind: "upload",
    bucket,
    key,
    ...(prefix === undefined ? {} : { prefix }),
  } as const;
  const life = world.credentialLifeSeconds;
  const credential = world.credentials.issue(grant, life, exchange.arrived);
  const address = {
    Endpoint: endpointFor(world, exchange),
    Bucket: bucket,
    FileName: key,
    ...(prefix === undefined ? {} : { ObjectPrefix: prefix }),
  };
  const auth = {
    SecurityToken: credential.securityToken,
    AccessKeyId: credential.accessKeyId,
    ExpireUTCTime: utcSeconds(credential.expires),
    AccessKeySecret: credential.accessKeySecret,
    Expiration: String(Math.max(1, Math.floor(life))),
    Region: world.settings.region,
  };
  const fields = { UploadAddress: encode(address), UploadAuth: encode(auth) };
  world.credentials.remember(...Object.values(fields));
  return fields;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}
