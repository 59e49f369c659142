// Whose turn it is: callers share what may run, whatever each of them has posted. On the tables alone, without workerd.
import assert from "node:assert/strict";
import { test } from "node:test";
import { paced } from "../../worker/src/life/pace.ts";
import { sharesOf } from "../../worker/src/life/shares.ts";
import { type Dice, dice } from "../support/dice.ts";
import { openTables } from "../support/tables.ts";

interface Run {
  id: string;
  owner: string;
  host: string;
}
interface Turns {
  start: Run[];
  yields: Run[];
  againMs?: number;
}
interface Starts {
  waitMs(owner: string): number;
  spend(run: { owner: string; kind: string }): void;
  begin(run: { owner: string; kind: string }): Promise<void>;
}
interface Limits {
  running: number;
  perHost: number;
  perCaller: number;
  halted: ReadonlySet<string>;
  starts: Starts;
}

// Their types are workerd's, so they are not looked at from here.
const jobs = new URL("../../worker/src/jobs/", import.meta.url);
const { leftToDo, nextToRun } = (await import(`${jobs}dispatch.ts`)) as {
  leftToDo: (sql: object, starts: Starts, most: number) => Omit<Turns, "yields">;
  nextToRun: (sql: object, limits: Limits) => Turns;
};
const { Starts } = (await import(`${jobs}starts.ts`)) as { Starts: new (env: object) => Starts };

const starts: Starts = { waitMs: () => 0, spend() {}, begin: async () => {} };
const LIMITS: Limits = { running: 20, perHost: 20, perCaller: 20, halted: new Set(), starts };

class Index {
  readonly #tables = openTables();
  readonly sql = this.#tables.sql;
  #posted = 0;

  post(owner: string, count: number, host = (_: number) => "a.example"): void {
    for (let n = 0; n < count; n += 1) {
      this.#posted += 1;
      this.sql.exec(
        `INSERT INTO jobs (id, owner, state, host, url, kind, request, created, moved)
         VALUES (?, ?, 'queued', ?, 'https://a.example/a.mp4', 'video', 'sealed', 1, 1)`,
        `${owner}-${this.#posted}`,
        owner,
        host(n),
      );
    }
  }

  /** As the index does when its alarm rings. */
  look(limits: Partial<Limits> = {}): Turns {
    const turns = nextToRun(this.sql, { ...LIMITS, ...limits });
    for (const { id } of turns.yields) this.#set(id, "queued");
    for (const { id } of turns.start) this.#set(id, "running");
    return turns;
  }

  /** So many Workflows move it. */
  shareOut(id: string, shards: number): void {
    for (let n = 1; n <= shards; n += 1) {
      this.sql.exec("INSERT INTO shards SELECT seq, ?, 0, 0, 0 FROM jobs WHERE id = ?", ...[n, id]);
    }
  }

  endOne(luck: Dice): void {
    const ids = this.#all("id", "running");
    if (ids.length > 0) this.#set(luck.pick(ids), "done");
  }

