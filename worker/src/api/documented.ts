// What every route of /v1 has in common in /openapi.json.
import { z } from "@hono/zod-openapi";
import { requireScope } from "./auth.ts";
import { Problem } from "./schema.ts";
import type { Scope } from "./scopes.ts";

/** What a route needs, for the document and for the request: one word for both. */
export function needs(...scopes: Scope[]) {
  return { security: [{ bearer: scopes }], middleware: requireScope(...scopes) };
}
export const IdParam = z.object({
  id: z
    .string()
    .regex(/^[0-9A-Za-z_-]{1,64}$/)
    .openapi({ param: { name: "id", in: "path" } }),
});

export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}

const REASONS: Readonly<Record<number, string>> = {
  400: "A field breaks a rule; `field` names it.",
  401: "No token, or a wrong one.",
  403: "The token may not do this.",
  404: "There is no such ingest.",
  408: "The body took too long.",
  409: "The ingest is not in a state for this.",
  413: "The body is too large.",
  415: "The Content-Encoding of the body is not known here.",
  422: "The Idempotency-Key was used for another request.",
  429: "Too many requests; `Retry-After` says when to come back.",
  500: "The Worker itself failed.",
  502: "VOD or OSS did not take it.",
  503: "The Worker is not configured.",
};

/** What every route may answer. */
type Always = 401 | 403 | 408 | 413 | 429 | 503;

/** Answers that a route may give beside its own, and those that every route may give. */
export function problems<S extends number = never>(...statuses: S[]) {
  const content = { "application/problem+json": { schema: Problem } };
  const all = [401, 403, 408, 413, 429, 503, ...statuses].map((status) => [
    status,
    { description: REASONS[status] ?? "", content },
  ]);
  return Object.fromEntries(all) as {
    [status in S | Always]: { description: string; content: typeof content };
  };
}
