// Who is next. Callers take turns: each free place goes to the caller with the fewest that run, and of its own the oldest
// that waits at a host with room. Where no place is free, a caller with at least two more gives up its slowest one, which
// goes on later from its checkpoint; so nobody's crowd keeps another one waiting.
import { COLUMNS, type Row } from "./row.ts";

export interface Limits {
  running: number;
  perHost: number;
  perCaller: number;
  /** Callers that have moved as much as they may for now. */
  spent: ReadonlySet<string>;
}

export interface Turns {
  start: Row[];
  /** Back into the queue. */
  yields: Row[];
}

export function nextToRun(sql: SqlStorage, limits: Limits): Turns {
  const places = new Places(sql, limits);
  const waiting = waitingOwners(sql)
    .filter((owner) => !limits.spent.has(owner))
    .map((owner) => ({ owner, rows: oldest(sql, owner, limits.running) }));
  const turns: Turns = { start: [], yields: [] };
  for (;;) {
    for (const { rows } of waiting) while (rows[0] && !places.hasHost(rows[0])) rows.shift();
    const next = waiting
      .filter(({ owner, rows }) => rows.length > 0 && places.of(owner) < limits.perCaller)
      .toSorted((a, b) => places.of(a.owner) - places.of(b.owner) || seq(a) - seq(b))[0];
    const row = next?.rows[0];
    if (!next || !row) return turns;
    if (!places.areFree()) {
      const slowest = places.give(next.owner);
      if (!slowest) return turns;
      turns.yields.push(slowest);
    }
    next.rows.shift();
    places.take(row);
    turns.start.push(row);
  }
}

const seq = ({ rows }: { rows: readonly Row[] }): number => rows[0]?.seq ?? 0;

/** Who holds them. Bytes that come with a request need none: those are counted when they come. */
class Places {
  readonly #limits: Limits;
  readonly #runs: Row[];
  readonly #owners = new Map<string, number>();
  readonly #hosts = new Map<string, number>();
  #held = 0;

  constructor(sql: SqlStorage, limits: Limits) {
    this.#limits = limits;
    this.#runs = sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM jobs WHERE state = 'running' AND request IS NOT NULL ORDER BY rate, seq DESC`,
      )
      .toArray();
    for (const row of this.#runs) this.#count(row, 1);
  }

  of(owner: string): number {
    return this.#owners.get(owner) ?? 0;
  }

  areFree(): boolean {
    return this.#held < this.#limits.running;
  }

  hasHost({ host }: Row): boolean {
    return (this.#hosts.get(host) ?? 0) < this.#limits.perHost;
  }

  take(row: Row): void {
    this.#count(row, 1);
  }

  /** Frees a place for this one, if somebody has two more. */
  give(owner: string): Row | undefined {
    const [richest, most] = [...this.#owners].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0]);
    if (most < this.of(owner) + 2) return undefined;
    const at = this.#runs.findIndex((row) => row.owner === richest);
    const [row] = at < 0 ? [] : this.#runs.splice(at, 1);
    if (row) this.#count(row, -1);
    return row;
  }

  #count({ owner, host }: Row, by: number): void {
    this.#held += by;
    this.#owners.set(owner, this.of(owner) + by);
    this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + by);
  }
}

/** Of each of its hosts the oldest, so that ten thousand that wait for one slow host are not looked at again and again. */
function oldest(sql: SqlStorage, owner: string, most: number): Row[] {
  return sql
    .exec<{ host: string }>(WAITING_HOSTS, owner, owner)
    .toArray()
    .flatMap(({ host }) =>
      sql
        .exec<Row>(
          `SELECT ${COLUMNS} FROM jobs WHERE state = 'queued' AND owner = ? AND host = ? ORDER BY seq LIMIT ?`,
          owner,
          host,
          most,
        )
        .toArray(),
    )
    .sort((a, b) => a.seq - b.seq);
}

function waitingOwners(sql: SqlStorage): string[] {
  return sql
    .exec<{ owner: string }>("SELECT owner FROM owner_totals WHERE name = 'queued' AND value > 0")
    .toArray()
    .map(({ owner }) => owner);
}

/** Jumps from host to host in the index. SELECT DISTINCT would read every row that waits. */
const WAITING_HOSTS = `
WITH RECURSIVE hosts (host) AS (
  SELECT MIN(host) FROM jobs WHERE state = 'queued' AND owner = ?1
  UNION ALL
  SELECT (SELECT MIN(host) FROM jobs WHERE state = 'queued' AND owner = ?2 AND host > hosts.host) FROM hosts WHERE host IS NOT NULL
)
SELECT host FROM hosts WHERE host IS NOT NULL`;
