// The Worker: an HTTP API (api/) over a job index (jobs/, a Durable Object) and one Workflow an ingest (ingest/). The
// dashboard is static (../public).
import { OpenAPIHono } from "@hono/zod-openapi";
import { type Bound, mayTry, requireCaller, requireScope, tooMany } from "./api/auth.ts";
import { callback } from "./api/callback.ts";
import { events } from "./api/events.ts";
import { ingests, NOT_FOUND } from "./api/ingests.ts";
import { operations, prometheus } from "./api/operations.ts";
import { problem } from "./api/problem.ts";
import { close, current, open } from "./api/session.ts";
import { callerOf } from "./api/tokens.ts";
import { uploads } from "./api/uploads.ts";
import { jobs } from "./jobs/index.ts";

export { IngestWorkflow } from "./ingest/workflow.ts";
export { JobIndex } from "./jobs/index.ts";

const app = new OpenAPIHono<Bound>();

app.get("/healthz", (context) => context.json({ status: "ok" }));
app.post("/callbacks/vod", callback);
app.post("/callbacks/vod/", callback);

app.get("/session", async (context) => {
  const caller = await current(context);
  return caller ? context.json({ name: caller.name, scopes: caller.scopes }) : wrongToken(context);
});
app.post("/session", async (context) => {
  if (!(await mayTry(context.env, context.req.header("cf-connecting-ip")))) return tooMany(context);
  const { token } = (await context.req.json().catch(() => ({}))) as { token?: unknown };
  const caller = typeof token === "string" ? await callerOf(context.env, token) : undefined;
  if (!caller) return wrongToken(context);
  await open(context, caller);
  return context.body(null, 204);
});
app.delete("/session", (context) => {
  close(context);
  return context.body(null, 204);
});

app.use("/v1/*", requireCaller);
app.use("/metrics", requireCaller, requireScope("read"));
app.get("/metrics", async (context) =>
  context.text(prometheus(await jobs(context.env).stats()), 200, {
    "content-type": "text/plain; version=0.0.4; charset=utf-8",
  }),
);
for (const routes of [ingests, events, uploads, operations]) app.route("/v1", routes);

app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
  type: "http",
  scheme: "bearer",
});
app.doc31("/openapi.json", {
  openapi: "3.1.0",
  info: {
    title: "vodlift",
    version: "1",
    description: "Ingests media by URL into ApsaraVideo VOD. Errors are RFC 9457 problem details.",
  },
});

app.notFound((context) => {
  const allow = methodsOf(context.req.path).join(", ");
  if (allow === "") return problem(context, 404, NOT_FOUND);
  context.header("allow", allow);
  return problem(context, 405, {
    code: "method_not_allowed",
    message: `${context.req.method} is not for this address`,
    hint: `Use ${allow}.`,
  });
});
app.onError((error, context) => {
  // The message only: a stack or a cause may quote what must not be logged.
  console.error(error.message);
  return problem(context, 500, {
    code: "internal",
    message: "the Worker failed on this request",
    hint: "Look at the Worker's log.",
  });
});

/** What an address does take. */
function methodsOf(path: string): string[] {
  const fits = (pattern: string) =>
    new RegExp(`^${pattern.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/:\w+/g, "[^/]+")}$`).test(
      path,
    );
  const routes = app.routes.filter(
    ({ method, path: pattern }) => method !== "ALL" && fits(pattern),
  );
  return [...new Set(routes.map(({ method }) => method))].toSorted();
}

function wrongToken(context: Parameters<typeof current>[0]): Response {
  return problem(context, 401, {
    code: "unauthorized",
    message: "you are not logged in, or the token is wrong",
    hint: "Use one of the tokens in VODLIFT_TOKENS.",
  });
}

export default app;
