// What follows from the words of callers and VOD, and from time.
import { INTERRUPTED, MOST_STALLS, STALLED, TOO_LONG } from "./failures.ts";
import { debtOf, type Life } from "./life.ts";
import type { Limits, OtherSaid, Step } from "./said.ts";
import { close, closed, end, leftOf, queued, still } from "./steps.ts";

export function happened(life: Life, said: OtherSaid, now: number, limits: Limits): Step {
  switch (said.type) {
    case "cancel":
      return canceled(life, now);
    case "stop":
      return stopped(life, now);
    case "retry":
      return retried(life);
    case "send":
      return sent(life, now, limits);
    case "ready":
      return confirmed(life, now);
    case "doubt":
      return doubted(life);
    case "start":
      return started(life, now, limits);
    case "yield":
      return requeued(life, YIELDED);
    case "hold":
      return requeued(life, { type: "held", text: said.text });
    case "tick":
      return aged(life, now);
  }
}

/** What runs hears so with its next report; what was uploaded is removed then, or by a run of its own. */
function canceled(life: Life, now: number): Step {
  const notes = [CANCELED];
  if (life.at === "closing") {
    return life.verdict === "cancel"
      ? still(life)
      : close(life, "cancel", { now, lease: life.lease, notes });
  }
  if (life.at !== "over") {
    if (life.lease !== null) return close(life, "cancel", { now, lease: life.lease, notes });
    const left = leftOf(life.checkpoint, true);
    return end(life, { end: "canceled", vod: life.vod, left }, { now, lease: null, notes });
  }
  // Of what has ended, what was kept for a later attempt.
  if (!("left" in life) || life.left !== "checkpoint") return still(life);
  const ended = { end: "canceled", vod: life.vod, left: "cleanup" } as const;
  return end(life, ended, { now, lease: null, notes });
}

/** Ends it, and leaves its checkpoint to somebody else. */
function stopped(life: Life, now: number): Step {
  if (life.at === "closing" || life.at === "over") return still(life);
  if (life.lease !== null) return close(life, "stop", { now, lease: life.lease, notes: [STOPPED] });
  const left = leftOf(life.checkpoint, false);
  const ended = { end: "canceled", vod: life.vod, left } as const;
  return end(life, ended, { now, lease: null, notes: [STOPPED] });
}

/** Another attempt, from the checkpoint if there is one. What webhooks were not told yet they still are. */
function retried(life: Life): Step {
  if (life.source === "request") return { ...still(life), refusal: "gone" };
  if (life.at !== "over" || !("left" in life) || life.left === "cleanup") {
    return { ...still(life), refusal: "over" };
  }
  const { run, listened, untold, vod, left } = life;
  const attempt = life.attempt + 1;
  const open = { vod, checkpoint: left === "checkpoint", deadline: null, stalls: 0 };
  const waits = { source: "stored", at: "queued", lease: null, ...open } as const;
  return {
    ...still({ run, attempt, listened, untold, ...waits }),
    show: AFRESH,
    notes: [askedFor(attempt)],
    wake: true,
  };
}

function sent(life: Life, now: number, { staleMs, longestMs }: Limits): Step {
  if (life.source === "stored" || life.at !== "over" || life.end !== "failed") {
    return { ...still(life), refusal: "over" };
  }
  if (life.left === "cleanup") return { ...still(life), refusal: "over" };
  const { listened, untold, vod, source } = life;
  const [run, attempt] = [life.run + 1, life.attempt + 1];
  const open = { vod, checkpoint: false, deadline: now + longestMs, stalls: 0, mark: null };
  const runs = { source, at: "running", lease: now + staleMs, ...open } as const;
  return {
    ...still({ run, attempt, listened, untold, ...runs }),
    show: { ...AFRESH, started: now },
    notes: [askedFor(attempt)],
    wake: true,
  };
}

