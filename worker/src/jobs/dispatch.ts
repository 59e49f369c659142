// Who is next. Callers take turns: each free place goes to the caller with the fewest that run, and of its own the oldest
// that waits at a host with room. Where no place is free, a caller with at least two more gives up its slowest one, which
// goes on later from its checkpoint; so no crowd keeps another caller waiting. The places at one host are shared likewise.
import { COLUMNS, type Row } from "./row.ts";
import type { Starts } from "./starts.ts";

export interface Limits {
  running: number;
  perHost: number;
  perCaller: number;
  /** Callers that have moved as much as they may for now, or take too much room. */
  halted: ReadonlySet<string>;
  /** How often runs of each owner begin. */
  starts: Pick<Starts, "waitMs" | "spend">;
}

export interface Turns {
  start: Row[];
  /** Back into the queue. */
  yields: Row[];
  /** In so many ms there is a turn for whoever waits only because as many have begun as may. */
  againMs?: number;
}

export function nextToRun(sql: SqlStorage, limits: Limits): Turns {
  const places = new Places(sql, limits);
  const waiting = waitingOwners(sql)
    .filter((owner) => !limits.halted.has(owner))
    .map((owner) => ({ owner, rows: oldest(sql, owner, limits.running), passed: [] as Row[] }));
  const { starts } = limits;
  const turns: Turns = { start: [], yields: [] };
  const giveWay = (row: Row) => {
    turns.yields.push(row);
    // Its host has room now: who was passed over for want of that is looked at again.
    for (const { rows, passed } of waiting) rows.unshift(...passed.splice(0));
  };
  for (;;) {
    for (const { rows, passed } of waiting) {
      while (rows[0] && !places.hasRoom(rows[0])) passed.push(...rows.splice(0, 1));
    }
    const able = waiting.filter(
      ({ owner, rows }) => rows.length > 0 && places.of(owner) < limits.perCaller,
    );
    const next = able
      .filter(({ owner }) => starts.waitMs(owner) === 0)
      .toSorted((a, b) => places.of(a.owner) - places.of(b.owner) || seq(a) - seq(b))[0];
    const row = next?.rows[0];
    if (!next || !row) return { ...turns, ...soonest(able, starts) };
    next.rows.shift();
    const full = [row.host, EVERYWHERE].find((host) => !places.isFree(host));
    const slowest = full === undefined ? undefined : places.give(next.owner, full);
    if (full !== undefined && !slowest) return turns;
    places.take(row);
    starts.spend(row);
    if (slowest) giveWay(slowest);
    turns.start.push(row);
  }
}

/** What has ended and has no run for what is left to do: the oldest of each owner, as many as may begin now. */
export function leftToDo(
  sql: SqlStorage,
  starts: Limits["starts"],
  most: number,
): Omit<Turns, "yields"> {
  const owners = sql.exec<{ owner: string }>(LEFT_OWNERS).toArray();
  const start = owners.flatMap(({ owner }) => {
    if (starts.waitMs(owner) > 0) return [];
    const rows = sql.exec<Row>(LEFT, owner, most).toArray();
    return rows.filter((row) => {
      const may = starts.waitMs(owner) === 0;
      if (may) starts.spend(row);
      return may;
    });
  });
  return { start, ...soonest(owners, starts) };
}

/** When the first of these may begin again, if any is kept by that. */
function soonest(
  owners: readonly { owner: string }[],
  starts: Limits["starts"],
): Pick<Turns, "againMs"> {
  const waits = owners.map(({ owner }) => starts.waitMs(owner)).filter((ms) => ms > 0);
  return waits.length > 0 ? { againMs: Math.min(...waits) } : {};
}

const seq = ({ rows }: { rows: readonly Row[] }): number => rows[0]?.seq ?? 0;

/** As a host: all of them together. */
const EVERYWHERE = "";

/** Who holds them. Bytes that come with a request need none: those are counted when they come. */
class Places {
  readonly #limits: Limits;
  readonly #runs: Row[];
  /** How many Workflows move one, where it is not one. */
  readonly #shards: ReadonlyMap<number, number>;
  /** Of each host, how many each owner has there. */
  readonly #shares = new Map<string, Map<string, number>>();

