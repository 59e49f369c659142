// The brain of the service, without workerd: worlds from seeds in which runs die, stand still and speak twice, words and
// answers are lost, alarms fail, and callers, VOD and operators do what they like at any moment. SEED=7 runs that one alone,
// LIVES=1000000 as many from a fresh one on.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { born, type Life } from "../../worker/src/life/life.ts";
import { next } from "../../worker/src/life/next.ts";
import type { Said } from "../../worker/src/life/said.ts";
import { type Dice, dice } from "../support/dice.ts";
import { BROKEN } from "./life/broken.ts";
import { FOLLOWS, stageOf } from "./life/marks.ts";
import { Judge, RULES } from "./life/rules.ts";
import { CANCEL, ERROR, LIMITS, START, STOP } from "./life/story.ts";
import { live, told } from "./life/swarm.ts";
import type { Seen } from "./life/world.ts";

const { SEED, LIVES } = process.env;
const FIXED = 6_000;
const FRESH = Number(LIVES ?? 2_000);
/** Within so many seeds a broken brain is found out. */
const PATIENCE = 4_000;

function swarm(t: TestContext, first: number, count: number, seen?: Seen): void {
  assert.ok(Number.isSafeInteger(first + count) && count > 0, "SEED and LIVES are whole numbers");
  const before = process.cpuUsage();
  for (let seed = first; seed < first + count; seed += 1) {
    if (live(seed, next, seen)) assert.fail(told(seed, next));
  }
  const { user } = process.cpuUsage(before);
  const rate = Math.round((count / user) * 1_000_000);
  t.diagnostic(`seeds ${first} to ${first + count - 1}: ${rate} in a second of CPU time`);
}

test("whatever happens to an ingest, the rules of its life hold, and every stage and step is reached", (t) => {
  if (SEED !== undefined) return swarm(t, Number(SEED), 1);
  const seen = new Set<string>();
  const words = new Set<string>();
  swarm(t, 1, FIXED, (before, said, { life }) => {
    const [from, to] = [stageOf(before), stageOf(life)];
    if (from !== to) seen.add(`${from} → ${to}`);
    words.add(said.type);
  });
  const all = Object.entries(FOLLOWS).flatMap(([from, tos]) => tos.map((to) => `${from} → ${to}`));
  assert.deepEqual([...seen].toSorted(), all.toSorted());
  t.diagnostic(`${Object.keys(FOLLOWS).length} stages, ${all.length} steps, ${words.size} words`);
});

test("the rules of a life hold in worlds that nobody has seen before", {
  skip: SEED !== undefined,
}, (t) => {
  const first = 1_000_000 + Math.floor(Math.random() * 1_000_000_000);
  swarm(t, first, FRESH);
});

test("each rule is broken by a brain that is broken in that one way, and that is found out", (t) => {
  const caught = new Set<string>();
  for (const { how, rule, next: broken } of BROKEN) {
    let seed = 1;
    while (seed <= PATIENCE && live(seed, broken)?.rule !== rule) seed += 1;
    assert.ok(seed <= PATIENCE, `${how}: nobody has noticed`);
    t.diagnostic(`${how}: seed ${seed}`);
    caught.add(rule);
  }
  assert.deepEqual([...caught].toSorted(), RULES.toSorted());
});

test("any word at any moment, also one that makes no sense then, breaks no rule and throws nothing", () => {
  const all =
    SEED === undefined ? Array.from({ length: 3_000 }, (_, at) => at + 1) : [Number(SEED)];
  for (const seed of all) {
    const luck = dice(seed);
    let life = born(luck.pick(["stored", "request"]), luck.oneIn(2), 0, LIMITS);
    const judge = new Judge(life);
    for (let now = 1_000; now < 60_000; now += 1_000) {
      const limits = { ...LIMITS, staleMs: 3_000, longestMs: 30_000, paused: luck.oneIn(4) };
      const said = anyWord(luck, life);
      const step = next(life, said, now, limits);
      try {
        judge.see(life, said, step, now, limits);
      } catch (error) {
        assert.fail(`SEED=${seed}: ${(error as Error).message} ${JSON.stringify([life, said])}`);
      }
      life = step.life;
    }
  }
});

function anyWord(luck: Dice, life: Life): Said {
  const run = life.run - (luck.oneIn(4) ? 1 : 0);
  const error = ERROR;
  const sent = luck.below(100_000);
  return luck.pick<Said>([
    ...([START, STOP, CANCEL, { type: "retry" }, { type: "send" }, { type: "ready" }] as const),
    ...([
      { type: "doubt" },
      { type: "yield" },
      { type: "hold", text: "" },
      { type: "tick" },
    ] as const),
    { run, type: "begin" },
    { run, type: "report", gained: luck.oneIn(2), phase: "uploading", sent },
    { run, type: "save", checkpoint: luck.oneIn(2) },
    { run, type: "silence", ms: 5_000 },
    { run, type: "trouble", error },
    { run, type: "finish", confirm: luck.oneIn(2), text: "stored" },
    { run, type: "fail", error },
    ...(["handOver", "cleaned", "asked", "leave"] as const).map((type) => ({ run, type })),
    { run, type: "told", notices: life.untold.slice(luck.below(2)), webhook: "delivered" },
  ]);
}
