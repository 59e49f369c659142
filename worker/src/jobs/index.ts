// The job index: which ingests there are and how each stands, in one Durable Object with SQLite. It decides who runs, and
// looks after those that stopped moving; the Workflow (../ingest) does the work and reports here.
// Read in this order: contract.ts (what is said), migrations.ts (the tables), row.ts (what is seen of a row), table.ts (how
// rows change), lives.ts (what becomes of an ingest, by ../life), query.ts (the list), dispatch.ts and care.ts (who runs),
// this file (what can be said to it).
import { DurableObject } from "cloudflare:workers";
import type { Failure, Ingest, IngestDetail, Stats } from "../api/schema.ts";
import type { Env } from "../env.ts";
import { instanceId } from "../ingest/instance.ts";
import type { RunParams } from "../ingest/workflow.ts";
import { born } from "../life/life.ts";
import type { RunSaid } from "../life/said.ts";
import { sharesOf } from "../life/shares.ts";
import { setting } from "../settings.ts";
import {
  BATCH,
  type Care,
  holdTheSpent,
  nextLook,
  passTime,
  startWaiting,
  sweep,
  tickMs,
} from "./care.ts";
import type {
  Acceptance,
  Actor,
  Ended,
  Full,
  Glance,
  Listener,
  NewJob,
  Notice,
  Opening,
  Order,
  Page,
  Report,
  Task,
} from "./contract.ts";
import { isForgotten } from "./forget.ts";
import { Listeners } from "./listeners.ts";
import { Lives } from "./lives.ts";
import { migrate } from "./migrations.ts";
import { News } from "./news.ts";
import { Notices } from "./notices.ts";
import { type Query, Search } from "./query.ts";
import { GROWN, Quota } from "./quota.ts";
import { Reads } from "./reads.ts";
import { COLUMNS, isSettled, type Row, toIngest } from "./row.ts";
import { type Session, Sessions } from "./sessions.ts";
import { Starts } from "./starts.ts";
import { PAGE, Table } from "./table.ts";

export type * from "./contract.ts";

