// The HTTP event that a function is called with, as the Request that a `fetch` handler takes. Anybody may send a gateway
// anything, and some functions can be called without one: what is no request is said to be none.

import { fromBase64, utf8 } from "../base64.ts";
import { type Problem, problem } from "./problem.ts";

/** An event that no `fetch` handler can be asked. */
export class NotARequest extends Error {
  override readonly name = "NotARequest";
  readonly problem: Problem;

  constructor(detail: string, status: 400 | 405 = 400) {
    super(detail);
    const code = status === 405 ? "method_not_allowed" : "request_invalid";
    const hint =
      status === 405
        ? `Use ${METHODS}.`
        : "Send an HTTP request through the function's URL, gateway or trigger.";
    this.problem = problem(status, { code, detail, hint });
  }
}

/** What most handlers take. */
export const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

/** Methods that no Request can have. */
const UNKNOWN_TO_FETCH = ["CONNECT", "TRACE", "TRACK"];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Of payload version 2.0 (function URLs, HTTP APIs; `v1` of Function Compute is alike) or 1.0 (REST APIs, load balancers),
 * whichever it is.
 *
 * @throws NotARequest
 */
export function requestOf(event: unknown): Request {
  const fields = record(event, "the event") ?? {};
  const context = record(fields.requestContext, "requestContext") ?? {};
  const http = record(context.http, "requestContext.http") ?? {};
  const method = text(http.method ?? fields.httpMethod, "the method")?.toUpperCase();
  if (method === undefined) throw new NotARequest("the event is no HTTP request: it has no method");
  if (UNKNOWN_TO_FETCH.includes(method)) {
    throw new NotARequest(`the method ${method} is not taken`, 405);
  }
  const url = new URL(`https://${hostOf(context.domainName)}`);
  url.pathname = text(fields.rawPath ?? fields.path, "the path") ?? "/";
  url.search = queryOf(fields);
  const headers = headersOf(fields);
  const body = method === "GET" || method === "HEAD" ? null : bodyOf(fields);
  try {
    return new Request(url, { method, headers, body });
  } catch {
    throw new NotARequest("the method is none of HTTP");
  }
}

/** The name is for the handler's eyes only: nothing is decided by it. */
function hostOf(name: unknown): string {
  const isHost = typeof name === "string" && /^[\w.-]+(:\d+)?$/.test(name);
  return isHost && URL.canParse(`https://${name}`) ? name : "localhost";
}

function queryOf(fields: Fields): string {
  const { rawQueryString, multiValueQueryStringParameters, queryStringParameters } = fields;
  const written = text(rawQueryString, "the query");
  if (written !== undefined) return written;
  const listed = multiValueQueryStringParameters ?? queryStringParameters ?? fields.queryParameters;
  return new URLSearchParams(pairs(listed, "the query")).toString();
}

function headersOf({ headers: single, multiValueHeaders, cookies }: Fields): Headers {
  const headers = new Headers();
  const given = pairs(multiValueHeaders ?? single, "the headers");
  // Payload 2.0 has them apart.
  const jar = pairs({ cookie: cookies }, "the cookies").map(([, cookie]) => cookie);
  if (jar.length > 0) given.push(["cookie", jar.join("; ")]);
  for (const [name, value] of given) {
    try {
      headers.append(name, value);
    } catch {
      throw new NotARequest("the headers hold what no header of HTTP may");
    }
  }
  return headers;
}

function bodyOf({ body: given, isBase64Encoded }: Fields): BodyInit | null {
  const body = text(given, "the body") ?? "";
  if (body === "") return null;
  if (isBase64Encoded !== true) return utf8(body);
  try {
    return fromBase64(body);
  } catch {
    throw new NotARequest("the body is not the base64 that it is said to be");
  }
}

/** Each value by its name; those that are not there are left out, and of a list each is one. */
function pairs(value: unknown, what: string): [name: string, value: string][] {
  return Object.entries(record(value, what) ?? {}).flatMap(([name, one]) =>
    (Array.isArray(one) ? one : [one])
      .filter((each) => each !== undefined && each !== null)
      .map((each): [string, string] => [name, plain(each, what)]),
  );
}

function plain(value: unknown, what: string): string {
  if (["string", "number", "boolean"].includes(typeof value)) return String(value);
  throw new NotARequest(`${what} must hold texts`);
}

/** `undefined` for what is not there. */
function text(value: unknown, what: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new NotARequest(`${what} must be a text`);
  return value;
}

/** `undefined` for what is not there. */
function record(value: unknown, what: string): Fields | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object" && !Array.isArray(value)) return value as Fields;
  throw new NotARequest(`${what} must be an object`);
}
