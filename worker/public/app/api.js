// @ts-check
// The calls of the HTTP API. The browser adds the session's cookie; no token is kept here.
/** @import { Ingest, IngestDetail, IngestRequest, Problem, Stats } from "../../src/api/schema.ts" */
/** @import { Scope } from "../../src/api/scopes.ts" */

/** @typedef {{ ingests: Ingest[], cursor: string | null }} Page */
/** @typedef {{ id: string, state: string } | { error: Problem }} Outcome */

/** Longer than the service takes; without it a dead connection would be waited for until the browser gives up. */
const PATIENCE = 20_000;

/** What a call failed with. Status 0: no answer came. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {Partial<Problem>} problem
   * @param {number} [wait] ms that the service asks to wait
   */
  constructor(status, problem, wait = 0) {
    super(problem.detail ?? problem.title ?? "The service cannot be reached.");
    this.status = status;
    this.wait = wait;
    this.hint = problem.hint ?? "";
    this.field = problem.field;
  }

  /** One or two sentences for people. */
  get text() {
    return [this.message, this.hint].filter(Boolean).join(" ");
  }
}

/** @type {() => void} */
let onExpired = () => {};

/** @param {() => void} listener called when a call finds that the session is over */
export function whenExpired(listener) {
  onExpired = listener;
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
async function call(path, init = {}) {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE), ...init }).catch(
    () => undefined,
  );
  if (response === undefined) throw new ApiError(0, {});
  const body = await response.json().catch(() => undefined);
  const complete = body !== undefined || response.status === 204;
  if (response.ok && complete) return body;
  // A proxy or a login page of the network answered in its place.
  if (response.ok) throw new ApiError(0, { detail: "Something else than the service answered." });
  if (response.status === 401 && path !== "/session") onExpired();
  const wait = Number(response.headers.get("retry-after")) * 1000 || 0;
  throw new ApiError(
    response.status,
    body?.detail ? body : { detail: `The service answered with status ${response.status}.` },
    wait,
  );
}

/**
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 * @returns {RequestInit}
 */
const post = (body, headers = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

/** @param {string} id */
const path = (id) => `/v1/ingests/${encodeURIComponent(id)}`;

/** @returns {Promise<{ name: string, scopes: Scope[] }>} */
export const session = () => call("/session");
/** @param {string} token */
export const login = (token) => call("/session", post({ token }));
export const logout = () => call("/session", { method: "DELETE" });

/**
 * @param {URLSearchParams} query
 * @returns {Promise<Page>}
 */
export const list = (query) => call(`/v1/ingests?${query}`);
/** @returns {Promise<Stats>} */
export const stats = () => call("/v1/stats");
/**
 * @param {boolean} paused
 * @returns {Promise<Stats>}
 */
export const pause = (paused) => call(paused ? "/v1/pause" : "/v1/resume", { method: "POST" });

/**
 * @param {string} id
 * @returns {Promise<IngestDetail>}
 */
export const read = (id) => call(path(id));
/** @param {string} id */
export const cancel = (id) => call(path(id), { method: "DELETE" });
/** @param {string} id */
export const retry = (id) => call(`${path(id)}/retry`, { method: "POST" });
/** @param {string} id */
export const stop = (id) => call(`${path(id)}/stop`, { method: "POST" });
/** @param {string} id */
export const events = (id) => new EventSource(`${path(id)}/events`);

/**
 * @param {Partial<IngestRequest>[]} requests
 * @param {string} key the same when the same are sent again
 * @returns {Promise<{ results: Outcome[] }>}
 */
export const add = (requests, key) =>
  call("/v1/ingests", post(requests, { "idempotency-key": key }));
