// GET /v1/ingests/:id/events: what happens to an ingest, as server-sent events. Entries of the timeline carry an id, so a
// listener that was cut off hears what comes after the last one it saw (Last-Event-ID).
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { jobs } from "../jobs/index.ts";
import { type Bound, listenerOf } from "./auth.ts";
import { IdParam, needs, problems } from "./documented.ts";
import { full } from "./full.ts";
import { NOT_FOUND } from "./ingests.ts";
import { problem } from "./problem.ts";
import { validated } from "./validation.ts";

/** Proxies cut what is silent for longer. */
const PATIENCE_MS = 15_000;
const AT_MOST_EVERY_MS = 250;

export const events = new OpenAPIHono<Bound>({ defaultHook: validated });

events.openapi(
  createRoute({
    method: "get",
    path: "/ingests/{id}/events",
    summary: "Follow an ingest",
    description:
      "`ingest`: how it stands now. `entry`: a line of its timeline, with an id. `end`: nothing more will come.",
    ...needs("read"),
    request: {
      params: IdParam,
      headers: z.object({ "last-event-id": z.string().optional() }),
    },
    responses: {
      200: { description: "Events.", content: { "text/event-stream": { schema: z.string() } } },
      204: { description: "It is over, and everything was heard." },
      ...problems(400, 404),
    },
  }),
  async (context) => {
    const id = context.req.param("id");
    const index = jobs(context.env);
    const listener = listenerOf(context);
    const last = context.req.header("last-event-id") ?? "";
    // What this ingest never said is not believed: it is told from the beginning.
    let seq = /^\d{1,15}$/.test(last) ? await index.heard(id, Number(last), listener) : undefined;
    let moved: string | undefined;
    const first = await index.watch(id, seq, undefined, 0, listener);
    if (!first) return problem(context, 404, NOT_FOUND);
    if ("full" in first) return full(context, first);
    // A browser that hears 204 does not connect again.
    if (first.over && first.entries.length === 0 && seq !== undefined) {
      await index.leave(listener);
      return context.body(null, 204);
    }
    // Who only looks at the head follows nothing.
    if (context.req.method === "HEAD") {
      await index.leave(listener);
      return context.body(null, 200, { "content-type": "text/event-stream" });
    }
    return streamSSE(context, async (stream) => {
      stream.onAbort(() => index.leave(listener));
      for (let news: typeof first | undefined = first; news && !stream.aborted; ) {
        for (const entry of news.entries) {
          await stream.writeSSE({
            event: "entry",
            id: String(entry.seq),
            data: JSON.stringify(entry),
          });
          seq = entry.seq;
        }
        // Two things may happen within one millisecond: the last word is said in any case.
        if (news.over || news.view.moved !== moved) {
          await stream.writeSSE({ event: "ingest", data: JSON.stringify(news.view) });
          moved = news.view.moved;
        } else {
          await stream.write(": still here\n\n");
        }
        if (news.over) {
          // Who hears the end may follow another at once.
          await index.leave(listener);
          return stream.writeSSE({ event: "end", data: "{}" });
        }
        await stream.sleep(AT_MOST_EVERY_MS);
        const next = await index.watch(id, seq, moved, PATIENCE_MS, listener);
        news = next && "view" in next ? next : undefined;
      }
      await index.leave(listener);
    });
  },
);
