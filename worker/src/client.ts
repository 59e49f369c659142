// The package as this Worker uses it: its account, and its errors as data.
import {
  type OptionNames,
  type UploadOptions,
  Vodlift,
  VodliftError,
  withOptionNames,
} from "vodlift";
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
    memory: setting(env, "VODLIFT_MEMORY"),
  });
}

/** The largest source that is taken. */
export async function limitOf(env: Env): Promise<{ maxBytes?: number }> {
  const broken = await unready(env);
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
export function unready(env: Env): Promise<Trouble | undefined> {
  const known = looked.get(env) ?? look(env);
  looked.set(env, known);
  return known;
}

/** Settings do not change while an isolate lives. */
const looked = new WeakMap<Env, Promise<Trouble | undefined>>();

async function look(env: Env): Promise<Trouble | undefined> {
  if (!env.ALIBABA_CLOUD_ACCESS_KEY_ID?.trim() || !env.ALIBABA_CLOUD_ACCESS_KEY_SECRET?.trim()) {
    return {
      code: "credentials_missing",
      message: "this Worker has no AccessKey",
      hint: "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET with `wrangler secret put`.",
    };
  }
  const weak = sealTrouble(env);
  if (weak !== undefined) return weakSealKey(weak);
  const broken = brokenSetting(env) ?? (await refusedSetting(env));
  return (
    broken && {
      code: "setting_invalid",
      message: `this Worker's setting ${broken.name} ${broken.rule}`,
      hint: broken.hint,
    }
  );
}

/** A setting that the core does not take, whatever a request says: the account's, or a list of hosts. */
async function refusedSetting(
  env: Env,
): Promise<{ name: string; rule: string; hint: string } | undefined> {
  const source = { url: "https://example.com/f.mp4" };
  const check = async (options: UploadOptions) =>
    client(env).check("video", source, { title: "f.mp4", ...options });
  const hooks = list(env, "VODLIFT_WEBHOOK_HOSTS");
  const own = env.VODLIFT_WEBHOOK_URL;
  const tried: [options: UploadOptions, names: OptionNames][] = [
    [placesOf(env), NAMES],
    [hooks ? { allowHosts: hooks } : {}, { ...NAMES, allowHosts: "VODLIFT_WEBHOOK_HOSTS" }],
  ];
  for (const [options, names] of tried) {
    const failure = await check(options).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(failure instanceof VodliftError) || failure.code !== "invalid_argument") continue;
    const { message, hint } = withOptionNames(failure, names);
    const [, name = "of its account", rule = "is not valid"] =
      /^`(\w+)` (.*)$/s.exec(message) ?? [];
    // What it holds is for the operator to see.
    console.error(`${name} ${rule}`);
    return { name, rule: rule.replace(/, got .*$/s, ""), hint };
  }
  const refusal = own ? await refusalOf(env, own, undefined) : undefined;
  return (
    refusal && {
      name: "VODLIFT_WEBHOOK_URL",
      rule: "is an address that no webhook is sent to",
      hint: "Set VODLIFT_WEBHOOK_URL to an address of a public host, without a user name, or remove it.",
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
