// The dashboard's login: a token becomes a cookie that scripts cannot read and other sites cannot send. It holds who the
// caller is and until when, sealed; never the token.
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { seal, unseal } from "../seal.ts";
import type { Bound } from "./auth.ts";
import { type Caller, callers } from "./tokens.ts";

/** Browsers take this name from this very host only, over https, for all of its paths: no sibling can plant one. */
const SECURE_COOKIE = "__Host-vodlift";
/** Over http, on a loopback address, for development: browsers refuse the other one there. */
const PLAIN_COOKIE = "vodlift";
const LIFE_S = 12 * 3600;

interface Session {
  name: string;
  /** ms since the epoch. */
  until: number;
}

export async function open(context: Context<Bound>, { name }: Caller): Promise<void> {
  const session: Session = { name, until: Date.now() + LIFE_S * 1000 };
  setCookie(context, cookieOf(context), await seal(context.env, "session", session), {
    httpOnly: true,
    sameSite: "Strict",
    path: "/",
    maxAge: LIFE_S,
    secure: isSecure(context),
  });
}

export function close(context: Context<Bound>): void {
  deleteCookie(context, cookieOf(context), { path: "/", secure: isSecure(context) });
}

/** Who is logged in. A token that was taken from the settings ends its sessions, too. */
export async function current(context: Context<Bound>): Promise<Caller | undefined> {
  const cookie = getCookie(context, cookieOf(context));
  if (!cookie) return undefined;
  const session = await unseal<Session>(context.env, "session", cookie);
  if (!session || session.until < Date.now()) return undefined;
  return callers(context.env).find(({ name }) => name === session.name);
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
