// What follows from what in an ingest's life, one story each. That it holds in any other: life.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TOO_LONG, TOO_SLOW } from "../../worker/src/life/failures.ts";
import { born } from "../../worker/src/life/life.ts";
import { next } from "../../worker/src/life/next.ts";
import type { Said, Step } from "../../worker/src/life/said.ts";
import {
  BEGIN,
  CANCEL,
  ERROR,
  FAIL,
  FINISH,
  HAND_OVER,
  LIMITS,
  REPORT,
  SAVE,
  START,
  STOP,
  story,
  TICK,
} from "./life/story.ts";

test("a cancel that comes while it still stops is a cancel: its run removes what was uploaded", () => {
  const { order, life } = story("stored", START, SAVE, STOP, CANCEL, REPORT);
  assert.deepEqual([order, life.at], ["abort", "closing"]);
  const gone = story("stored", START, SAVE, STOP, CANCEL, HAND_OVER);
  assert.equal("left" in gone.life && gone.life.left, "cleanup", "another run comes for that");
});

test("who gives way is begun again only when its run has left, and its words count until then", () => {
  const leaving = [START, SAVE, { type: "yield" }] as const;
  assert.equal(story("stored", ...leaving, START).create, undefined);
  assert.equal(story("stored", ...leaving, REPORT).order, "stop");
  assert.equal(story("stored", ...leaving, FINISH).life.at, "over");
  assert.equal(story("stored", ...leaving, HAND_OVER, START).life.run, 2);
  // A cancel reaches that run, too: no second one cleans up under it.
  const canceled = story("stored", ...leaving, CANCEL);
  assert.deepEqual([canceled.life.at, canceled.life.lease !== null], ["closing", true]);
});

test("what finishes in spite of a cancel is done, and nobody was told that it was canceled", () => {
  const { life, tell } = story("stored", START, SAVE, CANCEL, FINISH);
  assert.deepEqual([life.at === "over" && life.end, tell], ["done", ["done"]]);
  assert.deepEqual(life.untold, [{ attempt: 1, state: "done" }]);
});

test("a run that was lost is not heard, though no other has begun yet", () => {
  const { life } = story("stored", START, SAVE);
  const lost = next(life, { type: "tick" }, life.lease ?? 0, LIMITS).life;
  assert.equal(lost.at, "running", "to the last millisecond it is believed to be alive");
  const queued = next(life, { type: "tick" }, (life.lease ?? 0) + 1, LIMITS).life;
  assert.deepEqual([queued.at, queued.lease], ["queued", null]);
  assert.deepEqual(next(queued, FINISH, 200_000, LIMITS).life, queued);
});

test("bytes that came with a request are told of by a run of their own, once", () => {
  const { life, wake } = story("request", FINISH);
  assert.deepEqual([life.lease, wake], [null, true]);
  assert.equal(story("request", FAIL).life.lease, null);
  assert.notEqual(story("stored", START, FAIL).life.lease, null, "who has a run hears from that");
  const { create, life: told } = next(life, START, 1_000, LIMITS);
  assert.deepEqual([create, told.run], [true, 2]);
  assert.equal(next(told, START, 2_000, LIMITS).create, undefined);
});

test("where somebody says that the file is there who may not be VOD, VOD is asked, before the end or after it", () => {
  const doubt = { type: "doubt" } as const;
  for (const words of [
    [START, doubt, FINISH],
    [START, FINISH, doubt],
  ] as const) {
    const { life } = story("stored", ...words);
    assert.equal(life.at === "over" && life.end === "done" && life.ask, true);
    assert.equal(story("stored", ...words, { type: "begin", run: 1 }).todo, "confirm");
    const asked = story("stored", ...words, { type: "asked", run: 1 }).life;
    assert.equal(asked.at === "over" && asked.end === "done" && asked.ask, false);
  }
  const sure = story("stored", START, { type: "ready" }, doubt, FINISH).life;
  assert.equal(sure.at === "over" && sure.end, "ready", "what VOD has said is not asked again");
});

test("a timeline tells whether a webhook was delivered", () => {
  const notices = [{ attempt: 1, state: "done" }] as const;
  for (const [webhook, how] of [
    ["delivered", /was/],
    ["failed", /could not be/],
  ] as const) {
    const told = story("stored", START, FINISH, { type: "told", run: 1, notices, webhook });
    assert.match(told.notes[0]?.text ?? "", how);
    assert.deepEqual([told.show.webhook, told.life.lease], [webhook, null]);
  }
});

test("what is left to do waits for no lease of a run that would not do it", () => {
  // Its run still tells of the failure, and knows of no clean-up.
  const { life, wake } = story("stored", START, SAVE, FAIL, CANCEL);
  assert.deepEqual([life.lease, "left" in life && life.left, wake], [null, "cleanup", true]);
  const leave = { type: "leave", run: 1 } as const;
  const done = story("stored", START, FINISH, leave);
  assert.deepEqual([done.life.lease, done.wake], [null, true]);
  // Who moves bytes does not leave so; and a clean-up that did not succeed waits for a while.
  assert.notEqual(story("stored", START, leave).life.lease, null);
  const cleanUp = [START, SAVE, CANCEL, HAND_OVER, START] as const;
  assert.equal(story("stored", ...cleanUp).create, true);
  assert.notEqual(story("stored", ...cleanUp, { ...leave, run: 2 }).life.lease, null);
  // Who was told to stop tells of that itself.
  assert.notEqual(story("stored", START, SAVE, STOP, HAND_OVER).life.lease, null);
});

