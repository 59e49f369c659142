// A row of the table of jobs, and what a caller sees of it.
// Request and checkpoint stay behind: they are most of a row, and a list or a look needs to know only whether they are there.
import type { Failure, Ingest, TimelineEntry } from "../api/schema.ts";
import type { Stored } from "../life/row.ts";
import type { Webhook } from "../life/said.ts";

export type Row = Stored & {
  seq: number;
  id: string;
  fingerprint: string | null;
  host: string;
  url: string;
  title: string | null;
  kind: string;
  phase: string | null;
  media_id: string | null;
  size: number | null;
  bytes: number;
  rate: number;
  parts: number;
  parts_total: number | null;
  error: string | null;
  has_request: 0 | 1;
  has_checkpoint: 0 | 1;
  webhook: Webhook | null;
  hooked: 0 | 1 | null;
  created: number;
  started: number | null;
  /** When something was last heard of it. It is shown, and decides nothing. */
  moved: number;
  ended: number | null;
  /** Whom it belongs to; empty: nobody. */
  owner: string;
  owner_name: string | null;
  reference: string;
};

/** What is selected of table `jobs` for a `Row`; each name with its table, as `texts` has some of the same. */
export const COLUMNS = `
  jobs.seq, jobs.id, jobs.fingerprint, jobs.state, jobs.run, jobs.attempts, jobs.host, jobs.url, jobs.title, jobs.kind,
  jobs.phase, jobs.media_id, jobs.size, jobs.bytes, jobs.rate, jobs.parts, jobs.parts_total, jobs.error,
  jobs.request IS NOT NULL AS has_request, jobs.checkpoint IS NOT NULL AS has_checkpoint, jobs.todo, jobs.stalls,
  jobs.webhook, jobs.hooked, jobs.lease, jobs.confirmed, jobs.created, jobs.started, jobs.moved, jobs.ended,
  jobs.owner, jobs.owner_name, jobs.paced_at, jobs.paced_sent, jobs.deadline,
  COALESCE(jobs.reference, 'vodlift-' || jobs.id) AS reference
`;

export type EntryRow = {
  at: number;
  type: string;
  text: string;
  actor: string | null;
};

export function toIngest(row: Row): Ingest {
  return {
    id: row.id,
    url: row.url,
    ...given("title", row.title),
    ...given("owner", row.owner_name),
    kind: row.kind,
    state: row.state,
    ...given("phase", row.state === "running" ? row.phase : null),
    ...given("mediaId", row.media_id),
    ...given("size", row.size),
    bytes: row.bytes,
    rate: row.state === "running" ? row.rate : 0,
    parts: row.parts,
    ...given("partsTotal", row.parts_total),
    attempts: row.attempts,
    ...given("error", row.error === null ? null : (JSON.parse(row.error) as Failure)),
    resumable: row.has_checkpoint === 1 && row.ended !== null && isSettled(row),
    ...given("webhook", row.webhook),
    created: iso(row.created),
    ...given("started", row.started === null ? null : iso(row.started)),
    moved: iso(row.moved),
    ...given("ended", row.ended === null ? null : iso(row.ended)),
  };
}

/** No run moves or removes anything of it any more; at most VOD is still asked, and webhooks told. */
export function isSettled({ todo }: Pick<Row, "todo">): boolean {
  return todo === null || todo === "notify" || todo === "confirm";
}

/** @param nth Which entry of this ingest it is, from 1. */
export function toEntry(row: Row, nth: number, { at, type, text, actor }: EntryRow): TimelineEntry {
  return { seq: beginning(row) + nth, at: iso(at), type, text, ...given("actor", actor) };
}

/** Which entry of this ingest has this number, from 1; what is out of range is none of its own. */
export function nthOf(row: Row, seq: number): number {
  return seq - beginning(row);
}

/**
 * Entries are numbered over all callers, and those numbers would tell how much happens to the others. Each ingest counts its
 * own, from a number of its own, so that the last id that was heard of another one is not taken for one of these.
 */
function beginning({ id }: Row): number {
  return Number.parseInt(id.slice(0, 10), 16) || 0;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** A field that is there only if there is something to say. */
function given<K extends string, V>(name: K, value: V | null): { [key in K]?: V } {
  return (value === null ? {} : { [name]: value }) as { [key in K]?: V };
}
