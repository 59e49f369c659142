/** UploadAddress and UploadAuth: base64 of JSON, what a client needs to bring one file to OSS. */
import { type Exchange, header } from "../exchange.ts";
import type { Asset } from "../store/assets.ts";
import type { World } from "../world.ts";
import type { Reply } from "./answer.ts";

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
  return { UploadAddress: encode(address), UploadAuth: encode(auth) };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}

/** Listening on every address, only the client knows which of them it can reach: the one it just used. */
export function endpointFor(world: World, exchange: Exchange): string {
  const everywhere = /^(https?):\/\/(0\.0\.0\.0|\[::\]):/.exec(world.endpoint);
  const host = header(exchange, "host");
  return everywhere && host !== undefined ? `${everywhere[1]}://${host}` : world.endpoint;
}

/** `2026-01-01T00:00:00Z`: the service's times have no fraction. */
export function utcSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
