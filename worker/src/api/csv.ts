// The list as CSV (RFC 4180), page by page, so that a million rows need no memory.
import type { Env } from "../env.ts";
import { type Actor, jobs } from "../jobs/index.ts";
import type { Query } from "../jobs/query.ts";
import { csvLine } from "./csv-line.ts";
import type { Ingest } from "./schema.ts";

const COLUMNS = [
  "id",
  "url",
  "title",
  "kind",
  "state",
  "mediaId",
  "size",
  "bytes",
  "attempts",
  "error",
  "created",
  "started",
  "ended",
  "owner",
] as const;
const PAGE = 1_000;

export function csv(
  env: Env,
  filters: Omit<Query, "limit" | "before" | "owner">,
  actor: Actor,
): Response {
  const index = jobs(env);
  const encoder = new TextEncoder();
  let before: number | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // The mark tells spreadsheets that it is UTF-8.
      controller.enqueue(encoder.encode(`\uFEFF${csvLine(COLUMNS)}`));
    },
    async pull(controller) {
      const from = before === undefined ? {} : { before };
      const page = await index.page({ ...filters, limit: PAGE, ...from }, actor);
      controller.enqueue(encoder.encode(page.ingests.map(line).join("")));
      if (page.cursor === null) controller.close();
      else before = Number(page.cursor);
    },
  });
  return new Response(body, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="ingests.csv"',
      "cache-control": "no-store",
    },
  });
}

function line(ingest: Ingest): string {
  return csvLine(
    COLUMNS.map((column) => (column === "error" ? ingest.error?.code : ingest[column])),
  );
}
