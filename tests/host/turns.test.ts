// Uploads of a process are at work a few at a time; the others wait for their turn, and still do what they are told.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Suspended,
  type UploadOptions,
  Vodlift,
  type VodliftError,
} from "../../pkg/src/index.ts";
import { Turn } from "../../pkg/src/turns.ts";
import { dice, seeds } from "../support/dice.ts";
import { startOrigin } from "../support/origin.ts";
import { startService } from "../support/service.ts";

const NEVER = Number.POSITIVE_INFINITY;
const MIB = 1 << 20;

/** Lets all that can go on do so. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** So many that ask together, and which of them have begun. */
function asking(count: number, most: number, until = NEVER) {
  const begun: number[] = [];
  const turns = Array.from({ length: count }, (_, at) => {
    const turn = new Turn({ most, until });
    void turn.begun.then(() => begun.push(at));
    return turn;
  });
  return { begun, turns };
}

test("as many begin as may be at work, and the others in their order as each ends", async () => {
  const { begun, turns } = asking(6, 2);
  await settled();
  assert.deepEqual(begun, [0, 1]);
  // One that does not wait any more is passed over.
  turns[2]?.end();
  turns[1]?.end();
  await settled();
  assert.deepEqual(begun, [0, 1, 3]);
  turns[0]?.end();
  await settled();
  assert.deepEqual(begun, [0, 1, 3, 4]);
  // One that is to end at once waits for nobody.
  turns[5]?.skip();
  await settled();
  assert.deepEqual(begun, [0, 1, 3, 4, 5]);
  for (const turn of turns) turn.end();
});

test("an upload that hardly moves holds up nobody, and one that moves does", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "Date"] });
  const { begun, turns } = asking(3, 1);
  const pass = async (ms: number, bytes: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      turns[0]?.moved(bytes / (ms / 1_000));
      t.mock.timers.tick(1_000);
    }
    await settled();
  };
  await settled();
  await pass(30_000, 30 * MIB);
  assert.deepEqual(begun, [0]);
  await pass(30_000, 1_000);
  assert.deepEqual(begun, [0, 1, 2]);
  for (const turn of turns) turn.end();
});

/** Who begins of those that ask in this order, where so many may be at work. */
function owned(most: number) {
  const begun: string[] = [];
  const turns = new Map<string, Turn>();
  const ask = (...names: string[]) => {
    for (const name of names) {
      const turn = new Turn({ most, until: NEVER, owner: name[0] });
      turns.set(name, turn);
      void turn.begun.then(() => begun.push(name));
    }
    return settled();
  };
  const end = (...names: string[]) => {
    for (const name of names) turns.get(name)?.end();
    return settled();
  };
  return { begun, ask, end, over: () => end(...turns.keys()) };
}

test("an owner that has taken all places keeps no other waiting, and its own do wait", async (t) => {
  const { begun, ask, end, over } = owned(3);
  t.after(over);
  await ask("a1", "a2", "a3", "a4", "a5");
  assert.deepEqual(begun, ["a1", "a2", "a3"]);
  // There is room for a few more, and not for all of another crowd.
  await ask("b1", "c1", "b2", "c2");
  assert.deepEqual(begun.slice(3), ["b1", "c1"]);
  // From now on places go to whoever has the fewest, and of those to whoever came first.
  await end("a1", "a2");
  assert.deepEqual(begun.slice(5), []);
  await end("b1");
  assert.deepEqual(begun.slice(5), ["b2"]);
  await end("c1");
  assert.deepEqual(begun.slice(6), ["c2"]);
  await end("b2", "c2");
  assert.deepEqual(begun.slice(7), ["a4", "a5"]);
});

test("streams of one owner that did not wait keep no other owner waiting", async () => {
  const streams = Array.from(
    { length: 9 },
    () => new Turn({ most: 3, until: Date.now(), owner: "a" }),
  );
  const other = new Turn({ most: 3, until: NEVER, owner: "b" });
  let begun = false;
  void other.begun.then(() => {
    begun = true;
  });
  await settled();
  for (const turn of [...streams, other]) turn.end();
  assert.ok(begun, "at once, not when the streams turn out to be slow");
});

