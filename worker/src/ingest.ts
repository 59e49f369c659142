// One ingest: a Durable Object that runs the upload from its alarm, in slices, and remembers how far it is.
//
// A Durable Object exists once in the world, so nothing runs twice at a time; its alarm outlives the request that set
// it. An alarm may last 15 minutes and send as many requests as the plan allows, so each run has a budget, ends in a
// checkpoint, and sets the next alarm. Where a run is cut short the alarm comes again and goes on from the checkpoint.
import { DurableObject } from "cloudflare:workers";
import { type Checkpoint, durableObjectCheckpoint, type Outcome, type Suspended } from "vodlift";
import { asProblem, client } from "./client.ts";
import type { Env } from "./env.ts";
import { listing } from "./listing.ts";
import type { Problem } from "./problem.ts";
import type { IngestRequest } from "./request.ts";

export type IngestState = "queued" | "running" | "done" | "failed" | "canceled";

/** What a caller sees of an ingest. */
export interface IngestView {
  id: string;
  /** Without its query, which may hold a signature. */
  url: string;
  state: IngestState;
  mediaId?: string;
  /** In bytes, once it is known. */
  size?: number;
  /** Bytes that have arrived in whole parts. */
  bytes: number;
  error?: Problem;
  /** It has ended, and left a checkpoint from which somebody else may go on. */
  resumable?: boolean;
}

interface Stored extends IngestView {
  /** When a finished ingest is forgotten, in ms since the epoch. */
  expires?: number;
}

const WRITE_EVERY_MS = 1_000;
const KEPT_FOR_MS = 30 * 24 * 3_600_000;
/** Leaves nearly half of an alarm's 15 minutes to the parts that are in flight by then. */
const SLICE_SECONDS = 480;
/** What an invocation may send is 1,000 on paid plans unless it is configured; the last ones are for looking after. */
const SUBREQUESTS = 900;

export class Ingest extends DurableObject<Env> {
  /** What is stored, and newer than that while the upload runs. */
  #now: Stored | undefined;
  /** The run in this very instance, if there is one. */
  #running: Promise<void> | undefined;
  /** Keeps what is there for somebody else. */
  readonly #stop = new AbortController();
  /** Removes what is there. */
  readonly #abort = new AbortController();
  readonly #checkpoint = durableObjectCheckpoint(this.ctx.storage, "checkpoint");
  #written = 0;

