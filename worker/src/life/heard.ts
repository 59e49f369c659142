// What follows from the words of the run that has the lease.
import { INTERRUPTED, TOO_SLOW } from "./failures.ts";
import { debtOf, type Life, type Todo } from "./life.ts";
import { paced } from "./pace.ts";
import type { Limits, Order, RunSaid, Step } from "./said.ts";
import { close, closed, end, leftOf, queued, rested, still } from "./steps.ts";

type Word<T extends RunSaid["type"]> = Extract<RunSaid, { type: T }>;

/** Every word is a sign of life. */
export function heard(before: Life, said: RunSaid, now: number, limits: Limits): Step {
  const life = renewed(before, now + limits.staleMs);
  switch (said.type) {
    case "begin":
      return { ...still(life), todo: todoOf(life, limits) };
    case "report":
      return reported(life, said, now, limits);
    case "save":
      return saved(life, said);
    case "silence":
      return still(renewed(life, now + limits.staleMs + said.ms));
    case "trouble":
      return life.at === "running" ? troubled(life, said) : still(life);
    case "finish":
      return life.at === "over" ? still(life) : finished(life, said, now);
    case "fail":
      return failed(life, said, now);
    case "handOver":
      return handedOver(life, now);
    case "cleaned":
      return cleaned(life, now);
    case "asked":
      return life.at === "over" && life.end === "done"
        ? still(rested({ ...life, ask: false, lease: now + limits.staleMs }))
        : still(life);
    case "told":
      return told(life, said, now + limits.staleMs);
    case "leave":
      return left(life, now);
  }
}

/** A silence that was announced is kept: others of the same run may speak meanwhile. */
function renewed<L extends Life>(life: L, until: number): L {
  return { ...life, lease: Math.max(life.lease ?? until, until) };
}

function todoOf(life: Life, { paused }: Limits): Todo | null {
  switch (life.at) {
    case "queued":
      return "drain";
    case "running":
      return paused ? "drain" : "upload";
    case "closing":
      return life.verdict === "cancel" ? "cleanup" : "drain";
    case "over":
      return debtOf(life);
  }
}

function reported(life: Life, said: Word<"report">, now: number, limits: Limits): Step {
  if (life.at !== "running") return { ...still(life), order: orderOf(life) };
  const mark = paced(life.mark, said, now, limits);
  if (mark === "too slow") {
    const { lease } = life;
    const notes = [{ type: "failed", text: TOO_SLOW.message }];
    const step = close(life, "fail", { now, lease, notes, error: TOO_SLOW });
    return { ...step, order: orderOf(step.life) };
  }
  const { gained, phase } = said;
  return {
    ...still({ ...life, mark, ...(gained && { stalls: 0 }) }),
    show: { phase, ...(gained && { error: null }) },
    order: limits.paused ? "stop" : "go",
  };
}

function orderOf(life: Life): Order {
  if (life.at !== "closing") return "stop";
  // Of bytes that come with a request nothing is left to go on from.
  return life.verdict === "cancel" || life.source === "request" ? "abort" : "stop";
}

function saved(life: Life, { checkpoint }: Word<"save">): Step {
  if (life.at !== "over") return still({ ...life, checkpoint });
  // Its parts are removed. What else is brought now leads nowhere.
  const isGone = "left" in life && life.left === "cleanup" && !checkpoint;
  return still(isGone ? rested({ ...life, left: "nothing" }) : life);
}

/** What was wrong is shown as long as nothing goes better. */
function troubled(life: Life, { error }: Word<"trouble">): Step {
  const notes = [{ type: "trouble", text: `${error.message} It is tried again.` }];
  return { ...still(life), show: { error }, notes };
}

function finished(
  life: Extract<Life, { at: "queued" | "running" | "closing" }>,
  { confirm, text }: Word<"finish">,
  now: number,
): Step {
  const { vod, source } = life;
  const ask = confirm || vod === "doubted";
  const ended = vod === "confirmed" ? ({ end: "ready" } as const) : ({ end: "done", ask } as const);
  const lease = source === "request" ? null : life.lease;
  return end(life, ended, { now, lease, notes: [{ type: "done", text }], error: null });
}

function failed(life: Life, { error }: Word<"fail">, now: number): Step {
  if (life.at === "over") return still(life);
  const lease = life.source === "request" ? null : life.lease;
  if (life.at === "closing") return closed(life, now, lease);
  const { vod, checkpoint, source } = life;
  const ended = { end: "failed", vod, left: leftOf(checkpoint, source === "request") } as const;
  return end(life, ended, { now, lease, notes: [{ type: "failed", text: error.message }], error });
}

function handedOver(life: Life, now: number): Step {
  if (life.at === "closing") return closed(life, now, life.lease);
  if (life.at === "over") return still(life);
  // Nobody else can send them.
  if (life.source === "request") {
    return failed(life, { type: "fail", run: life.run, error: INTERRUPTED }, now);
  }
  return { ...still(queued(life)), show: { phase: null }, wake: true };
}

function cleaned(life: Life, now: number): Step {
  if (life.at === "closing") return closed({ ...life, checkpoint: false }, now, life.lease);
  if (life.at !== "over" || !("left" in life) || life.left !== "cleanup") return still(life);
  return still(rested({ ...life, left: "nothing" }));
}

function told(life: Life, { notices, webhook }: Word<"told">, lease: number): Step {
  const untold = life.untold.filter(
    (one) => !notices.some(({ attempt, state }) => attempt === one.attempt && state === one.state),
  );
  const how = webhook === "delivered" ? "was" : "could not be";
  const notes = [{ type: "webhook", text: `The webhook ${how} delivered.` }];
  return {
    ...still(rested({ ...life, untold, lease })),
    show: { webhook },
    notes: webhook === null ? [] : notes,
  };
}

/** Something may have been added meanwhile, for another run. A clean-up that failed is tried again after a while. */
function left(life: Life, now: number): Step {
  if (life.at === "closing") return closed(life, now, null);
  // What moves bytes says how that ended; if it does not, it is lost.
  if (life.at === "running" || debtOf(life) === "cleanup") return still(life);
  return { ...still({ ...life, lease: null }), wake: true };
}