export class JobIndex extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  readonly #news = new News();
  readonly #listeners = new Listeners();
  readonly #notices = new Notices(this.#sql, this.env);
  readonly #table = new Table(this.#sql, this.#news.tell);
  readonly #lives = new Lives(this.env, this.#table, this.#notices, () => {
    this.ctx.waitUntil(this.#wake());
  });
  readonly #quota = new Quota(this.#sql, this.env);
  readonly #reads = new Reads(this.env);
  readonly #starts = new Starts(this.env);
  readonly #sessions = new Sessions(this.#sql);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    migrate(ctx.storage);
  }

  // What callers of the API say.

  /** Takes new ingests, all or none; what is known by its id stays as it is. */
  async accept(jobs: readonly NewJob[], actor: Actor): Promise<Acceptance[] | Full> {
    const more = jobs.filter(({ id }) => !this.#table.find(id)).length;
    const crowd = more > 0 && this.#quota.waiting(actor.owner, more);
    if (crowd) return crowd;
    try {
      const accepted = this.ctx.storage.transactionSync(() => {
        const all = jobs.map((job) => this.#add(job, actor));
        const full = more > 0 && this.#quota.stored(actor.owner);
        if (full) throw new TooMuch(full);
        return all;
      });
      await this.#wake();
      return accepted;
    } catch (error) {
      if (error instanceof TooMuch) return error.full;
      throw error;
    }
  }

  /** Takes bytes that come with a request. Under an id that is known they are sent only if an earlier try has failed. */
  async open(job: NewJob, length: number | undefined, actor: Actor): Promise<Opening> {
    const known = this.#table.find(job.id);
    const full = this.#quota.stream(actor.owner);
    if (!known) {
      if (full) return { todo: "full", ...full };
      this.#add(job, actor);
      await this.#wake();
      await this.#starts.begin({ owner: actor.owner, kind: job.kind });
      return { todo: "send", run: 1, reference: job.reference };
    }
    if (known.owner !== actor.owner) return { todo: "conflict" };
    if (known.fingerprint !== (job.fingerprint ?? null)) return { todo: "conflict" };
    if (known.ended === null || !isSettled(known)) return { todo: "wait" };
    if (known.state !== "failed") {
      const differs = length !== undefined && length !== known.size && known.state !== "canceled";
      return differs ? { todo: "conflict" } : { todo: "nothing", view: toIngest(known) };
    }
    if (full) return { todo: "full", ...full };
    const afresh = { size: length ?? null, bytes: 0, parts: 0 };
    const { refusal, life } = this.#lives.happens(
      known,
      { type: "send" },
      actor.name,
      () => afresh,
    );
    if (refusal) return { todo: "wait" };
    await this.#starts.begin(known);
    const { reference, media_id: mediaId } = known;
    return { todo: "send", run: life.run, reference, ...(mediaId !== null && { mediaId }) };
  }

  #add(job: NewJob, actor: Actor): Acceptance {
    const source = job.request === undefined ? "request" : "stored";
    const listened = this.#notices.areWanted({ hooked: job.hooked ? 1 : 0 });
    return this.#table.add(job, born(source, listened, Date.now(), this.#lives.limits()), actor);
  }

  /** A long search lets others in between, and takes its time once its caller's allowance is used up. */
  async page(query: Omit<Query, "owner">, { owner, all }: Actor): Promise<Page | Full> {
    const full = this.#reads.begin(owner);
    if (full) return full;
    const search = new Search(this.#sql, all ? query : { ...query, owner });
    try {
      for (;;) {
        this.#reads.spend(owner, search.next());
        if (search.isOver) break;
        await new Promise((resolve) => setTimeout(resolve, this.#reads.waitMs(owner)));
      }
    } finally {
      this.#reads.end(owner);
    }
    const { rows } = search;
    const shown = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? shown.at(-1) : undefined;
    return { ingests: shown.map(toIngest), cursor: last ? String(last.seq) : null };
  }

  async look(id: string, actor: Actor): Promise<IngestDetail | undefined> {
    const row = this.#table.seen(id, actor);
    if (!row) return undefined;
    return { ...toIngest(row), ...this.#table.timeline(row) };
  }

  /** The entry that a listener says it heard last, if this ingest has it; else it hears everything. */
  heard(id: string, seq: number, actor: Actor): number | undefined {
    const row = this.#table.seen(id, actor);
    return row && this.#table.hasEntry(row, seq) ? seq : undefined;
  }

  /** What is new of a job: at once if there is something after `seq`, or when something happens; after a while at the latest. */
  async watch(
    id: string,
    seq: number | undefined,
    moved: string | undefined,
    patienceMs: number,
    listener: Listener,
  ): Promise<Glance | Full | undefined> {
    const most = setting(this.env, "VODLIFT_LISTENERS_PER_CALLER");
    const now = this.#glance(id, seq, listener);
    if (now && !this.#listeners.hear(listener.owner, listener.stream, patienceMs, most)) {
      return {
        full: `VODLIFT_LISTENERS_PER_CALLER lets one caller follow ${most} ingests at once, and it does`,
      };
    }
    if (!now || now.entries.length || now.view.moved !== moved || now.over) return now;
    await this.#news.wait(id, patienceMs);
    // Its session may have ended meanwhile.
    return this.#glance(id, seq, listener);
  }

  #glance(
    id: string,
    seq: number | undefined,
    { session, ...actor }: Listener,
  ): Glance | undefined {
    const row = this.#table.seen(id, actor);
    if (!row || (session && !this.#sessions.isOpen(session))) return undefined;
    const entries = this.#table.entries(row, seq);
    // As many as are read at once may not be all.
    const over = row.ended !== null && row.todo === null && entries.length < PAGE;
    return { view: toIngest(row), entries, over };
  }

  /** Its stream of events has ended. */
  leave({ owner, stream }: Listener): void {
    this.#listeners.leave(owner, stream);
  }

  /** As JSON. */
  checkpoint(id: string): string | null {
    const row = this.#table.find(id);
    return row ? this.#table.luggage(row).checkpoint : null;
  }

  /** Waits until nothing is left to do for a job that has ended; not for ever. */
  async settled(id: string, patienceMs: number): Promise<Ingest | undefined> {
    const until = Date.now() + patienceMs;
    for (let row = this.#table.find(id); row; row = this.#table.find(id)) {
      const left = until - Date.now();
      if (isSettled(row) || left <= 0) return toIngest(row);
      await this.#news.wait(id, left);
    }
    return undefined;
  }

  /** Gives it up. What runs is told so with its next report; what was uploaded is removed then. */
  async cancel(id: string, actor: Actor): Promise<Ingest | undefined> {
    return this.#want(id, "cancel", actor);
  }

  /** Ends it, and leaves its checkpoint to somebody else. */
  async stop(id: string, actor: Actor): Promise<Ingest | undefined> {
    return this.#want(id, "stop", actor);
  }

  #want(id: string, type: "cancel" | "stop", actor: Actor): Ingest | undefined {
    const row = this.#table.seen(id, actor);
    if (!row) return undefined;
    this.#lives.happens(row, { type }, actor.name);
    return this.#table.show(id);
  }

  /** Queues again what has failed or was canceled; it goes on from its checkpoint, if it left one. */
  async retry(
    id: string,
    actor: Actor,
  ): Promise<Ingest | "over" | "gone" | "forgotten" | Full | undefined> {
    const row = this.#table.seen(id, actor);
    if (!row) return undefined;
    const { refusal } = this.#lives.would(row, { type: "retry" });
    if (refusal) return refusal;
    if (isForgotten({ env: this.env, sql: this.#sql }, row.seq)) return "forgotten";
    const full = this.#quota.waiting(row.owner, 1) ?? this.#quota.stored(row.owner, GROWN);
    if (full) return full;
    // Without a checkpoint all of its bytes move once more, and count once more.
    const afresh = row.has_checkpoint === 0 ? { bytes: 0, parts: 0 } : {};
    this.#lives.happens(row, { type: "retry" }, actor.name, () => afresh);
    return this.#table.show(id);
  }

  /** The media that this caller may replace, by its media id; nothing if it is none of its own. */
  replaceable(
    target: { mediaId: string } | { referenceId: string },
    { owner }: Actor,
  ): string | undefined {
    return this.#table.owned(owner, target);
  }

  openSession(session: Session): void {
    this.#sessions.open(session);
  }

  isSession(session: Session): boolean {
    return this.#sessions.isOpen(session);
  }

  closeSession(id: string): void {
    this.#sessions.close(id);
  }

  stats(actor: Actor): Stats {
    return { ...this.#table.totals(actor), paused: this.#table.paused() };
  }

  /** While paused nothing begins, and what runs goes back into the queue at its next part. */
  async pause(paused: boolean, actor: Actor): Promise<Stats> {
    if (this.#table.paused() !== paused) this.#notePause(paused, actor);
    this.#table.pause(paused, Date.now());
    await this.#wake();
    return this.stats(actor);
  }

  /** VOD itself says that it has the file. */
  async ready(mediaId: string): Promise<Ingest | undefined> {
    const row = this.#table.byMedia(mediaId);
    // Perhaps one of ours that nobody has named yet, perhaps somebody else's of the same account.
    if (!row) this.#table.confirm(mediaId);
    else this.#lives.happens(row, { type: "ready" });
    await this.#wake();
    return row && this.#table.show(row.id);
  }

  /**
   * A callback of VOD, whose signature is good for one body: what came with it first is believed. VOD signs the second, not
   * the body, so another body is either another event of that second or somebody else's: VOD itself is asked.
   *
   * @returns Whether the signature was seen before.
   */
  async called(signature: string, body: string, mediaId: string | undefined): Promise<boolean> {
    const seen = this.#table.remember(signature, body);
    if (mediaId !== undefined && seen === "new") await this.ready(mediaId);
    const row = mediaId !== undefined && seen === "other" && this.#table.byMedia(mediaId);
    if (row) this.#lives.happens(row, { type: "doubt" });
    return seen !== "new";
  }

  // What runs say. Who has no lease hears so and stops.

  begin(id: string, run: number): Task | undefined {
    const row = this.#table.current(id, run);
    const todo = row && this.#lives.says(row, { type: "begin", run }).todo;
    if (!todo) return undefined;
    const now = this.#table.find(id) ?? row;
    const { owner, reference } = row;
    return { todo, owner, ...this.#table.luggage(row), reference, view: toIngest(now) };
  }

  report(id: string, run: number, report: Report): Order {
    const row = this.#table.current(id, run);
    if (!row) return "stop";
    const { phase, sent, size, shard } = report;
    const said = { type: "report", run, phase, sent, size, shard } as const;
    // How far it is is told by the run that moves it.
    if (row.state !== "running") {
      return this.#lives.says(row, { ...said, gained: false }).order ?? "stop";
    }
    const { bytes, rate, parts } =
      report.shard === undefined ? report : this.#table.addUp(row, report);
    this.#quota.moved(row.owner, bytes - row.bytes);
    const named = this.#name(row, report.mediaId);
    const shown = {
      moved: Date.now(),
      bytes: Math.max(bytes, row.bytes),
      rate: Math.round(rate),
      parts: Math.max(parts, row.parts),
      size: size ?? row.size,
      parts_total: report.partsTotal ?? row.parts_total,
    };
    const gained = bytes > row.bytes;
    return this.#lives.says(named, { ...said, gained }, () => shown).order ?? "stop";
  }

  /** A later run begins where the last checkpoint stands, even that of a run that was told to stop meanwhile. */
  save(id: string, run: number, checkpoint: string | null, mediaId?: string): void {
    const row = this.#table.current(id, run);
    if (!row) return;
    const { life } = this.#lives.says(row, { type: "save", run, checkpoint: checkpoint !== null });
    // A shard may hear last that all is over: what it brings then leads nowhere.
    if (life.at === "over") return;
    this.#table.save(row, checkpoint);
    // Should all else be forgotten, a later attempt knows its media by this.
    this.#name(row, mediaId);
  }

  /** What VOD calls it. VOD may have named it in a callback before. */
  #name(row: Row, mediaId: string | undefined): Row {
    if (mediaId === undefined || mediaId === row.media_id) return row;
    this.#table.change(row, { media_id: mediaId });
    this.#table.note(row, "created", `VOD calls it ${mediaId}.`);
    const named = this.#table.find(row.id) ?? row;
    if (this.#table.wasConfirmed(mediaId)) this.#lives.happens(named, { type: "ready" });
    return this.#table.find(row.id) ?? row;
  }

  /** How many Workflows may move it at once; they count as running from now on. */
  share(id: string, run: number, wanted: number): number {
    const row = this.#table.current(id, run);
    if (!row) return 0;
    const count = sharesOf(wanted, this.#table.places(row.owner), {
      running: setting(this.env, "VODLIFT_RUNNING"),
      perCaller: setting(this.env, "VODLIFT_RUNNING_PER_CALLER"),
    });
    this.#table.shareOut(row, count);
    return count;
  }

  expectSilence(id: string, run: number, ms: number): void {
    this.#says(id, { type: "silence", run, ms });
  }

  trouble(id: string, run: number, error: Failure): void {
    this.#says(id, { type: "trouble", run, error });
  }

  note(id: string, run: number, type: string, text: string): void {
    const row = this.#table.current(id, run);
    if (row) this.#table.note(row, type, text);
  }

  /** Whether this ingest may create a media with this reference id; a run that was replaced hears so elsewhere. */
  claim(id: string, run: number, reference: string): boolean {
    const row = this.#table.current(id, run);
    return row === undefined || this.#table.claim(row, reference);
  }

  finish(id: string, run: number, { mediaId, bytes, parts, compared, confirm }: Ended): void {
    const known = this.#table.current(id, run);
    if (!known) return;
    const whole = { bytes, size: bytes, parts, parts_total: parts };
    const said = { type: "finish", run, confirm, text: compared } as const;
    this.#lives.says(this.#name(known, mediaId), said, () => whole);
  }

  fail(id: string, run: number, error: Failure): void {
    this.#says(id, { type: "fail", run, error });
  }

  /** The run's own means are used up, or it was told to stop: another one goes on. */
  handOver(id: string, run: number): void {
    this.#says(id, { type: "handOver", run });
  }

  /** What a canceled ingest had left is removed. */
  cleaned(id: string, run: number): void {
    this.#says(id, { type: "cleaned", run });
  }

  /** VOD was asked, whatever it said. */
  asked(id: string, run: number): void {
    this.#says(id, { type: "asked", run });
  }

  /** What webhooks are to be told, in this order. */
  notices(id: string, run: number): Notice[] {
    const row = this.#table.current(id, run);
    return row ? this.#notices.pending(row) : [];
  }

  /** Everybody was told of these who had to be told, or nobody listens, or there was nobody. */
  notified(
    id: string,
    run: number,
    { notices, webhook }: { notices: readonly number[]; webhook: Row["webhook"] },
  ): void {
    const told = this.notices(id, run).filter(({ seq }) => notices.includes(seq));
    this.#says(id, { type: "told", run, notices: told, webhook });
  }

  /** It has nothing more to do. */
  left(id: string, run: number): void {
    this.#says(id, { type: "leave", run });
  }

  #says(id: string, said: RunSaid): void {
    const row = this.#table.current(id, said.run);
    if (row) this.#lives.says(row, said);
  }

  /** Looks after everything. The platform forgets an alarm that has failed a few times: this one is set again, whatever happens. */
  override async alarm(): Promise<void> {
    const care: Care = {
      ...{ env: this.env, sql: this.#sql, table: this.#table },
      ...{ lives: this.#lives, quota: this.#quota, starts: this.#starts },
    };
    let next: number | undefined = Date.now() + tickMs(this.env);
    try {
      this.#quota.settle();
      passTime(care);
      holdTheSpent(care);
      const { runs, againMs } = startWaiting(care);
      for (let at = 0; at < runs.length; at += BATCH)
        await this.#create(runs.slice(at, at + BATCH));
      sweep(care);
      next = nextLook(care);
      if (next !== undefined) next = Math.min(next, Date.now() + againMs);
    } catch (error) {
      console.error("the index could not look after its ingests", reasonOf(error));
    }
    // Somebody asked for it while instances were made: that is sooner than any of these.
    if (next === undefined || (await this.ctx.storage.getAlarm()) !== null) return;
    await this.ctx.storage.setAlarm(next);
  }

  /** An instance that could not be made is one that does not move: it is replaced like those. */
  async #create(runs: readonly RunParams[]): Promise<void> {
    try {
      await this.env.INGEST.createBatch(runs.map((params) => ({ id: instanceId(params), params })));
    } catch (error) {
      console.error("workflow instances could not be created", reasonOf(error));
    }
  }

  /** In the timelines of what runs: ten thousand that wait need no line each. */
  #notePause(paused: boolean, { name }: Actor): void {
    const [type, text] = paused
      ? ["paused", "Everything was paused."]
      : ["resumed", "Everything goes on."];
    const which = paused ? "state = 'running'" : PAUSED;
    const rows = this.#sql.exec<Row>(`SELECT ${COLUMNS} FROM jobs WHERE ${which} LIMIT ?`, BATCH);
    for (const row of rows.toArray()) this.#table.note(row, type, text, name);
  }

  async #wake(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now());
  }
}

/** Takes back what was added already. */
class TooMuch extends Error {
  readonly full: Full;

  constructor(full: Full) {
    super(full.full);
    this.full = full;
  }
}

/** Those whose timeline says so last, whether their runs have heard of it or not. */
const PAUSED = `state IN ('queued', 'running') AND started IS NOT NULL AND 'paused' =
  (SELECT type FROM entries WHERE job = jobs.seq AND type IN ('paused', 'resumed') ORDER BY seq DESC LIMIT 1)`;

function reasonOf(error: unknown): unknown {
  return error instanceof Error ? error.message : error;
}

/** The one there is. */
export function jobs(env: Env): DurableObjectStub<JobIndex> {
  return env.JOBS.get(env.JOBS.idFromName("all"));
}
