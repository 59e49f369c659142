// The sealed request of what has failed or was canceled is kept as long as it may be tried again, and no longer: it may hold
// a signed URL and headers that are somebody's key. What is told of the ingest stays as long as the ingest itself.
import type { Env } from "../env.ts";
import { daysMs } from "../settings.ts";

/** Requests removed at a time. */
const SWEEP = 1_000;

/** As in the index `jobs_to_forget`, word by word, so that it is used. */
const KEPT = "state IN ('failed', 'canceled') AND todo IS NULL AND request <> ''";

type Forgetting = { env: Pick<Env, "VODLIFT_RETRY_DAYS">; sql: SqlStorage };

/** Removes the requests of what ended too long ago. They are empty then: NULL are those whose bytes came with theirs. */
export function forgetRequests({ env, sql }: Forgetting): void {
  sql.exec(
    `UPDATE jobs SET request = '', shared = NULL
     WHERE seq IN (SELECT seq FROM jobs INDEXED BY jobs_to_forget WHERE ${KEPT} AND ended < ? LIMIT ?)`,
    Date.now() - retryMs(env),
    SWEEP,
  );
}

/** When the next one is to be removed, in ms since the epoch. */
export function nextToForget({ env, sql }: Forgetting): number | undefined {
  const { ended } = sql
    .exec<{ ended: number | null }>(
      `SELECT MIN(ended) AS ended FROM jobs INDEXED BY jobs_to_forget WHERE ${KEPT}`,
    )
    .one();
  return ended === null ? undefined : ended + retryMs(env);
}

/** Whether the request of a row that has ended is not there any more, or is about to be removed. */
export function isForgotten({ env, sql }: Forgetting, seq: number): boolean {
  const query = "SELECT 1 FROM jobs WHERE seq = ? AND (request = '' OR ended <= ?)";
  return sql.exec(query, seq, Date.now() - retryMs(env)).toArray().length > 0;
}

function retryMs(env: Forgetting["env"]): number {
  return daysMs(env, "VODLIFT_RETRY_DAYS");
}
