// The Worker: a small HTTP API over one Durable Object an ingest.
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { requireToken } from "./auth.ts";
import type { Env } from "./env.ts";
import type { Ingest, IngestView } from "./ingest.ts";
import { listing } from "./listing.ts";
import { problem } from "./problem.ts";
import { parseIngestRequest } from "./request.ts";

export { Ingest } from "./ingest.ts";
export { Listing } from "./listing.ts";

type Bound = { Bindings: Env };

const MAX_BODY = 64 * 1024;
const MAX_KEY = 255;
/** Every ingest on a page is asked how it stands, which is a subrequest each: 50 are the least that a plan allows. */
const MAX_PAGE = 40;
const PAGE = 20;

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
    const key = context.req.header("idempotency-key");
    if (key !== undefined && (key === "" || key.length > MAX_KEY)) {
      return badQuery(context, "Idempotency-Key", `must have 1 to ${MAX_KEY} characters`);
    }
    // The same key is the same object, whoever asks, and however many at once.
    const place =
      key === undefined ? env.INGESTS.newUniqueId() : env.INGESTS.idFromName(`key ${key}`);
    // Listed first: what is listed in vain is dropped from the list, what is not listed would never be seen.
    await listing(env).add(place.toString());
    const { id, state } = await env.INGESTS.get(place).accept(request);
    context.header("location", `/v1/ingests/${id}`);
    return context.json({ id, state }, 202);
  },
);

app.get("/v1/ingests", async (context) => {
  const { limit = String(PAGE), cursor } = context.req.query();
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > MAX_PAGE) {
    return badQuery(context, "limit", `must be a number from 1 to ${MAX_PAGE}`);
  }
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
    return badQuery(context, "cursor", "must be the one of the page before");
  }
  const list = listing(context.env);
  const page = await list.page(count, cursor === undefined ? undefined : Number(cursor));
  const views = await Promise.all(
    page.ids.map(async (id): Promise<IngestView[]> => {
      const view = await find(context.env, id)?.look();
      if (view) return [view];
      await list.remove(id);
      return [];
    }),
  );
  return context.json({ ingests: views.flat(), cursor: page.cursor });
});

app.get("/v1/ingests/:id", async (context) => {
  const view = await find(context.env, context.req.param("id"))?.look();
  return view ? context.json(view) : notFound(context);
});

app.delete("/v1/ingests/:id", async (context) => {
  const view = await find(context.env, context.req.param("id"))?.cancel();
  if (!view) return notFound(context);
  return view.state === "canceled" ? context.json(view) : alreadyOver(context, view);
});

app.post("/v1/ingests/:id/stop", async (context) => {
  const view = await find(context.env, context.req.param("id"))?.stop();
  if (!view) return notFound(context);
  return view.state === "canceled" ? context.json(view) : alreadyOver(context, view);
});

app.get("/v1/ingests/:id/checkpoint", async (context) => {
  const ingest = find(context.env, context.req.param("id"));
  const view = await ingest?.look();
  if (!ingest || !view) return notFound(context);
  const checkpoint = await ingest.checkpoint();
  if (checkpoint) return context.json(checkpoint);
  return problem(context, 409, {
    code: "no_checkpoint",
    message: `this ingest is ${view.state}, and there is no checkpoint to hand out`,
    hint: "POST /v1/ingests/:id/stop ends one that runs and leaves its checkpoint.",
  });
});

app.all("/healthz", (context) => notAllowed(context, "GET"));
app.all("/v1/ingests", (context) => notAllowed(context, "GET, POST"));
app.all("/v1/ingests/:id", (context) => notAllowed(context, "GET, DELETE"));
app.all("/v1/ingests/:id/stop", (context) => notAllowed(context, "POST"));
app.all("/v1/ingests/:id/checkpoint", (context) => notAllowed(context, "GET"));
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

function badQuery(context: Context, field: string, rule: string): Response {
  return problem(context, 400, {
    code: "invalid_argument",
    message: `\`${field}\` ${rule}`,
    hint: "Correct it and send the request again.",
    field,
  });
}

/** What has come to its end cannot be ended in another way. */
function alreadyOver(context: Context, { state }: IngestView): Response {
  return problem(context, 409, {
    code: "already_over",
    message: `this ingest is ${state}`,
    hint: "Only one that is queued or running can be stopped; one that is done stays in VOD.",
  });
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
