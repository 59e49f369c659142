// Which account's service, how it is reached, and what is printed. The fields are those of `VodliftOptions`.
import { flag, list, option, toggle } from "./option.ts";
import { size, text, word } from "./values.ts";

export const VOD = {
  region: option("--region R", text, "VOD region (VODLIFT_REGION, else cn-shanghai)"),
  endpoint: option(
    "--endpoint E",
    text,
    "VOD endpoint (VODLIFT_ENDPOINT); an emulator, a private cloud",
  ),
  vodSignature: option(
    "--vod-signature acs3|rpc",
    word(["acs3", "rpc"]),
    "how calls of VOD are signed; default: acs3, rpc for gateways that know nothing newer",
  ),
};

export const OSS = {
  ossSignature: option(
    "--oss-signature v4|v1",
    word(["v4", "v1"]),
    "how requests to OSS are signed; default: v4, v1 for old buckets and private clouds",
  ),
  ossEndpoint: option(
    "--oss-endpoint E",
    text,
    "OSS endpoint instead of the one VOD names: a VPC or private one, without the bucket",
  ),
  ossNetwork: option(
    "--oss-network N",
    word(["public", "internal", "accelerate"]),
    "internal, within that region's cloud network, or accelerate; default: public",
  ),
  ossCname: flag(
    "--oss-cname",
    "--oss-endpoint is a domain bound to the bucket: its name is not put before it",
  ),
  ossRegion: option(
    "--oss-region R",
    text,
    "region of the bucket, where its endpoint does not tell it",
  ),
  trustedHosts: list(
    "--trust-host H",
    (hosts) => [...hosts],
    "a host beside those of OSS (oss-*.aliyuncs.com) that VOD may send the bytes to: host, host:port, or http://host:port for plain HTTP",
  ),
};

export const MEMORY = {
  memory: option(
    "--memory SIZE",
    size,
    "what all uploads may hold in memory, such as 32MiB, before one waits for its turn; default: 48MiB",
  ),
};

export const SERVICE = { ...VOD, ...OSS, ...MEMORY };

/** What is printed: each command has its own words for it. */
export function output(json: string, quiet: string) {
  return { json: toggle("--json", json), quiet: toggle("--quiet", quiet) };
}
