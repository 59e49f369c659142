// A page of the list: filters become SQL. Everything a caller says is a parameter, never text of the statement.
// The index does one thing at a time, so a search that reads many rows lets others in between.
import type { State } from "../api/schema.ts";
import { COLUMNS, type Row } from "./row.ts";

export interface Query {
  /** Only what belongs to this one. */
  owner?: string;
  state?: readonly State[];
  /** Part of id, URL, title or media id. */
  q?: string;
  /** In ms since the epoch. */
  since?: number;
  until?: number;
  limit: number;
  /** Rows before this number. */
  before?: number;
}

/** Row numbers that are looked through at once: longer than that nobody else waits for the index. */
const STRETCH = 10_000;
/** What a row costs that is found: it is read as a whole, and told. In rows that are only looked at. */
const TOLD = 10;

/** A search that is made stretch by stretch, newest first, until there are `limit` rows and one more. */
export class Search {
  readonly rows: Row[] = [];
  readonly #sql: SqlStorage;
  readonly #query: Query;
  readonly #stretch: number;
  /** Everything from here on was looked through. */
  #before: number;
  #isOver = false;

  /** @param stretch Row numbers that are looked through at once. */
  constructor(sql: SqlStorage, query: Query, stretch = STRETCH) {
    this.#sql = sql;
    this.#stretch = stretch;
    this.#query = query;
    const { newest } = sql
      .exec<{ newest: number | null }>("SELECT MAX(seq) AS newest FROM jobs")
      .one();
    this.#before = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, (newest ?? 0) + 1);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Looks through one more stretch, and says what that has cost, in rows. */
  next(): number {
    const from = this.#before - this.#stretch;
    const before = this.#before;
    const missing = this.#query.limit + 1 - this.rows.length;
    const cursor = findRows(this.#sql, { ...this.#query, before, limit: missing }, from);
    const found = cursor.toArray();
    this.rows.push(...found);
    this.#before = from;
    this.#isOver = found.length >= missing || from <= 0;
    return Math.max(cursor.rowsRead, found.length) + TOLD * found.length;
  }
}

function findRows(sql: SqlStorage, query: Query, from: number): SqlStorageCursor<Row> {
  const indexed = query.q !== undefined && [...query.q].length >= INDEXED;
  const [source, seq] = indexed
    ? ["texts JOIN jobs ON jobs.seq = texts.rowid", "texts.rowid"]
    : ["jobs", "jobs.seq"];
  const tests: string[] = [`${seq} < ?`, `${seq} >= ?`];
  const values: (string | number)[] = [query.before ?? Number.MAX_SAFE_INTEGER, from];
  if (query.q !== undefined && indexed) {
    tests.push("texts MATCH ?");
    values.push(asShown(query.q).map(phrase).join(" OR "));
  } else if (query.q !== undefined) {
    const cases = [query.q, query.q.toLowerCase(), query.q.toUpperCase()];
    const spellings = [...new Set(cases.flatMap(asShown))];
    const likes = spellings.flatMap((text) => TEXTS.map((column) => [column, text] as const));
    tests.push(`(${likes.map(([column]) => `${column} LIKE ? ESCAPE '\\'`).join(" OR ")})`);
    values.push(...likes.map(([, text]) => `%${text.replace(/[\\%_]/g, "\\$&")}%`));
  }
  if (query.owner !== undefined) {
    tests.push("jobs.owner = ?");
    values.push(query.owner);
  }
  if (query.state?.length) {
    tests.push(`state IN (${query.state.map(() => "?").join(",")})`);
    values.push(...query.state);
  }
  if (query.since !== undefined) {
    tests.push(`${seq} >= ${FIRST_SINCE}`);
    values.push(query.since);
  }
  if (query.until !== undefined) {
    tests.push(`${seq} < COALESCE(${FIRST_SINCE}, ${Number.MAX_SAFE_INTEGER})`);
    values.push(query.until);
  }
  const where = tests.join(" AND ");
  return sql.exec<Row>(
    `SELECT ${COLUMNS} FROM ${source} WHERE ${where} ORDER BY ${seq} DESC LIMIT ?`,
    ...values,
    query.limit,
  );
}

/** The index knows runs of three characters; what is shorter is looked for row by row, the newest first. */
const INDEXED = 3;
const TEXTS = ["jobs.id", "jobs.url", "jobs.title", "jobs.media_id"];

/** Rows are numbered in the order in which they are made: a time becomes a number, so that no other row is read. */
const FIRST_SINCE = "(SELECT seq FROM jobs WHERE created >= ? ORDER BY created LIMIT 1)";

/** A text, and how it is spelled where it is part of a URL: `电影` is `%E7%94%B5%E5%BD%B1` in a path, and more in a host. */
function asShown(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
  if (/^[\x00-\x7f]*$/.test(text)) return [text];
  const known = [text, encodeURI(text.toWellFormed())];
  const host = `http://${text}`;
  return URL.canParse(host) ? [...known, new URL(host).hostname] : known;
}

/** One phrase of FTS5: whatever stands in it is text, not syntax. */
function phrase(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
