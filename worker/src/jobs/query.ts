// A page of the list: filters become SQL. Everything a caller says is a parameter, never text of the statement.
import type { State } from "../api/schema.ts";
import type { Row } from "./row.ts";

export interface Query {
  state?: readonly State[];
  /** Part of id, URL, title or media id; three characters or more. */
  q?: string;
  /** In ms since the epoch. */
  since?: number;
  until?: number;
  limit: number;
  /** Rows before this number. */
  before?: number;
}

/** At most `limit` rows and one more, newest first. */
export function findRows(sql: SqlStorage, query: Query): Row[] {
  const tests: string[] = ["jobs.seq < ?"];
  const values: (string | number)[] = [query.before ?? Number.MAX_SAFE_INTEGER];
  if (query.state?.length) {
    tests.push(`state IN (${query.state.map(() => "?").join(",")})`);
    values.push(...query.state);
  }
  if (query.since !== undefined) {
    tests.push("created >= ?");
    values.push(query.since);
  }
  if (query.until !== undefined) {
    tests.push("created < ?");
    values.push(query.until);
  }
  const from = query.q === undefined ? "jobs" : "texts JOIN jobs ON jobs.seq = texts.rowid";
  const order = query.q === undefined ? "seq" : "texts.rowid";
  if (query.q !== undefined) {
    tests.push("texts MATCH ?", "texts.rowid < ?");
    values.push(phrase(query.q), query.before ?? Number.MAX_SAFE_INTEGER);
  }
  const where = tests.join(" AND ");
  return sql
    .exec<Row>(
      `SELECT jobs.* FROM ${from} WHERE ${where} ORDER BY ${order} DESC LIMIT ?`,
      ...values,
      query.limit + 1,
    )
    .toArray();
}

/** One phrase of FTS5: whatever stands in it is text, not syntax. */
function phrase(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
