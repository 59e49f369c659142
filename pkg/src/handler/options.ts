// What the one who deploys the handler decides, in code or by environment variables.

import { invalid, needed, record, text, texts, whole } from "../arguments.ts";
import type { SliceOptions, VodliftOptions } from "../options.ts";
import { sealKeysIn, sealKeyTrouble } from "./seal-key.ts";
import type { IngestScope, IngestToken } from "./tokens.ts";

/** Whose account, who may call, and what one request may use up. */
export interface IngestHandlerOptions extends VodliftOptions {
  /** The bearer tokens that may call, by their SHA-256 in hex. Without any, every ingest is refused with 503. */
  tokens?: readonly (string | IngestToken)[];
  /**
   * Seals the resume tokens: at least 32 characters of high entropy (`openssl rand -hex 32`), the same in every instance.
   * `accessKeySecret` does it unless told otherwise; with temporary keys (`securityToken`, `credentials`) this is needed.
   * Of several the first seals and all open: put a new one before the old, and take that out once `resumeMs` have passed.
   */
  sealKey?: string | readonly string[];
  /** How long a resume token is good for, in ms from when it was given out: 86,400,000, a day, unless told otherwise. */
  resumeMs?: number;
  /**
   * After so many ms a request begins no further part; 25,000 unless told otherwise. What is in flight by then is finished,
   * so leave time for that below the platform's limit: half of it is a good start.
   */
  sliceMs?: number;
  /**
   * Requests of one caller that may be under way at once, in this process; 10 unless told otherwise. What is over is
   * answered 429 with `Retry-After`, so that one caller leaves time and memory to the others.
   */
  runningPerCaller?: number;
  /** What one request may use up beside its time. With `subrequests`, leave some for a part that must be sent again. */
  budget?: Omit<NonNullable<SliceOptions["budget"]>, "deadline">;
  /** Allow sources on private and loopback addresses. */
  allowPrivateSources?: boolean;
  /** The hosts that sources may be on, and redirect to: as `allowHosts` of `upload`. */
  allowHosts?: readonly string[];
  /** The hosts that are refused, as `denyHosts` of `upload`. */
  denyHosts?: readonly string[];
  /** Refuses larger sources with `too_large`; a number of bytes, or text such as `"20GiB"`. */
  maxBytes?: number | string;
  /** Where the handler is mounted, such as `/media`, if not at the root: a stage of an HTTP API, for example. */
  basePath?: string;
  /** Told what was thrown on a request that failed, for a log. A `VodliftError` holds no secret; of others nobody knows. */
  onError?: (error: unknown) => void;
}

/** Whose account; an option that there is not stays in, to be refused with what may have been meant. */
export function accountOf(options: IngestHandlerOptions): VodliftOptions {
  const { tokens, sealKey, resumeMs, sliceMs, budget, basePath, onError, ...others } = options;
  const { runningPerCaller, ...rest } = others;
  const { allowPrivateSources, allowHosts, denyHosts, maxBytes, ...account } = rest;
  return account;
}

/** The environment as Node, Bun (`process.env`) and Deno (`Deno.env.toObject()`) give it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Options from the environment: `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`,
 * `ALIBABA_CLOUD_SECURITY_TOKEN`, `VODLIFT_REGION`, `VODLIFT_ENDPOINT`, and for `tokens`, `sealKey`, `resumeMs`, `sliceMs`,
 * `runningPerCaller`,
 * `budget.subrequests`, `allowHosts`, `denyHosts`, `maxBytes`, `memory`, `basePath`, `allowPrivateSources`:
 * `VODLIFT_TOKEN_SHA256`, `VODLIFT_SEAL_KEY`, `VODLIFT_RESUME_MS`, `VODLIFT_SLICE_MS`, `VODLIFT_RUNNING_PER_CALLER`, `VODLIFT_SUBREQUESTS`, `VODLIFT_ALLOW_HOSTS`,
 * `VODLIFT_DENY_HOSTS`, `VODLIFT_MAX_BYTES`, `VODLIFT_MEMORY`, `VODLIFT_BASE_PATH`, `VODLIFT_ALLOW_PRIVATE_SOURCES=true`. Lists are separated by commas; a digest may end in
 * scopes and an owner, `…:create+resume@ops`.
 *
 * @param given Wins over the environment; where it has `credentials`, the environment's keys are left out.
 * @throws VodliftError `invalid_argument` for a number that is none, and for a list that holds separators alone.
 */
