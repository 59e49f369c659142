// A slice: as much of one upload as a step may do, from the last checkpoint to the next.
import {
  type Checkpoint,
  type CheckpointStore,
  type Outcome,
  type SliceOptions,
  type Suspended,
  VodliftError,
} from "vodlift";
import { atResume, ofKind, STANDSTILL } from "vodlift/shell";
import type { IngestRequest } from "../api/schema.ts";
import { asFailure, client, KnownFailure, limitOf, placesOf } from "../client.ts";
import type { Env } from "../env.ts";
import { jobs, type Task } from "../jobs/index.ts";
import { budgetOf } from "./budget.ts";
import { ended } from "./ended.ts";
import { Heartbeat } from "./heartbeat.ts";
import { REFERENCE_TAKEN, referenceOf } from "./reference.ts";
import { jobOf, requestOf } from "./request.ts";
import { type Shard, shardsOf, wantedShards } from "./shards.ts";
import { indexStore, parsed } from "./store.ts";
import type { RunParams } from "./workflow.ts";

/** How a slice ended, as a step remembers it: no key, no address, no checkpoint (that is in the index, and newer). */
export type SliceEnd =
  | { end: "more"; bytes: number }
  | { end: "prepared"; shards: Shard[] }
  /** Somebody else goes on, or nobody is to: paused, stopped, canceled, replaced, failed. */
  | { end: "over"; why: string }
  | { end: "done" };

/**
 * Only prepares it: source probed, media created, multipart upload begun.
 *
 * @throws VodliftError What another try may mend; everything else is told to the index.
 */
export function prepare(env: Env, params: RunParams): Promise<SliceEnd> {
  return slice(env, params, { parts: 0 });
}

/**
 * Moves parts until the budget of a slice is used up.
 *
 * @throws VodliftError As `prepare`.
 */
export function move(env: Env, params: RunParams): Promise<SliceEnd> {
  const { subrequests, sliceMs } = budgetOf(env);
  return slice(env, params, { subrequests, deadline: Date.now() + sliceMs });
}

async function slice(
  env: Env,
  params: RunParams,
  budget: NonNullable<SliceOptions["budget"]>,
): Promise<SliceEnd> {
  const { id, run } = params;
  const index = jobs(env);
  const task = await index.begin(id, run);
  if (!task) return { end: "over", why: "another run has taken it over" };
  if (task.todo === "cleanup") return cleanUp(env, params);
  if (task.todo === "notify" || task.todo === "confirm") return { end: "done" };
  if (task.todo === "drain") {
    await handOver(env, params);
    return { end: "over", why: "stopped" };
  }
  if (task.view.state !== "running") return { end: "over", why: task.view.state };
  const beat = new Heartbeat(env, params);
  try {
    const request = await requestOf(env, task);
    await claim(env, params, request);
    const store = indexStore(env, params, request);
    const end = await upload(env, request, task, { budget, beat, store, shard: params.shard });
    if (!("suspended" in end)) {
      await beat.end();
      await index.finish(id, run, ended(end, request.wait === true));
      return { end: "done" };
    }
    if (beat.order !== "go") {
      await handOver(env, params);
      return { end: "over", why: beat.order };
    }
    if (params.shard) {
      const { first, last } = params.shard;
      const whole = beat.parts === last - first + 1;
      return whole ? { end: "over", why: "the shard is complete" } : { end: "more", bytes: 0 };
    }
    return await after(env, params, end.checkpoint, parsed(task.checkpoint), budget, request);
  } catch (error) {
    return await failed(env, params, beat, error);
  } finally {
    await beat.end();
  }
}

/** Of shards another one may still move: the whole hands over when all have stopped. */
async function handOver(env: Env, { id, run, shard }: RunParams): Promise<void> {
  if (!shard) await jobs(env).handOver(id, run);
}

