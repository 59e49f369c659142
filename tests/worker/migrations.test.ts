// The database of an earlier version becomes one of this, and nothing in it is lost.
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { born } from "../../worker/src/life/life.ts";
import { lifeOf, type Stored } from "../../worker/src/life/row.ts";

type Value = string | number | null;
type Caller = { owner: string; name: string; all: boolean };
interface Storage {
  sql: { exec(query: string, ...values: Value[]): unknown };
}
interface Rows {
  totals(caller: Caller): { counts: Record<string, number>; bytes: number };
  seen(
    id: string,
    caller: Caller,
  ): { state: string; owner_name: string | null; reference: string } | undefined;
  add(job: object, life: object, caller: Caller): object;
}
type Migrate = (storage: Storage, to?: number) => void;
type RowsOf = new (sql: object, tell: () => void) => Rows;

// Their types are workerd's, so they are not looked at from here.
const jobs = new URL("../../worker/src/jobs/", import.meta.url);
const { migrate } = (await import(`${jobs}migrations.ts`)) as { migrate: Migrate };
const { Table } = (await import(`${jobs}table.ts`)) as { Table: RowsOf };

/** SQLite as a Durable Object has it, as far as the index uses it. */
function storage(): Storage {
  const database = new DatabaseSync(":memory:");
  const exec = (query: string, ...values: Value[]) => {
    if (values.length === 0 && /;\s*\S/.test(query)) return database.exec(query);
    const rows = database.prepare(query).all(...values);
    return { toArray: () => rows, one: () => rows[0] };
  };
  return { sql: { exec }, transactionSync: (work: () => unknown) => work() } as Storage;
}

test("rows from before count and are found as those that come now", () => {
  const old = storage();
  migrate(old, 6);
  const long = `https://a.example/begins/${"x".repeat(600)}/ends.mp4`;
  for (const [id, url, request] of [
    ["long", long, "sealed"],
    ["short", "https://a.example/short.mp4", null],
  ] as const) {
    old.sql.exec(
      `INSERT INTO jobs (id, owner, state, host, url, kind, request, checkpoint, created, moved)
       VALUES (?, 'one', 'failed', 'a.example', ?, 'video', ?, 'a checkpoint', 1, 1)`,
      ...[id, url, request],
    );
  }
  migrate(old);
  const rows = (query: string, ...values: Value[]) =>
    (old.sql.exec(query, ...values) as { toArray(): Record<string, Value>[] }).toArray();
  const stored = () => rows("SELECT bytes FROM owner_stored WHERE owner = 'one'")[0]?.bytes;
  const fixed = 256 + 4096;
  assert.equal(stored(), 2 * fixed + long.length + 6 + "https://a.example/short.mp4".length);
  const found = (text: string) =>
    rows(
      "SELECT jobs.id FROM texts JOIN jobs ON jobs.seq = texts.rowid WHERE texts MATCH ?",
      `"${text}"`,
    ).map(({ id }) => id);
  assert.deepEqual(
    [found("begins"), found("ends.mp4"), found("short.mp4")],
    [["long"], ["long"], ["short"]],
  );
  old.sql.exec("UPDATE jobs SET title = 'A title' WHERE id = 'long'");
  assert.deepEqual([found("ends.mp4"), found("A title")], [["long"], ["long"]]);
  old.sql.exec("DELETE FROM jobs WHERE id = 'long'");
  assert.deepEqual(rows("SELECT rowid FROM texts WHERE texts MATCH '\"ends\"'"), []);
  assert.equal(stored(), fixed + "https://a.example/short.mp4".length);
});

