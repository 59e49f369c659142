// What came in: is it JSON at all, and which rule of a schema does it break?
import type { Hook } from "@hono/zod-openapi";
import type { ZodError } from "zod";
import type { Bound } from "./auth.ts";
import { invalid, problem, type Trouble } from "./problem.ts";

/** The first broken rule: one is mended at a time. */
export function troubleOf({ issues }: Pick<ZodError, "issues">): Trouble {
  const issue = issues[0];
  if (!issue) return invalid("the body", "is not valid");
  if (issue.code === "unrecognized_keys") return invalid(issue.keys.join(", "), "is not known");
  const field = issue.path.join(".") || "the body";
  return invalid(field, lower(issue.message));
}

// biome-ignore lint/suspicious/noExplicitAny: it serves routes of every shape
export const validated: Hook<any, Bound, any, any> = (result, context) =>
  result.success ? undefined : problem(context, 400, troubleOf(result.error));

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
