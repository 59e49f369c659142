// Logins: each is a row until it ends, by a logout or by its time. What is not here is no session, whatever a cookie says.

/** A token may be logged in so often at once; the oldest login ends then. */
const MOST = 100;

export interface Session {
  /** SHA-256 of what the cookie holds: whoever reads the table opens nothing. */
  id: string;
  /** The token's digest. */
  token: string;
  /** In ms since the epoch. */
  issued: number;
  until: number;
}

export class Sessions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  open({ id, token, issued, until }: Session): void {
    this.#sql.exec("DELETE FROM sessions WHERE until <= ?", issued);
    this.#sql.exec(
      `DELETE FROM sessions WHERE id IN
       (SELECT id FROM sessions WHERE token = ? ORDER BY issued DESC LIMIT -1 OFFSET ?)`,
      token,
      MOST - 1,
    );
    this.#sql.exec("INSERT INTO sessions VALUES (?, ?, ?, ?)", id, token, issued, until);
  }

  /** Whether it was opened so, with this token at this time, and has not ended. */
  isOpen({ id, token, issued, until }: Session): boolean {
    const test = "id = ? AND token = ? AND issued = ? AND until = ? AND until > ?";
    const found = this.#sql.exec(
      `SELECT 1 FROM sessions WHERE ${test}`,
      ...[id, token, issued, until, Date.now()],
    );
    return found.toArray().length > 0;
  }

  close(id: string): void {
    this.#sql.exec("DELETE FROM sessions WHERE id = ?", id);
  }
}
