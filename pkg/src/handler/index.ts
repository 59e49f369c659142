// `vodlift/handler`: URL ingest as a `fetch` handler, for any runtime that has `Request` and `Response`. It keeps nothing:
// a slice of the upload runs within the request, and the answer carries what the next request goes on from.
//
// Read in this order: this file (the routes), ingests.ts (what is answered), slice.ts (one slice), seal.ts (the resume
// token), running.ts, body.ts, tokens.ts, problem.ts, options.ts, adapters.ts and event.ts (functions that are called with events
// instead of requests).

import { invalid, readable, record } from "../arguments.ts";
import { isRequest } from "../kinds.ts";
import { readObject } from "./body.ts";
import { Ingests } from "./ingests.ts";
import { checkOptions, type IngestHandlerOptions } from "./options.ts";
import { answer, isProblem, problem, problemOf, refuse } from "./problem.ts";
import { RETRY_AFTER, Running } from "./running.ts";
import { type Caller, Gate, type IngestScope } from "./tokens.ts";

export type * from "../option-types.ts";
export {
  type FetchHandler,
  type FunctionComputeContext,
  type FunctionHandler,
  type FunctionResult,
  type LambdaContext,
  type LambdaEvent,
  toFunctionCompute,
  toLambda,
} from "./adapters.ts";
export type { IngestCanceled, IngestDone, IngestRunning } from "./ingests.ts";
export { type Environment, type IngestHandlerOptions, ingestOptions } from "./options.ts";
export type { Problem } from "./problem.ts";
export { type SealKey, seal, sealingKey, unseal } from "./seal.ts";
export { looksDrawn, sealKeysIn, sealKeyTrouble } from "./seal-key.ts";
export type { IngestScope, IngestToken } from "./tokens.ts";

const MAX_BODY = 32 * 1024;
const MAX_RESUME_BODY = 256 * 1024;

interface Route {
  scope: IngestScope;
  /** Bytes the body may have. */
  limit: number;
  run(body: Record<string, unknown>, caller: Caller, gone: AbortSignal): Promise<Response>;
}

/**
 * Makes a handler that ingests media from URLs in slices that fit a function's limits. It holds no state.
 *
 * - `POST /v1/ingests` with `{ url, title, … }` runs the first slice; beside `url` it takes the options of `Vodlift.upload` that
 *   docs/options.md lists for the handler, by the same names and rules. It answers `IngestDone` with 200, or `IngestRunning` with
 *   202.
 * - `POST /v1/ingests/resume` with `{ resume }` runs the next one.
 * - `POST` or `DELETE /v1/ingests/abort` with `{ resume }` gives it up: `IngestCanceled`.
 * - `GET /healthz` needs no token. Like every ingest it answers 503 where `allowHosts`, `denyHosts`, `maxBytes` or `endpoint`
 *   holds what no upload could go by.
 *
 * A resume token is good for whoever began the ingest, or another token of the same `owner`, and for as long as `resumeMs`.
 * Failures are `Problem`s; one with `resume` may be gone on with, or given up, by that. A client that posts the same ingest
 * twice gets two media, unless it gives a `referenceId`, which VOD takes once.
 *
 * ```ts
 * Deno.serve(createIngestHandler(ingestOptions(Deno.env.toObject())));
 * ```
 *
 * @throws VodliftError `invalid_argument` for options that break a rule, naming the field.
 */
export function createIngestHandler(
  options: IngestHandlerOptions,
): (request: Request) => Promise<Response> {
  const given = record("options", options) as IngestHandlerOptions;
  checkOptions(given);
  const gate = new Gate(given.tokens);
  const ingests = new Ingests(given);
  const running = new Running(given.runningPerCaller);
  const { basePath = "", onError } = given;

  const abort: Route = {
    scope: "abort",
    limit: MAX_RESUME_BODY,
    run: (body, caller) => ingests.giveUp(body, caller),
  };
  const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
    "/v1/ingests": {
      POST: { scope: "create", limit: MAX_BODY, run: (...asked) => ingests.begin(...asked) },
    },
    "/v1/ingests/resume": {
      POST: { scope: "resume", limit: MAX_RESUME_BODY, run: (...asked) => ingests.goOn(...asked) },
    },
    "/v1/ingests/abort": { POST: abort, DELETE: abort },
  };

  async function handle(request: Request): Promise<Response> {
    if (!isRequest(request)) throw invalid("request", "must be a `Request`");
    const { pathname } = readable("request", () => new URL(request.url));
    const path = pathname.startsWith(basePath) ? pathname.slice(basePath.length) : "";
    if (path === "/healthz" && request.method === "GET") {
      return (await ingests.closed()) ? refuse(CLOSED) : answer(200, { status: "ok" });
    }
    const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (methods === undefined) return refuse(NOT_FOUND);
    const route = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (route === undefined) return notAllowed(Object.keys(methods));
    const caller = await gate.admit(request, route.scope);
    if (isProblem(caller)) return refuse(caller);
    const closed = await ingests.closed();
    if (closed) return refuse(closed);
    const work = async () => {
      const body = await readObject(request, route.limit);
      return isProblem(body) ? refuse(body) : route.run(body.value, caller, request.signal);
    };
    const answered = await running.run(caller, route.scope, work);
    return isProblem(answered) ? refuse(answered, { "retry-after": RETRY_AFTER }) : answered;
  }

  return (request) =>
    handle(request).catch((error: unknown) => {
      onError?.(error);
      return refuse(problemOf(error));
    });
}

const NOT_FOUND = problem(404, {
  code: "not_found",
  detail: "there is nothing at this address",
  hint: "POST /v1/ingests begins an ingest.",
});

/** Strangers hear no more than that. */
const CLOSED = problem(503, {
  code: "closed",
  detail: "this service takes nothing: an option of it cannot be read",
  hint: "Send a request with a token, which is answered with what to set.",
});

function notAllowed(methods: string[]): Response {
  const allow = methods.join(", ");
  const what = {
    code: "method_not_allowed",
    detail: "this method is not for this address",
    hint: `Use ${allow}.`,
  };
  return refuse(problem(405, what), { allow });
}
