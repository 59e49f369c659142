// One slice of an ingest: begun or gone on with, run for as long as one request may take, and sealed for the next one.

import { type CheckpointStore, memoryCheckpoint } from "../checkpoint/index.ts";
import { atResume } from "../declared.ts";
import type { Suspended } from "../driver.ts";
import type { Vodlift } from "../index.ts";
import type { SliceOptions, UploadOptions } from "../options.ts";
import type { Checkpoint, Outcome } from "../wasm/core.js";
import type { IngestRequest } from "./body.ts";
import type { IngestHandlerOptions } from "./options.ts";
import { type Problem, problem, problemOf } from "./problem.ts";
import type { Caller } from "./tokens.ts";

/** What a resume token holds. The URL and its headers may be secrets; of ours there is none. */
export interface Ticket extends IngestRequest {
  checkpoint?: Checkpoint;
}

/** How a slice ended. */
export type SliceEnd =
  | { state: "done"; outcome: Outcome }
  | { state: "running"; ticket: Ticket & { checkpoint: Checkpoint } }
  | { state: "failed"; problem: Problem; ticket?: Ticket };

const SLICE_MS = 25_000;

/** Runs one slice. It never throws. */
export async function runSlice(
  vod: Vodlift,
  ticket: Ticket,
  { owner }: Caller,
  options: IngestHandlerOptions,
  gone: AbortSignal,
): Promise<SliceEnd> {
  const store = memoryCheckpoint(ticket.checkpoint);
  const before = ticket.checkpoint?.bytesAccepted;
  try {
    const how = { ...limits(options), owner, checkpoint: store };
    const end = await upload(vod, ticket, how, gone);
    if (!("suspended" in end)) return { state: "done", outcome: end };
    const next = advance(ticket, end.checkpoint);
    if (before === undefined || end.checkpoint.bytesAccepted > before) {
      return { state: "running", ticket: next };
    }
    const { message: detail, ...told } = STANDSTILL;
    return { state: "failed", problem: problem(409, { ...told, detail }), ticket: next };
  } catch (error) {
    options.onError?.(error);
    const left = await store.load();
    // Before VOD has named a place there is nothing to go on with, and nothing to give up.
    const ticketLeft = left?.place ? { ticket: advance(ticket, left) } : {};
    return { state: "failed", problem: problemOf(error), ...ticketLeft };
  }
}

/**
 * A client that goes away: nobody gets the token of a first slice, so what it has uploaded is removed; a later one comes
 * to rest, and whoever has the token before goes on.
 */
function upload(
  vod: Vodlift,
  { url, options, checkpoint }: Ticket,
  how: UploadOptions & SliceOptions & { checkpoint: CheckpointStore },
  gone: AbortSignal,
): Promise<Outcome | Suspended> {
  if (!checkpoint?.place) return vod.upload(url, { ...options, ...how, signal: gone });
  const { checkpoint: store, ...rest } = how;
  return vod.resume(store, { ...options, ...rest, source: url, stop: gone });
}

function limits(options: IngestHandlerOptions): UploadOptions & SliceOptions {
  const { budget, sliceMs = SLICE_MS, allowPrivateSources = false, maxBytes } = options;
  const { allowHosts, denyHosts } = options;
  return {
    allowPrivateSources,
    ...(allowHosts && { allowHosts }),
    ...(denyHosts && { denyHosts }),
    ...(maxBytes !== undefined && { maxBytes }),
    budget: { ...budget, deadline: Date.now() + Math.round(sliceMs) },
  };
}

/** What it becomes stands in the checkpoint once VOD knows it; the token need not say it twice. */
function advance(ticket: Ticket, checkpoint: Checkpoint): Ticket & { checkpoint: Checkpoint } {
  const options = checkpoint.place ? atResume(ticket.options) : ticket.options;
  return { ...ticket, options, checkpoint };
}

/** A source without ranges is read from its beginning in every slice: at some length no slice gets further. */
export const STANDSTILL = {
  code: "cut_short",
  message: "a whole slice brought the upload no further",
  hint: "Use a source that answers ranges, smaller parts or longer slices, or upload it with `vodlift upload`.",
  retryable: false,
} as const;
