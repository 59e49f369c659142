// The dashboard's login: a token becomes a cookie that scripts cannot read and other sites cannot send. It holds which token
// it was, from when until when, sealed; never the token. The index knows it, too, until it ends: a logout ends it there, and a
// token that is taken from the settings ends all of its sessions, whatever name the next one has.
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { jobs } from "../jobs/index.ts";
import type { Session } from "../jobs/sessions.ts";
import { seal, unseal } from "../seal.ts";
import type { Bound } from "./auth.ts";
import { type Caller, callers } from "./tokens.ts";

/** Browsers take this name from this very host only, over https, for all of its paths: no sibling can plant one. */
const SECURE_COOKIE = "__Host-vodlift";
/** Over http, on a loopback address, for development: browsers refuse the other one there. */
const PLAIN_COOKIE = "vodlift";
const LIFE_S = 12 * 3600;

/** What the cookie holds: as the index has it, but with the id itself. */
type Sealed = Session;

export async function open(context: Context<Bound>, { digest }: Caller): Promise<void> {
  const id = crypto.getRandomValues(new Uint8Array(32)).toHex();
  const issued = Date.now();
  const session: Sealed = { id, token: digest, issued, until: issued + LIFE_S * 1000 };
  await jobs(context.env).openSession(await stored(session));
  setCookie(context, cookieOf(context), await seal(context.env, "session", session), {
    httpOnly: true,
    sameSite: "Strict",
    path: "/",
    maxAge: LIFE_S,
    secure: isSecure(context),
  });
}

/** It is over, even for whoever has a copy of the cookie. */
export async function close(context: Context<Bound>): Promise<void> {
  const session = await sealed(context);
  if (session) await jobs(context.env).closeSession((await stored(session)).id);
  deleteCookie(context, cookieOf(context), { path: "/", secure: isSecure(context) });
}

/** Who is logged in, and by which session. */
export async function current(
  context: Context<Bound>,
): Promise<{ caller: Caller; session: Session } | undefined> {
  const given = await sealed(context);
  if (!given || given.until < Date.now()) return undefined;
  const caller = callers(context.env).find(({ digest }) => digest === given.token);
  if (!caller) return undefined;
  const session = await stored(given);
  return (await jobs(context.env).isSession(session)) ? { caller, session } : undefined;
}

/** A browser says where a request comes from: with a cookie, only this very site may change anything. */
export function isSameOrigin(context: Context<Bound>): boolean {
  return context.req.header("origin") === new URL(context.req.url).origin;
}

/** A login from a page of another site would make its visitor act as somebody else. Programs name no origin. */
export function isForeign(context: Context<Bound>): boolean {
  const site = context.req.header("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  return context.req.header("origin") !== undefined && !isSameOrigin(context);
}

/** Over plain http to anywhere else a token would be there for everyone to read. */
export function isPrivate(context: Context<Bound>): boolean {
  const { hostname } = new URL(context.req.url);
  return isSecure(context) || /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function isSecure(context: Context<Bound>): boolean {
  return new URL(context.req.url).protocol === "https:";
}

function cookieOf(context: Context<Bound>): string {
  return isSecure(context) ? SECURE_COOKIE : PLAIN_COOKIE;
}

async function sealed(context: Context<Bound>): Promise<Sealed | undefined> {
  const cookie = getCookie(context, cookieOf(context));
  const opened = cookie && (await unseal<Partial<Sealed>>(context.env, "session", cookie));
  // Those of earlier versions knew a name only.
  return opened && typeof opened.id === "string" && typeof opened.token === "string"
    ? (opened as Sealed)
    : undefined;
}

async function stored(session: Sealed): Promise<Session> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(session.id));
  return { ...session, id: new Uint8Array(bytes).toHex() };
}
