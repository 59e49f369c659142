// The tables of the job index in memory, as Durable Objects offer them, without workerd.
import { DatabaseSync } from "node:sqlite";

export type Value = string | number | null;

const { migrate } = (await import(
  new URL("../../worker/src/jobs/migrations.ts", import.meta.url).href
)) as { migrate: (storage: object) => void };

export function openTables() {
  const database = new DatabaseSync(":memory:");
  const exec = (query: string, ...values: Value[]) => {
    if (values.length === 0 && /;\s*\S/.test(query)) return database.exec(query);
    // Plain objects, as workerd has them.
    const rows = database
      .prepare(query)
      .all(...values)
      .map((row) => ({ ...row }));
    return { toArray: () => rows, one: () => rows[0], rowsRead: rows.length };
  };
  const sql = { exec };
  migrate({ sql, transactionSync: (work: () => unknown) => work() });
  const all = (query: string, ...values: Value[]) => database.prepare(query).all(...values);
  return { sql, all };
}
