// The Worker: an HTTP API (api/) over a job index (jobs/, a Durable Object) and one Workflow an ingest (ingest/). The
// dashboard is static (../public).
import { OpenAPIHono } from "@hono/zod-openapi";
import { type Bound, closedBy, networkOf, requireScope } from "./api/auth.ts";
import { callback } from "./api/callback.ts";
import { door, withSafety } from "./api/door.ts";
import { events } from "./api/events.ts";
import { ingests, NOT_FOUND } from "./api/ingests.ts";
import { inTime } from "./api/late.ts";
import { login } from "./api/login.ts";
import { operations, prometheus } from "./api/operations.ts";
import { PayloadTrouble, problem } from "./api/problem.ts";
import { SCOPES_TEXT } from "./api/scopes.ts";
import { uploads } from "./api/uploads.ts";
import { unready } from "./client.ts";
import type { Env } from "./env.ts";
import { jobs } from "./jobs/index.ts";

export { IngestWorkflow } from "./ingest/workflow.ts";
export { JobIndex } from "./jobs/index.ts";

const app = new OpenAPIHono<Bound>();

app.use("*", door);
app.get("/healthz", async (context) => {
  const isClosed = closedBy(context.env) ?? (await unready(context.env));
  return isClosed ? problem(context, 503, CLOSED) : context.json({ status: "ok" });
});
app.post("/callbacks/vod", callback);
app.post("/callbacks/vod/", callback);

app.route("/session", login);

app.use("/metrics", requireScope("read", "all"));
app.get("/metrics", async (context) =>
  context.text(prometheus(await jobs(context.env).stats(context.get("actor"))), 200, {
    "content-type": "text/plain; version=0.0.4; charset=utf-8",
  }),
);
for (const routes of [ingests, events, uploads, operations]) app.route("/v1", routes);

app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
  type: "http",
  scheme: "bearer",
  description: `A token of VODLIFT_TOKENS. Its scopes say what it may do: ${SCOPES_TEXT}. What a token does not reach is answered as what is not there.`,
});
let document: string | undefined;
app.get("/openapi.json", (context) => {
  // Anybody may ask, and it never changes: it is written once.
  document ??= JSON.stringify(
    app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "vodlift",
        version: "1",
        description:
          "Ingests media by URL into ApsaraVideo VOD. Errors are RFC 9457 problem details.",
      },
    }),
  );
  return context.body(document, 200, { "content-type": "application/json" });
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
  if (error instanceof PayloadTrouble) return problem(context, error.status, error.trouble);
  // The message only: a stack or a cause may quote what must not be logged.
  console.error(error.message);
  return problem(context, 500, {
    code: "internal",
    message: "the Worker failed on this request",
    hint: "Look at the Worker's log.",
  });
});

/** Strangers hear no more than that. */
const CLOSED = {
  code: "closed",
  message: "this Worker takes nothing: a setting is missing or cannot be read",
  hint: "Send a request with a token, which is answered with what to set; the log may say more.",
};

/** What an address does take. */
function methodsOf(path: string): string[] {
  const fits = (pattern: string) =>
    new RegExp(`^${pattern.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/:\w+/g, "[^/]+")}$`).test(
      path,
    );
  const routes = app.routes.filter(
    ({ method, path: pattern }) => method !== "ALL" && fits(pattern),
  );
  const methods = new Set(routes.map(({ method }) => method));
  // What can be read, can be asked for its head.
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].toSorted();
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const answer = await app.fetch(request, env, context);
    return withSafety(await inTime(answer, networkOf(request)));
  },
};
