// The same brain, broken in one way each: the rule that forbids it has to notice.
import { holds, type Life } from "../../../worker/src/life/life.ts";
import { next } from "../../../worker/src/life/next.ts";
import type { Limits, Said, Step } from "../../../worker/src/life/said.ts";
import { still } from "../../../worker/src/life/steps.ts";
import type { Rule } from "./rules.ts";
import type { Next } from "./world.ts";

interface BrokenBrain {
  how: string;
  rule: Rule;
  next: Next;
}

/** What is otherwise in some lives or words, and right in all the rest. */
type Other = (life: Life, said: Said, now: number, limits: Limits) => Step | undefined;
const broken = (how: string, rule: Rule, other: Other): BrokenBrain => ({
  how,
  rule,
  next: (life, said, now, limits) =>
    other(life, said, now, limits) ?? next(life, said, now, limits),
});
/** Steps that are right, and then changed. */
const changed = (
  how: string,
  rule: Rule,
  change: (step: Step, before: Life, said: Said, now: number) => object,
) =>
  broken(how, rule, (life, said, now, limits) => {
    const step = next(life, said, now, limits);
    return { ...step, ...change(step, life, said, now) };
  });
const as = (life: object): { life: Life } => ({ life: life as Life });

export const BROKEN: readonly BrokenBrain[] = [
  broken(
    "what has failed is ready once VOD says so",
    "an attempt ends exactly once",
    (life, said, now, limits) => {
      if (said.type !== "ready" || life.at !== "over" || life.end !== "failed") return undefined;
      const { vod: _, left: __, ...rest } = life;
      return next(as({ ...rest, end: "done", ask: false }).life, said, now, limits);
    },
  ),
  changed(
    "what is canceled goes back into the queue",
    "an attempt ends exactly once",
    (_, before, said) =>
      said.type === "told" &&
      holds(before, said.run) &&
      before.at === "over" &&
      before.end === "canceled"
        ? as({ ...before, at: "queued", lease: null })
        : {},
  ),
  changed(
    "who has nothing left to do keeps its lease",
    "nothing changes by a run after the end",
    ({ life }, before) =>
      life.at === "over" && life.lease === null && before.at !== "over"
        ? as({ ...life, lease: before.lease })
        : {},
  ),
  broken(
    "a cancel of what was stopped is not heard",
    "a cancel is kept",
    (life, said, now, limits) =>
      said.type === "cancel" && life.at === "closing"
        ? next(life, { type: "stop" }, now, limits)
        : undefined,
  ),
  broken(
    "a run that fails after a cancel has failed",
    "a cancel is kept",
    (life, said, now, limits) =>
      said.type === "fail" && life.at === "closing"
        ? next({ ...life, verdict: "fail" }, said, now, limits)
        : undefined,
  ),
  broken("who runs is not told of a cancel", "a cancel is kept", (life, said, now, limits) => {
    const step = next(life, said, now, limits);
    return said.type === "report" && life.at === "closing" ? { ...step, order: "go" } : undefined;
  }),
  broken(
    "the next run begins while one still leaves",
    "one run at a time has the lease",
    (life, said, now, limits) =>
      said.type === "start" && life.at === "queued"
        ? next({ ...life, lease: null }, said, now, limits)
        : undefined,
  ),
  broken(
    "a yield takes the lease at once",
    "one run at a time has the lease",
    (life, said, now, limits) => {
      if (said.type !== "yield" || life.at !== "running") return undefined;
      const step = next(life, said, now, limits);
      return { ...step, ...as({ ...step.life, lease: null }) };
    },
  ),
  broken(
    "only the number of a run counts",
    "who has no lease changes nothing",
    (life, said, now, limits) =>
      "run" in said && said.run === life.run && life.lease === null
        ? next(as({ ...life, lease: now }).life, said, now, limits)
        : undefined,
  ),
  broken("any run is heard", "who has no lease changes nothing", (life, said, now, limits) =>
    "run" in said && life.lease !== null
      ? next(life, { ...said, run: life.run }, now, limits)
      : undefined,
  ),
  changed(
    "an early word of VOD skips `done`",
    "each end is told once, in order",
    ({ tell, life }) => (tell.length < 2 ? {} : { tell: ["ready"], life }),
  ),
  changed("`ready` is told before `done`", "each end is told once, in order", ({ tell }) => ({
    tell: tell.toReversed(),
  })),
  broken(
    "VOD's word is told as often as it comes",
    "each end is told once, in order",
    (life, said, now, limits) => {
      const isAgain = said.type === "ready" && life.at === "over" && life.end === "ready";
      if (!isAgain || !life.listened) return undefined;
      return { ...next(life, said, now, limits), tell: ["ready"] };
    },
  ),
  changed(
    "nobody is told of a failure",
    "each end is told once, in order",
    ({ tell, life }, before) =>
      tell.includes("failed") ? { tell: [], ...as({ ...life, untold: before.untold }) } : {},
  ),
  broken("a start does not ask for a pause", "a pause begins nothing", (life, said, now, limits) =>
    said.type === "start" ? next(life, said, now, { ...limits, paused: false }) : undefined,
  ),
  broken(
    "who runs does not hear of a pause",
    "a pause begins nothing",
    (life, said, now, limits) =>
      said.type === "report" ? next(life, said, now, { ...limits, paused: false }) : undefined,
  ),
  changed(
    "a silence lasts for ever",
    "a lease is no longer than it was asked for",
    ({ life }, _, said, now) =>
      said.type === "silence" && life.lease !== null ? as({ ...life, lease: now + 1e12 }) : {},
  ),
  changed(
    "a stop forgets the checkpoint",
    "what can be gone on with is kept",
    ({ life }, before) =>
      before.at === "closing" && life.at === "over" && "left" in life && life.left === "checkpoint"
        ? as({ ...life, left: "nothing" })
        : {},
  ),
  changed("what came with a request is kept", "nothing is left behind", ({ life }) =>
    life.at === "over" && "left" in life && life.left === "cleanup" && life.source === "request"
      ? as({ ...life, left: "checkpoint" })
      : {},
  ),
  changed(
    "runs that are lost are not counted",
    "runs that are lost one after the other end it",
    ({ life }, _, said) =>
      said.type === "tick" && "stalls" in life ? as({ ...life, stalls: 0 }) : {},
  ),
  broken("time is not looked at", "what has taken too long ends", (life, said, now) =>
    said.type === "tick" && life.at === "running" && life.lease >= now ? still(life) : undefined,
  ),
  changed("a stage has more than is stored of it", "a life is stored as it is", ({ life }) =>
    life.at === "closing" ? as({ ...life, stalls: 1 }) : {},
  ),
  broken("who leaves and is lost keeps its place", "it comes to rest", (life, said, now, limits) =>
    said.type === "tick" && life.at === "queued"
      ? next(life, { type: "doubt" }, now, limits)
      : undefined,
  ),
  broken(
    "what is left to do waits for its first run",
    "it comes to rest",
    (life, said, now, limits) =>
      said.type === "start" && life.at === "over"
        ? next(life, { type: "stop" }, now, limits)
        : undefined,
  ),
  changed("nobody looks when something is left to do", "it comes to rest", ({ life }) =>
    life.at === "over" ? { wake: undefined } : {},
  ),
];
