// RFC 9457 problem details: what every failed call answers with.
import type { Context, TypedResponse } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Problem } from "./schema.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported media type",
  422: "Unprocessable",
  429: "Too many requests",
  500: "Internal error",
  502: "Bad gateway",
  503: "Unavailable",
};

export interface Trouble {
  code: string;
  message: string;
  hint: string;
  /** The field that breaks a rule. */
  field?: string;
}

export function problemOf(status: number, { code, message, hint, field }: Trouble): Problem {
  const title = TITLES[status] ?? "Error";
  const about = { type: "about:blank", title, status, detail: message, code, hint };
  return field === undefined ? about : { ...about, field };
}

export function problem<S extends ContentfulStatusCode>(
  context: Context,
  status: S,
  trouble: Trouble,
): Response & TypedResponse<Problem, S, "json"> {
  const headers = { "content-type": "application/problem+json" };
  return context.json(problemOf(status, trouble), status, headers);
}

export function invalid(field: string, rule: string): Trouble {
  const hint = "Correct it and send the request again.";
  return { code: "invalid_argument", message: `\`${field}\` ${rule}`, hint, field };
}
