// /session: the dashboard's login. Its body is the proof, so it is read from strangers; the door bounds it.
import { type Context, Hono } from "hono";
import { type Bound, closedBy, crossOrigin, logRefusal, mayTry } from "./auth.ts";
import { tooMany } from "./full.ts";
import { invalid, problem } from "./problem.ts";
import { close, current, isForeign, isPrivate, open } from "./session.ts";
import { callerOf } from "./tokens.ts";
import { parseJson } from "./validation.ts";

export const login = new Hono<Bound>();

login.get("/", async (context) => {
  const closed = closedBy(context.env);
  if (closed) return problem(context, 503, closed);
  const session = await current(context);
  if (!session) return wrongToken(context);
  const { name, scopes } = session.caller;
  return context.json({ name, scopes });
});

login.post("/", async (context) => {
  if (isForeign(context)) return crossOrigin(context);
  const closed = closedBy(context.env);
  if (closed) return problem(context, 503, closed);
  if (!isPrivate(context)) return problem(context, 403, HTTPS_NEEDED);
  const body = parseJson(await context.req.text());
  const isRecord = typeof body === "object" && body !== null && !Array.isArray(body);
  if (!isRecord) return problem(context, 400, invalid("the body", "must be a JSON object"));
  const { token } = body as { token?: unknown };
  if (typeof token !== "string") return problem(context, 400, invalid("token", "must be a text"));
  const caller = await callerOf(context.env, token);
  if (!caller) {
    if (!(await mayTry(context, "login"))) return tooMany(context);
    logRefusal(context, "a login");
    return wrongToken(context);
  }
  await open(context, caller);
  return context.body(null, 204);
});

login.delete("/", async (context) => {
  if (isForeign(context)) return crossOrigin(context);
  await close(context);
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
