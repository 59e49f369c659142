// What one caller may use up of the index and of an isolate, on the rules alone: no workerd, and a clock that the test moves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { discarding } from "../../worker/src/api/discard.ts";
import { inTime } from "../../worker/src/api/late.ts";
import { Allowances, spent, waitMs } from "../../worker/src/life/allowance.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { openTables } from "../support/tables.ts";

interface Query {
  owner?: string;
  state?: string[];
  q?: string;
  before?: number;
  limit: number;
}
interface Search {
  readonly rows: { seq: number }[];
  readonly isOver: boolean;
  next(): number;
}
type Reads = {
  begin(owner: string): { full: string; after: number } | undefined;
  end(owner: string): void;
  spend(owner: string, rows: number): void;
};

// Their types are workerd's, so they are not looked at from here.
const jobs = new URL("../../worker/src/jobs/", import.meta.url);
const { Search } = (await import(`${jobs}query.ts`)) as {
  Search: new (sql: object, query: Query, stretch: number) => Search;
};
const { Reads } = (await import(`${jobs}reads.ts`)) as { Reads: new (env: object) => Reads };

test("whoever has used up its allowance waits for as long as it took too much, and nobody else", () => {
  const terms = { most: 100, perSecond: 10 };
  const all = new Allowances(terms);
  all.spend("greedy", 150, 0);
  assert.equal(all.waitMs("greedy", 0), 5_001);
  assert.equal(all.waitMs("another", 0), 0);
  assert.equal(all.waitMs("greedy", 5_001), 0);
  // What is left is saved up, and no more than that.
  const rested = spent(spent(undefined, 50, 0, terms), 0, 3_600_000, terms);
  assert.deepEqual(rested, { left: 100, at: 3_600_000 });
  // A clock that is set back gives nothing, and takes nothing.
  assert.equal(waitMs({ left: -10, at: 10_000 }, 5_000, terms), 1_001);
});

const OWNERS = ["a", "b", "c"];
const STATES = ["queued", "done", "failed"];
const WORDS = ["film", "clip", "电影", "zz", "Z"];

/** Rows of several owners, so many that a search takes several stretches. */
function filled(count: number, luck: Dice) {
  const { sql, all } = openTables();
  sql.exec("BEGIN");
  for (let n = 0; n < count; n += 1) {
    sql.exec(
      "INSERT INTO jobs (id, owner, state, host, url, kind, title, created, moved) VALUES (?, ?, ?, 'h', 'https://h/', 'video', ?, 1, 1)",
      ...[`id-${n}`, luck.pick(OWNERS), luck.pick(STATES)],
      `${luck.pick(WORDS)} ${luck.below(50)}`,
    );
  }
  sql.exec("COMMIT");
  return { sql, all };
}

/** The same, looked for in all rows at once. */
function expected({ all }: ReturnType<typeof filled>, { owner, state, q, before, limit }: Query) {
  const tests: [test: string, value: string | undefined][] = [
    ["owner = ?", owner],
    ["state = ?", state?.[0]],
    ["instr(lower(title), lower(?)) > 0", q],
  ];
  const asked = tests.filter(([, value]) => value !== undefined);
  const where = ["seq < ?", ...asked.map(([test]) => test)].join(" AND ");
  const values = [before ?? 1e9, ...asked.map(([, value]) => value ?? ""), limit + 1];
  return all(`SELECT seq FROM jobs WHERE ${where} ORDER BY seq DESC LIMIT ?`, ...values);
}

for (const seed of seeds(5)) {
  test(`a search finds by stretches what is there, seed ${seed}`, () => {
    const luck = dice(seed);
    const tables = filled(250, luck);
    for (let round = 0; round < 50; round += 1) {
      const q = luck.pick([undefined, "zz", "影", "film", "film 4", "nothing of it", "Z"]);
      const query: Query = {
        limit: luck.pick([1, 50, 200]),
        ...(!luck.oneIn(3) && { owner: luck.pick(OWNERS) }),
        ...(luck.oneIn(2) && { state: [luck.pick(STATES)] }),
        ...(q !== undefined && { q }),
        ...(luck.oneIn(2) && { before: luck.below(250) }),
      };
      const search = new Search(tables.sql, query, 100);
      const costs: number[] = [];
      while (!search.isOver) costs.push(search.next());
      assert.ok(costs.length <= 3, `${costs}`);
      const found = search.rows.map(({ seq }) => ({ seq }));
      const plain = expected(tables, query).map((row) => ({ ...row }));
      assert.deepEqual(found, plain, JSON.stringify(query));
    }
  });
}

test("what lists have read too much is waited for, and few are read at once", () => {
  const reads = new Reads({ VODLIFT_ROWS_PER_CALLER: "1000" });
  const begun = Array.from({ length: 5 }, () => reads.begin("a"));
  assert.deepEqual(begun.slice(0, 4), Array(4).fill(undefined));
  assert.equal(begun[4]?.after, 1);
  assert.equal(reads.begin("b"), undefined);
  reads.end("a");
  assert.equal(reads.begin("a"), undefined);
  reads.end("a");
  reads.spend("a", 34_000);
  const full = reads.begin("a");
  assert.match(full?.full ?? "", /VODLIFT_ROWS_PER_CALLER/);
  assert.ok((full?.after ?? 0) > 0 && (full?.after ?? 0) <= 31, `${full?.after}`);
  assert.equal(reads.begin("b"), undefined);
  // Lifted.
  const free = new Reads({ VODLIFT_ROWS_PER_CALLER: "0" });
  free.spend("a", 1e9);
  assert.equal(free.begin("a"), undefined);
});

test("what is read for nothing is read at a rate, and nobody else's waits for it", async (t) => {
  t.mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000_000 });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const mib = new Uint8Array(1024 * 1024);
  /** Sends so many MiB; says how many were taken by now. */
  const sending = (owner: string, count: number) => {
    let taken = 0;
    const writer = discarding(owner).getWriter();
    for (let n = 0; n < count; n += 1) void writer.write(mib).then(() => (taken += 1));
    return () => settled().then(() => taken);
  };
  const taken = sending("greedy", 200);
  assert.equal(await taken(), 64);
  assert.equal(await sending("another", 3)(), 3);
  for (let ms = 0; ms < 1_000; ms += 1) {
    t.mock.timers.tick(1);
    await settled();
  }
  const after = await taken();
  assert.ok(after >= 90 && after <= 97, `${after} MiB`);
});

test("refusals come late to whoever hears many, and to nobody else", async (t) => {
  t.mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000_000 });
  /** How many answers are there before any time has passed. */
  const prompt = async (status: number, from: string, count = 1) => {
    let come = 0;
    const asked = Array.from({ length: count }, async () => {
      await inTime(new Response(null, { status }), from);
      come += 1;
    });
    await new Promise((resolve) => setImmediate(resolve));
    const atOnce = come;
    t.mock.timers.tick(1_000);
    await Promise.all(asked);
    return atOnce;
  };
  assert.equal(await prompt(429, "a", 3), 0, "who asks too often waits in any case");
  assert.equal(await prompt(413, "a", 60), 50);
  assert.equal(await prompt(200, "a", 60), 60, "what is served is never late");
  assert.equal(await prompt(401, "b", 10), 10);
});
