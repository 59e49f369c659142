// The rows of the index: each is found, changed and noted here, and every change is told to those who listen.
import type { Ingest, State, Stats, TimelineEntry } from "../api/schema.ts";
import type { Life } from "../life/life.ts";
import { storedOf } from "../life/row.ts";
import type { Taken } from "../life/shares.ts";
import type { Acceptance, Actor, NewJob, Report } from "./contract.ts";
import { COLUMNS, type EntryRow, isSettled, nthOf, type Row, toEntry, toIngest } from "./row.ts";

type Luggage = { request: string | null; shared: string | null; checkpoint: string | null };
type Sums = { bytes: number; rate: number; parts: number };

/** Entries that are read at once. */
export const PAGE = 500;
/** Of an owner without any. */
const NONE: readonly (readonly [State, number])[] = (
  ["queued", "running", "done", "ready", "failed", "canceled"] as const
).map((state) => [state, 0]);
/** Of a longer timeline these are shown beside the newest: how it began. */
const BEGINNING = 20;

export class Table {
  readonly #sql: SqlStorage;
  readonly #tell: (id: string) => void;

  constructor(sql: SqlStorage, tell: (id: string) => void) {
    this.#sql = sql;
    this.#tell = tell;
  }

  add(job: NewJob, life: Life, { owner, name }: Actor): Acceptance {
    const known = this.find(job.id);
    if (known) {
      const same = known.owner === owner && known.fingerprint === (job.fingerprint ?? null);
      return same ? known : { conflict: true };
    }
    const now = Date.now();
    const { state, run, lease, deadline } = storedOf(life, now);
    const running = state === "running";
    if (job.shared) {
      const { id, text } = job.shared;
      this.#sql.exec("INSERT OR IGNORE INTO shared VALUES (?, ?, ?, 0)", id, owner, text);
    }
    this.#sql.exec(
      `INSERT INTO jobs (id, fingerprint, state, run, lease, deadline, host, url, title, kind, size, request, shared, keeps, hooked, created, started, moved, owner, owner_name, reference)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      job.id,
      job.fingerprint ?? null,
      state,
      run,
      lease,
      deadline,
      job.host,
      job.url,
      job.title ?? null,
      job.kind,
      job.size ?? null,
      job.request ?? null,
      job.shared?.id ?? null,
      Number(job.keeps ?? true),
      Number(job.hooked ?? false),
      now,
      running ? now : null,
      now,
      owner,
      name,
      job.reference,
    );
    const row = this.find(job.id) as Row;
    this.note(
      row,
      running ? "started" : "queued",
      running ? "Its bytes come with the request." : "Accepted.",
      name,
    );
    return { id: row.id, state: row.state };
  }

  /** VOD has a file that nobody has named yet: perhaps one of ours, perhaps somebody else's of the same account. */
  confirm(mediaId: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO confirmations VALUES (?, ?)", mediaId, Date.now());
  }

  /** Whether VOD had said so before this media had a name here. */
  wasConfirmed(mediaId: string): boolean {
    const query = "DELETE FROM confirmations WHERE media_id = ? RETURNING at";
    return this.#sql.exec(query, mediaId).toArray().length > 0;
  }

  /** Whether a callback with this signature came before: with the same body, or with another one. */
  remember(signature: string, body: string): "new" | "same" | "other" {
    const known = this.#sql
      .exec<{ body: string }>("SELECT body FROM callbacks WHERE signature = ?", signature)
      .toArray()[0];
    if (known) return known.body === body ? "same" : "other";
    this.#sql.exec("INSERT INTO callbacks VALUES (?, ?, ?)", signature, body, Date.now());
    return "new";
  }

  byMedia(mediaId: string): Row | undefined {
    return this.#sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM jobs WHERE media_id = ? ORDER BY seq DESC LIMIT 1`,
        mediaId,
      )
      .toArray()[0];
  }

  /** All shards together. */
  addUp(row: Row, { shard = 0, bytes, rate, parts }: Report): Sums {
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

  /** Places that are taken by what runs: one each, or one for each shard. */
  places(owner: string): Taken {
    return this.#sql
      .exec<{ byOwner: number; byAll: number }>(
        `SELECT COALESCE(SUM(n), 0) AS byAll, COALESCE(SUM(n) FILTER (WHERE owner = ?), 0) AS byOwner FROM
           (SELECT owner, MAX(1, (SELECT COUNT(*) FROM shards WHERE job = seq)) AS n
            FROM jobs WHERE state = 'running' AND request IS NOT NULL)`,
        owner,
      )
      .one();
  }

  /** So many are going to move it. */
  shareOut(row: Row, count: number): void {
    this.dropShards(row);
    for (let shard = 1; shard <= count; shard += 1) {
      this.#sql.exec("INSERT INTO shards VALUES (?, ?, 0, 0, 0)", row.seq, shard);
    }
  }

  dropShards({ seq }: Row): void {
    this.#sql.exec("DELETE FROM shards WHERE job = ?", seq);
  }

  /** It is still alive, which is no news. */
  renew({ seq }: Row, lease: number | null): void {
    this.#sql.exec("UPDATE jobs SET lease = ? WHERE seq = ?", lease, seq);
  }

  /** Every change is news. */
  change(row: Row, change: Partial<Row>): void {
    const all = { moved: Date.now(), ...change };
    const columns = Object.keys(all).map((column) => `${column} = ?`);
    const values = Object.values(all);
    this.#sql.exec(`UPDATE jobs SET ${columns.join(", ")} WHERE seq = ?`, ...values, row.seq);
    this.#tell(row.id);
  }

  /** A note is no sign of life: nothing moves by it. `actor`: who did it, where somebody did. */
  note(row: Row, type: string, text: string, actor?: string): void {
    this.#sql.exec(
      "INSERT INTO entries (job, at, type, text, actor) VALUES (?, ?, ?, ?, ?)",
      row.seq,
      Date.now(),
      type,
      text,
      actor ?? null,
    );
    this.#tell(row.id);
  }

  /** What comes after this entry, or from the beginning after none; as many as are read at once. */
  entries(row: Row, after: number | undefined): TimelineEntry[] {
    const heard = after === undefined ? 0 : nthOf(row, after);
    // None is ever removed alone, so the nth stays the nth.
    return this.#sql
      .exec<EntryRow>(
        "SELECT at, type, text, actor FROM entries WHERE job = ? ORDER BY seq LIMIT ? OFFSET ?",
        row.seq,
        PAGE,
        heard,
      )
      .toArray()
      .map((entry, index) => toEntry(row, heard + index + 1, entry));
  }

  /** All of a timeline, or of a long one how it began and the newest, with the number of those between. */
  timeline(row: Row): { timeline: TimelineEntry[]; omitted?: number } {
    const first = this.entries(row, undefined);
    if (first.length < PAGE) return { timeline: first };
    const count = this.#count(row);
    if (count <= PAGE) return { timeline: first };
    const newest = this.#sql
      .exec<EntryRow>(
        "SELECT at, type, text, actor FROM entries WHERE job = ? ORDER BY seq DESC LIMIT ?",
        row.seq,
        PAGE - BEGINNING,
      )
      .toArray()
      .map((entry, index) => toEntry(row, count - index, entry))
      .toReversed();
    return { timeline: [...first.slice(0, BEGINNING), ...newest], omitted: count - PAGE };
  }

  hasEntry(row: Row, seq: number): boolean {
    const nth = nthOf(row, seq);
    return nth >= 1 && nth <= this.#count(row);
  }

  #count(row: Row): number {
    return this.#sql
      .exec<{ count: number }>("SELECT COUNT(*) AS count FROM entries WHERE job = ?", row.seq)
      .one().count;
  }

  /**
   * Says whether this ingest may create a media with this reference id: not while another may, and not where another has
   * left a media without its file, which could be taken for what a lost reply of this one made.
   */
  claim(row: Row, reference: string): boolean {
    const holder = this.#sql
      .exec<Pick<Row, "seq" | "state" | "todo" | "ended" | "media_id">>(
        "SELECT jobs.seq, state, todo, ended, media_id FROM claims JOIN jobs ON seq = job WHERE claims.reference = ?",
        reference,
      )
      .toArray()[0];
    if (holder && holder.seq !== row.seq) {
      const isOpen = holder.ended === null || !isSettled(holder);
      const isLeft = holder.media_id !== null && !["done", "ready"].includes(holder.state);
      if (isOpen || isLeft) return false;
    }
    this.#sql.exec("INSERT OR REPLACE INTO claims VALUES (?, ?)", reference, row.seq);
    this.#sql.exec("UPDATE jobs SET chosen = ? WHERE seq = ?", reference, row.seq);
    return true;
  }

  /** Of which media this owner's ingests have made one, or put a file into one: what it may replace. */
  owned(owner: string, target: { mediaId: string } | { referenceId: string }): string | undefined {
    const [column, value] =
      "mediaId" in target ? ["media_id", target.mediaId] : ["chosen", target.referenceId];
    return this.#sql
      .exec<{ media_id: string }>(
        `SELECT media_id FROM jobs WHERE ${column} = ? AND owner = ? AND media_id IS NOT NULL LIMIT 1`,
        value,
        owner,
      )
      .toArray()[0]?.media_id;
  }

  find(id: string): Row | undefined {
    return this.#sql.exec<Row>(`SELECT ${COLUMNS} FROM jobs WHERE id = ?`, id).toArray()[0];
  }

  /** The row, if it is there for this caller. */
  seen(id: string, { owner, all }: Actor): Row | undefined {
    const row = this.find(id);
    return all || row?.owner === owner ? row : undefined;
  }

  /** The row, if this run of it has the lease. */
  current(id: string, run: number): Row | undefined {
    const row = this.find(id);
    return row?.run === run && row.lease !== null ? row : undefined;
  }

  /** What a run needs beside the row: the sealed request, in one piece or two, and the checkpoint as JSON. */
  luggage(row: Row): Luggage {
    return this.#sql
      .exec<Luggage>(
        "SELECT request, text AS shared, checkpoint FROM jobs LEFT JOIN shared ON shared.id = jobs.shared WHERE seq = ?",
        row.seq,
      )
      .one();
  }

  save(row: Row, checkpoint: string | null): void {
    this.#sql.exec("UPDATE jobs SET checkpoint = ? WHERE seq = ?", checkpoint, row.seq);
  }

  show(id: string): Ingest | undefined {
    const row = this.find(id);
    return row && toIngest(row);
  }

  /** How many this caller reaches of each state, and all bytes of them that were lifted. */
  totals({ owner, all }: Actor): Omit<Stats, "paused"> {
    const [which, values] = all ? ["TRUE", []] : ["owner = ?", [owner]];
    const found = this.#sql
      .exec<{ name: string; value: number }>(
        `SELECT name, SUM(value) AS value FROM owner_totals WHERE ${which} GROUP BY name`,
        ...values,
      )
      .toArray()
      .map(({ name, value }) => [name, value] as const);
    const { bytes = 0, ...counts } = Object.fromEntries([...NONE, ...found]);
    const { rate, moving } = this.#sql
      .exec<{ rate: number; moving: number }>(
        `SELECT COALESCE(SUM(rate), 0) AS rate, COALESCE(SUM(bytes), 0) AS moving
         FROM jobs WHERE state = 'running' AND ${which}`,
        ...values,
      )
      .one();
    return { counts: counts as Stats["counts"], bytes, moving, rate };
  }

  paused(): boolean {
    return (
      this.#sql.exec("SELECT 1 FROM settings WHERE name = 'paused' AND value = 'true'").toArray()
        .length > 0
    );
  }

  /** The time that all was paused for counts to no attempt. */
  pause(paused: boolean, now: number): void {
    const [since] = this.#sql
      .exec<{ value: string }>("SELECT value FROM settings WHERE name = 'paused at'")
      .toArray();
    if (!paused && since) {
      const open = "deadline IS NOT NULL AND state IN ('queued', 'running')";
      this.#sql.exec(
        `UPDATE jobs SET deadline = deadline + ? WHERE ${open}`,
        now - Number(since.value),
      );
      this.#sql.exec("DELETE FROM settings WHERE name = 'paused at'");
    }
    if (paused && !since) {
      this.#sql.exec("INSERT INTO settings VALUES ('paused at', ?)", String(now));
    }
    this.#sql.exec("INSERT OR REPLACE INTO settings VALUES ('paused', ?)", String(paused));
  }
}
