// Errors as answers: problem details by RFC 9457.

import { record, text } from "../arguments.ts";
import { STATUSES, STATUSES_OF_CODES } from "../codes.gen.ts";
import { type ErrorClass, type OptionNames, VodliftError, withOptionNames } from "../error.ts";

/**
 * What a failed request is answered with, as `application/problem+json`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export interface Problem {
  /** `about:blank`: `code` says more than a URL could. */
  type: "about:blank";
  /** The status in words. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** What happened, in one sentence. It holds no secret, no signature and no URL's query. */
  detail: string;
  /** Stable between versions: a `VodliftError`'s, or one of the handler's own. */
  code: string;
  /** What to do, in one sentence. */
  hint: string;
  /** The field of the body that breaks a rule. */
  field?: string;
  /** Whether the same request may succeed later. */
  retryable?: boolean;
  /** The service's own error code. */
  serviceCode?: string;
  /** The service's id of the failed request. */
  requestId?: string;
  /** Of a slice that failed: goes on from what is stored, or gives it up. */
  resume?: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

/** One of those that a failure is answered with. */
export type Status =
  | (typeof STATUSES)[keyof typeof STATUSES]
  | (typeof STATUSES_OF_CODES)[keyof typeof STATUSES_OF_CODES];

/**
 * The HTTP status that a failure is answered with, by its code and class: docs/errors.md lists them. A code that the package does
 * not know is a fault of what stands behind the server, unless its class says otherwise.
 */
export function statusOf(failure: { code: string; class?: ErrorClass | undefined }): Status {
  const { code, class: kind } = record("failure", failure);
  const [own, ofClass] = [text("code", code as string), text("class", kind as string)];
  return NUMBERS.get(own) ?? NUMBERS.get(ofClass) ?? STATUSES.service;
}

const NUMBERS: ReadonlyMap<string | undefined, Status> = new Map(
  Object.entries<Status>({ ...STATUSES, ...STATUSES_OF_CODES }),
);

/** What the body calls options that the package calls otherwise. */
export const NAMES: OptionNames = { source: "url" };

/** A problem of the handler's own. */
export function problem(
  status: number,
  what: Pick<Problem, "code" | "detail" | "hint" | "field" | "retryable" | "resume">,
): Problem {
  const said = record("what", what) as typeof what;
  return { type: "about:blank", title: TITLES[status] ?? "Error", status, ...said };
}

/** Whether it is a problem, and not what was to be had. */
export function isProblem<T extends object>(what: T | Problem): what is Problem {
  return "detail" in what;
}

/** A field that breaks a rule. */
export function invalidField(field: string, rule: string): Problem {
  const detail = field === "" ? `the body ${rule}` : `\`${field}\` ${rule}`;
  const hint = "Correct the body and send it again.";
  const what = { code: "invalid_argument", detail, hint };
  return problem(400, field === "" ? what : { ...what, field });
}

/** Whatever was thrown. What is not one of our errors may hold anything, so nothing of it is told. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof VodliftError)) {
    return problem(500, {
      code: "internal",
      detail: "the handler failed on this request",
      hint: "This is a fault in vodlift: please report what was requested.",
    });
  }
  const { code, retryable, serviceCode, requestId } = error;
  const { message, hint } = withOptionNames(error, NAMES);
  const field = code === "invalid_argument" ? /^`([\w.]+)`/.exec(message)?.[1] : undefined;
  return {
    ...problem(statusOf(error), {
      code,
      detail: message,
      hint,
      retryable,
    }),
    ...(field !== undefined && { field }),
    ...(serviceCode !== undefined && { serviceCode }),
    ...(requestId !== undefined && { requestId }),
  };
}

/** On every answer: nothing is kept by a cache, taken for another type, or asked for over plain http again. */
const SAFETY = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "strict-transport-security": "max-age=31536000",
} as const;

/** A JSON answer. */
export function answer(
  status: number,
  body: object,
  headers: Record<string, string> = {},
): Response {
  const type = "type" in body ? "application/problem+json" : "application/json";
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": type, ...SAFETY, ...headers },
  });
}

/** A problem as an answer. */
export function refuse(what: Problem, headers: Record<string, string> = {}): Response {
  const challenge = what.status === 401 && { "www-authenticate": "Bearer" };
  return answer(what.status, what, { ...headers, ...challenge });
}
