// Looking after all jobs, whenever the index's alarm rings: runs that died are replaced, what waits is begun, what ended long
// ago is forgotten.
import type { Failure } from "../api/schema.ts";
import type { Env } from "../env.ts";
import type { RunParams } from "../ingest/workflow.ts";
import { setting } from "../settings.ts";
import { nextToRun, type Turns } from "./dispatch.ts";
import { type Quota, SPENT } from "./quota.ts";
import { COLUMNS, type Row } from "./row.ts";
import { ORPHANED, type Table } from "./table.ts";

export interface Care {
  env: Env;
  sql: SqlStorage;
  table: Table;
  quota: Quota;
}

const DAY_MS = 86_400_000;
const TICK_MS = 15_000;
const MOST_STALLS = 5;
/** A run names its media within a second or two, or after a crash and a restart. */
const EARLY_MS = 3_600_000;
/** By then a callback's signature is too old to be taken, whatever the clocks say. */
const SIGNED_MS = 3_600_000;
/** Rows removed at a time when they have been kept long enough. */
const SWEEP = 1_000;
/** The most that `createBatch` takes. */
export const BATCH = 100;

/** Gives every run that has not been heard of for long a successor, which goes on from the checkpoint. */
export function replaceTheStale({ env, sql, table }: Care): void {
  const since = Date.now() - staleMs(env);
  const rows = sql
    .exec<Row>(`SELECT ${COLUMNS} FROM jobs WHERE state = 'running' AND moved < ?`, since)
    .toArray();
  for (const row of rows) {
    const error = row.has_request === 0 ? INTERRUPTED : row.stalls >= MOST_STALLS ? STALLED : null;
    if (error) {
      failWith(table, row, error);
    } else {
      const { run, stalls } = row;
      table.change(row, {
        state: "queued",
        phase: null,
        rate: 0,
        run: run + 1,
        stalls: stalls + 1,
      });
      table.note(row, "replaced", "It had stopped moving: another run goes on with it.");
    }
  }
  sql.exec(
    `UPDATE jobs SET run = run + 1, moved = 0
     WHERE todo IS NOT NULL AND moved BETWEEN 1 AND ? AND COALESCE(silent_until, 0) < ?`,
    since,
    since,
  );
}

/** Ends what has taken too long, however it moves. */
export function endTheOverdue({ sql, table }: Care): void {
  const rows = sql
    .exec<Row>(`SELECT ${COLUMNS} FROM jobs WHERE state = 'running' AND deadline < ?`, Date.now())
    .toArray();
  for (const row of rows) failWith(table, row, TOO_LONG);
}

/** What runs is told so with its next report. */
export function failWith(table: Table, row: Row, error: Failure): void {
  table.change(row, { error: JSON.stringify(error) });
  table.end(row, "failed", leavings(row), true);
  table.note(row, "failed", error.message);
}

/** What came with a request cannot be sent again, so its parts lead nowhere. */
export function leavings({ has_request, has_checkpoint }: Row): Row["todo"] {
  return has_request === 0 && has_checkpoint === 1 ? "cleanup" : null;
}

/** What runs of a caller that has moved its bytes waits until some of them are a day old; its life begins anew then. */
export function holdTheSpent({ sql, table, quota }: Care): void {
  for (const owner of quota.spent()) {
    const rows = sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM jobs WHERE state = 'running' AND request IS NOT NULL AND owner = ?`,
        owner,
      )
      .toArray();
    for (const row of rows) {
      table.change(row, { state: "queued", phase: null, rate: 0, deadline: null });
      table.note(row, "held", `Its caller's bytes are used up: ${SPENT}.`);
    }
  }
}

/** Who is to run now, those that wait and those that have ended but for something. They count as running from now on. */
export function startWaiting({ env, sql, table, quota }: Care): RunParams[] {
  const limits = {
    running: setting(env, "VODLIFT_RUNNING"),
    perHost: setting(env, "VODLIFT_PER_HOST"),
    perCaller: setting(env, "VODLIFT_RUNNING_PER_CALLER"),
    halted: quota.halted(),
  };
  const { start: rows, yields } = table.paused() ? NO_TURNS : nextToRun(sql, limits);
  for (const row of yields) {
    // Its run hears so with its next report, and finishes what is in flight.
    table.change(row, { state: "queued", phase: null, rate: 0 });
    table.note(row, "yielded", "Another caller's turn: it goes on later, from its checkpoint.");
  }
  for (const row of rows) {
    const started = row.started ?? Date.now();
    const deadline = row.deadline ?? Date.now() + longestMs(env);
    const mark = { paced_at: null, paced_sent: null };
    const fresh = { run: row.run + 1, phase: "starting", started, deadline, ...mark };
    table.change(row, { state: "running", ...fresh });
    if (row.started === null) table.note(row, "started", "A workflow has taken it up.");
  }
  // What is to be done after an end needs a run of its own where none is left.
  const left = sql
    .exec<Row>(
      `SELECT ${COLUMNS} FROM jobs WHERE todo IS NOT NULL AND moved = ? LIMIT ?`,
      ORPHANED,
      BATCH,
    )
    .toArray();
  for (const row of left) table.change(row, { run: row.run + 1 });
  return [...rows, ...left].map(({ id, run }) => ({ id, run: run + 1 }));
}

/** Forgets what ended long ago. */
export function sweep({ env, sql }: Care): void {
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
  return ended === null ? undefined : Math.max(ended + keptMs(care.env), Date.now() + 1_000);
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

export function longestMs(env: Env): number {
  return setting(env, "VODLIFT_LONGEST_SECONDS") * 1000;
}

function keptMs(env: Env): number {
  return setting(env, "VODLIFT_RETENTION_DAYS") * DAY_MS;
}

const NO_TURNS: Turns = { start: [], yields: [] };

export const TOO_SLOW: Failure = {
  code: "too_slow",
  message: "its bytes came slower than VODLIFT_LEAST_RATE allows",
  hint: "Use a faster source or line; what has arrived is kept for a retry of an ingest.",
  retryable: true,
};

const TOO_LONG: Failure = {
  code: "too_long",
  message: "it took longer than VODLIFT_LONGEST_SECONDS allows",
  hint: "Retry it to go on from its checkpoint, or raise the setting.",
  retryable: true,
};

const INTERRUPTED: Failure = {
  code: "interrupted",
  message: "the request that carried the bytes has ended",
  hint: "Send it again: its bytes were never stored anywhere else.",
};

const STALLED: Failure = {
  code: "stalled",
  message: `${MOST_STALLS + 1} runs in a row ended without a word and without a byte`,
  hint: "Look at the Worker's log; a smaller partSize or concurrency needs less memory. Then retry it.",
  retryable: true,
};
