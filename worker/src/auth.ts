// Who may call /v1: whoever sends the token. There is no default token, and no way in without one.
import type { MiddlewareHandler } from "hono";
import type { Env } from "./env.ts";
import { problem } from "./problem.ts";

export const requireToken: MiddlewareHandler<{ Bindings: Env }> = async (context, next) => {
  context.header("cache-control", "no-store");
  const expected = context.env.VODLIFT_TOKEN;
  if (!expected) {
    return problem(context, 503, {
      code: "token_not_configured",
      message: "this Worker has no VODLIFT_TOKEN, so /v1 is closed",
      hint: "Set one with `wrangler secret put VODLIFT_TOKEN`.",
    });
  }
  const given = /^Bearer +([^\s]+) *$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (given === undefined || !(await sameSecret(given, expected))) {
    context.header("www-authenticate", "Bearer");
    return problem(context, 401, {
      code: "unauthorized",
      message: given === undefined ? "a bearer token is needed" : "the bearer token is wrong",
      hint: "Send `Authorization: Bearer <VODLIFT_TOKEN>`.",
    });
  }
  return next();
};

/** Compares digests: they are of one length whatever was sent, so the time tells nothing about the secret. */
async function sameSecret(given: string, expected: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [a, b] = await Promise.all(
    [given, expected].map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))),
  );
  return a !== undefined && b !== undefined && crypto.subtle.timingSafeEqual(a, b);
}
