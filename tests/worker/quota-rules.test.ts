// What one caller may have, on the rules alone: no workerd, and a clock that the test moves.
import assert from "node:assert/strict";
import { before, mock, test } from "node:test";
import { born } from "../../worker/src/life/life.ts";
import type { Limits, OtherSaid, RunSaid } from "../../worker/src/life/said.ts";
import { openTables } from "../support/tables.ts";

interface Full {
  full: string;
  after?: number;
}
interface Quota {
  stored(owner: string): Full | undefined;
  halted(): Set<string>;
  waiting(owner: string, more: number): Full | undefined;
  stream(owner: string): Full | undefined;
  moved(owner: string, bytes: number): void;
  settle(): void;
  spent(): Set<string>;
}
interface Rows {
  add(job: object, life: object, actor: object): { id: string };
  find(id: string): { id: string; run: number; has_request: number };
  change(row: object, change: object): void;
  save(row: object, checkpoint: string | null): void;
  luggage(row: object): { request: string | null; shared: string | null };
}
interface Lives {
  says(row: object, said: RunSaid): object;
  happens(row: object, said: OtherSaid): object;
  limits(): Limits;
}
type Care = { env: object; sql: object; table: object; lives: object; quota: Quota };

// Their types are workerd's, so they are not looked at from here.
const src = new URL("../../worker/src/", import.meta.url);
const load = async <T>(path: string) => (await import(src + path)) as T;
const { Quota } = await load<{ Quota: new (sql: object, env: object) => Quota }>("jobs/quota.ts");
const { Table } = await load<{
  Table: new (sql: object, tell: () => void) => Rows;
}>("jobs/table.ts");
const { Notices } = await load<{ Notices: new (sql: object, env: object) => object }>(
  "jobs/notices.ts",
);
const { Lives } = await load<{
  Lives: new (env: object, table: object, notices: object, wake: () => void) => Lives;
}>("jobs/lives.ts");
const { Listeners } = await load<{
  Listeners: new () => {
    hear(owner: string, stream: string, patienceMs: number, most: number): boolean;
    leave(owner: string, stream: string): void;
  };
}>("jobs/listeners.ts");
const care = await load<Record<"passTime" | "holdTheSpent", (care: Care) => void>>("jobs/care.ts");
const { bounded } = await load<{
  bounded: (body: ReadableStream, most: number, patienceMs?: number) => ReadableStream;
}>("api/body.ts");
const { written } = await load<{ written: (checkpoint: object) => string }>("ingest/written.ts");

const HOUR = 3_600_000;
before(() => mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 0, 1, 12, 30) }));

type Without<T> = T extends unknown ? Omit<T, "run"> : never;
type Word = Without<RunSaid> | OtherSaid;
const DONE = { type: "finish", confirm: false, text: "stored" } as const;
const HEARD: readonly string[] = ["finish", "fail", "save", "asked"];

function isHeard(word: Word): word is Without<RunSaid> {
  return HEARD.includes(word.type);
}

const URL_OF_IT = "https://a.example/film.mp4";

function index(env: Record<string, string> = {}) {
  const { sql, all } = openTables();
  const quota = new Quota(sql, env);
  const table = new Table(sql, () => {});
  const lives = new Lives(env, table, new Notices(sql, env), () => {});
  const post = (owner: string, state = "queued", more: Record<string, number> = {}) => {
    const columns = { moved: 1, created: 1, ...more };
    const names = Object.keys(columns);
    sql.exec(
      `INSERT INTO jobs (id, owner, state, host, url, kind, request, hooked, ${names.join(", ")})
       VALUES (?, ?, ?, 'a.example', 'https://a.example/', 'video', 'sealed', 0, ${names.map(() => "?").join(", ")})`,
      `${owner}-${all("SELECT id FROM jobs").length}`,
      owner,
      state,
      ...Object.values(columns),
    );
  };
  const add = (owner: string, more: object = {}) => {
    const id = `${owner}-${all("SELECT id FROM jobs").length}`;
    const job = { id, host: "a.example", url: URL_OF_IT, kind: "video", reference: id, ...more };
    const life = born("stored", false, Date.now(), lives.limits());
    table.add({ request: "r".repeat(500), keeps: false, ...job }, life, { owner, name: owner });
    return table.find(id);
  };
  const stored = (owner: string) =>
    all("SELECT bytes FROM owner_stored WHERE owner = ?", owner)[0]?.bytes ?? 0;
  /** Its only run begins, and says this; or it happens meanwhile. */
  const live = (id: string, ...words: Word[]) => {
    lives.happens(table.find(id), { type: "start" });
    for (const word of words) {
      if (isHeard(word)) lives.says(table.find(id), { ...word, run: 1 });
      else lives.happens(table.find(id), word);
    }
  };
  const care = { env, sql, table, lives, quota };
  return { sql, all, quota, table, lives, post, add, live, stored, care };
}

