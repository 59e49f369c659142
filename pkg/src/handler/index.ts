// `vodlift/handler`: URL ingest as a `fetch` handler, for any runtime that has `Request` and `Response`. It keeps nothing:
// a slice of the upload runs within the request, and the answer carries what the next request goes on from.
//
// Read in this order: this file (the routes), body.ts, slice.ts (one slice), seal.ts (the resume token), tokens.ts,
// problem.ts, options.ts, adapters.ts (functions that speak events instead of requests).

import { invalid } from "../arguments.ts";
import { Vodlift } from "../index.ts";
import type { Outcome } from "../wasm/core.js";
import { parseIngest, parseResume, readObject } from "./body.ts";
import { type IngestHandlerOptions, sealSecret } from "./options.ts";
import { answer, type Problem, problem, problemOf, refuse } from "./problem.ts";
import { seal, sealingKey, unseal } from "./seal.ts";
import { runSlice, type Ticket } from "./slice.ts";
import { Gate, type IngestScope } from "./tokens.ts";

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
export { type Environment, type IngestHandlerOptions, ingestOptions } from "./options.ts";
export type { Problem } from "./problem.ts";
export { seal, sealingKey, unseal } from "./seal.ts";
export type { IngestScope, IngestToken } from "./tokens.ts";

/** The whole media has arrived. */
export interface IngestDone extends Outcome {
  state: "done";
}

/** There is more to do. */
export interface IngestRunning {
  state: "running";
  /** Once VOD has given one. */
  mediaId?: string;
  /** Bytes that have arrived in whole parts. */
  bytes: number;
  /** In bytes, once it is known. */
  size?: number;
  /**
   * What the next request goes on from. It holds the checkpoint and the source's URL and headers, sealed, and no key or
   * token of ours: whoever has it and a bearer token goes on. 1.5 to 3 KB as a rule, below 128 KiB whatever the body held.
   * It stays good after it was used, so a lost answer is asked for again with the one before.
   */
  resume: string;
}

/** Given up. */
export interface IngestCanceled {
  state: "canceled";
  /** It stays in VOD, empty. */
  mediaId?: string;
}

const MAX_BODY = 32 * 1024;
const MAX_RESUME_BODY = 128 * 1024;

interface Route {
  scope: IngestScope;
  /** Bytes the body may have. */
  limit: number;
  run(body: Record<string, unknown>, gone: AbortSignal): Promise<Response>;
}

/**
 * Makes a handler that ingests media from URLs in slices that fit a function's limits. It holds no state.
 *
 * - `POST /v1/ingests` with `{ url, title, … }` runs the first slice; beside `url` it takes `headers` for the source and
 *   `title`, `fileName`, `description`, `tags`, `cateId`, `coverUrl`, `templateGroupId`, `workflowId`, `storageLocation`,
 *   `appId`, `userData`, `referenceId`, `partSize`, `concurrency`, `verify` of `Vodlift.upload`. It answers `IngestDone`
 *   with 200, or `IngestRunning` with 202.
 * - `POST /v1/ingests/resume` with `{ resume }` runs the next one.
 * - `POST` or `DELETE /v1/ingests/abort` with `{ resume }` gives it up: `IngestCanceled`.
 * - `GET /healthz` needs no token.
 *
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
  const vod = new Vodlift(options);
  const gate = new Gate(options.tokens);
  const secret = sealSecret(options);
  let derived: Promise<CryptoKey> | undefined;
  /** Not before the first request: Workers do no cryptography while they load. */
  const key = () => {
    derived ??= sealingKey(secret);
    return derived;
  };
  const { basePath = "", sliceMs } = options;
  if (sliceMs !== undefined && !(Number.isFinite(sliceMs) && sliceMs >= 0)) {
    throw invalid("sliceMs", "must be a number of milliseconds");
  }

  async function slice(ticket: Ticket, gone: AbortSignal): Promise<Response> {
    const end = await runSlice(vod, ticket, options, gone);
    if (end.state === "done") return answer(200, { state: "done", ...end.outcome });
    const resume = end.ticket && (await seal(await key(), end.ticket));
    if (end.state === "failed") return refuse({ ...end.problem, ...(resume && { resume }) });
    const { place, source, bytesAccepted } = end.ticket.checkpoint;
    return answer(202, {
      state: "running",
      ...(place && { mediaId: place.mediaId }),
      bytes: bytesAccepted,
      ...(source.size !== undefined && { size: source.size }),
      resume,
    });
  }

  async function open(body: Record<string, unknown>): Promise<Ticket | Problem> {
    const parsed = parseResume(body);
    if (isProblem(parsed)) return parsed;
    const ticket = await unseal(await key(), parsed.resume);
    return (ticket as Ticket | undefined) ?? RESUME_INVALID;
  }

  async function begin(body: Record<string, unknown>, gone: AbortSignal): Promise<Response> {
    const ticket = parseIngest(body);
    return isProblem(ticket) ? refuse(ticket) : slice(ticket, gone);
  }

  async function goOn(body: Record<string, unknown>, gone: AbortSignal): Promise<Response> {
    const ticket = await open(body);
    return isProblem(ticket) ? refuse(ticket) : slice(ticket, gone);
  }

  async function giveUp(body: Record<string, unknown>): Promise<Response> {
    const ticket = await open(body);
    if (isProblem(ticket)) return refuse(ticket);
    const { checkpoint } = ticket;
    if (checkpoint?.place) await vod.abort(checkpoint);
    return answer(200, {
      state: "canceled",
      ...(checkpoint?.place && { mediaId: checkpoint.place.mediaId }),
    });
  }

  const abort: Route = { scope: "abort", limit: MAX_RESUME_BODY, run: giveUp };
  const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
    "/v1/ingests": { POST: { scope: "create", limit: MAX_BODY, run: begin } },
    "/v1/ingests/resume": { POST: { scope: "resume", limit: MAX_RESUME_BODY, run: goOn } },
    "/v1/ingests/abort": { POST: abort, DELETE: abort },
  };

  async function handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const path = pathname.startsWith(basePath) ? pathname.slice(basePath.length) : "";
    if (path === "/healthz" && request.method === "GET") return answer(200, { status: "ok" });
    const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (methods === undefined) return refuse(NOT_FOUND);
    const route = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (route === undefined) return notAllowed(Object.keys(methods));
    const refused = await gate.refuses(request, route.scope);
    if (refused?.status === 401) return refuse(refused, { "www-authenticate": "Bearer" });
    if (refused !== undefined) return refuse(refused);
    const body = await readObject(request, route.limit);
    return isProblem(body) ? refuse(body) : route.run(body.value, request.signal);
  }

  return (request) => handle(request).catch((error: unknown) => refuse(problemOf(error)));
}

function isProblem<T extends object>(what: T | Problem): what is Problem {
  return "detail" in what;
}

const RESUME_INVALID = problem(400, {
  code: "resume_token_invalid",
  detail: "`resume` is no token of this service, or is not what it was",
  hint: "Send the `resume` of the last answer as it came.",
  field: "resume",
});

const NOT_FOUND = problem(404, {
  code: "not_found",
  detail: "there is nothing at this address",
  hint: "POST /v1/ingests begins an ingest.",
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
