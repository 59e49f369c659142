// Looking after all jobs, whenever the index's alarm rings: runs that died are replaced, what waits is begun, what ended long
// ago is forgotten.
import type { Env } from "../env.ts";
import type { RunParams } from "../ingest/workflow.ts";
import { daysMs, setting } from "../settings.ts";
import { leftToDo, nextToRun, type Turns } from "./dispatch.ts";
import { forgetRequests, nextToForget } from "./forget.ts";
import type { Lives } from "./lives.ts";
import { type Quota, SPENT } from "./quota.ts";
import { COLUMNS, type Row } from "./row.ts";
import type { Starts } from "./starts.ts";
import type { Table } from "./table.ts";

export interface Care {
  env: Env;
  sql: SqlStorage;
  table: Table;
  lives: Lives;
  quota: Quota;
  starts: Starts;
}

const TICK_MS = 15_000;
/** A run names its media within a second or two, or after a crash and a restart. */
const EARLY_MS = 3_600_000;
/** By then a callback's signature is too old to be taken, whatever the clocks say. */
const SIGNED_MS = 3_600_000;
/** Rows removed at a time when they have been kept long enough. */
const SWEEP = 1_000;
/** The most that `createBatch` takes. */
export const BATCH = 100;

/** Tells each that time has passed: whose run was not heard of for long, and what has taken too long. */
export function passTime({ sql, lives }: Care): void {
  const now = Date.now();
  // Each by its own index: an OR of both reads every row.
  for (const test of ["lease < ?", "state = 'running' AND deadline < ?"]) {
    const rows = sql.exec<Row>(`SELECT ${COLUMNS} FROM jobs WHERE ${test}`, now).toArray();
    for (const row of rows) lives.happens(row, { type: "tick" });
  }
}

/** What runs of a caller that has moved its bytes waits until some of them are a day old; its life begins anew then. */
export function holdTheSpent({ sql, lives, quota }: Care): void {
  for (const owner of quota.spent()) {
    const rows = sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM jobs WHERE state = 'running' AND request IS NOT NULL AND owner = ?`,
        owner,
      )
      .toArray();
    const text = `Its caller's bytes are used up: ${SPENT}.`;
    for (const row of rows) lives.happens(row, { type: "hold", text });
  }
}

/** Who is to run now, those that wait and those that have ended but for something. They count as running from now on. */
export function startWaiting(care: Care): { runs: RunParams[]; againMs: number } {
  const { env, sql, table, lives, quota, starts } = care;
  const limits = {
    running: setting(env, "VODLIFT_RUNNING"),
    perHost: setting(env, "VODLIFT_PER_HOST"),
    perCaller: setting(env, "VODLIFT_RUNNING_PER_CALLER"),
    halted: quota.halted(),
    starts,
  };
  // What is to be done after an end needs a run of its own where none is left.
  const left = leftToDo(sql, starts, BATCH);
  const next = table.paused() ? NO_TURNS : nextToRun(sql, limits);
  for (const row of next.yields) lives.happens(row, { type: "yield" });
  const runs = [...next.start, ...left.start].flatMap((row) => {
    const { create, life } = lives.happens(row, { type: "start" });
    return create ? [{ id: row.id, run: life.run }] : [];
  });
  const never = Number.POSITIVE_INFINITY;
  return { runs, againMs: Math.min(left.againMs ?? never, next.againMs ?? never) };
}

/** Forgets what ended long ago. */
export function sweep(care: Care): void {
  forgetRequests(care);
  const { env, sql } = care;
  sql.exec(
    "DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE ended < ? AND todo IS NULL LIMIT ?)",
    Date.now() - keptMs(env),
    SWEEP,
  );
  sql.exec("DELETE FROM confirmations WHERE at < ?", Date.now() - EARLY_MS);
  sql.exec("DELETE FROM callbacks WHERE at < ?", Date.now() - SIGNED_MS);
}

/** When to look again, in ms since the epoch; never while there is nothing at all. */
export function nextLook(care: Care): number | undefined {
  if (isBusy(care)) return Date.now() + tickMs(care.env);
  const { ended } = care.sql
    .exec<{ ended: number | null }>("SELECT MIN(ended) AS ended FROM jobs WHERE ended IS NOT NULL")
    .one();
  if (ended === null) return undefined;
  const due = Math.min(ended + keptMs(care.env), nextToForget(care) ?? Number.POSITIVE_INFINITY);
  return Math.max(due, Date.now() + 1_000);
}

/** From one look to the next, as long as there is something to look at. */
export function tickMs(env: Env): number {
  return Math.min(TICK_MS, staleMs(env) / 2);
}

function isBusy({ sql, table }: Care): boolean {
  const open = table.paused() ? "('running')" : "('queued', 'running')";
  // Each by its own index: an OR of both reads every row.
  return ["todo IS NOT NULL", `state IN ${open}`].some(
    (test) => sql.exec(`SELECT 1 FROM jobs WHERE ${test} LIMIT 1`).toArray().length > 0,
  );
}

function staleMs(env: Env): number {
  return setting(env, "VODLIFT_STALE_SECONDS") * 1000;
}

function keptMs(env: Env): number {
  return daysMs(env, "VODLIFT_RETENTION_DAYS");
}

const NO_TURNS: Turns = { start: [], yields: [] };
