// Every setting that is more than a text: what it holds without being set, and how it is read. A setting that cannot be read
// closes the Worker, as a limit would not hold otherwise. docs/deploy.md is tested against this.
import { looksDrawn, sealKeyTrouble } from "vodlift/handler";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Numbers, and what holds without them. */
export const NUMBERS = {
  VODLIFT_RUNNING: 20,
  VODLIFT_PER_HOST: 6,
  VODLIFT_RUNNING_PER_CALLER: 20,
  VODLIFT_STARTS_PER_CALLER: 10,
  VODLIFT_QUEUED_PER_CALLER: 20_000,
  VODLIFT_STORED_PER_CALLER: 128 * MIB,
  VODLIFT_BYTES_PER_CALLER: 16 * 1024 * GIB,
  VODLIFT_STREAMS: 100,
  VODLIFT_STREAMS_PER_CALLER: 10,
  VODLIFT_LISTENERS_PER_CALLER: 100,
  VODLIFT_CALLS_PER_CALLER: 200,
  VODLIFT_ROWS_PER_CALLER: 50_000,
  VODLIFT_LEAST_RATE: 16 * 1024,
  VODLIFT_LEAST_RATE_SECONDS: 300,
  VODLIFT_LONGEST_SECONDS: 86_400,
  VODLIFT_SUBREQUESTS: 10_000,
  VODLIFT_SLICE_SECONDS: 480,
  VODLIFT_SHARD_BYTES: 16 * GIB,
  VODLIFT_STALE_SECONDS: 120,
  VODLIFT_RETENTION_DAYS: 30,
  VODLIFT_RETRY_DAYS: 7,
  VODLIFT_MAX_BYTES: 256 * GIB,
  VODLIFT_MEMORY: 24 * MIB,
} as const;

/** Lists, with commas or white space between. Empty is as good as not set; what holds separators alone is a mistake. */
const LISTS = [
  "VODLIFT_ALLOW_HOSTS",
  "VODLIFT_DENY_HOSTS",
  "VODLIFT_WEBHOOK_HOSTS",
  "VODLIFT_WEBHOOK_SECRET",
] as const;

type NumberName = keyof typeof NUMBERS;
type ListName = (typeof LISTS)[number];
/** What is read here of the Worker's environment. */
type Settings = { readonly [name in NumberName | ListName | "VODLIFT_WEBHOOK_URL"]?: string };

/** A number among the settings, or what holds without it. */
export function setting(env: Settings, name: NumberName): number {
  const text = env[name]?.trim() ?? "";
  return text === "" || !isNumber(name, text) ? NUMBERS[name] : Number(text);
}

/** A setting in days, in milliseconds. */
export function daysMs(env: Settings, name: Extract<NumberName, `${string}_DAYS`>): number {
  return setting(env, name) * 86_400_000;
}

/** A list among the settings; nothing if it is not set. */
export function list(env: Settings, name: ListName): string[] | undefined {
  const text = env[name] ?? "";
  return text === "" ? undefined : text.split(/[\s,]+/).filter((one) => one !== "");
}

/** A setting that cannot be read, if there is one, and what it must be. */
export function brokenSetting(
  env: Settings,
): { name: keyof Settings; rule: string; hint: string } | undefined {
  const number = numbers.find((name) => !isNumber(name, env[name]?.trim() ?? ""));
  if (number) {
    const hint = `Set ${number} to digits alone, without a unit, or remove it.`;
    return { name: number, rule: "is no number", hint };
  }
  const separators = LISTS.find((name) => list(env, name)?.length === 0);
  if (separators) {
    return {
      name: separators,
      rule: "names nothing",
      hint: `Name what ${separators} lists, or remove it.`,
    };
  }
  const secret = list(env, "VODLIFT_WEBHOOK_SECRET")?.map(secretTrouble).find(Boolean);
  if (secret) {
    const hint = "Set it to what `openssl rand -base64 32` prints, behind whsec_.";
    return { name: "VODLIFT_WEBHOOK_SECRET", rule: secret, hint };
  }
  const url = env.VODLIFT_WEBHOOK_URL;
  if (!url || (/^https?:\/\//i.test(url) && URL.canParse(url))) return undefined;
  const hint = "Set VODLIFT_WEBHOOK_URL to an http or https URL, or remove it.";
  return { name: "VODLIFT_WEBHOOK_URL", rule: "is no URL", hint };
}

/** The bytes of a webhook's secret; nothing if it is none. */
export function secretOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.replace(/^whsec_/, "")), (one) => one.charCodeAt(0));
    return bytes.length > 0 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes: what Standard Webhooks asks for. */
const SECRET_BYTES = 24;

/** What is wrong with a webhook's secret: by one that can be guessed anybody signs. */
function secretTrouble(text: string): string | undefined {
  const bytes = secretOf(text);
  if (!bytes) return "is no secret";
  if (bytes.length < SECRET_BYTES) return `must have at least ${SECRET_BYTES} bytes, in base64`;
  const typed = String.fromCharCode(...bytes);
  // Among random bytes there are some that no keyboard has: these were a text.
  const isDrawn = /^[ -~]*$/.test(typed)
    ? sealKeyTrouble(typed) === undefined
    : looksDrawn([...bytes]) && looksDrawn(Array.from(text, (one) => one.charCodeAt(0)));
  return isDrawn ? undefined : "must be drawn at random";
}

const numbers = Object.keys(NUMBERS) as NumberName[];

/** Times may have a part of one; there is half a day, but no half a byte. */
function isNumber(name: NumberName, text: string): boolean {
  const form = /_(SECONDS|DAYS)$/.test(name) ? /^\d+(\.\d+)?$/ : /^\d+$/;
  return text === "" || (form.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER);
}