  /** All that run have failed. */
  failAll(): void {
    for (const id of this.#all("id", "running")) this.#set(id, "failed");
  }

  /** All that wait are over, and somebody is to be told. */
  leaveAll(): void {
    for (const id of this.#all("id", "queued")) this.#set(id, "canceled");
    this.sql.exec("UPDATE jobs SET todo = 'notify' WHERE state = 'canceled'");
  }

  running(): string[] {
    return this.#all("owner", "running");
  }

  /** Who runs, at which hosts, and who has something that waits and could run. */
  state({ perHost, perCaller }: Pick<Limits, "perHost" | "perCaller">) {
    const [running, hosts] = [this.running(), this.#all("host", "running")];
    const waiting = this.#all("owner || ' ' || host", "queued").map((one) => one.split(" "));
    const able = waiting
      .filter(([, host = ""]) => count(hosts, host) < perHost)
      .map(([owner = ""]) => owner)
      .filter((owner) => count(running, owner) < perCaller);
    return { running, hosts, able: new Set(able) };
  }

  #all(what: string, state: string): string[] {
    const query = `SELECT ${what} AS one FROM jobs WHERE state = ?`;
    return this.#tables.all(query, state).map(({ one }) => String(one));
  }

  #set(id: string, state: string): void {
    this.sql.exec("UPDATE jobs SET state = ? WHERE id = ?", state, id);
  }
}

const count = (all: readonly string[], owner: string) => all.filter((one) => one === owner).length;

test("callers take turns, and one that comes late to a full house has its share at once", () => {
  const index = new Index();
  index.post("crowd", 1_000, (n) => `${n}.example`);
  assert.equal(index.look().start.length, 20, "alone it has all places");
  index.post("other", 1);
  const turns = index.look();
  assert.deepEqual(
    turns.start.map(({ owner }) => owner),
    ["other"],
  );
  assert.deepEqual(
    turns.yields.map(({ owner }) => owner),
    ["crowd"],
  );
  index.post("other", 50);
  index.post("third", 50);
  index.look();
  const running = index.running();
  assert.equal(running.length, 20);
  for (const owner of ["crowd", "other", "third"]) {
    assert.ok(count(running, owner) >= 6, `${owner}: ${running}`);
  }
  assert.deepEqual(index.look(), { start: [], yields: [] }, "and then nothing changes");
});

test("what several Workflows move takes as many places, and gives all of them up at once", () => {
  const index = new Index();
  index.post("crowd", 1_000, (n) => `${n}.example`);
  const { start } = index.look({ running: 5 });
  index.shareOut(start[0]?.id ?? "", 16);
  assert.deepEqual(index.look(), { start: [], yields: [] }, "16 and 4 are all there are");
  index.post("other", 3);
  const turns = index.look();
  assert.equal(turns.start.filter(({ owner }) => owner === "other").length, 3);
  // It takes none of what waits with it: what a run had shared out is nothing while it waits.
  index.post("third", 1);
  assert.equal(index.look().start.length, 1);
});

test("an ingest is shared out by as many as there are places that nobody has", () => {
  const limits = { running: 20, perCaller: 20 };
  assert.equal(sharesOf(16, { byOwner: 1, byAll: 1 }, limits), 16);
  assert.equal(sharesOf(16, { byOwner: 1, byAll: 15 }, limits), 6);
  assert.equal(sharesOf(16, { byOwner: 1, byAll: 20 }, limits), 0);
  assert.equal(sharesOf(16, { byOwner: 1, byAll: 19 }, limits), 2);
  assert.equal(sharesOf(16, { byOwner: 3, byAll: 3 }, { running: 20, perCaller: 4 }), 2);
  // More run than may since a setting has changed.
  assert.equal(sharesOf(16, { byOwner: 1, byAll: 40 }, limits), 0);
});

test("nobody gives way for who could not run anyway, and limits of hosts and callers hold", () => {
  const index = new Index();
  index.post("crowd", 40, (n) => (n < 6 ? "full.example" : `${n}.example`));
  index.look({ perHost: 1 });
  index.post("other", 5, () => "full.example");
  assert.deepEqual(index.look({ perHost: 1 }), { start: [], yields: [] });
  const capped = new Index();
  capped.post("crowd", 40);
  capped.post("spent", 5);
  const { start } = capped.look({ perCaller: 4, halted: new Set(["spent"]) });
  assert.deepEqual(
    start.map(({ owner }) => owner),
    ["crowd", "crowd", "crowd", "crowd"],
  );
});

test("the places at one host are shared, too: no crowd keeps another caller from a host", () => {
  const index = new Index();
  index.post("crowd", 1_000);
  assert.equal(index.look({ perHost: 6 }).start.length, 6);
  index.post("other", 1_000);
  const { start, yields } = index.look({ perHost: 6 });
  const owners = (runs: Run[]) => runs.map(({ owner }) => owner);
  assert.deepEqual(
    [owners(start), owners(yields)],
    [Array(3).fill("other"), Array(3).fill("crowd")],
  );
  assert.deepEqual(index.look({ perHost: 6 }), { start: [], yields: [] }, "then nothing changes");
});

/** How many of each owner, such as `crowd 3, other 1`. */
function told({ start }: Pick<Turns, "start">): string {
  const owners = start.map(({ owner }) => owner);
  return [...new Set(owners)].map((owner) => `${owner} ${count(owners, owner)}`).join(", ");
}

test("what fails as soon as it runs begins at a rate, and keeps no other owner from beginning", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const index = new Index();
  const limits = { starts: new Starts({ VODLIFT_STARTS_PER_CALLER: "4" }) };
  index.post("crowd", 1_000);
  assert.equal(told(index.look(limits)), "crowd 8", "two seconds' worth");
  index.failAll();
  const none = index.look(limits);
  assert.equal(told(none), "");
  assert.ok(none.againMs !== undefined && none.againMs <= 251, `${none.againMs}`);
  index.post("other", 5);
  assert.equal(told(index.look(limits)), "other 5");
  index.failAll();
  t.mock.timers.tick(none.againMs ?? 0);
  assert.equal(told(index.look(limits)), "crowd 1");
  let begun = 0;
  for (let ms = 0; ms < 10_000; ms += 100) {
    t.mock.timers.tick(100);
    begun += index.look(limits).start.length;
    index.failAll();
  }
  assert.equal(begun, 40, "whatever wakes it");
  assert.equal(
    index.look({ starts: new Starts({ VODLIFT_STARTS_PER_CALLER: "0" }) }).start.length,
    20,
  );
});

