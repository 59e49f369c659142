// The dashboard's login: a token becomes a cookie that scripts cannot read and other sites cannot send. It holds who the
// caller is and until when, sealed; never the token.
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { seal, unseal } from "../seal.ts";
import type { Bound } from "./auth.ts";
import { type Caller, callers } from "./tokens.ts";

const COOKIE = "vodlift";
const LIFE_S = 12 * 3600;

interface Session {
  name: string;
  /** ms since the epoch. */
  until: number;
}

export async function open(context: Context<Bound>, { name }: Caller): Promise<void> {
  const session: Session = { name, until: Date.now() + LIFE_S * 1000 };
  setCookie(context, COOKIE, await seal(context.env, "session", session), {
    httpOnly: true,
    sameSite: "Strict",
    path: "/",
    maxAge: LIFE_S,
    secure: new URL(context.req.url).protocol === "https:",
  });
}

export function close(context: Context<Bound>): void {
  deleteCookie(context, COOKIE, { path: "/" });
}

/** Who is logged in. A token that was taken from the settings ends its sessions, too. */
export async function current(context: Context<Bound>): Promise<Caller | undefined> {
  const cookie = getCookie(context, COOKIE);
  if (!cookie) return undefined;
  const session = await unseal<Session>(context.env, "session", cookie);
  if (!session || session.until < Date.now()) return undefined;
  return callers(context.env).find(({ name }) => name === session.name);
}

/** A browser says where a request comes from: with a cookie, only this very site may change anything. */
export function isSameOrigin(context: Context<Bound>): boolean {
  return context.req.header("origin") === new URL(context.req.url).origin;
}
