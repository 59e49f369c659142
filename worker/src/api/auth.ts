// Every call that is not open to all: who is it, may they do that, and not too often.
import type { Context, MiddlewareHandler } from "hono";
import type { Env } from "../env.ts";
import { problem } from "./problem.ts";
import { current, isSameOrigin } from "./session.ts";
import { type Caller, callerOf, callers, type Scope } from "./tokens.ts";

export type Bound = { Bindings: Env; Variables: { caller: Caller } };

const SAFE = new Set(["GET", "HEAD"]);

/** Says who calls, for the routes behind the door; or why nobody is let in. */
export async function refusalOf(context: Context<Bound>): Promise<Response | undefined> {
  const { env, req } = context;
  if (callers(env).length === 0) {
    return problem(context, 503, {
      code: "token_not_configured",
      message: "this Worker knows no token, so /v1 is closed",
      hint: "Set VODLIFT_TOKENS with `wrangler secret put VODLIFT_TOKENS`; if it is set, the log says what is wrong with it.",
    });
  }
  const token = /^Bearer +([^\s]+) *$/i.exec(req.header("authorization") ?? "")?.[1];
  const caller = token === undefined ? await current(context) : await callerOf(env, token);
  if (!caller) {
    if (token !== undefined && !(await mayTry(context, "bearer"))) return tooMany(context);
    context.header("www-authenticate", "Bearer");
    return problem(context, 401, {
      code: "unauthorized",
      message: token === undefined ? "a bearer token is needed" : "the bearer token is wrong",
      hint: "Send `Authorization: Bearer TOKEN` with one of the tokens in VODLIFT_TOKENS.",
    });
  }
  if (!SAFE.has(req.method)) {
    if (token === undefined && !isSameOrigin(context)) return crossOrigin(context);
    if (!(await env.WRITES.limit({ key: caller.name })).success) return tooMany(context);
  }
  context.set("caller", caller);
  return undefined;
}

export function crossOrigin(context: Context<Bound>): Response {
  return problem(context, 403, {
    code: "cross_origin",
    message: "a session may be begun, used for changes and ended from this Worker's own pages only",
    hint: "Send a bearer token instead of the cookie.",
  });
}

export function requireScope(scope: Scope): MiddlewareHandler<Bound> {
  return async (context, next) => {
    if (context.get("caller").scopes.includes(scope)) return next();
    return problem(context, 403, {
      code: "scope_missing",
      message: `this token may not ${scope}`,
      hint: `Use a token whose scopes include "${scope}".`,
    });
  };
}

/**
 * Counts a wrong guess, by the address that it came from: those at the login apart from those at the API, so that a program
 * with an old token locks no person out. What is right is let in whatever was counted.
 */
export async function mayTry(context: Context<Bound>, at: "login" | "bearer"): Promise<boolean> {
  const from = networkOf(context.req.header("cf-connecting-ip") ?? "unknown");
  return (await context.env.LOGINS.limit({ key: `${at} ${from}` })).success;
}

/** Of IPv6 one customer has all addresses that begin with the same 64 bits. */
function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = (text = "") => text.split(":").filter((group) => group !== "");
  const [first, last] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const all = [...first, ...Array<string>(zeros).fill("0"), ...last];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

export function tooMany(context: Context<Bound>): Response {
  context.header("retry-after", "60");
  return problem(context, 429, {
    code: "too_many_requests",
    message: "too many requests of this kind within a minute",
    hint: "Wait a minute; send up to 1,000 ingests in one request.",
  });
}
