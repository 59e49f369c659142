// Functions that are called with an event instead of a request: AWS Lambda and Alibaba Cloud Function Compute. Their
// HTTP events are near relatives, so one translation serves both.

import { invalid, mustBeFunction } from "../arguments.ts";
import { toBase64 } from "../base64.ts";
import { METHODS, NotARequest, requestOf } from "./event.ts";
import { refuse } from "./problem.ts";

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
  /** What Lambda sends as `Set-Cookie`, one header for each: payload version 2.0. */
  cookies?: string[];
  /** The same for version 1.0, by name. */
  multiValueHeaders?: Record<string, string[]>;
  /** Base64 where `isBase64Encoded`. */
  body: string;
  isBase64Encoded: boolean;
}

/**
 * The event of a function URL or of an HTTP API, payload version 2.0. That of a REST API or a load balancer (version 1.0) is
 * understood as well.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export interface LambdaEvent {
  /** Percent-encoded, without the query. */
  rawPath: string;
  rawQueryString?: string;
  headers: Readonly<Record<string, string | undefined>>;
  body?: string;
  isBase64Encoded?: boolean;
  requestContext: { domainName?: string; http: { method: string } };
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
 * A `fetch` handler as an AWS Lambda behind a function URL or an HTTP API. An event that is no request which the handler
 * could be asked (a body that is not the base64 that it is said to be, the method TRACE) is answered 400 or 405.
 *
 * @param handlerFor Makes the handler of one invocation, which knows how long it may run. That is cheap: connections are
 * kept between invocations.
 */
export function toLambda(
  handlerFor: (context: LambdaContext) => FetchHandler,
): FunctionHandler<LambdaEvent, LambdaContext> {
  mustBeFunction("handlerFor", handlerFor);
  return async (event, context) => {
    const response = await answered(event, () => handlerFor(context));
    return { ...(await toResult(response)), ...cookiesOf(response, event) };
  };
}

/**
 * A `fetch` handler as an Alibaba Cloud Function Compute 3.0 function with an HTTP trigger. The event comes as bytes that
 * hold JSON, version `v1`. What is no request is answered 400 or 405.
 *
 * Its answer has one value for each header. A response with more than one `Set-Cookie` therefore fails the invocation, as
 * `invalid_argument`: all but one of its cookies would be lost without a word.
 *
 * @param handlerFor Makes the handler of one invocation, which brings the role's keys.
 * @see https://www.alibabacloud.com/help/en/functioncompute/fc/http-trigger-invoking-function
 */
export function toFunctionCompute(
  handlerFor: (context: FunctionComputeContext) => FetchHandler,
): FunctionHandler<Uint8Array | string, FunctionComputeContext> {
  mustBeFunction("handlerFor", handlerFor);
  return async (event, context) => {
    const response = await answered(parsed(event), () => handlerFor(context));
    const cookies = response.headers.getSetCookie().length;
    if (cookies > 1) throw invalid("set-cookie", `must come once, got ${cookies}: ${ONE_COOKIE}`);
    return toResult(response);
  };
}

const ONE_COOKIE =
  "the answer of a Function Compute function has one value for each header, and cookies cannot be joined";

/** Asks the handler what the event asks. An event that is no request is answered, too: it comes from anywhere. */
async function answered(event: unknown, handler: () => FetchHandler): Promise<Response> {
  let request: Request;
  try {
    request = requestOf(event);
  } catch (error) {
    // An event that is made by a program may throw where it is read.
    const known =
      error instanceof NotARequest ? error : new NotARequest("the event cannot be read");
    const allow: Record<string, string> = known.problem.status === 405 ? { allow: METHODS } : {};
    return refuse(known.problem, allow);
  }
  return handler()(request);
}

/** `undefined` for what is no JSON. */
function parsed(event: unknown): unknown {
  try {
    return JSON.parse(
      typeof event === "string" ? event : new TextDecoder().decode(event as Uint8Array),
    );
  } catch {
    return undefined;
  }
}

/** A header of which there are several, which a plain object cannot hold. */
function cookiesOf(
  { headers }: Response,
  event: unknown,
): Pick<FunctionResult, "cookies" | "multiValueHeaders"> {
  const cookies = headers.getSetCookie();
  if (cookies.length === 0) return {};
  const isFirstVersion = typeof event === "object" && event !== null && "httpMethod" in event;
  return isFirstVersion ? { multiValueHeaders: { "set-cookie": cookies } } : { cookies };
}

async function toResult(response: Response): Promise<FunctionResult> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = Object.fromEntries(response.headers);
  const type = headers["content-type"] ?? "";
  const isText = /^text\/|[/+]json\b/.test(type);
  const body = isText ? new TextDecoder().decode(bytes) : toBase64(bytes);
  return { statusCode: response.status, headers, body, isBase64Encoded: !isText };
}
