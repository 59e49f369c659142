// The job index: which ingests there are and how each stands, in one Durable Object with SQLite. It decides who runs, and
// looks after those that stopped moving; the Workflow (../ingest) does the work and reports here.
// Read in this order: migrations.ts (the tables), row.ts (what is seen of a row), query.ts (the list), dispatch.ts (who is
// next), this file (what can be said to it).
import { DurableObject } from "cloudflare:workers";
import type { Failure, Ingest, IngestDetail, State, Stats, TimelineEntry } from "../api/schema.ts";
import { type Env, setting } from "../env.ts";
import { instanceId } from "../ingest/instance.ts";
import { nextToRun } from "./dispatch.ts";
import { migrate } from "./migrations.ts";
import { findRows, type Query } from "./query.ts";
import { type EntryRow, type Row, toEntry, toIngest } from "./row.ts";

/** An ingest as it is accepted. */
export interface NewJob {
  id: string;
  fingerprint?: string;
  host: string;
  /** As it is shown. */
  url: string;
  title?: string;
  kind: string;
  size?: number;
  /** Sealed. Absent: the bytes come with the very request, and nobody else can fetch them. */
  request?: string;
}

export type Acceptance = { id: string; state: State } | { conflict: true };

/** What a run has to do. */
export interface Task {
  todo: "upload" | "cleanup" | "drain" | "notify";
  request: string | null;
  /** As JSON. */
  checkpoint: string | null;
  view: Ingest;
}

/** How far a run is. Bytes and parts of the whole object, or of one shard. */
export interface Report {
  phase: string;
  bytes: number;
  rate: number;
  parts: number;
  size?: number;
  partsTotal?: number;
  mediaId?: string;
  shard?: number;
}

/** What a run is told in reply: go on, finish what is in flight and leave the rest, or remove what is there. */
export type Order = "go" | "stop" | "abort";

type Sums = { bytes: number; rate: number; parts: number };

/** How an upload ended well. */
export interface Ended {
  mediaId: string;
  bytes: number;
  parts: number;
  /** Somebody has to be told. */
  notify: boolean;
}

const DAY_MS = 86_400_000;
const TICK_MS = 15_000;
/** As `moved`: something is left to do, and no run does it. */
const ORPHANED = 0;
const MOST_STALLS = 5;
/** A run names its media within a second or two, or after a crash and a restart. */
const EARLY_MS = 3_600_000;
/** Rows removed at a time when they have been kept long enough. */
const SWEEP = 1_000;
/** The most that `createBatch` takes. */
const BATCH = 100;
const OPEN = "('queued', 'running')";

