// What happens to an ingest, and what follows from it.
import type { End, Life, Notice, Todo } from "./life.ts";

/** As it is shown to callers. */
export interface Failure {
  code: string;
  message: string;
  hint: string;
  retryable?: boolean | undefined;
}

/** How far a transfer is. */
export interface Progress {
  phase: string;
  /** Bytes that have arrived, and those on their way. */
  sent: number;
  size?: number | undefined;
  /** It is a part of the whole. */
  shard?: number | undefined;
}

/** By a run. */
export type RunSaid = { run: number } & (
  | { type: "begin" }
  | ({ type: "report" /** More has arrived than ever before. */; gained: boolean } & Progress)
  | { type: "save" /** Else it is forgotten. */; checkpoint: boolean }
  /** Nothing will be heard of it for so long, and that is as it should be. */
  | { type: "silence"; ms: number }
  /** A step has failed, and is tried again. */
  | { type: "trouble"; error: Failure }
  | { type: "finish" /** VOD is to be asked for its word. */; confirm: boolean; text: string }
  | { type: "fail"; error: Failure }
  /** It moves no more; another run may go on. */
  | { type: "handOver" }
  /** What was uploaded is removed. */
  | { type: "cleaned" }
  /** VOD was asked, whatever it said. */
  | { type: "asked" }
  /** Of these all who had to be told were, or would not listen; null: there was nobody. */
  | { type: "told"; notices: readonly Notice[]; webhook: Webhook | null }
  /** It has nothing more to do. */
  | { type: "leave" }
);

/** By callers, by VOD, and by who looks after all ingests. */
export type OtherSaid =
  | { type: "cancel" | "stop" | "retry" }
  /** The bytes come once more, with a new request. */
  | { type: "send" }
  /** VOD has the file; or somebody says so who may not be VOD. */
  | { type: "ready" | "doubt" }
  /** It is its turn, or there is something left to do and nobody at it. */
  | { type: "start" }
  /** Another caller's turn. */
  | { type: "yield" }
  /** Its caller's bytes are used up. */
  | { type: "hold"; text: string }
  /** Time has passed. */
  | { type: "tick" };

export type Said = RunSaid | OtherSaid;

export interface Limits {
  /** After so long without a word a run is taken for lost. */
  staleMs: number;
  /** What an attempt may take. */
  longestMs: number;
  /** Bytes a second that a transfer makes at least, over so long. */
  leastRate: number;
  leastOverMs: number;
  paused: boolean;
}

/** What a run is told in reply: go on, finish what is in flight and leave the rest, or remove what is there. */
export type Order = "go" | "stop" | "abort";
export type Webhook = "pending" | "delivered" | "failed";

export interface Note {
  type: string;
  text: string;
}

/** What is only shown, and decides nothing. */
export interface Shown {
  error: Failure | null;
  webhook: Webhook | null;
  phase: string | null;
  started: number;
  ended: number | null;
}

export interface Step {
  life: Life;
  show: Partial<Shown>;
  notes: readonly Note[];
  /** What webhooks are to be told beside what they were to be told before; in this order. */
  tell: readonly End[];
  /** To a run that reports. */
  order?: Order;
  /** To a run that begins; nothing if it has no lease. */
  todo?: Todo | null;
  /** To a caller who asks for what cannot be. */
  refusal?: "over" | "gone";
  /** The newest run is to be made. */
  create?: true;
  /** There is room, or something to do: look after all at once. */
  wake?: true;
}
