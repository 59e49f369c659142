// /session: the dashboard's login. Its body is the proof, so it is read from strangers; the door bounds it.
import { type Context, Hono } from "hono";
import { type Bound, crossOrigin, mayTry, tooMany } from "./auth.ts";
import { invalid, problem } from "./problem.ts";
import { close, current, isForeign, isPrivate, open } from "./session.ts";
import { callerOf } from "./tokens.ts";
import { parseJson } from "./validation.ts";

export const login = new Hono<Bound>();

login.get("/", async (context) => {
  const caller = await current(context);
  return caller ? context.json({ name: caller.name, scopes: caller.scopes }) : wrongToken(context);
});

login.post("/", async (context) => {
  if (isForeign(context)) return crossOrigin(context);
  if (!isPrivate(context)) return problem(context, 403, HTTPS_NEEDED);
  const body = parseJson(await context.req.text());
  const isRecord = typeof body === "object" && body !== null && !Array.isArray(body);
  if (!isRecord) return problem(context, 400, invalid("the body", "must be a JSON object"));
  const { token } = body as { token?: unknown };
  if (typeof token !== "string") return problem(context, 400, invalid("token", "must be a text"));
  const caller = await callerOf(context.env, token);
  if (!caller) return (await mayTry(context, "login")) ? wrongToken(context) : tooMany(context);
  await open(context, caller);
  return context.body(null, 204);
});

login.delete("/", (context) => {
  if (isForeign(context)) return crossOrigin(context);
  close(context);
  return context.body(null, 204);
});

function wrongToken(context: Context<Bound>): Response {
  return problem(context, 401, {
    code: "unauthorized",
    message: "you are not logged in, or the token is wrong",
    hint: "Use one of the tokens in VODLIFT_TOKENS.",
  });
}

const HTTPS_NEEDED = {
  code: "https_needed",
  message: "a token is taken over https only, or on a loopback address",
  hint: "Open this address with https.",
};
