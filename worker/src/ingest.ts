// One ingest: a Durable Object that runs the upload from its alarm and remembers how far it is.
//
// A Durable Object exists once in the world, so nothing runs twice at a time; its alarm outlives the request that set
// it. What it cannot do is outlive a crash in the middle: then the upload is failed, and says so. Resuming it is work
// for the checkpoint, which this version does not keep.
import { DurableObject } from "cloudflare:workers";
import { Vodlift, VodliftError } from "vodlift";
import type { Env } from "./env.ts";
import type { Problem } from "./problem.ts";
import type { IngestRequest } from "./request.ts";

export type IngestState = "queued" | "running" | "done" | "failed";

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
}

interface Stored extends IngestView {
  /** When a finished ingest is forgotten, in ms since the epoch. */
  expires?: number;
}

const WRITE_EVERY_MS = 1_000;
const KEPT_FOR_MS = 30 * 24 * 3_600_000;

export class Ingest extends DurableObject<Env> {
  /** What is stored, and newer than that while the upload runs. */
  #now: Stored | undefined;
  /** The upload runs in this very instance. */
  #running = false;
  #written = 0;

  /** Accepts the work and returns; the alarm does it. */
  async accept(request: IngestRequest): Promise<IngestView> {
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
    if (stored.state === "running" && !this.#running) await this.#fail(cutShort(stored.mediaId));
    return this.#view();
  }

  override async alarm(): Promise<void> {
    const stored = await this.#load();
    const request = await this.ctx.storage.get<IngestRequest>("request");
    if (stored?.state === "queued" && request) return this.#run(request);
    // The alarm comes again only if the instance that ran the upload is gone.
    if (stored?.state === "running") return this.#fail(cutShort(stored.mediaId));
    if (stored?.expires !== undefined && Date.now() < stored.expires) {
      return this.ctx.storage.setAlarm(stored.expires);
    }
    await this.ctx.storage.deleteAll();
  }

  async #run(request: IngestRequest): Promise<void> {
    this.#running = true;
    await this.#change({ state: "running" });
    try {
      const { url, headers, options } = request;
      const result = await client(this.env).upload(
        { url, headers },
        {
          ...options,
          allowPrivateSources: this.env.VODLIFT_ALLOW_PRIVATE_SOURCES === "true",
          onProgress: ({ mediaId, bytesAccepted: bytes, bytesTotal: size }) => {
            this.#progress({ bytes, ...(mediaId ? { mediaId } : {}), ...(size ? { size } : {}) });
          },
        },
      );
      const { mediaId, bytes } = result;
      await this.#end({ state: "done", mediaId, size: bytes, bytes });
    } catch (error) {
      await this.#fail(asProblem(error));
    } finally {
      this.#running = false;
    }
  }

  /** Seen at once by whoever asks here, stored now and then: a write for each part would be waste. */
  #progress(change: Partial<Stored>): void {
    if (!this.#now) return;
    this.#now = { ...this.#now, ...change };
    if (Date.now() - this.#written < WRITE_EVERY_MS) return;
    this.ctx.waitUntil(this.#save(this.#now));
  }

  #fail(error: Problem): Promise<void> {
    return this.#end({ state: "failed", error });
  }

  async #end(change: Partial<Stored>): Promise<void> {
    const expires = Date.now() + KEPT_FOR_MS;
    // The source's URL and headers may hold secrets: they are kept no longer than they are needed.
    await this.ctx.storage.delete("request");
    await this.#change({ ...change, expires });
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

function client(env: Env): Vodlift {
  return new Vodlift({
    accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID ?? "",
    accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET ?? "",
    ...(env.ALIBABA_CLOUD_SECURITY_TOKEN
      ? { securityToken: env.ALIBABA_CLOUD_SECURITY_TOKEN }
      : {}),
    ...(env.VODLIFT_REGION ? { region: env.VODLIFT_REGION } : {}),
    ...(env.VODLIFT_ENDPOINT ? { endpoint: env.VODLIFT_ENDPOINT } : {}),
  });
}

function cutShort(mediaId: string | undefined): Problem {
  const left = mediaId === undefined ? "" : ` Media ${mediaId} was begun and never finished.`;
  return {
    code: "cut_short",
    message: `the Worker stopped while this upload ran.${left}`,
    hint: "Post the ingest again; parts left on the server go by the bucket's lifecycle rule.",
  };
}

function asProblem(error: unknown): Problem {
  if (error instanceof VodliftError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  return {
    code: "internal",
    message: error instanceof Error ? error.message : "something else than an error was thrown",
    hint: "This is a fault in vodlift: please report it with the message.",
  };
}