test("who gives way goes on within the time it has, and who is held has all of its time again", () => {
  const deadlineOf = ({ life }: Step) => ("deadline" in life ? life.deadline : undefined);
  assert.equal(deadlineOf(story("stored", START, { type: "yield" })), LIMITS.longestMs);
  assert.equal(deadlineOf(story("stored", START, { type: "hold", text: "" })), null);
});

test("what was wrong is shown until more has arrived, and a webhook is pending only where there is one", () => {
  const more = story("stored", START, REPORT);
  assert.deepEqual(more.show, { phase: "uploading", error: null });
  const same = story("stored", START, { ...REPORT, gained: false });
  assert.deepEqual(same.show, { phase: "uploading" });
  const { life } = story("stored", START);
  const [heard, unheard] = [life, { ...life, listened: false }].map((one) =>
    [FINISH, CANCEL].map((word) => next(one, word, 1, LIMITS).show.webhook),
  );
  assert.deepEqual(
    [heard, unheard],
    [
      ["pending", "pending"],
      [undefined, undefined],
    ],
  );
});

test("a failure is shown as what it is, whoever finds it", () => {
  const codeOf = ({ show, notes }: Step) => [show.error?.code, notes[0]?.text];
  assert.deepEqual(codeOf(story("stored", START, FAIL)), ["c", "m"]);
  const late = { ...LIMITS, longestMs: 1 };
  const [slow, long] = [
    next(story("stored", START, REPORT).life, REPORT, 900_000, { ...LIMITS, leastRate: 1_000 }),
    next(next(born("request", true, 0, late), REPORT, 1, late).life, TICK, 2, late),
  ];
  assert.deepEqual([slow, long].map(codeOf), [
    ["too_slow", TOO_SLOW.message],
    ["too_long", TOO_LONG.message],
  ]);
  assert.deepEqual(
    [slow, long].map(({ life }) => life.at),
    ["closing", "closing"],
  );
  assert.equal(codeOf(next(story("request").life, TICK, 200_000, LIMITS))[0], "interrupted");
});

test("a run that begins hears what there is to do", () => {
  const todo = (...words: readonly Said[]) => story("stored", ...words, BEGIN).todo;
  assert.equal(todo(START), "upload");
  assert.equal(todo(START, { type: "yield" }), "drain");
  assert.equal(todo(START, STOP), "drain");
  assert.equal(todo(START, CANCEL), "cleanup");
  assert.equal(todo(START, FINISH), "notify");
  assert.equal(todo(START, { ...FINISH, confirm: true }), "confirm");
  assert.equal(todo(START, HAND_OVER), null);
  const paused = { ...LIMITS, paused: true };
  assert.equal(next(story("stored", START).life, BEGIN, 1, paused).todo, "drain");
  // When it first ran is noted once.
  const again = story("stored", START, HAND_OVER, START);
  assert.deepEqual([again.show, again.notes], [{ phase: "starting" }, []]);
});

test("when it ended is when that was decided, and once more only if it ends otherwise", () => {
  const endedAt = (...words: readonly Said[]) => story("stored", ...words).show.ended;
  assert.equal(endedAt(CANCEL), 0);
  assert.equal(endedAt(START, STOP), 1_000);
  assert.equal(endedAt(START, STOP, HAND_OVER), undefined);
  assert.equal(endedAt(START, STOP, FINISH), 2_000);
  assert.equal(endedAt(START, FINISH, { type: "ready" }), undefined);
});

test("a step that failed is told of while its run goes on with it, and not after the end", () => {
  const trouble = { type: "trouble", run: 1, error: ERROR } as const;
  const { show, notes } = story("stored", START, trouble);
  assert.deepEqual(
    [show.error, notes],
    [ERROR, [{ type: "trouble", text: "m It is tried again." }]],
  );
  for (const words of [[STOP], [FINISH], [{ type: "yield" }]] as const) {
    const step = story("stored", START, ...words, trouble);
    assert.deepEqual([step.show, step.notes], [{}, []]);
  }
});

test("what is to end stops where another may go on with it, and is aborted where none can", () => {
  assert.equal(story("stored", START, REPORT).order, "go");
  assert.equal(story("stored", START, STOP, REPORT).order, "stop");
  assert.equal(story("stored", START, CANCEL, REPORT).order, "abort");
  assert.equal(story("request", STOP, REPORT).order, "abort");
  const slow = { ...LIMITS, leastRate: 1_000 };
  const [stored, request] = [story("stored", START, REPORT), story("request", REPORT)].map(
    ({ life }) => next(life, REPORT, 900_000, slow).order,
  );
  assert.deepEqual([stored, request], ["stop", "abort"]);
});

test("the sixth run in a row that is lost without a byte is the last", () => {
  let life = born("stored", false, 0, LIMITS);
  let lost = 0;
  for (let now = 1; life.at !== "over"; now += 1_000_000) {
    life = next(next(life, START, now, LIMITS).life, TICK, now + 900_000, LIMITS).life;
    lost += 1;
  }
  assert.deepEqual([lost, life.end], [6, "failed"]);
});
