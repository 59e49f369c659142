// The one way in. Every request passes here, in this order: how large it may be, who sends it, and only then its body, which
// ends at its limit whatever was announced. A new route is closed to strangers and takes a small body until it stands below.
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { type Bound, networkOf, refusalOf } from "./auth.ts";
import { bounded, tooLargeError } from "./body.ts";
import { BYTES_PER_CALL, charge, full, overCalled } from "./full.ts";
import { problem } from "./problem.ts";

/** Paths whose callers prove who they are in another way, or need not. */
const OPEN: ReadonlySet<string> = new Set([
  "/healthz",
  "/openapi.json",
  "/session",
  "/callbacks/vod",
  "/callbacks/vod/",
]);

/** Of those, what needs no proof at all: how often one network may ask is counted. */
const COUNTED: ReadonlySet<string> = new Set(["/healthz", "/openapi.json"]);

const KIB = 1024;
/** The most bytes of a body that says something; a file is streamed, and the core counts it. */
const BODIES: Readonly<Record<string, number>> = {
  "POST /v1/ingests": 8 * KIB * KIB,
  "PUT /v1/uploads": Number.POSITIVE_INFINITY,
  "POST /callbacks/vod": 256 * KIB,
  "POST /callbacks/vod/": 256 * KIB,
};
const SMALL = 4 * KIB;

export const door: MiddlewareHandler<Bound> = async (context, next) => {
  const { req } = context;
  if (!isNamed(context)) {
    await drop(context);
    return problem(context, 421, FOREIGN_NAME);
  }
  const most = BODIES[`${req.method} ${req.path}`] ?? SMALL;
  const isTooLarge = Number(req.header("content-length") ?? 0) > most;
  const isOpen = OPEN.has(req.path);
  const refusal = isOpen ? undefined : await refusalOf(context);
  if (refusal || (isOpen && isTooLarge)) await drop(context);
  if (refusal) return refusal;
  const over = COUNTED.has(req.path) ? overAsked(context) : undefined;
  if (over) return over;
  const length = Number(req.header("content-length") ?? 0);
  // Before it is read: several at once would all be let in.
  if (!isOpen && most !== Number.POSITIVE_INFINITY) {
    charge(context.env, context.get("caller").digest, length / BYTES_PER_CALL);
  }
  // Where nothing takes the method, that is what has to be told, however much was sent.
  const isTaken = matchedRoutes(context).some(({ method }) => method !== "ALL");
  if (isTooLarge && isTaken) return tooLarge(context, most);
  // No Request can be made of a GET with a body; no route reads one.
  const mayHaveBody = req.method !== "GET" && req.method !== "HEAD";
  if (mayHaveBody && req.raw.body !== null && most !== Number.POSITIVE_INFINITY) {
    req.raw = new Request(req.raw, { body: bounded(req.raw.body, most) });
  }
  return next();
};

const FOREIGN_NAME = {
  code: "host_refused",
  message: "this Worker does not answer under this host name",
  hint: "Call it by one of the names in VODLIFT_HOST_NAMES.",
};

/**
 * On a machine of one's own a web page may have rebound its name to the Worker's address, and would be of its origin.
 * Deployed, the platform routes by name, and the setting is left out.
 */
function isNamed({ env, req }: Context<Bound>): boolean {
  const names = env.VODLIFT_HOST_NAMES?.split(",").map((name) => name.trim().toLowerCase());
  return names === undefined || names.includes(new URL(req.url).hostname);
}

function overAsked(context: Context<Bound>): Response | undefined {
  const from = `from ${networkOf(context.req.raw)}`;
  const over = overCalled(context.env, from);
  if (over) return full(context, over);
  charge(context.env, from, 1);
  return undefined;
}

/** A stranger's body is not waited for: the connection ends with the answer. */
export async function drop(context: Context): Promise<void> {
  await context.req.raw.body?.cancel();
}

/** Headers of every answer, whoever makes it. */
export function withSafety(answer: Response): Response {
  const response = new Response(answer.body, answer);
  for (const [name, value] of SAFETY) response.headers.set(name, value);
  if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
  return response;
}

const SAFETY = [
  ["x-content-type-options", "nosniff"],
  // Browsers heed it over https only, so it does no harm on a loopback address.
  ["strict-transport-security", "max-age=31536000"],
  ["referrer-policy", "no-referrer"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
] as const;

function tooLarge(context: Context, most: number): Response {
  const { status, trouble } = tooLargeError(most);
  return problem(context, status, trouble);
}
