// What webhooks are to be told: one notice a state that an attempt has reached, kept until it was delivered or given up.
import type { Ingest } from "../api/schema.ts";
import type { Env } from "../env.ts";
import type { End, Notice as Told } from "../life/life.ts";
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
  areWanted({ hooked }: Pick<Row, "hooked">): boolean {
    return Boolean(this.#env.VODLIFT_WEBHOOK_URL) || hooked !== 0;
  }

  /** How it stands now, or stood when it reached this. */
  add(row: Row, state: End): void {
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
  untold({ seq }: Row): Told[] {
    return this.#sql
      .exec<{ attempt: number; state: End }>(
        "SELECT attempt, state FROM notices WHERE job = ? AND told = 0 ORDER BY seq",
        seq,
      )
      .toArray();
  }

  /** The same, with what is to be told. */
  pending({ seq }: Row): Notice[] {
    return this.#sql
      .exec<{ seq: number; attempt: number; state: End; view: string }>(
        "SELECT seq, attempt, state, view FROM notices WHERE job = ? AND told = 0 ORDER BY seq",
        seq,
      )
      .toArray()
      .map(({ view, ...notice }) => ({ ...notice, view: JSON.parse(view) as Ingest }));
  }

  /** They stay as marks that this was said; of what they said nothing stays. */
  settle({ seq }: Row, notices: readonly Told[]): void {
    for (const { attempt, state } of notices) {
      this.#sql.exec(
        "UPDATE notices SET told = 1, view = '' WHERE job = ? AND attempt = ? AND state = ?",
        seq,
        attempt,
        state,
      );
    }
  }
}
