// RFC 9457 problem details: what every failed call answers with.
import type { Context, TypedResponse } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { VodliftError } from "vodlift";
import { problem as detailsOf, type Status, statusOf as statusOfFailure } from "vodlift/shell";
import { KnownFailure } from "../client.ts";
import type { Problem } from "./schema.ts";

/** What a failed upload is answered with. */
export function statusOf(error: unknown): Status {
  if (error instanceof KnownFailure) return statusOfFailure(error.failure);
  return statusOfFailure(error instanceof VodliftError ? error : { code: "internal" });
}

/** What a request that cannot be taken is answered with. */
export function statusOfRequest({ code }: Trouble): 400 | 404 {
  return code === "media_not_found" ? 404 : 400;
}

/** The same with the field that its message begins with, if it does. */
export function withField<T extends Trouble>(trouble: T): T {
  const field = /^`([\w.-]+)`/.exec(trouble.message)?.[1];
  return field === undefined ? trouble : { ...trouble, field };
}

export interface Trouble {
  code: string;
  message: string;
  hint: string;
  /** The field that breaks a rule. */
  field?: string;
  /** Whether the same request may succeed later. */
  retryable?: boolean | undefined;
  /** The service's id of the failed request. */
  requestId?: string | undefined;
}

/** What is wrong with a body that was not read to its end. Thrown out of it, so that no route has to look for it. */
export class PayloadTrouble extends Error {
  readonly status: 408 | 413;
  readonly trouble: Trouble;

  constructor(status: 408 | 413, trouble: Trouble) {
    super(trouble.message);
    this.status = status;
    this.trouble = trouble;
  }
}

/** As the package's handler says it. */
export function problemOf(status: number, trouble: Trouble): Problem {
  const { code, message, hint, field, retryable, requestId } = trouble;
  return {
    ...detailsOf(status, { code, detail: message, hint }),
    ...(field !== undefined && { field }),
    ...(retryable !== undefined && { retryable }),
    ...(requestId !== undefined && { requestId }),
  };
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
