// How a life is stored: as columns of its row of table `jobs`. What is read of a row is always a life, whatever stands there.
import type { Closing, Life, Notice, Over, Word } from "./life.ts";
import { debtOf, endOf } from "./life.ts";

/** What the table has of it, beside the notices that were not told yet. */
export type Stored = {
  state: "queued" | "running" | "done" | "ready" | "failed" | "canceled";
  run: number;
  attempts: number;
  /** `abort` and `drain`: its run is to hear of the end. The rest: what is left to do after it, the first thing. */
  todo: "abort" | "drain" | "cleanup" | "confirm" | "notify" | null;
  stalls: number;
  /** When VOD said that it has the file; 0 where somebody else did. */
  confirmed: number | null;
  /** Until when its run is believed to be alive; null: there is none. */
  lease: number | null;
  deadline: number | null;
  paced_at: number | null;
  paced_sent: number | null;
};

export interface Beside {
  has_request: 0 | 1;
  has_checkpoint: 0 | 1;
  listened: boolean;
  untold: readonly Notice[];
}

export function lifeOf(row: Stored & Beside): Life {
  const { run, attempts: attempt, listened, untold, lease, deadline, stalls } = row;
  const always = { run, attempt, listened, untold };
  const [vod, checkpoint] = [wordOf(row.confirmed), row.has_checkpoint === 1];
  const source = row.has_request === 1 ? "stored" : "request";
  const open = { vod, checkpoint, deadline, stalls };
  switch (row.state) {
    case "queued":
      return { ...always, ...open, source: "stored", at: "queued", lease };
    case "running": {
      const { paced_at: at, paced_sent: sent } = row;
      const mark = at === null || sent === null ? null : { at, sent };
      // What runs has a lease; one that has none has lost it.
      return { ...always, ...open, source, at: "running", lease: lease ?? 0, mark };
    }
    case "done":
      return { ...always, source, at: "over", lease, end: "done", ask: row.todo === "confirm" };
    case "ready":
      return { ...always, source, at: "over", lease, end: "ready" };
    default: {
      const verdict = verdictOf(row);
      if (verdict) {
        return { ...always, source, at: "closing", vod, checkpoint, lease: lease ?? 0, verdict };
      }
      const kept = checkpoint ? "checkpoint" : "nothing";
      const left = row.todo === "cleanup" ? "cleanup" : kept;
      return { ...always, source, at: "over", lease, end: row.state, vod, left };
    }
  }
}

function verdictOf({ todo, state }: Stored): Closing["verdict"] | undefined {
  if (todo === "abort") return "cancel";
  if (todo !== "drain") return undefined;
  return state === "failed" ? "fail" : "stop";
}

function wordOf(confirmed: number | null): Word {
  if (confirmed === null) return "silent";
  return confirmed === 0 ? "doubted" : "confirmed";
}

export function storedOf(life: Life, now: number): Stored {
  const { run, attempt: attempts, lease } = life;
  const { deadline, stalls } = "deadline" in life ? life : { deadline: null, stalls: 0 };
  const mark = life.at === "running" ? life.mark : null;
  return {
    ...{ state: stateOf(life), run, attempts, todo: todoOf(life), lease, deadline, stalls },
    confirmed: confirmedAt(life, now),
    paced_at: mark?.at ?? null,
    paced_sent: mark?.sent ?? null,
  };
}

function stateOf(life: Life): Stored["state"] {
  if (life.at === "over") return life.end;
  return life.at === "closing" ? endOf(life.verdict) : life.at;
}

function todoOf(life: Life): Stored["todo"] {
  if (life.at === "closing") return life.verdict === "cancel" ? "abort" : "drain";
  return debtOf(life);
}

function confirmedAt(life: Life, now: number): number | null {
  const vod = "vod" in life ? life.vod : wordAfter(life);
  if (vod === "silent") return null;
  return vod === "doubted" ? 0 : now;
}

function wordAfter(life: Extract<Over, { end: "done" | "ready" }>): Word {
  if (life.end === "ready") return "confirmed";
  return life.ask ? "doubted" : "silent";
}

/** Whether there is a checkpoint to keep. */
export function keeps(life: Life): boolean {
  if (life.at !== "over") return life.checkpoint;
  return "left" in life && life.left !== "nothing";
}
