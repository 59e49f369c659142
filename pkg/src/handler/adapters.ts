// Functions that are called with an event instead of a request: AWS Lambda and Alibaba Cloud Function Compute. Their
// HTTP events are near relatives, so one translation serves both.

import { invalid, mustBeFunction, readable, text } from "../arguments.ts";
import { fromBase64, toBase64, utf8 } from "./base64.ts";

/** What Deno.serve, Bun.serve and a Worker's `fetch` take. */
export type FetchHandler = (request: Request) => Promise<Response> | Response;

/** What a function is called with, and what it answers. */
export type FunctionHandler<Event, Context> = (
  event: Event,
  context: Context,
) => Promise<FunctionResult>;

/** An answer as both platforms take it. */
export interface FunctionResult {
  statusCode: number;
  headers: Record<string, string>;
  /** Base64 where `isBase64Encoded`. */
  body: string;
  isBase64Encoded: boolean;
}

/** The fields of an HTTP event that matter. */
interface HttpEvent {
  /** Percent-encoded, without the query. */
  rawPath: string;
  headers: Readonly<Record<string, string | undefined>>;
  body?: string;
  isBase64Encoded?: boolean;
  requestContext: { domainName?: string; http: { method: string } };
}

/**
 * The event of a function URL or of an HTTP API, payload version 2.0.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export interface LambdaEvent extends HttpEvent {
  rawQueryString?: string;
}

/** What of a Lambda's context is of use here. */
export interface LambdaContext {
  /** How long the invocation may still run. */
  getRemainingTimeInMillis(): number;
}

/** What of a Function Compute context is of use here. */
export interface FunctionComputeContext {
  /** Temporary keys of the function's role, where it has one. */
  credentials: { accessKeyId: string; accessKeySecret: string; securityToken: string };
  function: {
    /** How long an invocation may run, in seconds. */
    timeout: number;
  };
}

/**
 * A `fetch` handler as an AWS Lambda behind a function URL or an HTTP API.
 *
 * @param handlerFor Makes the handler of one invocation, which knows how long it may run. That is cheap: connections are
 * kept between invocations.
 */
export function toLambda(
  handlerFor: (context: LambdaContext) => FetchHandler,
): FunctionHandler<LambdaEvent, LambdaContext> {
  mustBeFunction("handlerFor", handlerFor);
  return async (event, context) => {
    const request = readable("event", () =>
      toRequest(event, text("event.rawQueryString", event?.rawQueryString) ?? ""),
    );
    return toResult(await handlerFor(context)(request));
  };
}

/**
 * A `fetch` handler as an Alibaba Cloud Function Compute 3.0 function with an HTTP trigger. The event comes as bytes that
 * hold JSON, version `v1`.
 *
 * @param handlerFor Makes the handler of one invocation, which brings the role's keys.
 * @see https://www.alibabacloud.com/help/en/functioncompute/fc/http-trigger-invoking-function
 */
export function toFunctionCompute(
  handlerFor: (context: FunctionComputeContext) => FetchHandler,
): FunctionHandler<Uint8Array | string, FunctionComputeContext> {
  mustBeFunction("handlerFor", handlerFor);
  return async (event, context) => {
    const request = readable("event", () => {
      const json = typeof event === "string" ? event : new TextDecoder().decode(event);
      const parsed: HttpEvent & { queryParameters?: Record<string, string> } = JSON.parse(json);
      return toRequest(parsed, new URLSearchParams(parsed?.queryParameters).toString());
    });
    return toResult(await handlerFor(context)(request));
  };
}

function toRequest(event: HttpEvent, query: string): Request {
  const method = event?.requestContext?.http?.method;
  if (typeof method !== "string") {
    throw invalid("event", "must be an HTTP event, of a function URL or of payload version 2.0");
  }
  const headers = Object.entries(event.headers).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  // The name is for the handler's eyes only: nothing is decided by it.
  const url = new URL(`https://${event.requestContext.domainName ?? "localhost"}`);
  url.pathname = text("event.rawPath", event.rawPath) ?? "";
  url.search = query;
  return new Request(url, { method, headers, body: bodyOf(event, method) });
}

function bodyOf({ body = "", isBase64Encoded }: HttpEvent, method: string): BodyInit | null {
  if (body === "" || method === "GET" || method === "HEAD") return null;
  return isBase64Encoded ? fromBase64(body) : utf8(body);
}

async function toResult(response: Response): Promise<FunctionResult> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = Object.fromEntries(response.headers);
  const type = headers["content-type"] ?? "";
  const isText = /^text\/|[/+]json\b/.test(type);
  const body = isText ? new TextDecoder().decode(bytes) : toBase64(bytes);
  return { statusCode: response.status, headers, body, isBase64Encoded: !isText };
}