/** VOD may say so before its run does. */
function confirmed(life: Life, now: number): Step {
  const notes = [{ type: "ready", text: "VOD has the file." }];
  if (life.at === "over" && (life.end === "ready" || life.end === "done")) {
    if (life.end === "ready") return still(life);
    const step = end(life, { end: "ready" }, { now, lease: life.lease, notes });
    // It ended when it was done.
    const { ended: _, ...show } = step.show;
    return { ...step, show };
  }
  return life.vod === "confirmed"
    ? still(life)
    : { ...still({ ...life, vod: "confirmed" }), notes };
}

function doubted(life: Life): Step {
  if (life.at === "over") {
    if (life.end !== "done" || life.ask) return still(life);
    return { ...still({ ...life, ask: true }), wake: true };
  }
  return still(life.vod === "silent" ? { ...life, vod: "doubted" } : life);
}

/** A run of its own, for its bytes or for what is left to do. There is never a second one. */
function started(life: Life, now: number, { staleMs, longestMs, paused }: Limits): Step {
  if (life.lease !== null) return still(life);
  const [run, lease] = [life.run + 1, now + staleMs];
  if (life.at === "over") {
    return debtOf(life) ? { ...still({ ...life, run, lease }), create: true } : still(life);
  }
  if (paused || life.at !== "queued") return still(life);
  const deadline = life.deadline ?? now + longestMs;
  const isFirst = life.run === 0;
  return {
    ...still({ ...life, at: "running", run, lease, deadline, mark: null }),
    show: { phase: "starting", ...(isFirst && { started: now }) },
    notes: isFirst ? [{ type: "started", text: "A workflow has taken it up." }] : [],
    create: true,
  };
}

/** Its run hears so with its next report, and finishes what is in flight. */
function requeued(life: Life, note: { type: string; text: string }): Step {
  if (life.at !== "running" || life.source === "request") return still(life);
  const { lease } = life;
  const waits = { ...queued(life), lease };
  // Who is held has all of its time left.
  const held = note.type === "held" ? { ...waits, deadline: null } : waits;
  return { ...still(held), show: { phase: null }, notes: [note] };
}

/** Who was not heard of for long is lost, and what has taken too long ends. Who tells the time looks after all next. */
function aged(life: Life, now: number): Step {
  if (life.lease !== null && life.lease < now) return lost(life, now);
  if (life.at !== "running" || life.deadline === null || life.deadline >= now) return still(life);
  const notes = [{ type: "failed", text: TOO_LONG.message }];
  return close(life, "fail", { now, lease: life.lease, notes, error: TOO_LONG });
}

function lost(life: Life, now: number): Step {
  switch (life.at) {
    case "closing":
      return closed(life, now, null);
    case "over":
    case "queued":
      return still({ ...life, lease: null });
    case "running": {
      const error = life.source === "request" ? INTERRUPTED : STALLED;
      if (life.source === "stored" && life.stalls < MOST_STALLS) {
        const waits = { ...queued(life), stalls: life.stalls + 1 };
        return { ...still(waits), show: { phase: null }, notes: [REPLACED] };
      }
      const { vod, checkpoint, source } = life;
      const ended = { end: "failed", vod, left: leftOf(checkpoint, source === "request") } as const;
      const notes = [{ type: "failed", text: error.message }];
      return end(life, ended, { now, lease: null, notes, error });
    }
  }
}

const CANCELED = { type: "canceled", text: "Canceled; what was uploaded is removed." };
const STOPPED = { type: "stopped", text: "Stopped; its checkpoint is kept." };
const REPLACED = {
  type: "replaced",
  text: "It had stopped moving: another run goes on with it.",
};
const YIELDED = {
  type: "yielded",
  text: "Another caller's turn: it goes on later, from its checkpoint.",
};
const askedFor = (attempt: number) => ({
  type: "retried",
  text: `Attempt ${attempt} was asked for.`,
});
const AFRESH = { error: null, webhook: null, phase: null, ended: null } as const;
