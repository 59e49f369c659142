/** Whether what a program passes is of the kind it should be, said before anything is done with it. */
import type { EmulatorOptions, EventCallback } from "./options.ts";

/** What a value must be, or nothing if it is that. */
type Rule = (value: unknown) => string | undefined;

const rule =
  (words: string, fits: (value: unknown) => boolean): Rule =>
  (value) =>
    fits(value) ? undefined : `must be ${words}`;

const isText = (value: unknown) => typeof value === "string";
const text = rule("a text without NUL", (value) => isText(value) && !String(value).includes("\0"));
const flag = rule("true or false", (value) => typeof value === "boolean");
const number = rule("a finite number", Number.isFinite);
const length = rule(
  "a finite number, not below 0",
  (value) => Number.isFinite(value) && Number(value) >= 0,
);
const port = rule(
  "a port, 0 to 65535",
  (value) => Number.isInteger(value) && isPort(Number(value)),
);
const texts = rule("a list of texts", (value) => Array.isArray(value) && value.every(isText));
const call = rule("a function", (value) => typeof value === "function");
const object = rule("an object", isObject);
const faults = rule(
  "a list of rules",
  (value) => Array.isArray(value) && value.every((one) => isText(one) || isFault(one)),
);

type Rules<T> = { readonly [Field in keyof T]-?: Rule };

const OPTIONS: Rules<EmulatorOptions> = {
  port,
  host: text,
  dir: text,
  region: text,
  bucket: text,
  accessKeyId: text,
  accessKeySecret: text,
  hostNames: texts,
  allowOrigins: texts,
  allowPrivate: flag,
  credentialLifeSeconds: number,
  habits: object,
  qps: length,
  tls: flag,
  callback: object,
  faults,
  latencyMs: length,
  bandwidth: length,
  clockOffsetMs: number,
  onArrival: call,
  onRequest: call,
};

const CALLBACK: Rules<EventCallback> = { url: text, privateKey: text, retryDelayMs: length };

/** Throws a RangeError that names the option. Each is read once. */
export function checkedOptions(options: EmulatorOptions): EmulatorOptions {
  const given: EmulatorOptions = checked("options", options, OPTIONS);
  const { callback, habits } = given;
  return {
    ...given,
    ...(callback && { callback: checked("callback", callback, CALLBACK) }),
    ...(habits && { habits: read("habits", () => ({ ...habits })) }),
  };
}

function checked<T extends object>(name: string, value: T, rules: Rules<T>): T {
  const given = read(name, () => (isObject(value) ? { ...value } : undefined));
  if (given === undefined) throw new RangeError(`\`${name}\` must be an object`);
  for (const [field, one] of Object.entries<Rule>(rules)) {
    const passed = given[field as keyof T];
    if (passed !== undefined) checkedValue(field, passed, one);
  }
  return given;
}

function checkedValue(field: string, value: unknown, one: Rule): void {
  const broken = read(field, () => one(value));
  if (broken !== undefined) throw new RangeError(`\`${field}\` ${broken}`);
}

/** The value may run code of its own when it is looked at. */
function read<T>(field: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    throw new RangeError(`\`${field}\` cannot be read`, { cause });
  }
}

export function checkedText(field: string, value: unknown): string {
  checkedValue(field, value, text);
  return value as string;
}

export function checkedNumber(field: string, value: unknown): number {
  checkedValue(field, value, number);
  return value as number;
}

export function checkedFaults<T>(value: T): T {
  checkedValue("rules", value, faults);
  return value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPort(value: number): boolean {
  return value >= 0 && value <= 65_535;
}

function isFault(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { operation, action } = value as { operation?: unknown; action?: unknown };
  return isText(operation) && isObject(action) && isText((action as { kind?: unknown }).kind);
}
