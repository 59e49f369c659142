// What one caller may have: that waits, that comes with requests, that is stored, that moved within a day. Others find room
// whatever it does.

import type { Env } from "../env.ts";
import { setting } from "../settings.ts";
import type { Full } from "./contract.ts";

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** Checkpoints come when all was accepted: so many times what may be accepted they may take together with that. */
export const GROWN = 2;

/** Why bytes of one caller do not move. */
export const SPENT =
  "it has moved as many bytes within 24 hours as VODLIFT_BYTES_PER_CALLER lets one caller";

export class Quota {
  readonly #sql: SqlStorage;
  readonly #env: Env;
  /** Bytes of late, by caller; written down with each look at everything. */
  readonly #moved = new Map<string, number>();

  constructor(sql: SqlStorage, env: Env) {
    this.#sql = sql;
    this.#env = env;
  }

  /** Why what is stored of this caller is too much, if so. `times`: of what it may be. */
  stored(owner: string, times = 1): Full | undefined {
    const room = setting(this.#env, "VODLIFT_STORED_PER_CALLER");
    const stored = this.#count("SELECT bytes AS n FROM owner_stored WHERE owner = ?", owner);
    return stored > room * times
      ? {
          full: `VODLIFT_STORED_PER_CALLER lets one caller's ingests take ${room} bytes while they are remembered, and with this they would take ${stored}`,
        }
      : undefined;
  }

  /** For whom nothing is begun: their bytes are used up, or what their checkpoints grew to leaves no room for others. */
  halted(): Set<string> {
    const room = setting(this.#env, "VODLIFT_STORED_PER_CALLER");
    const grown = this.#sql
      .exec<{ owner: string }>("SELECT owner FROM owner_stored WHERE bytes > ?", room * GROWN)
      .toArray();
    return new Set([...this.spent(), ...grown.map(({ owner }) => owner)]);
  }

  /** Why so many more may not wait, if so. */
  waiting(owner: string, more: number): Full | undefined {
    const most = setting(this.#env, "VODLIFT_QUEUED_PER_CALLER");
    const waiting = this.#count(
      "SELECT value AS n FROM owner_totals WHERE name = 'queued' AND owner = ?",
      owner,
    );
    return waiting + more > most
      ? {
          full: `VODLIFT_QUEUED_PER_CALLER lets ${most} of one caller's ingests wait, and ${waiting} do`,
        }
      : undefined;
  }

  /** Why no more bytes may come with a request, if so. */
  stream(owner: string): Full | undefined {
    const most = setting(this.#env, "VODLIFT_STREAMS_PER_CALLER");
    const all = setting(this.#env, "VODLIFT_STREAMS");
    const open = "FROM jobs WHERE state = 'running' AND request IS NULL";
    const own = this.#count(`SELECT COUNT(*) AS n ${open} AND owner = ?`, owner);
    if (own >= most)
      return {
        full: `VODLIFT_STREAMS_PER_CALLER lets ${most} of one caller's uploads be under way, and ${own} are`,
      };
    if (this.#count(`SELECT COUNT(*) AS n ${open}`) >= all) {
      return { full: `VODLIFT_STREAMS lets ${all} uploads be under way, and as many are` };
    }
    return this.isSpent(owner) ? { full: SPENT, after: untilNextHour() } : this.stored(owner);
  }

  moved(owner: string, bytes: number): void {
    if (bytes > 0) this.#moved.set(owner, (this.#moved.get(owner) ?? 0) + bytes);
  }

  /** Writes down what has moved, and forgets what did a day ago. */
  settle(): void {
    const hour = Math.floor(Date.now() / HOUR_MS);
    for (const [owner, bytes] of this.#moved) {
      this.#sql.exec(
        "INSERT INTO moved VALUES (?, ?, ?) ON CONFLICT (owner, hour) DO UPDATE SET bytes = bytes + excluded.bytes",
        owner,
        hour,
        bytes,
      );
    }
    this.#moved.clear();
    this.#sql.exec("DELETE FROM moved WHERE hour <= ?", hour - HOURS);
  }

  /** Who has moved as much as one may within a day. */
  spent(): Set<string> {
    const most = setting(this.#env, "VODLIFT_BYTES_PER_CALLER");
    const owners = this.#sql
      .exec<{ owner: string }>(
        "SELECT owner FROM moved GROUP BY owner HAVING SUM(bytes) >= ?",
        most,
      )
      .toArray();
    return new Set(owners.map(({ owner }) => owner));
  }

  /** Looks, and writes nothing: a refusal must not cost a write. */
  isSpent(owner: string): boolean {
    const most = setting(this.#env, "VODLIFT_BYTES_PER_CALLER");
    const moved = this.#count(
      "SELECT COALESCE(SUM(bytes), 0) AS n FROM moved WHERE owner = ? AND hour > ?",
      owner,
      Math.floor(Date.now() / HOUR_MS) - HOURS,
    );
    return moved + (this.#moved.get(owner) ?? 0) >= most;
  }

  #count(query: string, ...values: (string | number)[]): number {
    return this.#sql.exec<{ n: number }>(query, ...values).toArray()[0]?.n ?? 0;
  }
}

/** What moved a day ago is forgotten by the hour: there is no more room before. */
function untilNextHour(): number {
  return Math.ceil((HOUR_MS - (Date.now() % HOUR_MS)) / 1000);
}
