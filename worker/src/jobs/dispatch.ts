// Who is next: the oldest that waits, as long as there is room for it overall and at its source's host.
import { COLUMNS, type Row } from "./row.ts";

export interface Limits {
  running: number;
  perHost: number;
}

export function nextToRun(sql: SqlStorage, { running, perHost }: Limits): Row[] {
  const busy = new Map(
    sql
      .exec<{ host: string; n: number }>(
        "SELECT host, COUNT(*) AS n FROM jobs WHERE state = 'running' GROUP BY host",
      )
      .toArray()
      .map(({ host, n }) => [host, n]),
  );
  const free = running - [...busy.values()].reduce((sum, n) => sum + n, 0);
  if (free <= 0) return [];
  // Host by host, so that ten thousand that wait for one slow host are not looked at again and again.
  return sql
    .exec<{ host: string }>(WAITING_HOSTS)
    .toArray()
    .flatMap(({ host }) => {
      const room = Math.min(free, perHost - (busy.get(host) ?? 0));
      if (room <= 0) return [];
      return sql
        .exec<Row>(
          `SELECT ${COLUMNS} FROM jobs WHERE state = 'queued' AND host = ? ORDER BY seq LIMIT ?`,
          host,
          room,
        )
        .toArray();
    })
    .sort((a, b) => a.seq - b.seq)
    .slice(0, free);
}

/** Jumps from host to host in the index. SELECT DISTINCT would read every row that waits. */
const WAITING_HOSTS = `
WITH RECURSIVE hosts (host) AS (
  SELECT MIN(host) FROM jobs WHERE state = 'queued'
  UNION ALL
  SELECT (SELECT MIN(host) FROM jobs WHERE state = 'queued' AND host > hosts.host) FROM hosts WHERE host IS NOT NULL
)
SELECT host FROM hosts WHERE host IS NOT NULL`;