  /** Accepts the work and returns; the alarm does it. What was accepted before stays as it is. */
  async accept(request: IngestRequest): Promise<IngestView> {
    if (await this.#load()) return this.#view();
    const url = new URL(request.url);
    await this.ctx.storage.put("request", request);
    await this.#save({
      id: this.ctx.id.toString(),
      url: url.origin + url.pathname,
      state: "queued",
      bytes: 0,
    });
    await this.ctx.storage.setAlarm(Date.now());
    return this.#view();
  }

  /** How it stands; nothing if there is no such ingest. */
  async look(): Promise<IngestView | undefined> {
    const stored = await this.#load();
    if (!stored) return undefined;
    // An alarm that ended with its process comes again by itself, but not at once.
    if (
      isOpen(stored) &&
      this.#running === undefined &&
      (await this.ctx.storage.getAlarm()) === null
    ) {
      await this.ctx.storage.setAlarm(Date.now());
    }
    return this.#view();
  }

  /** Finishes the parts in flight, and leaves the checkpoint to somebody else. */
  async stop(): Promise<IngestView | undefined> {
    const stored = await this.#load();
    if (stored && isOpen(stored)) {
      this.#stop.abort();
      if (this.#running !== undefined) await this.#running;
      else await this.#end({ state: "canceled" });
    }
    return this.look();
  }

  /** Gives it up: what was uploaded is removed. */
  async cancel(): Promise<IngestView | undefined> {
    const stored = await this.#load();
    if (stored && stored.state !== "done") {
      this.#abort.abort();
      if (this.#running !== undefined) await this.#running;
      else await this.#discard();
    }
    return this.look();
  }

  /** Where it stands, for whoever goes on with it; nothing while it runs, and where nothing was left. */
  async checkpoint(): Promise<Checkpoint | undefined> {
    const stored = await this.#load();
    return stored?.resumable ? this.#checkpoint.load() : undefined;
  }

  override async alarm(): Promise<void> {
    const stored = await this.#load();
    const request = await this.ctx.storage.get<IngestRequest>("request");
    if (stored && isOpen(stored) && request) {
      this.#running = this.#run(request);
      return this.#running;
    }
    if (stored?.expires !== undefined && Date.now() < stored.expires) {
      return this.ctx.storage.setAlarm(stored.expires);
    }
    if (stored) await listing(this.env).remove(stored.id);
    this.#now = undefined;
    await this.ctx.storage.deleteAll();
  }

  async #run(request: IngestRequest): Promise<void> {
    const before = (await this.#checkpoint.load())?.bytesAccepted ?? -1;
    await this.#change({ state: "running" });
    try {
      const end = await this.#slice(request);
      if (!("suspended" in end)) {
        const { mediaId, bytes } = end;
        await this.#end({ state: "done", mediaId, size: bytes, bytes });
      } else if (this.#stop.signal.aborted) {
        await this.#end({ state: "canceled" });
      } else if (end.checkpoint.bytesAccepted <= before) {
        await this.#end({ state: "failed", error: STANDSTILL });
      } else {
        await this.ctx.storage.setAlarm(Date.now());
      }
    } catch (error) {
      const canceled = this.#abort.signal.aborted;
      await this.#end(
        canceled ? { state: "canceled" } : { state: "failed", error: asProblem(error) },
      );
    } finally {
      this.#running = undefined;
    }
  }

  /** As much of the upload as one alarm may do. */
  async #slice({ url, headers, options }: IngestRequest): Promise<Outcome | Suspended> {
    const { VODLIFT_SLICE_SECONDS: seconds, VODLIFT_SUBREQUESTS: requests } = this.env;
    const how = {
      allowPrivateSources: this.env.VODLIFT_ALLOW_PRIVATE_SOURCES === "true",
      budget: {
        subrequests: Number(requests || SUBREQUESTS),
        deadline: Date.now() + Number(seconds || SLICE_SECONDS) * 1000,
      },
      signal: this.#abort.signal,
      stop: this.#stop.signal,
      onProgress: (now: { mediaId?: string; bytesAccepted: number; bytesTotal?: number }) => {
        const { mediaId, bytesAccepted: bytes, bytesTotal: size } = now;
        this.#progress({ bytes, ...(mediaId ? { mediaId } : {}), ...(size ? { size } : {}) });
      },
    };
    const source = { url, headers };
    const vod = client(this.env);
    const begun = (await this.#checkpoint.load()) !== undefined;
    if (!begun) return vod.upload(source, { ...options, ...how, checkpoint: this.#checkpoint });
    const { concurrency, verify } = options;
    return vod.resume(this.#checkpoint, {
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(verify === undefined ? {} : { verify }),
      ...how,
      source,
    });
  }

  /** Removes what an ingest that does not run has left. If the server cannot be told, the checkpoint stays. */
  async #discard(): Promise<void> {
    // First of all, so that no alarm begins it again meanwhile.
    await this.#end({ state: "canceled" });
    if ((await this.#checkpoint.load()) === undefined) return;
    try {
      await client(this.env).abort(this.#checkpoint);
      await this.#change({ resumable: false });
    } catch (error) {
      await this.#change({ error: asProblem(error) });
    }
  }

  /** Seen at once by whoever asks here, stored now and then: a write for each part would be waste. */
  #progress(change: Partial<Stored>): void {
    if (!this.#now) return;
    this.#now = { ...this.#now, ...change };
    if (Date.now() - this.#written < WRITE_EVERY_MS) return;
    this.ctx.waitUntil(this.#save(this.#now));
  }

  async #end(change: Partial<Stored>): Promise<void> {
    const expires = Date.now() + KEPT_FOR_MS;
    // The source's URL and headers may hold secrets: they are kept no longer than they are needed.
    await this.ctx.storage.delete("request");
    const resumable = (await this.#checkpoint.load()) !== undefined;
    await this.#change({ ...change, expires, ...(resumable ? { resumable } : {}) });
    await this.ctx.storage.setAlarm(expires);
  }

  async #change(change: Partial<Stored>): Promise<void> {
    const stored = await this.#load();
    if (stored) await this.#save({ ...stored, ...change });
  }

  async #load(): Promise<Stored | undefined> {
    this.#now ??= await this.ctx.storage.get<Stored>("ingest");
    return this.#now;
  }

  async #save(now: Stored): Promise<void> {
    this.#now = now;
    this.#written = Date.now();
    await this.ctx.storage.put("ingest", now);
  }

  #view(): IngestView {
    if (!this.#now) throw new Error("an ingest that was never accepted has no view");
    const { expires: _, ...view } = this.#now;
    return view;
  }
}

function isOpen({ state }: Stored): boolean {
  return state === "queued" || state === "running";
}

/** A source that cannot be read in ranges is read from its beginning in every run: at some length no run gets further. */
const STANDSTILL: Problem = {
  code: "cut_short",
  message: "a whole run brought the upload no further",
  hint: "Use a source that answers ranges, smaller parts, or `vodlift resume` with its checkpoint.",
};