/** A suspended slice: has it brought anything, and who goes on? */
async function after(
  env: Env,
  { id, run }: RunParams,
  checkpoint: Checkpoint,
  before: Checkpoint | undefined,
  budget: NonNullable<SliceOptions["budget"]>,
  request: IngestRequest,
): Promise<SliceEnd> {
  const { bytesAccepted: bytes } = checkpoint;
  if (budget.parts === 0) {
    const { plan, uploadId } = checkpoint;
    const wanted = uploadId === undefined ? 0 : wantedShards(env, request, plan);
    const count = wanted < 2 ? 0 : await jobs(env).share(id, run, wanted);
    return { end: "prepared", shards: shardsOf(plan, count) };
  }
  if (bytes <= (before?.bytesAccepted ?? -1)) throw new KnownFailure(STANDSTILL);
  return { end: "more", bytes };
}

async function failed(
  env: Env,
  params: RunParams,
  beat: Heartbeat,
  error: unknown,
): Promise<SliceEnd> {
  const { id, run, shard } = params;
  const index = jobs(env);
  if (beat.order === "abort") {
    await index.cleaned(id, run);
    return { end: "over", why: "canceled" };
  }
  const failure = asFailure(error);
  // The engine tries the step again, after a while.
  if (failure.retryable) {
    await index.trouble(id, run, failure);
    throw error;
  }
  // A shard that fails leaves its parts to the parent, which fails likewise if it must.
  if (shard !== undefined) return { end: "over", why: failure.code };
  if (isBeyondRepair(error)) await discard(env, params);
  await index.fail(id, run, failure);
  return { end: "over", why: failure.code };
}

/**
 * Of several ingests at once with one reference id only one asks VOD for the media.
 *
 * @throws KnownFailure for the others.
 */
async function claim(env: Env, { id, run }: RunParams, request: IngestRequest): Promise<void> {
  const { referenceId } = request;
  if (referenceId === undefined || (await jobs(env).claim(id, run, referenceId))) return;
  throw new KnownFailure(REFERENCE_TAKEN);
}

/** The source is not, or no longer, what can be lifted: no key and no patience would bring its parts together. */
function isBeyondRepair(error: unknown): boolean {
  const hopeless: readonly string[] = ["source", "integrity", "guard", "usage"];
  return error instanceof VodliftError && hopeless.includes(error.class);
}

/** Removes what a canceled ingest has left. */
async function cleanUp(env: Env, params: RunParams): Promise<SliceEnd> {
  await discard(env, params);
  await jobs(env).cleaned(params.id, params.run);
  return { end: "over", why: "canceled" };
}

/**
 * Removes the parts from the server, and forgets the checkpoint.
 *
 * @throws VodliftError What another try may mend.
 */
async function discard(env: Env, { id, run }: RunParams): Promise<void> {
  const index = jobs(env);
  const left = parsed(await index.checkpoint(id));
  if (!left) return;
  try {
    // It was written here, maybe before the AccessKey was changed.
    await client(env).abort(left, { ownMediaOnly: false });
  } catch (error) {
    if (asFailure(error).retryable) throw error;
  }
  await index.save(id, run, null);
}

interface How {
  budget: NonNullable<SliceOptions["budget"]>;
  beat: Heartbeat;
  store: CheckpointStore;
  shard: Shard | undefined;
}

async function upload(
  env: Env,
  request: IngestRequest,
  task: Task,
  { budget, beat, store, shard }: How,
): Promise<Outcome | Suspended> {
  const { as, source, options } = jobOf(request);
  const vod = client(env);
  const control = {
    ...placesOf(env),
    signal: beat.abort,
    onProgress: beat.onProgress,
    owner: task.owner,
  };
  const slices = { budget, stop: beat.stop };
  const before = parsed(task.checkpoint);
  const begun = before?.place !== undefined || before?.createSent !== undefined;
  const limit = await limitOf(env);
  if (begun && as !== "image" && as !== "attached") {
    return vod.resume(store, {
      ...atResume(options),
      ...limit,
      ...control,
      ...slices,
      ...(shard && { shard: { first: shard.first, last: shard.last } }),
      source,
    });
  }
  const { mediaId } = task.view;
  const known = referenceOf({ reference: task.reference, mediaId }, options);
  const { maxBytes: bytes } = limit;
  const ofRun = ofKind(as, { ...known, ...limit, ...(bytes && { limits: { bytes } }), ...slices });
  return vod.upload(source, { ...options, ...ofRun, ...control, checkpoint: store });
}
