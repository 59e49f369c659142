// What one caller may have, on the rules alone: no workerd, and a clock that the test moves.
import assert from "node:assert/strict";
import { before, mock, test } from "node:test";
import { openTables } from "../support/tables.ts";

interface Full {
  full: string;
  after?: number;
}
interface Quota {
  queue(owner: string, jobs: readonly object[]): Full | undefined;
  waiting(owner: string, more: number): Full | undefined;
  stream(owner: string): Full | undefined;
  moved(owner: string, bytes: number): void;
  settle(): void;
  spent(): Set<string>;
}
type Care = { env: object; sql: object; table: object; quota: Quota };

// Their types are workerd's, so they are not looked at from here.
const src = new URL("../../worker/src/", import.meta.url);
const load = async <T>(path: string) => (await import(src + path)) as T;
const { Quota } = await load<{ Quota: new (sql: object, env: object) => Quota }>("jobs/quota.ts");
const { Table } = await load<{
  Table: new (sql: object, notices: object, tell: () => void) => object;
}>("jobs/table.ts");
const { Notices } = await load<{ Notices: new (sql: object, env: object) => object }>(
  "jobs/notices.ts",
);
const { Listeners } = await load<{
  Listeners: new () => {
    hear(owner: string, stream: string, patienceMs: number, most: number): boolean;
    leave(owner: string, stream: string): void;
  };
}>("jobs/listeners.ts");
const care =
  await load<Record<"endTheOverdue" | "holdTheSpent", (care: Care) => void>>("jobs/care.ts");
const { bounded } = await load<{
  bounded: (body: ReadableStream, most: number, patienceMs?: number) => ReadableStream;
}>("api/body.ts");
const { written } = await load<{ written: (checkpoint: object) => string }>("ingest/written.ts");

const HOUR = 3_600_000;
before(() => mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 0, 1, 12, 30) }));

function index(env: Record<string, string> = {}) {
  const { sql, all } = openTables();
  const quota = new Quota(sql, env);
  const table = new Table(sql, new Notices(sql, env), () => {});
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
  return { sql, all, quota, post, care: { env, sql, table, quota } };
}

test("a caller's queue and what is stored for it end at their settings, which the refusal names", () => {
  const { quota, post } = index({
    VODLIFT_QUEUED_PER_CALLER: "3",
    VODLIFT_STORED_PER_CALLER: "1000",
  });
  const job = (length: number) => ({ url: "u", request: "r".repeat(length) });
  for (let n = 0; n < 2; n += 1) post("one");
  assert.equal(quota.queue("one", [job(10)]), undefined);
  assert.match(
    quota.queue("one", [job(1), job(1)])?.full ?? "",
    /VODLIFT_QUEUED_PER_CALLER.* 3 .* 2 do/,
  );
  assert.equal(quota.queue("other", [job(1), job(1), job(1)]), undefined, "each has its own");
  // Two rows of "sealed" and "https://a.example/": 48 bytes.
  assert.equal(quota.queue("one", [job(951)]), undefined);
  assert.match(
    quota.queue("one", [job(952)])?.full ?? "",
    /VODLIFT_STORED_PER_CALLER.* 1000 .* 48 /,
  );
  post("one");
  assert.match(
    quota.waiting("one", 1)?.full ?? "",
    /VODLIFT_QUEUED_PER_CALLER/,
    "a retry waits, too",
  );
});

test("bytes count for 24 hours, by the hour, and each caller's for itself", () => {
  const { quota } = index({ VODLIFT_BYTES_PER_CALLER: "100" });
  quota.moved("one", 60);
  quota.moved("other", 99);
  assert.equal(quota.stream("one"), undefined);
  mock.timers.tick(10 * HOUR);
  quota.moved("one", 40);
  // What has moved just now counts, whether or not anybody has looked after all since.
  const full = quota.stream("one");
  assert.match(full?.full ?? "", /VODLIFT_BYTES_PER_CALLER/);
  assert.equal(full?.after, 1800, "nothing is forgotten before the hour is full");
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
  post("one", "running", { deadline: 5 });
  post("other", "running", { deadline: 5 });
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
  post("one", "running", { deadline: Date.now() + 1_000 });
  const state = () => all("SELECT state, error FROM jobs")[0];
  mock.timers.tick(1_000);
  care.endTheOverdue(all4);
  assert.equal(state()?.state, "running");
  mock.timers.tick(1);
  care.endTheOverdue(all4);
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