test("from its time on an upload waits for nobody", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "Date"] });
  const { begun, turns } = asking(2, 1, Date.now() + 3_000);
  const late = new Turn({ most: 1, until: Date.now() });
  await late.begun;
  t.mock.timers.tick(2_000);
  await settled();
  assert.deepEqual(begun, [0]);
  t.mock.timers.tick(2_000);
  await settled();
  assert.deepEqual(begun, [0, 1]);
  for (const turn of [...turns, late]) turn.end();
});

for (const seed of seeds(10)) {
  test(`all get their turn, however they end, SEED=${seed}`, async () => {
    const luck = dice(seed);
    const most = 1 + luck.below(5);
    let working = 0;
    const run = async () => {
      for (let turns = luck.below(20); turns > 0; turns -= 1) await settled();
      const turn = new Turn({ most, until: NEVER });
      if (luck.oneIn(10)) return turn.end();
      await turn.begun;
      working += 1;
      assert.ok(working <= most, `${working} of ${most}`);
      for (let turns = luck.below(5); turns > 0; turns -= 1) await settled();
      working -= 1;
      turn.end();
      if (luck.oneIn(5)) turn.end();
    };
    await Promise.all(Array.from({ length: 100 }, run));
    assert.equal(working, 0);
  });
}

type Told = UploadOptions & { stop?: AbortSignal; budget?: { deadline: number } };

/** With memory for one, an upload behind one that is at work until it is over. What was asked of its source comes back. */
async function behindOne(others: (upload: (told: Told) => Promise<unknown>) => Promise<void>) {
  const [service, origin] = await Promise.all([startService(), startOrigin()]);
  const { endpoint, region, accessKeyId, accessKeySecret } = service;
  const trustedHosts = [endpoint];
  const account = { endpoint, region, accessKeyId, accessKeySecret, trustedHosts };
  const vod = new Vodlift({ ...account, memory: "1MiB" });
  const [first, other] = ["first", "other"].map((name) =>
    origin.add(`/${name}.mp4`, { size: 3 * MIB, noRanges: true }),
  );
  const upload = (source: string, told: Told) =>
    vod.upload(source, { allowPrivateSources: true, ...told });
  try {
    origin.hold("/first.mp4", () => true);
    let firstIsAtWork = () => {};
    const isAtWork = new Promise<void>((resolve) => {
      firstIsAtWork = resolve;
    });
    const holding = upload(first ?? "", { title: "First", onProgress: () => firstIsAtWork() });
    await isAtWork;
    await others((told) => upload(other ?? "", told));
    origin.hold("/first.mp4");
    await holding;
    return origin.log.filter(({ path }) => path === "/other.mp4").length;
  } finally {
    await Promise.all([service.close(), origin.close()]);
  }
}

test("an upload that waits for its turn is aborted at once, and has asked for nothing", async () => {
  const asked = await behindOne(async (upload) => {
    const abort = new AbortController();
    const waiting = upload({ title: "Other", signal: abort.signal });
    await settled();
    abort.abort();
    await assert.rejects(waiting, (error: VodliftError) => error.code === "aborted");
  });
  assert.equal(asked, 0);
});

test("an upload that waits for its turn stops where it is told to", async (t) => {
  // The one before it never becomes slow.
  t.mock.timers.enable({ apis: ["setInterval", "Date"], now: Date.now() });
  await behindOne(async (upload) => {
    const stop = new AbortController();
    const waiting = upload({ title: "Other", stop: stop.signal });
    await settled();
    stop.abort();
    assert.equal(((await waiting) as Suspended).suspended, true);
  });
});

test("an upload whose time is over while it waits for its turn is suspended", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "Date"], now: Date.now() });
  await behindOne(async (upload) => {
    const waiting = upload({ title: "Other", budget: { deadline: Date.now() + 2_000 } });
    await settled();
    t.mock.timers.tick(3_000);
    assert.equal(((await waiting) as Suspended).suspended, true);
  });
});
