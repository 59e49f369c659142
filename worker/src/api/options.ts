// The package's options as rules of requests: each is read as everywhere, and described in /openapi.json as it is declared.
import { z } from "@hono/zod-openapi";
import { VodliftError } from "vodlift";
import {
  DECLARED,
  type Declared,
  fromJson,
  fromText,
  type OptionOf,
  type Taken,
  TEXTS,
  type ValueType,
} from "vodlift/shell";
import { isReserved, RESERVED } from "./reserved.ts";

type Name = OptionOf<"worker">;
type Rules<N extends Name> = { [K in N]: z.ZodOptional<z.ZodType<Taken<K>>> };

/** A rule each, for JSON values. */
export function zodOf<const N extends Name>(names: readonly N[]): Rules<N> {
  return Object.fromEntries(names.map((name) => [name, ruleOf(name)])) as never;
}

/** The same for the values of a query: texts, or lists of them where a name is there several times. */
export function zodOfTexts<const N extends Name>(names: readonly N[]): Rules<N> {
  const read = (name: N, value: unknown) => {
    if (Array.isArray(value) && LISTS.includes(DECLARED[name]?.type)) return value.flatMap(items);
    return typeof value === "string" ? fromText(name, value) : value;
    function items(one: unknown) {
      return typeof one === "string" ? fromText(name, one) : one;
    }
  };
  const rules = names.map((name) => [name, ruleOf(name, (value) => read(name, value))]);
  return Object.fromEntries(rules) as never;
}

const LISTS: readonly (ValueType | undefined)[] = ["words", "texts", "ids"];

function ruleOf(name: Name, before: (value: unknown) => unknown = (value) => value) {
  const rule = z.unknown().transform((value, context) => {
    try {
      const read = fromJson(name, before(value));
      const broken = read === undefined ? undefined : OWN[name]?.(read);
      if (broken !== undefined) context.addIssue({ code: "custom", message: broken });
      return read;
    } catch (error) {
      context.addIssue(issueOf(error));
      return z.NEVER;
    }
  });
  const declared: Declared | undefined = DECLARED[name];
  return rule.optional().openapi(declared ? documented(name, declared) : {});
}

/** The package names what is wrong in front: here that is where the issue lies. */
function issueOf(error: unknown) {
  if (!(error instanceof VodliftError)) throw error;
  const [, field = "", message = error.message] = /^`([^`]+)` (.*)$/s.exec(error.message) ?? [];
  return { code: "custom", message, path: field.split(".").slice(1) } as const;
}

/** Six connections are open at once in a Worker, and one reads the source. */
const MOST_AT_ONCE = 5;

/** What only this Worker does not take. */
const OWN: Readonly<Partial<Record<Name, (value: unknown) => string | undefined>>> = {
  concurrency: (parts) =>
    (parts as number) > MOST_AT_ONCE ? `must be at most ${MOST_AT_ONCE}, got ${parts}` : undefined,
  referenceId: ownReference,
  replace: (media) => ownReference((media as { referenceId?: unknown }).referenceId),
};

function ownReference(id: unknown): string | undefined {
  if (typeof id !== "string" || !isReserved(id)) return undefined;
  return `must not begin with ${RESERVED}, which ids of this Worker do`;
}

const ALSO: Readonly<Partial<Record<ValueType, string>>> = {
  words: "A list, or one text with commas.",
  size: "A number of bytes, or text such as `16MiB`.",
  duration: "In ms, or as text such as `30s`.",
};
const TEXT = { type: "string", minLength: 1 } as const;
const OBJECT = { type: "object" } as const;

function documented(name: Name, { min, max, ...declared }: Declared) {
  const number = {
    type: "integer" as const,
    ...(min !== undefined && { minimum: min }),
    ...(max !== undefined && { maximum: name === "concurrency" ? MOST_AT_ONCE : max }),
  };
  const shapes: Readonly<Partial<Record<ValueType, object>>> = {
    words: { anyOf: [{ type: "array", items: TEXT }, TEXT] },
    texts: { type: "array", items: TEXT },
    flag: { type: "boolean" },
    whole: number,
    id: { type: "integer", minimum: 0 },
    ids: { type: "array", items: { type: "integer", minimum: 0 } },
    size: { anyOf: [number, { ...TEXT, examples: ["16MiB"] }] },
    duration: { anyOf: [number, { ...TEXT, examples: ["30s"] }] },
    oneOf: { type: "string", enum: declared.values },
    fields: { ...OBJECT, additionalProperties: { type: "string" } },
    video: { anyOf: [TEXT, { ...OBJECT, minProperties: 1, maxProperties: 1 }] },
    json: { anyOf: [OBJECT, TEXT] },
    object: OBJECT,
  };
  return {
    ...(shapes[declared.type] ?? TEXT),
    description: [TEXTS[name], ALSO[declared.type]].filter(Boolean).join(" "),
    ...(declared.default !== undefined && { default: declared.default }),
  } as object;
}