test("a caller's queue ends at its setting, which the refusal names", () => {
  const { quota, post } = index({ VODLIFT_QUEUED_PER_CALLER: "3" });
  for (let n = 0; n < 2; n += 1) post("one");
  assert.equal(quota.waiting("one", 1), undefined);
  assert.match(quota.waiting("one", 2)?.full ?? "", /VODLIFT_QUEUED_PER_CALLER.* 3 .* 2 do/);
  assert.equal(quota.waiting("other", 3), undefined, "each has its own");
  post("one");
  assert.match(
    quota.waiting("one", 1)?.full ?? "",
    /VODLIFT_QUEUED_PER_CALLER/,
    "a retry waits, too",
  );
});

const ROW = 256 + URL_OF_IT.length;

test("what is stored for a caller ends at its setting: requests, attempts, checkpoints, what they share", () => {
  const { quota, table, add, stored, sql } = index({ VODLIFT_STORED_PER_CALLER: "6000" });
  const [one, two] = [add("one"), add("one")];
  assert.equal(stored("one"), 2 * (ROW + 500));
  table.change(one, { attempts: 3 });
  assert.equal(stored("one"), 2 * (ROW + 500) + 2 * 256);
  assert.equal(quota.stored("one"), undefined);
  table.save(one, "c".repeat(4097));
  assert.equal(stored("one"), 2 * (ROW + 500) + 2 * 256 + 8192);
  assert.match(quota.stored("one")?.full ?? "", /VODLIFT_STORED_PER_CALLER.* 6000 /);
  assert.match(quota.stream("one")?.full ?? "", /VODLIFT_STORED_PER_CALLER/, "by PUT neither");
  assert.deepEqual([...quota.halted()], [], "what was accepted goes on");
  table.save(two, "c".repeat(4096));
  assert.deepEqual([...quota.halted()], ["one"], "unless it has grown to twice as much");
  assert.equal(quota.stored("other"), undefined);
  table.save(one, null);
  table.save(two, null);
  assert.equal(quota.stored("one"), undefined);
  sql.exec("DELETE FROM jobs");
  assert.equal(stored("one"), 0);
});

test("what requests of one caller have alike is stored once, and as long as one of them is", () => {
  const { table, all, add, live, stored, sql } = index();
  const shared = { id: "shared-by-one", text: "s".repeat(5_000) };
  const rows = [1, 2, 3].map(() => add("one", { shared }));
  assert.equal(stored("one"), 3 * (ROW + 500) + 5_000);
  for (const row of rows) assert.equal(table.luggage(row).shared, shared.text);
  live(rows[0]?.id ?? "", DONE);
  sql.exec("DELETE FROM jobs WHERE id = 'one-1'");
  assert.deepEqual(
    all("SELECT uses FROM shared").map(({ uses }) => uses),
    [1],
  );
  live(rows[2]?.id ?? "", DONE);
  assert.deepEqual(all("SELECT * FROM shared"), []);
  assert.equal(stored("one"), 2 * ROW);
});

test("of what went well the request is not kept; of what may be tried again or is still to be told it is", () => {
  const { table, add, live, lives } = index();
  const kept = (words: Word[], more: object = {}) => {
    const { id } = add("one", more);
    live(id, ...words);
    return { id, is: () => table.luggage(table.find(id)).request !== "" };
  };
  const ready = { type: "ready" } as const;
  assert.ok(!kept([DONE]).is());
  assert.ok(!kept([DONE, ready]).is());
  assert.ok(!kept([ready, DONE]).is());
  assert.ok(!kept([DONE, ready], { keeps: true }).is(), "VOD has said its last");
  assert.ok(kept([DONE], { keeps: true }).is(), "VOD may still say that it is ready");
  assert.ok(kept([{ type: "fail", error: { code: "c", message: "m", hint: "h" } }]).is());
  assert.ok(kept([{ type: "save", checkpoint: true }, { type: "cancel" }]).is());
  const asked = kept([{ ...DONE, confirm: true }]);
  assert.ok(asked.is());
  lives.says(table.find(asked.id), { type: "asked", run: 1 });
  assert.ok(!asked.is());
  // It still counts as one that came by URL.
  assert.equal(table.find("one-0").has_request, 1);
});