export function ingestOptions(
  env: Environment,
  given: IngestHandlerOptions = {},
): IngestHandlerOptions {
  const set = record("env", env) as Environment;
  return fromEnvironment(set, record("given", given) as IngestHandlerOptions);
}

function fromEnvironment(env: Environment, given: IngestHandlerOptions): IngestHandlerOptions {
  const keys = {
    accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    securityToken: env.ALIBABA_CLOUD_SECURITY_TOKEN,
  };
  const subrequests = digits("VODLIFT_SUBREQUESTS", env);
  const found = {
    ...(given.credentials === undefined && keys),
    region: env.VODLIFT_REGION,
    endpoint: env.VODLIFT_ENDPOINT,
    tokens: list("VODLIFT_TOKEN_SHA256", env)?.map(token),
    sealKey: env.VODLIFT_SEAL_KEY ? sealKeysIn(env.VODLIFT_SEAL_KEY) : undefined,
    resumeMs: digits("VODLIFT_RESUME_MS", env),
    sliceMs: digits("VODLIFT_SLICE_MS", env),
    runningPerCaller: digits("VODLIFT_RUNNING_PER_CALLER", env),
    budget: subrequests === undefined ? undefined : { subrequests },
    allowHosts: list("VODLIFT_ALLOW_HOSTS", env),
    // Blanks refuse nothing, and none of them was meant to.
    denyHosts: env.VODLIFT_DENY_HOSTS?.trim() && list("VODLIFT_DENY_HOSTS", env),
    maxBytes: env.VODLIFT_MAX_BYTES,
    memory: env.VODLIFT_MEMORY,
    basePath: env.VODLIFT_BASE_PATH,
    allowPrivateSources: env.VODLIFT_ALLOW_PRIVATE_SOURCES === "true",
  };
  // A variable that is set to nothing is as good as none.
  const set = Object.entries(found).filter(([, value]) => value !== undefined && value !== "");
  return { ...Object.fromEntries(set), ...given };
}

/** Looks at what nobody else looks at. */
export function checkOptions(options: IngestHandlerOptions): void {
  const { sliceMs, resumeMs, basePath, runningPerCaller } = options;
  whole("runningPerCaller", runningPerCaller, 1);
  if (resumeMs !== undefined && !(Number.isFinite(resumeMs) && resumeMs > 0)) {
    throw invalid("resumeMs", "must be a number of milliseconds above 0");
  }
  if (sliceMs !== undefined && !(Number.isFinite(sliceMs) && sliceMs >= 0)) {
    throw invalid("sliceMs", "must be a number of milliseconds");
  }
  if (basePath !== undefined && !/^(\/[^/]+)*$/.test(needed("basePath", basePath))) {
    throw invalid("basePath", "must begin with a slash and end without one");
  }
}

/** The secrets that seal and open, if they fit: the first seals. */
export function sealSecrets(options: IngestHandlerOptions): readonly string[] {
  const { sealKey, credentials, securityToken, accessKeySecret = "" } = options;
  if (sealKey === undefined && (credentials ?? securityToken) !== undefined) {
    throw invalid("sealKey", "is needed with temporary keys, which change");
  }
  if (sealKey === undefined) return [accessKeySecret];
  const keys = texts("sealKey", typeof sealKey === "string" ? [sealKey] : sealKey) ?? [];
  if (keys.length === 0) {
    throw invalid("sealKey", "must be a text, or a list of texts that is not empty");
  }
  const trouble = keys.map(sealKeyTrouble).find((one) => one !== undefined);
  if (trouble !== undefined) throw invalid("sealKey", trouble);
  return keys;
}

/** Nothing if it is not set. What holds separators alone was meant to hold something, so it is refused. */
function list(name: string, env: Environment): string[] | undefined {
  const value = text(name, env[name]) ?? "";
  if (value === "") return undefined;
  const items = value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  if (items.length === 0) throw invalid(name, "must name something, or be left out");
  return items;
}

function token(text: string): IngestToken {
  const [what = "", owner] = text.split("@");
  const [sha256 = "", scopes] = what.split(":");
  return {
    sha256,
    // Whether these are scopes is looked at where all tokens are.
    ...(scopes && { scopes: scopes.split("+") as IngestScope[] }),
    ...(owner !== undefined && { owner }),
  };
}

function digits(name: string, env: Environment): number | undefined {
  const text = env[name];
  return text === undefined || text === "" ? undefined : whole(name, Number(text), 1);
}
