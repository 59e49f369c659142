// What callers of the API and runs of the Workflow say to the job index, and hear from it.
import type { Ingest, State, TimelineEntry } from "../api/schema.ts";
import type { Todo, Notice as Told } from "../life/life.ts";
import type { Session } from "./sessions.ts";

export type { Order } from "../life/said.ts";

/** Who calls. */
export interface Actor {
  /** Whom ingests belong to that it makes. */
  owner: string;
  /** As timelines show it. */
  name: string;
  /** It reaches everyone's ingests. Otherwise those of others are not there for it. */
  all: boolean;
}

/** Who follows an ingest for long: with a session, until that ends. */
export interface Listener extends Actor {
  session?: Session;
  /** Tells its stream of events from its others. */
  stream: string;
}

/** What is new of an ingest. */
export interface Glance {
  view: Ingest;
  entries: TimelineEntry[];
  /** Nothing more will come. */
  over: boolean;
}

/** An ingest as it is accepted. */
export interface NewJob {
  id: string;
  fingerprint?: string;
  host: string;
  /** As it is shown. */
  url: string;
  title?: string;
  kind: string;
  size?: number;
  /** Sealed. Absent: the bytes come with the very request, and nobody else can fetch them. */
  request?: string;
  /** The rest of it, which others of the same owner have, too. */
  shared?: Shared;
  /** It says something that is asked for after it went well. */
  keeps?: boolean;
  /** The reference id of our own that its media gets, unless its caller chose one. */
  reference: string;
  /** It has a webhook of its own. */
  hooked?: boolean;
}

/** Sealed as well, and stored once. Who has the same has it under the same id. */
export interface Shared {
  id: string;
  text: string;
}

/** No more is taken of this caller, and what it has too much of. */
export interface Full {
  full: string;
  /** Seconds after which there may be room again, if that is known. */
  after?: number;
}

/** Some of the list, newest first. */
export interface Page {
  ingests: Ingest[];
  cursor: string | null;
}

export type Acceptance = { id: string; state: State } | { conflict: true };

/** What to do with bytes that come under an id: send them as this run, or why not. */
export type Opening =
  | { todo: "send"; run: number; mediaId?: string; reference: string }
  | { todo: "conflict" | "wait" }
  | ({ todo: "full" } & Full)
  | { todo: "nothing"; view: Ingest };

/** Something that its webhooks are told: how it stood then. */
export interface Notice extends Told {
  seq: number;
  view: Ingest;
}

/** What a run has to do. */
export interface Task {
  todo: Todo;
  owner: string;
  /** Empty: it went well, and nothing of it is needed any more. */
  request: string | null;
  shared: string | null;
  /** Its own reference id. */
  reference: string;
  /** As JSON. */
  checkpoint: string | null;
  view: Ingest;
}

/** How far a run is. Bytes and parts of the whole object, or of one shard. */
export interface Report {
  phase: string;
  bytes: number;
  rate: number;
  /** `bytes`, and those on their way in parts that have not arrived yet. */
  sent: number;
  parts: number;
  size?: number;
  partsTotal?: number;
  mediaId?: string;
  shard?: number;
}

/** How an upload ended well. */
export interface Ended {
  mediaId: string;
  bytes: number;
  parts: number;
  /** What was compared, for the timeline. */
  compared: string;
  /** VOD is to be asked for its word. */
  confirm: boolean;
}
