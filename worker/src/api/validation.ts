// What came in: is it JSON at all, and which rule of a schema does it break?
import type { Hook } from "@hono/zod-openapi";
import { nearest, renamedOption } from "vodlift/shell";
import type { ZodError } from "zod";
import type { Bound } from "./auth.ts";
import { invalid, problem, type Trouble } from "./problem.ts";

/**
 * The first broken rule: one is mended at a time.
 *
 * @param known The fields there are, for a suggestion where one is not known.
 */
export function troubleOf(
  { issues }: Pick<ZodError, "issues">,
  known: readonly string[] = [],
): Trouble {
  const issue = issues[0];
  if (!issue) return invalid("the body", "is not valid");
  if (issue.code === "unrecognized_keys") return unknown(issue.keys, known);
  const field = issue.path.join(".") || "the body";
  return invalid(field, lower(issue.message));
}

function unknown(fields: readonly string[], known: readonly string[]): Trouble {
  const [field = ""] = fields;
  const now = renamedOption(field);
  if (now !== undefined) return invalid(field, now);
  const near = nearest(field, known);
  const trouble = invalid(field, `is not known${near ? `; did you mean \`${near}\`?` : ""}`);
  if (near || known.length === 0) return trouble;
  return { ...trouble, hint: `Known are ${known.join(", ")}.` };
}

// biome-ignore lint/suspicious/noExplicitAny: it serves routes of every shape
export const validated: Hook<any, Bound, any, any> = validatedBy([]);

/** The same for a schema of these fields. */
// biome-ignore lint/suspicious/noExplicitAny: it serves routes of every shape
export function validatedBy(known: readonly string[]): Hook<any, Bound, any, any> {
  return (result, context) =>
    result.success ? undefined : problem(context, 400, troubleOf(result.error, known));
}

/** Bytes as text; nothing if they are not UTF-8, as whatever else they are would be stored with letters it never had. */
export function textOf(bytes: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What a text says as JSON, if it is any. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
