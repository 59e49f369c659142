// What callers of this Worker know options by.
import type { OptionNames } from "vodlift";

/** What requests and settings of this Worker call options that the package calls otherwise. */
export const NAMES: OptionNames = {
  source: "url",
  allowPrivateSources: "VODLIFT_ALLOW_PRIVATE_SOURCES",
  allowHosts: "VODLIFT_ALLOW_HOSTS",
  denyHosts: "VODLIFT_DENY_HOSTS",
  maxBytes: "VODLIFT_MAX_BYTES",
  memory: "VODLIFT_MEMORY",
  region: "VODLIFT_REGION",
  endpoint: "VODLIFT_ENDPOINT",
  accessKeyId: "ALIBABA_CLOUD_ACCESS_KEY_ID",
  accessKeySecret: "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
  securityToken: "ALIBABA_CLOUD_SECURITY_TOKEN",
};
