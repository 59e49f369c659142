/** Business parameters and the rules they must keep, with the service's own error codes. */
import type { Parameter } from "../sign/text.ts";
import { invalidParameter, missingParameter, VodError } from "./errors.ts";

type Unit = "characters" | "bytes";

/** Query and form parameters of one call. */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;

  constructor(parameters: readonly Parameter[]) {
    this.#values = new Map(parameters);
  }

  /** Undefined when absent or empty: the service makes no difference. */
  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === "" ? undefined : value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw missingParameter(name);
    return value;
  }

  /** A text of at most `maximum` characters or bytes, without characters outside the basic plane. */
  limited(name: string, maximum: number, unit: Unit = "characters"): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    checkCharacters(name, value);
    checkLength(name, value, maximum, unit);
    return value;
  }

  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value)) throw invalidParameter(name, "it must be a whole number.");
    return Number(value);
  }

  /** One of `allowed`, in lower case; `otherwise` when absent. */
  oneOf<T extends string>(name: string, allowed: readonly T[], otherwise: string): T {
    const value = (this.text(name) ?? otherwise).toLowerCase();
    const found = allowed.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    throw invalidParameter(name, `it must be one of ${allowed.join(", ")}.`);
  }

  json(name: string): unknown {
    const value = this.text(name);
    if (value === undefined) return undefined;
    try {
      return JSON.parse(value);
    } catch {
      throw invalidParameter(name, "it must be a JSON text.");
    }
  }

  /** All business parameters, without those of the protocol. */
  business(): Record<string, string> {
    return Object.fromEntries([...this.#values].filter(([name]) => !PROTOCOL.has(name)));
  }
}

const PROTOCOL = new Set([
  "AccessKeyId",
  "Action",
  "Format",
  "RegionId",
  "RequestId",
  "SecurityToken",
  "Signature",
  "SignatureMethod",
  "SignatureNonce",
  "SignatureType",
  "SignatureVersion",
  "Timestamp",
  "Version",
]);

const MAX_TAGS = 16;
const MAX_TAG = 32;

/** Comma-separated tags: at most 16 of at most 32 characters. */
export function checkTags(parameters: Parameters): void {
  const tags = parameters.text("Tags");
  if (tags === undefined) return;
  checkCharacters("Tags", tags);
  const list = tags.split(",");
  if (list.length > MAX_TAGS) {
    throw new VodError(
      400,
      "TagsExceededMax",
      `The tags exceed the maximum number of ${MAX_TAGS}.`,
    );
  }
  for (const tag of list) checkLength("Tags", tag, MAX_TAG);
}

function checkLength(
  name: string,
  value: string,
  maximum: number,
  unit: Unit = "characters",
): void {
  const length = unit === "bytes" ? Buffer.byteLength(value) : [...value].length;
  if (length <= maximum) return;
  throw new VodError(
    400,
    "LengthExceededMax",
    `The parameter "${name}" exceeds the maximum length of ${maximum} ${unit}.`,
  );
}

/** The service's database takes three bytes a character: no emoji, nothing beyond the basic plane. */
function checkCharacters(name: string, value: string): void {
  if (!/[\u{10000}-\u{10ffff}]/u.test(value)) return;
  throw new VodError(
    400,
    "IllegalCharacters",
    `The parameter "${name}" contains illegal characters such as emoji.`,
  );
}
