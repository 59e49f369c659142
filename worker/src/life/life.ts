// The life of one ingest, as far as anything is decided by it. Each stage has what it needs and nothing else, so a state
// that makes no sense cannot be written down: what runs has a lease, what waits has its request, what is done owes no
// clean-up. Read in this order: this file, said.ts (what happens to it), next.ts (what follows from that), row.ts (how it
// is stored).

export type End = "done" | "ready" | "failed" | "canceled";
/** What VOD says of the file: nothing; something that may not come from VOD, which is to be asked; that it is there. */
export type Word = "silent" | "doubted" | "confirmed";
/** What webhooks are told: which attempt has reached what. */
export interface Notice {
  attempt: number;
  state: End;
}
/** Where a transfer's pace is measured from, in ms since the epoch and bytes sent. */
export interface Mark {
  at: number;
  sent: number;
}

interface Always {
  /** The newest run, from 1; 0 before the first. Only this one may have the lease. */
  run: number;
  /** From 1. A retry begins the next one. */
  attempt: number;
  /** Somebody wants to be told of its ends. */
  listened: boolean;
  /** In the order in which they came about. */
  untold: readonly Notice[];
}

interface Open {
  vod: Word;
  checkpoint: boolean;
  /** When this attempt has taken too long, in ms since the epoch; counted from its first start. */
  deadline: number | null;
  /** Runs in a row that were lost before they brought a byte. */
  stalls: number;
}

/** Waits for a place. */
export interface Queued extends Open {
  at: "queued";
  /** Of the run before, which finishes what is in flight; the next one begins after that. */
  lease: number | null;
}

/** A run moves its bytes. */
export interface Running extends Open {
  at: "running";
  /** Until when its run is believed to be alive without another word, in ms since the epoch. */
  lease: number;
  mark: Mark | null;
}

/** It is to end, and its run has not heard of it yet, or has not answered. Should it finish meanwhile, it is done. */
export interface Closing {
  at: "closing";
  vod: Word;
  checkpoint: boolean;
  lease: number;
  /** `cancel` removes what was uploaded, `stop` leaves it with its checkpoint; `fail` was decided by a limit. */
  verdict: "cancel" | "stop" | "fail";
}

/** It has ended. Something may be left to do; the lease is that of the run that does it. */
export type Over = { at: "over"; lease: number | null } & (
  | { end: "done" /** VOD is to be asked whether it has the file. */; ask: boolean }
  | { end: "ready" }
  | { end: "failed" | "canceled"; vod: Word; left: Left }
);

/** Of an upload that came to nothing: nothing, a checkpoint to go on from, or parts that are to be removed. */
export type Left = "nothing" | "checkpoint" | "cleanup";

/** `stored`: its request can be read again. `request`: its bytes come with a request, so nobody else can send them. */
export type Life = Always &
  (
    | ({ source: "stored" } & (Queued | Running | Closing | Over))
    | ({ source: "request" } & (Running | Closing | Over))
  );

export type Todo = "upload" | "drain" | "cleanup" | "confirm" | "notify";

/** How it ends, now that this was decided. */
export function endOf(verdict: Closing["verdict"]): "failed" | "canceled" {
  return verdict === "fail" ? "failed" : "canceled";
}

/** What is owed after the end, the first thing first. */
export function debtOf(life: Life): "cleanup" | "confirm" | "notify" | null {
  if (life.at !== "over") return null;
  if ("left" in life && life.left === "cleanup") return "cleanup";
  if (life.end === "done" && life.ask) return "confirm";
  return life.untold.length > 0 ? "notify" : null;
}

/** Whether this run has the lease: the words of any other change nothing. */
export function holds(life: Life, run: number): boolean {
  return life.lease !== null && life.run === run;
}

/** A new ingest that waits, or one whose bytes come with the request that makes it. */
export function born(
  source: Life["source"],
  listened: boolean,
  now: number,
  { staleMs, longestMs }: { staleMs: number; longestMs: number },
): Life {
  const always = { attempt: 1, listened, untold: [] };
  const open = { vod: "silent", checkpoint: false, stalls: 0 } as const;
  if (source === "stored") {
    return { ...always, ...open, source, at: "queued", run: 0, lease: null, deadline: null };
  }
  const lease = now + staleMs;
  const deadline = now + longestMs;
  return { ...always, ...open, source, at: "running", run: 1, lease, deadline, mark: null };
}
