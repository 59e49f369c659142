// The package as this Worker uses it: its account, and its errors as data.
import { Vodlift, VodliftError, withOptionNames } from "vodlift";
import type { Trouble } from "./api/problem.ts";
import type { Failure } from "./api/schema.ts";
import type { Env } from "./env.ts";
import { REFERENCE_TAKEN } from "./ingest/reference.ts";
import { NAMES } from "./names.ts";
import { sealTrouble } from "./seal.ts";
import { brokenSetting, list, setting } from "./settings.ts";

export function client(env: Env): Vodlift {
  return new Vodlift({
    accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID ?? "",
    accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET ?? "",
    ...(env.ALIBABA_CLOUD_SECURITY_TOKEN && { securityToken: env.ALIBABA_CLOUD_SECURITY_TOKEN }),
    ...(env.VODLIFT_REGION && { region: env.VODLIFT_REGION }),
    ...(env.VODLIFT_ENDPOINT && { endpoint: env.VODLIFT_ENDPOINT }),
  });
}

/** The largest source that is taken. */
export function limitOf(env: Env): { maxBytes?: number } {
  const broken = unready(env);
  if (broken) throw new KnownFailure({ ...broken, retryable: true });
  const maxBytes = setting(env, "VODLIFT_MAX_BYTES");
  return maxBytes === 0 ? {} : { maxBytes };
}

/** Where sources may be. */
export function placesOf(env: Env) {
  const allowHosts = list(env, "VODLIFT_ALLOW_HOSTS");
  const denyHosts = list(env, "VODLIFT_DENY_HOSTS");
  return {
    allowPrivateSources: env.VODLIFT_ALLOW_PRIVATE_SOURCES === "true",
    ...(allowHosts && { allowHosts }),
    ...(denyHosts && { denyHosts }),
  };
}

/** Why this address may not be reached, as far as its text and a list of hosts tell. */
export async function refusalOf(
  env: Env,
  url: string,
  allowHosts: string[] | undefined,
): Promise<Failure | undefined> {
  const { allowPrivateSources } = placesOf(env);
  const how = { as: "video", title: "t", fileName: "f.mp4", allowPrivateSources } as const;
  const check = client(env).check("video", { url }, { ...how, ...(allowHosts && { allowHosts }) });
  return check.then(() => undefined, asFailure);
}

export function weakSealKey(trouble: string): Trouble {
  return {
    code: "setting_invalid",
    message: `this Worker's setting VODLIFT_SEAL_KEY ${trouble}`,
    hint: "Set it to what `openssl rand -hex 32` prints, with `wrangler secret put VODLIFT_SEAL_KEY`.",
  };
}

/** What keeps this Worker from taking anything, if something does. */
export function unready(env: Env): Trouble | undefined {
  if (!env.ALIBABA_CLOUD_ACCESS_KEY_ID || !env.ALIBABA_CLOUD_ACCESS_KEY_SECRET) {
    return {
      code: "credentials_missing",
      message: "this Worker has no AccessKey",
      hint: "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET with `wrangler secret put`.",
    };
  }
  const weak = sealTrouble(env);
  if (weak !== undefined) return weakSealKey(weak);
  const broken = brokenSetting(env);
  return (
    broken && {
      code: "setting_invalid",
      message: `this Worker's setting ${broken.name} ${broken.rule}`,
      hint: broken.hint,
    }
  );
}

/** What this Worker itself finds wrong. */
export class KnownFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function asFailure(error: unknown): Failure {
  if (error instanceof KnownFailure) return error.failure;
  if (error instanceof VodliftError) {
    const { code, retryable, requestId } = error;
    const words = withOptionNames(error, NAMES);
    // VOD's words, and the core's, may tell of the media that has the id: callers hear what they always hear.
    const told = code === "reference_taken" ? REFERENCE_TAKEN : { code, ...words, retryable };
    return { ...told, ...(requestId !== undefined && { requestId }) };
  }
  return {
    code: "internal",
    message: error instanceof Error ? error.message : "something else than an error was thrown",
    hint: "This is a fault in vodlift: please report it with the message.",
    retryable: true,
  };
}
