// What operators need: totals, pause and resume of everything, metrics, VOD's callbacks.
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { jobs } from "../jobs/index.ts";
import type { Bound } from "./auth.ts";
import { json, needs, problems } from "./documented.ts";
import { Stats } from "./schema.ts";
import { validated } from "./validation.ts";

export const operations = new OpenAPIHono<Bound>({ defaultHook: validated });

operations.openapi(
  createRoute({
    method: "get",
    path: "/stats",
    summary: "Totals",
    ...needs("read"),
    responses: { 200: json(Stats, "How many there are of each state."), ...problems() },
  }),
  async (context) => context.json(await jobs(context.env).stats(context.get("actor")), 200),
);

for (const [path, paused, summary] of [
  ["/pause", true, "Begin no ingest any more, and let those that run stop at their next part"],
  ["/resume", false, "Go on with everything"],
] as const) {
  operations.openapi(
    createRoute({
      method: "post",
      path,
      summary,
      ...needs("admin"),
      responses: { 200: json(Stats, "How it stands now."), ...problems() },
    }),
    async (context) =>
      context.json(await jobs(context.env).pause(paused, context.get("actor")), 200),
  );
}

/** Prometheus text format. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function prometheus({ counts, paused, rate, bytes, moving }: Stats): string {
  const states = Object.entries(counts).map(
    ([state, n]) => `vodlift_ingests{state="${state}"} ${n}\n`,
  );
  return [
    "# HELP vodlift_ingests Ingests that are remembered, by state.\n# TYPE vodlift_ingests gauge\n",
    ...states,
    "# HELP vodlift_bytes_total Bytes of all ingests that were done.\n# TYPE vodlift_bytes_total counter\n",
    `vodlift_bytes_total ${bytes}\n`,
    "# HELP vodlift_bytes_moving Bytes that have arrived of ingests that run.\n# TYPE vodlift_bytes_moving gauge\n",
    `vodlift_bytes_moving ${moving}\n`,
    "# HELP vodlift_bytes_per_second Bytes a second of all that runs.\n# TYPE vodlift_bytes_per_second gauge\n",
    `vodlift_bytes_per_second ${rate}\n`,
    "# HELP vodlift_paused 1 while everything is paused.\n# TYPE vodlift_paused gauge\n",
    `vodlift_paused ${Number(paused)}\n`,
  ].join("");
}
