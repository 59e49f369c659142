// The steps that several words lead to.
import { type Closing, debtOf, type End, endOf, type Left, type Life, type Over } from "./life.ts";
import type { Failure, Note, Step } from "./said.ts";

/** A way to end, without what every end has. */
export type Ended = Over extends infer One
  ? One extends Over
    ? Omit<One, "at" | "lease">
    : never
  : never;

/** Nothing follows but this. */
export function still(life: Life): Step {
  return { life, show: {}, notes: [], tell: [] };
}

/** Its end. Each is told once, to whoever wants to hear of it. */
export function end(
  life: Life,
  ended: Ended,
  {
    now,
    lease,
    notes,
    error,
  }: { now: number; lease: number | null; notes?: readonly Note[]; error?: Failure | null },
): Step {
  const { run, attempt, listened, source } = life;
  const tell = listened ? toldOf(life, ended.end) : [];
  const untold = [...life.untold, ...tell.map((state) => ({ attempt, state }))];
  const over = { run, attempt, listened, source, untold, ...ended, at: "over", lease } as const;
  const isShown = life.at === "closing" && endOf(life.verdict) === ended.end;
  return {
    ...still(rested(over)),
    show: {
      phase: null,
      ...(!isShown && { ended: now }),
      ...(tell.length > 0 && { webhook: "pending" }),
      ...(error !== undefined && { error }),
    },
    notes: notes ?? [],
    tell,
    wake: true,
  };
}

/** What VOD confirmed early was done before it was ready. What is ended already is told of no second time. */
function toldOf(life: Life, state: End): End[] {
  if (life.at === "over" && life.end === state) return [];
  return state === "ready" && life.at !== "over" ? ["done", "ready"] : [state];
}

/** Who has nothing left to do has no lease: after that no run changes anything. */
export function rested<L extends Life>(life: L): L {
  return life.at === "over" && debtOf(life) === null ? { ...life, lease: null } : life;
}

/** A run is there, and is to hear that this ends. */
export function close(
  life: Extract<Life, { at: "queued" | "running" | "closing" }>,
  verdict: Closing["verdict"],
  {
    now,
    lease,
    notes,
    error,
  }: { now: number; lease: number; notes: readonly Note[]; error?: Failure },
): Step {
  const { run, attempt, listened, source, untold, vod, checkpoint } = life;
  const closing = { at: "closing", vod, checkpoint, lease, verdict } as const;
  return {
    ...still({ run, attempt, listened, source, untold, ...closing }),
    show: {
      phase: null,
      ended: now,
      ...(listened && { webhook: "pending" }),
      ...(error !== undefined && { error }),
    },
    notes,
    wake: true,
  };
}

/** The end that was decided before, now that its run has stopped or is lost. */
export function closed(
  life: Extract<Life, { at: "closing" }>,
  now: number,
  lease: number | null,
): Step {
  const { vod, checkpoint, verdict, source } = life;
  const state = endOf(verdict);
  const left = leftOf(checkpoint, verdict === "cancel" || source === "request");
  // Its run knows of no clean-up: another one comes for that.
  return end(life, { end: state, vod, left }, { now, lease: left === "cleanup" ? null : lease });
}

/** Nobody goes on with what came with a request, nor with what was canceled. */
export function leftOf(checkpoint: boolean, isUseless: boolean): Left {
  if (!checkpoint) return "nothing";
  return isUseless ? "cleanup" : "checkpoint";
}

/** Back in the queue, without a run. */
export function queued(
  life: Extract<Life, { source: "stored"; at: "queued" | "running" }>,
): Extract<Life, { at: "queued" }> {
  const { run, attempt, listened, untold, vod, checkpoint, deadline, stalls } = life;
  const open = { vod, checkpoint, deadline, stalls };
  return { source: "stored", at: "queued", lease: null, run, attempt, listened, untold, ...open };
}
