// The Worker: a small HTTP API over one Durable Object an ingest.
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { requireToken } from "./auth.ts";
import type { Env } from "./env.ts";
import type { Ingest } from "./ingest.ts";
import { problem } from "./problem.ts";
import { parseIngestRequest } from "./request.ts";

export { Ingest } from "./ingest.ts";

type Bound = { Bindings: Env };

const MAX_BODY = 64 * 1024;

const app = new Hono<Bound>();

app.get("/healthz", (context) => context.json({ status: "ok" }));

app.use("/v1/*", requireToken);

app.post(
  "/v1/ingests",
  bodyLimit({
    maxSize: MAX_BODY,
    onError: (context) =>
      problem(context, 413, {
        code: "body_too_large",
        message: `the body ends at ${MAX_BODY} bytes`,
        hint: "Pass the URL of the media, not the media.",
      }),
  }),
  async (context) => {
    const { env } = context;
    if (!env.ALIBABA_CLOUD_ACCESS_KEY_ID || !env.ALIBABA_CLOUD_ACCESS_KEY_SECRET) {
      return problem(context, 503, {
        code: "credentials_missing",
        message: "this Worker has no AccessKey",
        hint: "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET with `wrangler secret put`.",
      });
    }
    const request = parseIngestRequest(await context.req.text());
    if (!("url" in request)) return problem(context, 400, request);
    const ingest = env.INGESTS.get(env.INGESTS.newUniqueId());
    const { id, state } = await ingest.accept(request);
    context.header("location", `/v1/ingests/${id}`);
    return context.json({ id, state }, 202);
  },
);

app.get("/v1/ingests/:id", async (context) => {
  const view = await find(context.env, context.req.param("id"))?.look();
  return view ? context.json(view) : notFound(context);
});

app.all("/healthz", (context) => notAllowed(context, "GET"));
app.all("/v1/ingests", (context) => notAllowed(context, "POST"));
app.all("/v1/ingests/:id", (context) => notAllowed(context, "GET"));
app.notFound(notFound);
app.onError((error, context) => {
  console.error(error);
  return problem(context, 500, {
    code: "internal",
    message: "the Worker failed on this request",
    hint: "Look at the Worker's log.",
  });
});

/** The object of an id we gave out; an id we did not is no key to anything. */
function find(env: Env, id: string): DurableObjectStub<Ingest> | undefined {
  try {
    return env.INGESTS.get(env.INGESTS.idFromString(id));
  } catch {
    return undefined;
  }
}

function notFound(context: Context): Response {
  return problem(context, 404, {
    code: "not_found",
    message: "there is nothing at this address",
    hint: "POST /v1/ingests starts an ingest, GET /v1/ingests/:id shows one.",
  });
}

function notAllowed(context: Context, allow: string): Response {
  context.header("allow", allow);
  return problem(context, 405, {
    code: "method_not_allowed",
    message: `${context.req.method} is not for this address`,
    hint: `Use ${allow}.`,
  });
}

export default app;
