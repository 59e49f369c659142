// What webhooks are to be told: one notice a state that an attempt has reached, kept until it was delivered or given up.
import type { Ingest, State } from "../api/schema.ts";
import type { Env } from "../env.ts";
import type { Notice } from "./contract.ts";
import { type Row, toIngest } from "./row.ts";

export class Notices {
  readonly #sql: SqlStorage;
  readonly #env: Env;

  constructor(sql: SqlStorage, env: Env) {
    this.#sql = sql;
    this.#env = env;
  }

  /** Whether there may be somebody to tell. Of rows from before it was noted, their run finds out. */
  areWanted({ hooked }: Row): boolean {
    return Boolean(this.#env.VODLIFT_WEBHOOK_URL) || hooked !== 0;
  }

  /** Each state of an attempt once. What VOD confirmed early was done before it was ready; what ended all the same was not canceled. */
  add(row: Row, state: State): void {
    this.#sql.exec(
      "DELETE FROM notices WHERE job = ? AND attempt = ? AND state = 'canceled' AND told = 0",
      row.seq,
      row.attempts,
    );
    if (state === "ready") this.#add(row, "done");
    this.#add(row, state);
  }

  #add(row: Row, state: State): void {
    const view: Ingest = toIngest({ ...row, state });
    this.#sql.exec(
      "INSERT OR IGNORE INTO notices (job, attempt, state, view) VALUES (?, ?, ?, ?)",
      row.seq,
      row.attempts,
      state,
      JSON.stringify(view),
    );
  }

  /** What was not told yet, in the order in which it happened. */
  pending({ seq }: Row): Notice[] {
    return this.#sql
      .exec<{ seq: number; attempt: number; view: string }>(
        "SELECT seq, attempt, view FROM notices WHERE job = ? AND told = 0 ORDER BY seq",
        seq,
      )
      .toArray()
      .map(({ view, ...notice }) => ({ ...notice, view: JSON.parse(view) as Ingest }));
  }

  /** They stay as marks that this was said; of what they said nothing stays. */
  settle({ seq }: Row, notices: readonly number[]): void {
    for (const notice of notices) {
      this.#sql.exec(
        "UPDATE notices SET told = 1, view = '' WHERE job = ? AND seq = ?",
        seq,
        notice,
      );
    }
  }
}