  constructor(sql: SqlStorage, limits: Limits) {
    this.#limits = limits;
    this.#runs = sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM jobs WHERE state = 'running' AND request IS NOT NULL ORDER BY rate, seq DESC`,
      )
      .toArray();
    const shards = sql.exec<{ job: number; n: number }>(SHARDS).toArray();
    this.#shards = new Map(shards.map(({ job, n }) => [job, n]));
    for (const row of this.#runs) this.#count(row, 1);
  }

  of(owner: string, host = EVERYWHERE): number {
    return this.#at(host).get(owner) ?? 0;
  }

  isFree(host: string): boolean {
    const held = [...this.#at(host).values()].reduce((sum, n) => sum + n, 0);
    return held < (host === EVERYWHERE ? this.#limits.running : this.#limits.perHost);
  }

  /** Whether this one's host has a place, or somebody there has more than a share. */
  hasRoom({ owner, host }: Row): boolean {
    return this.isFree(host) || this.#surplus(owner, host) >= 0;
  }

  take(row: Row): void {
    this.#count(row, 1);
  }

  /** Frees a place for this one, if somebody has two more. */
  give(owner: string, host: string): Row | undefined {
    const at = this.#surplus(owner, host);
    const [row] = at < 0 ? [] : this.#runs.splice(at, 1);
    if (row) this.#count(row, -1);
    return row;
  }

  /**
   * Where the slowest run is of whoever has most at this host, and two more than this one there. Who has fewer than this one
   * everywhere keeps its own: otherwise both would take the same place from each other for ever.
   */
  #surplus(owner: string, host: string): number {
    const richer = [...this.#at(host)].filter(
      ([other, n]) => n >= this.of(owner, host) + 2 && this.of(other) > this.of(owner),
    );
    const [richest] = richer.toSorted(([, a], [, b]) => b - a)[0] ?? [];
    return this.#runs.findIndex(
      (row) => row.owner === richest && (host === EVERYWHERE || row.host === host),
    );
  }

  #at(host: string): Map<string, number> {
    const shares = this.#shares.get(host) ?? new Map<string, number>();
    this.#shares.set(host, shares);
    return shares;
  }

  /** At its host it is one; everywhere it is as many as move it. */
  #count({ seq, owner, host }: Row, by: number): void {
    this.#at(host).set(owner, this.of(owner, host) + by);
    const all = by * (this.#shards.get(seq) ?? 1);
    this.#at(EVERYWHERE).set(owner, this.of(owner) + all);
  }
}

/** Of each of its hosts the oldest that no run is leaving, so that ten thousand that wait for one slow host are not looked at again and again. */
function oldest(sql: SqlStorage, owner: string, most: number): Row[] {
  return sql
    .exec<{ host: string }>(WAITING_HOSTS, owner, owner)
    .toArray()
    .flatMap(({ host }) =>
      sql
        .exec<Row>(
          `SELECT ${COLUMNS} FROM jobs WHERE state = 'queued' AND lease IS NULL AND owner = ? AND host = ? ORDER BY seq LIMIT ?`,
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

const SHARDS = `
SELECT job, COUNT(*) AS n FROM shards JOIN jobs ON seq = job WHERE state = 'running' GROUP BY job`;

/** Jumps from host to host in the index. SELECT DISTINCT would read every row that waits. */
const WAITING_HOSTS = `
WITH RECURSIVE hosts (host) AS (
  SELECT MIN(host) FROM jobs WHERE state = 'queued' AND owner = ?1
  UNION ALL
  SELECT (SELECT MIN(host) FROM jobs WHERE state = 'queued' AND owner = ?2 AND host > hosts.host) FROM hosts WHERE host IS NOT NULL
)
SELECT host FROM hosts WHERE host IS NOT NULL`;

const IS_LEFT = "todo IS NOT NULL AND lease IS NULL";
const LEFT = `SELECT ${COLUMNS} FROM jobs WHERE ${IS_LEFT} AND owner = ? ORDER BY seq LIMIT ?`;
/** From owner to owner in the index. */
const LEFT_OWNERS = `
WITH RECURSIVE owners (owner) AS (
  SELECT MIN(owner) FROM jobs WHERE ${IS_LEFT}
  UNION ALL
  SELECT (SELECT MIN(owner) FROM jobs WHERE ${IS_LEFT} AND owner > owners.owner) FROM owners WHERE owner IS NOT NULL
)
SELECT owner FROM owners WHERE owner IS NOT NULL`;
