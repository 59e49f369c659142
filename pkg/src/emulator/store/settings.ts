/** What stays the same when the emulator is started again on the same folder. */
import { randomBytes } from "node:crypto";
import type { EmulatorOptions } from "../options.ts";
import { readJson, writeJson } from "./files.ts";
import type { Folder } from "./folder.ts";
import { isBucketName } from "./names.ts";

export type Settings = {
  accessKeyId: string;
  accessKeySecret: string;
  region: string;
  bucket: string;
  /** Hex; seals security tokens. Random per folder: a token of one emulator is worth nothing to another. */
  sealKey: string;
};

/** Readable on purpose: these open nothing but an emulator. */
const DEFAULTS = {
  accessKeyId: "vodlift-emulator",
  accessKeySecret: "vodlift-emulator-secret",
  region: "cn-shanghai",
  bucket: "vodlift-emulator",
};

/** Options win over what the folder remembers, and are remembered in turn. */
export async function loadSettings(folder: Folder, options: EmulatorOptions): Promise<Settings> {
  const saved = await readJson<Partial<Settings>>(folder.settings);
  const settings: Settings = {
    accessKeyId: options.accessKeyId ?? saved?.accessKeyId ?? DEFAULTS.accessKeyId,
    accessKeySecret: options.accessKeySecret ?? saved?.accessKeySecret ?? DEFAULTS.accessKeySecret,
    region: options.region ?? saved?.region ?? DEFAULTS.region,
    bucket: options.bucket ?? saved?.bucket ?? DEFAULTS.bucket,
    sealKey: saved?.sealKey ?? randomBytes(32).toString("hex"),
  };
  if (!isBucketName(settings.bucket)) {
    throw new RangeError(
      `bucket: ${JSON.stringify(settings.bucket)} is no OSS bucket name (3–63 of a-z, 0-9, '-')`,
    );
  }
  await writeJson(folder.settings, settings);
  return settings;
}
