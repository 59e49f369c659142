// The list as CSV (RFC 4180), page by page, so that a million rows need no memory.
import type { Env } from "../env.ts";
import { type Actor, type Full, jobs, type Page } from "../jobs/index.ts";
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

export async function csv(
  env: Env,
  filters: Omit<Query, "limit" | "before" | "owner">,
  actor: Actor,
): Promise<Response | Full> {
  const index = jobs(env);
  const encoder = new TextEncoder();
  const pageFrom = async (before?: number): Promise<Page | Full> =>
    index.page({ ...filters, limit: PAGE, ...(before !== undefined && { before }) }, actor);
  const first = await pageFrom();
  if ("full" in first) return first;
  let next: Page | undefined = first;
  let before = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // The mark tells spreadsheets that it is UTF-8.
        controller.enqueue(encoder.encode(`\uFEFF${csvLine(COLUMNS)}`));
      },
      async pull(controller) {
        const page = next ?? (await patiently(() => pageFrom(before)));
        next = undefined;
        controller.enqueue(encoder.encode(page.ingests.map(line).join("")));
        if (page.cursor === null) controller.close();
        else before = Number(page.cursor);
      },
    },
    // Nothing is read ahead for one who does not take it.
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="ingests.csv"',
      "cache-control": "no-store",
    },
  });
}

/** What has begun goes on later, where its caller has read its share. */
async function patiently(read: () => Promise<Page | Full>): Promise<Page> {
  for (;;) {
    const page = await read();
    if (!("full" in page)) return page;
    await new Promise((resolve) => setTimeout(resolve, (page.after ?? 1) * 1_000));
  }
}

function line(ingest: Ingest): string {
  return csvLine(
    COLUMNS.map((column) => (column === "error" ? ingest.error?.code : ingest[column])),
  );
}