test("rows from before owners are nobody's: only who reaches everything sees them", () => {
  const old = storage();
  migrate(old, 2);
  for (const [id, state] of ["queued", "running", "running", "failed"].entries()) {
    old.sql.exec(
      `INSERT INTO jobs (id, state, host, url, kind, created, moved)
       VALUES (?, ?, 'a.example', 'https://a.example/a.mp4', 'video', 1, 1)`,
      `id-${id}`,
      state,
    );
  }
  old.sql.exec("UPDATE jobs SET state = 'done', bytes = 7 WHERE id = ?", "id-1");
  migrate(old);
  const table = new Table(old.sql, () => {});
  const operator = { owner: "token:1", name: "operator", all: true };
  const other = { ...operator, all: false };
  const { counts, bytes } = table.totals(operator);
  assert.deepEqual(counts, { queued: 1, running: 1, done: 1, ready: 0, failed: 1, canceled: 0 });
  assert.equal(bytes, 7);
  assert.deepEqual(table.totals(other).counts, {
    ...counts,
    ...{ queued: 0, running: 0, done: 0, failed: 0 },
  });
  assert.equal(table.seen("id-1", operator)?.state, "done");
  assert.equal(table.seen("id-1", other), undefined);
  // They are counted on as before, and so are new ones.
  old.sql.exec("UPDATE jobs SET state = 'done', bytes = 5 WHERE id = ?", "id-2");
  old.sql.exec("DELETE FROM jobs WHERE id = ?", "id-3");
  // Their reference ids are those that their media have at VOD.
  assert.equal(table.seen("id-1", operator)?.reference, "vodlift-id-1");
  const job = {
    id: "new",
    reference: "vodlift-1",
    host: "b.example",
    url: "https://b.example/",
    kind: "video",
  };
  const life = born("stored", false, 1, { staleMs: 1, longestMs: 1 });
  table.add({ ...job, request: "sealed" }, life, other);
  assert.deepEqual(table.totals(operator), {
    counts: { queued: 2, running: 0, done: 2, ready: 0, failed: 0, canceled: 0 },
    ...{ bytes: 12, moving: 0, rate: 0 },
  });
  assert.equal(table.totals(other).counts.queued, 1);
  assert.equal(table.seen("new", other)?.owner_name, "operator");
  assert.equal(table.seen("new", { ...other, owner: "token:2" }), undefined);
});

test("what runs, closes or owes something when leases come has one, and goes on", () => {
  const old = storage();
  migrate(old, 7);
  const minute = 60_000;
  const rows = [
    { state: "queued" },
    { state: "running" },
    { state: "canceled", todo: "cleanup", checkpoint: "{}" },
    { state: "canceled", todo: "cleanup", checkpoint: "{}", moved: 0 },
    { state: "canceled", todo: "drain", checkpoint: "{}" },
    { state: "done", todo: "confirm", silent_until: 20 * minute },
    { state: "failed", todo: "notify", moved: 0 },
    { state: "ready", ended: 5 },
    { state: "failed", checkpoint: "{}", ended: 5 },
    { state: "failed", todo: "cleanup", checkpoint: "{}", request: null, moved: 0 },
  ];
  for (const [at, row] of rows.entries()) {
    const all = { id: `id-${at}`, run: 3, request: "sealed", moved: 10 * minute, ended: 2, ...row };
    const names = Object.keys(all).join(", ");
    old.sql.exec(
      `INSERT INTO jobs (host, url, kind, created, ${names})
       VALUES ('a.example', 'https://a.example/', 'video', 1, ${names.replace(/\w+/g, "?")})`,
      ...(Object.values(all) as Value[]),
    );
  }
  migrate(old);
  const untold = [{ attempt: 1, state: "failed" }] as const;
  const stored = old.sql.exec(
    `SELECT *, request IS NOT NULL AS has_request, checkpoint IS NOT NULL AS has_checkpoint
     FROM jobs ORDER BY seq`,
  ) as { toArray(): (Stored & { has_request: 0 | 1; has_checkpoint: 0 | 1; moved: number })[] };
  const lives = stored.toArray().map((row) => {
    assert.ok(row.moved > 0);
    const told = row.todo === "notify" ? untold : [];
    const { run, attempt, listened, ...life } = lifeOf({ ...row, listened: true, untold: told });
    assert.deepEqual([run, attempt, listened], [3, 1, true]);
    return { ...life, untold: life.untold.length };
  });
  const open = { vod: "silent", checkpoint: false, deadline: null, stalls: 0, untold: 0 };
  const [source, lease] = ["stored", 12 * minute];
  const closing = { source, at: "closing", vod: "silent", checkpoint: true, lease, untold: 0 };
  const over = { source, at: "over", lease: null, untold: 0 };
  const ended = { ...over, vod: "silent" };
  assert.deepEqual(lives, [
    { ...open, source, at: "queued", lease: null },
    { ...open, source, at: "running", lease, mark: null },
    { ...closing, verdict: "cancel" },
    { ...ended, end: "canceled", left: "cleanup" },
    { ...closing, verdict: "stop" },
    { ...over, end: "done", ask: true, lease: 22 * minute },
    { ...ended, end: "failed", left: "nothing", untold: 1 },
    { ...over, end: "ready" },
    { ...ended, end: "failed", left: "checkpoint" },
    { ...ended, source: "request", end: "failed", left: "cleanup" },
  ]);
});
