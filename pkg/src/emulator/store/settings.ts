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

const DEFAULTS = { region: "cn-shanghai", bucket: "vodlift-emulator" };

/** What every emulator once had: whoever still had it in a folder would let in whoever has read that. */
const WELL_KNOWN = "vodlift-emulator-secret";

/** Options win over what the folder remembers, and are remembered in turn. */
export async function loadSettings(folder: Folder, options: EmulatorOptions): Promise<Settings> {
  const saved = withoutWellKnown(await readJson<Partial<Settings>>(folder.settings));
  const settings: Settings = {
    accessKeyId: options.accessKeyId ?? saved.accessKeyId ?? `emulator-${random(8)}`,
    accessKeySecret: options.accessKeySecret ?? saved.accessKeySecret ?? random(24),
    region: options.region ?? saved.region ?? DEFAULTS.region,
    bucket: options.bucket ?? saved.bucket ?? DEFAULTS.bucket,
    sealKey: saved.sealKey ?? random(32),
  };
  checkAccessKey(settings.accessKeyId, settings.accessKeySecret);
  if (!isBucketName(settings.bucket)) {
    throw new RangeError(
      `bucket: ${JSON.stringify(settings.bucket)} is no OSS bucket name (3–63 of a-z, 0-9, '-')`,
    );
  }
  await writeJson(folder.settings, settings);
  return settings;
}

function random(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}

function withoutWellKnown(saved: Partial<Settings> = {}): Partial<Settings> {
  if (saved.accessKeySecret !== WELL_KNOWN) return saved;
  const { accessKeyId: _, accessKeySecret: __, ...others } = saved;
  return others;
}

/** `ID:SECRET`. Throws a RangeError with a sentence that repeats neither. */
export function parseAccessKey(text: string): { accessKeyId: string; accessKeySecret: string } {
  const at = text.indexOf(":");
  if (at < 0) throw new RangeError("it must be ID:SECRET");
  const [accessKeyId, accessKeySecret] = [text.slice(0, at), text.slice(at + 1)];
  checkAccessKey(accessKeyId, accessKeySecret);
  return { accessKeyId, accessKeySecret };
}

/** Signatures write the id between slashes and commas. */
function checkAccessKey(accessKeyId: string, accessKeySecret: string): void {
  if (!/^[\w.-]{1,128}$/.test(accessKeyId)) {
    throw new RangeError("accessKeyId: it must be up to 128 letters, digits, '.', '_' and '-'");
  }
  if (!/^[\x21-\x7e]{1,256}$/.test(accessKeySecret)) {
    throw new RangeError("accessKeySecret: it must be up to 256 visible ASCII characters");
  }
}