test("bytes count for 24 hours, by the hour, and each caller's for itself", () => {
  const { quota } = index({ VODLIFT_BYTES_PER_CALLER: "100" });
  quota.moved("one", 60);
  quota.moved("other", 99);
  assert.equal(quota.stream("one"), undefined);
  quota.settle();
  mock.timers.tick(10 * HOUR);
  quota.moved("one", 40);
  // What has moved just now counts, whether or not anybody has looked after all since.
  const full = quota.stream("one");
  assert.match(full?.full ?? "", /VODLIFT_BYTES_PER_CALLER/);
  assert.equal(full?.after, 1800, "nothing is forgotten before the hour is full");
  assert.deepEqual([...quota.spent()], [], "a refusal writes nothing down");
  quota.settle();
  assert.deepEqual([...quota.spent()], ["one"]);
  assert.equal(quota.stream("other"), undefined);
  mock.timers.tick(13 * HOUR);
  quota.settle();
  assert.deepEqual([...quota.spent()], ["one"], "after 23 hours");
  mock.timers.tick(HOUR);
  quota.settle();
  assert.deepEqual([...quota.spent()], [], "after 24 hours");
  assert.equal(quota.stream("one"), undefined);
});

test("what runs of a caller whose bytes are used up waits, and has all of its life left", () => {
  const { all, quota, post, care: all4 } = index({ VODLIFT_BYTES_PER_CALLER: "100" });
  const lease = Date.now() + HOUR;
  post("one", "running", { deadline: 5, lease });
  post("other", "running", { deadline: 5, lease });
  quota.moved("one", 100);
  quota.settle();
  care.holdTheSpent(all4);
  assert.deepEqual(
    all("SELECT owner, state, deadline FROM jobs ORDER BY seq").map((row) => ({ ...row })),
    [
      { owner: "one", state: "queued", deadline: null },
      { owner: "other", state: "running", deadline: 5 },
    ],
  );
  const [entry] = all("SELECT type, text FROM entries");
  assert.equal(entry?.type, "held");
  assert.match(String(entry?.text), /VODLIFT_BYTES_PER_CALLER/);
});

test("what has taken too long ends, and nothing does before its time", () => {
  const { all, post, care: all4 } = index();
  post("one", "running", { deadline: Date.now() + 1_000, lease: Date.now() + HOUR });
  const state = () => all("SELECT state, error FROM jobs")[0];
  mock.timers.tick(1_000);
  care.passTime(all4);
  assert.equal(state()?.state, "running");
  mock.timers.tick(1);
  care.passTime(all4);
  const { code, message, retryable } = JSON.parse(String(state()?.error));
  assert.deepEqual([state()?.state, code, retryable], ["failed", "too_long", true]);
  assert.match(message, /VODLIFT_LONGEST_SECONDS/);
});

test("streams of events are counted by caller, until they leave or are overdue", () => {
  const listeners = new Listeners();
  const hear = (owner: string, stream: string) => listeners.hear(owner, stream, 15_000, 2);
  assert.deepEqual([hear("one", "a"), hear("one", "b"), hear("one", "c")], [true, true, false]);
  assert.ok(hear("one", "a"), "one that is open goes on");
  assert.ok(hear("other", "d"));
  listeners.leave("one", "a");
  assert.ok(hear("one", "c"));
  mock.timers.tick(30_000);
  assert.ok(!hear("one", "e"), "they may still ask again");
  mock.timers.tick(1);
  assert.ok(hear("one", "e"), "they were cut off without a word");
});

test("a body that does not arrive ends with 408, one that is too large with 413, and their source is let go", async () => {
  const read = async (body: ReadableStream, most: number) => {
    try {
      return await new Response(bounded(body, most, 20)).text();
    } catch (error) {
      return (error as { status?: number }).status;
    }
  };
  let canceled = 0;
  const source = (...pieces: string[]) =>
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      },
      cancel: () => {
        canceled += 1;
      },
    });
  assert.equal(await read(source(), 10), 408, "not a byte of it");
  assert.equal(await read(source("abc"), 10), 408, "not all of it");
  assert.equal(await read(source("abc", "defgh"), 7), 413);
  assert.equal(canceled, 3);
  assert.equal(await read(new Response("abcdefg").body as ReadableStream, 7), "abcdefg");
});

test("a checkpoint that is too large for a row is refused, by its bytes and not by its characters", () => {
  const most = 1_500_000;
  const empty = JSON.stringify({ a: "" }).length;
  assert.equal(written({ a: "x".repeat(most - empty) }).length, most);
  for (const text of ["x".repeat(most - empty + 1), "影".repeat(most / 3)]) {
    assert.throws(
      () => written({ a: text }),
      ({ failure }: { failure: { code: string; retryable: boolean } }) =>
        failure.code === "too_large" && !failure.retryable,
    );
  }
});