export class JobIndex extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  /** Those who wait for news of a job, by its id. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    migrate(ctx.storage);
  }

  // What callers of the API say.

  /** Takes new ingests, all or none; what is known by its id stays as it is. */
  async accept(jobs: readonly NewJob[]): Promise<Acceptance[]> {
    const accepted = this.ctx.storage.transactionSync(() => jobs.map((job) => this.#add(job)));
    await this.#wake();
    return accepted;
  }

  page(query: Query): { ingests: Ingest[]; cursor: string | null } {
    const rows = findRows(this.#sql, query);
    const shown = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? shown.at(-1) : undefined;
    return { ingests: shown.map(toIngest), cursor: last ? String(last.seq) : null };
  }

  async look(id: string): Promise<IngestDetail | undefined> {
    const row = this.#find(id);
    if (!row) return undefined;
    return { ...toIngest(row), timeline: this.#entries(row, 0) };
  }

  /** What is new of a job: at once if there is something after `seq`, or when something happens; after a while at the latest. */
  async watch(
    id: string,
    seq: number,
    moved: string | undefined,
    patienceMs: number,
  ): Promise<{ view: Ingest; entries: TimelineEntry[]; over: boolean } | undefined> {
    const row = this.#find(id);
    if (!row) return undefined;
    const entries = this.#entries(row, seq);
    const view = toIngest(row);
    const over = row.ended !== null && row.todo === null;
    if (entries.length || view.moved !== moved || over) return { view, entries, over };
    await this.#news(id, patienceMs);
    const now = this.#find(id);
    return now && { view: toIngest(now), entries: this.#entries(now, seq), over: false };
  }

  /** As JSON. */
  checkpoint(id: string): string | null {
    return this.#find(id)?.checkpoint ?? null;
  }

  /** Waits until nothing is left to do for a job that has ended; not for ever. */
  async settled(id: string, patienceMs: number): Promise<Ingest | undefined> {
    const until = Date.now() + patienceMs;
    for (let row = this.#find(id); row; row = this.#find(id)) {
      const left = until - Date.now();
      if (isSettled(row) || left <= 0) return toIngest(row);
      await this.#news(id, left);
    }
    return undefined;
  }

  /** Gives it up. What runs is told so with its next report; what was uploaded is removed then. */
  async cancel(id: string): Promise<Ingest | undefined> {
    const row = this.#find(id);
    if (!row) return undefined;
    const open = row.state === "queued" || row.state === "running";
    const left = row.checkpoint !== null && row.state !== "done" && row.state !== "ready";
    if (open || (left && isSettled(row))) {
      this.#end(row, "canceled", row.state === "running" || left ? "cleanup" : null);
      // What runs cleans up behind itself; for the rest nobody is there yet.
      if (left && row.state !== "running") this.#change(row, { moved: ORPHANED });
      this.#note(row, "canceled", "Canceled; what was uploaded is removed.");
      await this.#wake();
    }
    return this.#show(id);
  }

  /** Ends it, and leaves its checkpoint to somebody else. */
  async stop(id: string): Promise<Ingest | undefined> {
    const row = this.#find(id);
    if (row?.state === "queued" || row?.state === "running") {
      this.#end(row, "canceled", row.state === "running" ? "drain" : null);
      this.#note(row, "stopped", "Stopped; its checkpoint is kept.");
    }
    return this.#show(id);
  }

  /** Queues again what has failed or was canceled; it goes on from its checkpoint, if it left one. */
  async retry(id: string): Promise<Ingest | "over" | "gone" | undefined> {
    const row = this.#find(id);
    if (!row) return undefined;
    if ((row.state !== "failed" && row.state !== "canceled") || !isSettled(row)) return "over";
    if (row.request === null) return "gone";
    this.#change(row, {
      state: "queued",
      attempts: row.attempts + 1,
      run: row.run + 1,
      stalls: 0,
      error: null,
      ended: null,
      todo: null,
      webhook: null,
      silent_until: null,
    });
    this.#note(row, "retried", `Attempt ${row.attempts + 1} was asked for.`);
    await this.#wake();
    return this.#show(id);
  }

  stats(): Stats {
    const totals = this.#sql
      .exec<{ name: string; value: number }>("SELECT * FROM totals")
      .toArray();
    const { bytes = 0, ...counts } = Object.fromEntries(
      totals.map(({ name, value }) => [name, value]),
    );
    const { rate } = this.#sql
      .exec<{ rate: number }>(
        "SELECT COALESCE(SUM(rate), 0) AS rate FROM jobs WHERE state = 'running'",
      )
      .one();
    return { counts: counts as Stats["counts"], paused: this.#paused(), rate, bytes };
  }

  /** While paused nothing begins, and what runs goes back into the queue at its next part. */
  async pause(paused: boolean): Promise<Stats> {
    this.#sql.exec("INSERT OR REPLACE INTO settings VALUES ('paused', ?)", String(paused));
    await this.#wake();
    return this.stats();
  }

  /** VOD itself says that it has the file. */
  ready(mediaId: string): Ingest | undefined {
    const row = this.#sql
      .exec<Row>("SELECT * FROM jobs WHERE media_id = ? ORDER BY seq DESC LIMIT 1", mediaId)
      .toArray()[0];
    if (!row) this.#confirm(mediaId);
    if (!row || row.confirmed !== null) return row && toIngest(row);
    this.#change(row, { confirmed: Date.now(), ...(row.state === "done" && { state: "ready" }) });
    this.#note(row, "ready", "VOD has the file.");
    return this.#show(row.id);
  }

  // What runs say. A run that was replaced hears so and stops.

  begin(id: string, run: number): Task | undefined {
    const row = this.#current(id, run);
    if (!row) return undefined;
    this.#change(row, { phase: row.phase ?? "starting" });
    return {
      todo: row.todo ?? "upload",
      request: row.request,
      checkpoint: row.checkpoint,
      view: toIngest(row),
    };
  }

  report(id: string, run: number, report: Report): Order {
    const row = this.#find(id);
    if (row?.run !== run) return "stop";
    if (row.state !== "running") return row.todo === "cleanup" ? "abort" : "stop";
    const { bytes, rate, parts } = report.shard === undefined ? report : this.#shard(row, report);
    this.#name(row, report.mediaId);
    this.#change(row, {
      phase: report.phase,
      bytes: Math.max(bytes, row.bytes),
      ...(bytes > row.bytes && { stalls: 0, error: null }),
      rate: Math.round(rate),
      parts: Math.max(parts, row.parts),
      size: report.size ?? row.size,
      parts_total: report.partsTotal ?? row.parts_total,
    });
    return this.#paused() ? "stop" : "go";
  }

  /** A later run begins where the last checkpoint stands, even that of a run that was told to stop meanwhile. */
  save(id: string, run: number, checkpoint: string | null): void {
    const row = this.#current(id, run);
    // A shard may hear last that all is over: what it brings then leads nowhere.
    if (!row || (row.ended !== null && isSettled(row))) return;
    this.#sql.exec("UPDATE jobs SET checkpoint = ? WHERE seq = ?", checkpoint, row.seq);
  }

  /** Nothing will be heard of it for so long, and that is as it should be. */
  expectSilence(id: string, run: number, ms: number): void {
    const row = this.#current(id, run);
    if (row) this.#change(row, { silent_until: Date.now() + ms });
  }

  /** A step has failed, and is tried again. What was wrong is shown as long as nothing goes better. */
  trouble(id: string, run: number, error: Failure): void {
    const row = this.#current(id, run);
    if (row?.state !== "running") return;
    this.#change(row, { error: JSON.stringify(error) });
    this.#note(row, "trouble", `${error.message} It is tried again.`);
  }

  note(id: string, run: number, type: string, text: string): void {
    const row = this.#current(id, run);
    if (row) this.#note(row, type, text);
  }

  finish(id: string, run: number, { mediaId, bytes, parts, notify }: Ended): void {
    const known = this.#current(id, run);
    if (!known) return;
    const row = this.#name(known, mediaId);
    const whole = { bytes, size: bytes, parts, parts_total: parts };
    this.#change(row, { ...whole, checkpoint: null, error: null });
    this.#end(row, row.confirmed === null ? "done" : "ready", notify ? "notify" : null);
    this.#note(row, "done", `${bytes} bytes are stored, their checksum agrees.`);
  }

  fail(id: string, run: number, error: Failure, notify: boolean): void {
    const row = this.#current(id, run);
    if (!row) return;
    this.#change(row, { error: JSON.stringify(error) });
    this.#end(row, "failed", notify ? "notify" : null);
    this.#note(row, "failed", error.message);
  }

  /** The run's own means are used up, or all was paused: another one goes on. Of what was stopped nobody does. */
  async handOver(id: string, run: number): Promise<void> {
    const row = this.#current(id, run);
    if (row?.todo === "drain") this.#change(row, { todo: null });
    if (row?.state !== "running") return;
    this.#change(row, { state: "queued", phase: null, rate: 0 });
    await this.#wake();
  }

  /** What a canceled ingest had left is removed. */
  cleaned(id: string, run: number): void {
    const row = this.#current(id, run);
    if (row) this.#change(row, { todo: null, checkpoint: null });
  }

  /** Everybody was told who had to be told, or nobody listens. */
  notified(id: string, run: number, webhook: "delivered" | "failed"): void {
    const row = this.#current(id, run);
    if (!row) return;
    this.#change(row, { todo: null, webhook });
    this.#note(
      row,
      "webhook",
      webhook === "delivered"
        ? "The webhook was delivered."
        : "The webhook could not be delivered.",
    );
  }

  // Looking after everything.

  override async alarm(): Promise<void> {
    this.#replaceTheStale();
    const started = await this.#start();
    this.#sweep();
    // Somebody asked for it while instances were made: that is sooner than any of these.
    if ((await this.ctx.storage.getAlarm()) !== null) return;
    if (started || this.#isBusy())
      await this.ctx.storage.setAlarm(Date.now() + Math.min(TICK_MS, this.#staleMs() / 2));
    else await this.#sleep();
  }

  /** Gives every run that has not been heard of for long a successor, which goes on from the checkpoint. */
  #replaceTheStale(): void {
    const since = Date.now() - this.#staleMs();
    const rows = this.#sql
      .exec<Row>("SELECT * FROM jobs WHERE state = 'running' AND moved < ?", since)
      .toArray();
    for (const row of rows) {
      const error = row.request === null ? INTERRUPTED : row.stalls >= MOST_STALLS ? STALLED : null;
      if (error) {
        this.#change(row, { error: JSON.stringify(error) });
        this.#end(row, "failed", null);
        this.#note(row, "failed", error.message);
      } else {
        const { run, stalls } = row;
        this.#change(row, {
          state: "queued",
          phase: null,
          rate: 0,
          run: run + 1,
          stalls: stalls + 1,
        });
        this.#note(row, "replaced", "It had stopped moving: another run goes on with it.");
      }
    }
    this.#sql.exec(
      `UPDATE jobs SET run = run + 1, moved = 0
       WHERE todo IS NOT NULL AND moved BETWEEN 1 AND ? AND COALESCE(silent_until, 0) < ?`,
      since,
      since,
    );
  }

  /** Starts as many as there is room for; says whether any was. */
  async #start(): Promise<boolean> {
    const limits = {
      running: setting(this.env.VODLIFT_RUNNING, 20),
      perHost: setting(this.env.VODLIFT_PER_HOST, 6),
    };
    const rows = this.#paused() ? [] : nextToRun(this.#sql, limits);
    for (const row of rows) {
      const started = row.started ?? Date.now();
      this.#change(row, { state: "running", run: row.run + 1, phase: "starting", started });
      if (row.started === null) this.#note(row, "started", "A workflow has taken it up.");
    }
    // What is to be done after an end needs a run of its own where none is left.
    const left = this.#sql
      .exec<Row>("SELECT * FROM jobs WHERE todo IS NOT NULL AND moved = 0 LIMIT ?", BATCH)
      .toArray();
    for (const row of left) this.#change(row, { run: row.run + 1 });
    const runs = [...rows, ...left].map(({ id, run }) => ({ id, run: run + 1 }));
    for (let at = 0; at < runs.length; at += BATCH) await this.#create(runs.slice(at, at + BATCH));
    return runs.length > 0;
  }

  /** An instance that could not be made is one that does not move: it is replaced like those. */
  async #create(runs: readonly { id: string; run: number }[]): Promise<void> {
    try {
      await this.env.INGEST.createBatch(runs.map((params) => ({ id: instanceId(params), params })));
    } catch (error) {
      console.error(
        "workflow instances could not be created",
        error instanceof Error ? error.message : error,
      );
    }
  }

  /** Forgets what ended long ago. */
  #sweep(): void {
    const days = setting(this.env.VODLIFT_RETENTION_DAYS, 30);
    this.#sql.exec(
      "DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE ended < ? AND todo IS NULL LIMIT ?)",
      Date.now() - days * DAY_MS,
      SWEEP,
    );
    this.#sql.exec("DELETE FROM confirmations WHERE at < ?", Date.now() - EARLY_MS);
  }

  #staleMs(): number {
    return setting(this.env.VODLIFT_STALE_SECONDS, 120) * 1000;
  }

  #isBusy(): boolean {
    const paused = this.#paused();
    const open = paused ? "('running')" : OPEN;
    // Each by its own index: an OR of both reads every row.
    return ["todo IS NOT NULL", `state IN ${open}`].some(
      (test) => this.#sql.exec(`SELECT 1 FROM jobs WHERE ${test} LIMIT 1`).toArray().length > 0,
    );
  }

  async #wake(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Until the next row has been kept long enough. */
  async #sleep(): Promise<void> {
    const oldest = this.#sql
      .exec<{ ended: number | null }>(
        "SELECT MIN(ended) AS ended FROM jobs WHERE ended IS NOT NULL",
      )
      .one().ended;
    if (oldest === null) return;
    const kept = setting(this.env.VODLIFT_RETENTION_DAYS, 30) * DAY_MS;
    await this.ctx.storage.setAlarm(Math.max(oldest + kept, Date.now() + TICK_MS));
  }

  // Rows.

  #add(job: NewJob): Acceptance {
    const known = this.#find(job.id);
    if (known) {
      return known.fingerprint === (job.fingerprint ?? null) ? known : { conflict: true };
    }
    const now = Date.now();
    const running = job.request === undefined;
    this.#sql.exec(
      `INSERT INTO jobs (id, fingerprint, state, run, host, url, title, kind, size, request, created, started, moved)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      job.id,
      job.fingerprint ?? null,
      running ? "running" : "queued",
      running ? 1 : 0,
      job.host,
      job.url,
      job.title ?? null,
      job.kind,
      job.size ?? null,
      job.request ?? null,
      now,
      running ? now : null,
      now,
    );
    const row = this.#find(job.id) as Row;
    this.#note(
      row,
      running ? "started" : "queued",
      running ? "Its bytes come with the request." : "Accepted.",
    );
    return { id: row.id, state: row.state };
  }

  #end(row: Row, state: State, todo: Row["todo"]): void {
    const webhook = todo === "notify" ? "pending" : null;
    this.#change(row, { state, todo, webhook, ended: Date.now(), rate: 0, phase: null });
    this.#sql.exec("DELETE FROM shards WHERE job = ?", row.seq);
    // There is room for another one.
    this.ctx.waitUntil(this.#wake());
  }

  /** What VOD calls it. VOD may have named it in a callback before. */
  #name(row: Row, mediaId: string | undefined): Row {
    if (mediaId === undefined || mediaId === row.media_id) return row;
    this.#change(row, { media_id: mediaId });
    this.#note(row, "created", `VOD calls it ${mediaId}.`);
    const early = this.#sql
      .exec("DELETE FROM confirmations WHERE media_id = ? RETURNING at", mediaId)
      .toArray();
    if (early.length) this.ready(mediaId);
    return this.#find(row.id) ?? row;
  }

  /** VOD has a file that nobody has named yet: perhaps one of ours, perhaps somebody else's of the same account. */
  #confirm(mediaId: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO confirmations VALUES (?, ?)", mediaId, Date.now());
  }

  /** All shards together. */
  #shard(row: Row, { shard = 0, bytes, rate, parts }: Report): Sums {
    this.#sql.exec(
      "INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?, ?)",
      row.seq,
      shard,
      bytes,
      Math.round(rate),
      parts,
    );
    return this.#sql
      .exec<Sums>(
        "SELECT SUM(bytes) AS bytes, SUM(rate) AS rate, SUM(parts) AS parts FROM shards WHERE job = ?",
        row.seq,
      )
      .one();
  }

  /** Every change is a sign of life, and news. */
  #change(row: Row, change: Partial<Row>): void {
    const all = { moved: Date.now(), ...change };
    const columns = Object.keys(all).map((column) => `${column} = ?`);
    const values = Object.values(all);
    this.#sql.exec(`UPDATE jobs SET ${columns.join(", ")} WHERE seq = ?`, ...values, row.seq);
    this.#tell(row.id);
  }

  #note(row: Row, type: string, text: string): void {
    this.#sql.exec(
      "INSERT INTO entries (job, at, type, text) VALUES (?, ?, ?, ?)",
      row.seq,
      Date.now(),
      type,
      text,
    );
    this.#tell(row.id);
  }

  #entries(row: Row, after: number): TimelineEntry[] {
    return this.#sql
      .exec<EntryRow>(
        "SELECT seq, at, type, text FROM entries WHERE job = ? AND seq > ? ORDER BY seq LIMIT 500",
        row.seq,
        after,
      )
      .toArray()
      .map(toEntry);
  }

  #find(id: string): Row | undefined {
    return this.#sql.exec<Row>("SELECT * FROM jobs WHERE id = ?", id).toArray()[0];
  }

  /** The row, if this run of it is the one that counts. */
  #current(id: string, run: number): Row | undefined {
    const row = this.#find(id);
    return row?.run === run ? row : undefined;
  }

  #show(id: string): Ingest | undefined {
    const row = this.#find(id);
    return row && toIngest(row);
  }

  #paused(): boolean {
    return (
      this.#sql.exec("SELECT 1 FROM settings WHERE name = 'paused' AND value = 'true'").toArray()
        .length > 0
    );
  }

  // News.

  #news(id: string, patienceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(resolve));
    const timer = setTimeout(resolve, patienceMs);
    return promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(resolve);
      if (waiting.size === 0) this.#waiting.delete(id);
    });
  }

  #tell(id: string): void {
    for (const resolve of this.#waiting.get(id) ?? []) resolve();
  }
}

/** Nobody moves or removes anything of it any more; at most somebody is still to be told. */
function isSettled({ todo }: Row): boolean {
  return todo === null || todo === "notify";
}

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

/** The one there is. */
export function jobs(env: Env): DurableObjectStub<JobIndex> {
  return env.JOBS.get(env.JOBS.idFromName("all"));
}
