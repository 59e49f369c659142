// Every call that is not open to all: who is it, may they do that, and not too often.
import type { Context, MiddlewareHandler } from "hono";
import { weakSealKey } from "../client.ts";
import type { Env } from "../env.ts";
import type { Actor, Listener } from "../jobs/contract.ts";
import type { Session } from "../jobs/sessions.ts";
import { sealTrouble } from "../seal.ts";
import { charge, full, overCalled, tooMany } from "./full.ts";
import { problem, type Trouble } from "./problem.ts";
import type { Scope } from "./scopes.ts";
import { current, isSameOrigin } from "./session.ts";
import { actorOf, areAmbiguous, type Caller, callerOf, callers } from "./tokens.ts";

export type Bound = {
  Bindings: Env;
  Variables: { caller: Caller; actor: Actor; session: Session | undefined };
};

const SAFE = new Set(["GET", "HEAD"]);

/** Says who calls, for the routes behind the door; or why nobody is let in. */
export async function refusalOf(context: Context<Bound>): Promise<Response | undefined> {
  const { env, req } = context;
  const closed = closedBy(env);
  if (closed) return problem(context, 503, closed);
  const token = /^Bearer +([^\s]+) *$/i.exec(req.header("authorization") ?? "")?.[1];
  const login = token === undefined ? await current(context) : undefined;
  const caller = token === undefined ? login?.caller : await callerOf(env, token);
  if (!caller) {
    if (token !== undefined) {
      if (!(await mayTry(context, "bearer"))) return tooMany(context);
      logRefusal(context, "a call");
    }
    context.header("www-authenticate", "Bearer");
    return problem(context, 401, {
      code: "unauthorized",
      message: token === undefined ? "a bearer token is needed" : "the bearer token is wrong",
      hint: "Send `Authorization: Bearer TOKEN` with one of the tokens in VODLIFT_TOKENS.",
    });
  }
  const over = overCalled(env, caller.digest);
  if (over) return full(context, over);
  charge(env, caller.digest, 1);
  if (!SAFE.has(req.method)) {
    if (token === undefined && !isSameOrigin(context)) return crossOrigin(context);
    if (!(await env.WRITES.limit({ key: caller.digest })).success) return tooMany(context);
  }
  context.set("caller", caller);
  context.set("actor", actorOf(caller));
  context.set("session", login?.session);
  return undefined;
}

export function crossOrigin(context: Context<Bound>): Response {
  return problem(context, 403, {
    code: "cross_origin",
    message: "a session may be begun, used for changes and ended from this Worker's own pages only",
    hint: "Send a bearer token instead of the cookie.",
  });
}

/** Why nobody is let in, if so. */
export function closedBy(env: Env): Trouble | undefined {
  const weak = sealTrouble(env);
  if (weak !== undefined) return weakSealKey(weak);
  if (areAmbiguous(env)) {
    return {
      code: "setting_invalid",
      message: "this Worker's setting VODLIFT_TOKENS has two tokens that cannot be told apart",
      hint: "Give every entry of VODLIFT_TOKENS a name and a token of its own; the log says which have not.",
    };
  }
  if (callers(env).length > 0) return undefined;
  return {
    code: "token_not_configured",
    message: "this Worker knows no token, so /v1 is closed",
    hint: "Set VODLIFT_TOKENS with `wrangler secret put VODLIFT_TOKENS`; if it is set, the log says what is wrong with it.",
  };
}

/** For the operator. Nothing of the token is told, and of the address only what an address may hold. */
export function logRefusal(context: Context<Bound>, what: "a call" | "a login"): void {
  const address = context.req.header("cf-connecting-ip") ?? "";
  const from = /^[0-9a-f.:]{2,45}$/i.test(address) ? ` from ${address}` : "";
  console.error(`${what}${from} is refused: its token is not known`);
}

/** The caller as somebody who follows an ingest. */
export function listenerOf(context: Context<Bound>): Listener {
  const session = context.get("session");
  return { ...context.get("actor"), stream: crypto.randomUUID(), ...(session && { session }) };
}

export function requireScope(...scopes: readonly Scope[]): MiddlewareHandler<Bound> {
  return async (context, next) => {
    const { scopes: given } = context.get("caller");
    const scope = scopes.find((one) => !given.includes(one));
    if (scope === undefined) return next();
    return problem(context, 403, {
      code: "scope_missing",
      message: `this token may not ${VERBS[scope] ?? scope}`,
      hint: `Use a token whose scopes include "${scope}".`,
    });
  };
}

const VERBS: Partial<Record<Scope, string>> = {
  all: "reach what belongs to everyone",
  admin: "pause or resume the service",
};

/**
 * Counts a wrong guess, by the address that it came from: those at the login apart from those at the API, so that a program
 * with an old token locks no person out. What is right is let in whatever was counted.
 */
export async function mayTry(context: Context<Bound>, at: "login" | "bearer"): Promise<boolean> {
  const from = networkOf(context.req.raw);
  return (await context.env.LOGINS.limit({ key: `${at} ${from}` })).success;
}

/** Where it comes from. Of IPv6 one customer has all addresses that begin with the same 64 bits. */
export function networkOf({ headers }: Request): string {
  const address = headers.get("cf-connecting-ip") ?? "unknown";
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