test("a playlist, which takes long to be read, counts as many", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const index = new Index();
  const limits = { starts: new Starts({ VODLIFT_STARTS_PER_CALLER: "10" }) };
  index.post("crowd", 100);
  index.sql.exec("UPDATE jobs SET kind = 'playlist'");
  index.post("other", 3);
  let begun = 0;
  for (let ms = 0; ms < 20_000; ms += 100) {
    const turns = index.look(limits);
    begun += turns.start.filter(({ owner }) => owner === "crowd").length;
    index.failAll();
    t.mock.timers.tick(100);
  }
  assert.equal(begun, 11, "one every two seconds, and what was saved up");
});

test("uploads by request begin at the same rate, in the order in which they come", async (t) => {
  t.mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000_000 });
  const limited = new Starts({ VODLIFT_STARTS_PER_CALLER: "10" });
  const begun: number[] = [];
  const begin = (owner: string) => limited.begin({ owner, kind: "video" });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  for (let n = 0; n < 25; n += 1) void begin("crowd").then(() => begun.push(n));
  await begin("other");
  await settled();
  assert.equal(begun.length, 20);
  t.mock.timers.tick(350);
  await settled();
  assert.deepEqual(begun.slice(20), [20, 21, 22, 23]);
  t.mock.timers.tick(100);
  await settled();
  assert.equal(begun.length, 25);
});

test("what is left to do after an end is begun owner by owner, at the same rate", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const index = new Index();
  const limited = new Starts({ VODLIFT_STARTS_PER_CALLER: "4" });
  index.post("crowd", 300);
  index.post("other", 3);
  index.leaveAll();
  const turns = leftToDo(index.sql, limited, 100);
  assert.equal(told(turns), "crowd 8, other 3");
  assert.ok(turns.againMs !== undefined && turns.againMs <= 251, `${turns.againMs}`);
  // It is one allowance.
  index.post("crowd", 1);
  index.post("other", 1);
  assert.equal(told(index.look({ starts: limited })), "other 1");
});

test("whatever is posted and ends, limits hold and nobody starves", (t) => {
  const seed = Number(process.env.SEED ?? 7);
  t.diagnostic(`SEED=${seed}`);
  const luck = dice(seed);
  for (let round = 0; round < 20; round += 1) {
    const index = new Index();
    const roll = (most: number) => 1 + luck.below(most);
    const limits = { running: roll(12), perHost: roll(4), perCaller: roll(12) };
    const owners = Array.from({ length: roll(5) }, (_, n) => `caller-${n}`);
    for (let step = 0; step < 40; step += 1) {
      if (luck.oneIn(4)) index.post(luck.pick(owners), roll(30), () => `${roll(20)}.example`);
      if (luck.oneIn(2)) index.endOne(luck);
      index.look(limits);
      const { running, hosts, able } = index.state(limits);
      assert.ok(running.length <= limits.running);
      for (const owner of owners) assert.ok(count(running, owner) <= limits.perCaller);
      for (const host of hosts) assert.ok(count(hosts, host) <= limits.perHost);
      let looks = 0;
      while (index.look(limits).start.length > 0) {
        looks += 1;
        assert.ok(looks < 5, "without anything new they come to rest");
      }
      const most = Math.max(0, ...owners.map((owner) => count(running, owner)));
      for (const owner of able) {
        assert.equal(running.length, limits.running, `a place is free, and ${owner} waits`);
        assert.ok(most - count(running, owner) < 2, `${owner} has less than its share: ${running}`);
      }
    }
  }
});

test("a transfer that makes less than the least rate over a whole stretch is too slow, and no other is", () => {
  const now = 1_000_000;
  const pace = { leastRate: 1_000, leastOverMs: 10_000 };
  const at = (ago: number, sent: number) => ({ at: now - ago, sent });
  const report = { phase: "uploading", sent: 5_000 };
  assert.equal(paced(at(10_000, 0), report, now, pace), "too slow");
  assert.notEqual(paced(at(9_000, 0), report, now, pace), "too slow", "it is not over yet");
  assert.notEqual(paced(at(10_000, 0), { ...report, sent: 11_000 }, now, pace), "too slow");
  const probing = { ...report, phase: "probing" };
  assert.notEqual(paced(at(19_000, 0), probing, now, pace), "too slow", "a source makes its file");
  assert.equal(paced(at(20_000, 0), probing, now, pace), "too slow");
  assert.notEqual(paced(at(10_000, 6_000), report, now, pace), "too slow", "a part is sent again");
  for (const other of [{ phase: "completing" }, { size: 5_000 }, { shard: 1 }]) {
    assert.equal(paced(at(60_000, 5_000), { ...report, ...other }, now, pace), null);
  }
});
