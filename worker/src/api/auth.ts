// Every call of /v1: who is it, may they do that, and not too often.
import type { MiddlewareHandler } from "hono";
import type { Env } from "../env.ts";
import { problem } from "./problem.ts";
import { current, isSameOrigin } from "./session.ts";
import { type Caller, callerOf, callers, type Scope } from "./tokens.ts";

export type Bound = { Bindings: Env; Variables: { caller: Caller } };

const SAFE = new Set(["GET", "HEAD"]);

export const requireCaller: MiddlewareHandler<Bound> = async (context, next) => {
  context.header("cache-control", "no-store");
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
    if (token !== undefined && !(await mayTry(env, req.header("cf-connecting-ip")))) {
      return tooMany(context);
    }
    context.header("www-authenticate", "Bearer");
    return problem(context, 401, {
      code: "unauthorized",
      message: token === undefined ? "a bearer token is needed" : "the bearer token is wrong",
      hint: "Send `Authorization: Bearer TOKEN` with one of the tokens in VODLIFT_TOKENS.",
    });
  }
  if (!SAFE.has(req.method)) {
    if (token === undefined && !isSameOrigin(context)) {
      return problem(context, 403, {
        code: "cross_origin",
        message: "a session may change things from this Worker's own pages only",
        hint: "Send a bearer token instead of the cookie.",
      });
    }
    if (!(await env.WRITES.limit({ key: caller.name })).success) return tooMany(context);
  }
  context.set("caller", caller);
  return next();
};

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

/** Guesses from one address are counted. */
export async function mayTry(env: Env, address = "unknown"): Promise<boolean> {
  return (await env.LOGINS.limit({ key: address })).success;
}

export function tooMany(context: Parameters<MiddlewareHandler<Bound>>[0]): Response {
  context.header("retry-after", "60");
  return problem(context, 429, {
    code: "too_many_requests",
    message: "too many requests of this kind within a minute",
    hint: "Wait a minute; send up to 1,000 ingests in one request.",
  });
}
