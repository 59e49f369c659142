// What the texts on a command line mean, and a sentence for those that mean nothing.
import type { PlaylistOptions, UploadCallback } from "../../options.ts";
import { sizeOf } from "../../units.ts";
import { UsageError } from "../usage.ts";
import type { Reader } from "./option.ts";

export const text: Reader<string> = (value) => value;

/** The name of a file. */
export const path: Reader<string> = (value, option) => {
  if (value !== "") return value;
  throw new UsageError(`${option} must name a file, got nothing`);
};

/** A whole number. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (value, option) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!Number.isSafeInteger(number) || number < least) {
      throw new UsageError(`${option} must be a whole number from ${least}, got \`${value}\``);
    }
    if (number > most) throw new UsageError(`${option} ends at ${most}, got ${value}`);
    return number;
  };
}

/** `16MiB`, `100KB` or plain bytes. */
export const size: Reader<number> = (value, option) => {
  const bytes = sizeOf(value);
  if (bytes !== undefined && bytes >= 1) return bytes;
  throw new UsageError(
    `${option} must be a size such as 16MiB, 100KB or 1048576, got \`${value}\``,
  );
};

/** `a,b`, without what is empty. */
const words: Reader<string[]> = (value) =>
  value
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");

/** `files=10,bytes=1GiB`: sizes by a few names. */
export function sizes<const T extends string>(names: readonly T[]): Reader<{ [K in T]?: number }> {
  return (value, option) => {
    const found: { [K in T]?: number } = {};
    for (const pair of words(value, option)) {
      const [name, amount] = pair.split("=", 2);
      const known = names.find((one) => one === name);
      if (known === undefined || amount === undefined) {
        throw new UsageError(
          `${option} must be pairs such as ${names[0]}=10, of ${names.join(", ")}`,
        );
      }
      found[known] = size(amount, `${option} ${known}`);
    }
    return found;
  };
}

/** `Name: value`, each. */
export function headers(lines: readonly string[], option: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(line);
    // The line may hold a token, so it is not repeated.
    if (!match?.[1]) throw new UsageError(`${option} must look like 'Name: value'`);
    found[match[1]] = match[2] ?? "";
  }
  return found;
}

const CALLBACK = ["url", "body", "bodyType", "host", "sni", "variables"];

/** `UploadCallback` as JSON. Its URL may hold a token, so nothing of it is repeated but names. */
export const callback: Reader<UploadCallback> = (value, option) => {
  const found = asObject(value);
  const { url } = found ?? {};
  if (found === undefined || !(typeof url === "string" || Array.isArray(url))) {
    const example = '{"url":"https://example.com/done","body":"done"}';
    throw new UsageError(`${option} must be a JSON object, such as '${example}'`);
  }
  const stranger = Object.keys(found).find((name) => !CALLBACK.includes(name));
  if (stranger === undefined) return found as unknown as UploadCallback;
  throw new UsageError(`${option} has no \`${stranger}\`: there are ${CALLBACK.join(", ")}`);
};

/** `PlaylistOptions.hosts` as JSON. It may hold tokens, so nothing of it is repeated. */
export const hosts: Reader<NonNullable<PlaylistOptions["hosts"]>> = (value, option) => {
  const found = asObject(value);
  if (found !== undefined) return found as NonNullable<PlaylistOptions["hosts"]>;
  const example = '{"cdn.example.com":{"headers":{"Cookie":"a=1"}}}';
  throw new UsageError(`${option} must be a JSON object, such as '${example}'`);
};

function asObject(value: string): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(value);
    if (typeof found !== "object" || found === null || Array.isArray(found)) return undefined;
    return found as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
