import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** What every failed call answers with. */
export interface Problem {
  code: string;
  message: string;
  hint: string;
  /** The field of the body that breaks a rule. */
  field?: string;
}

export function problem(context: Context, status: ContentfulStatusCode, error: Problem): Response {
  return context.json({ error }, status);
}
