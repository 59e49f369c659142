// The package's public API.

import { createHost, fileCheckpoint, fromFile } from "#host";
import { invalid, whole } from "./arguments.ts";
import type { CheckpointStore } from "./checkpoint/index.ts";
import { checkAddress, errorOf, Upload, VodliftError } from "./core.ts";
import type { Suspended } from "./driver.ts";
import type { Host } from "./hosts/host.ts";
import { credentials, howTo, howToResume, ossService, video, vodService } from "./job.ts";
import type {
  ResumeOptions,
  SliceOptions,
  UploadEnd,
  UploadItem,
  UploadOptions,
  VodliftOptions,
} from "./options.ts";
import { inParallel } from "./parallel.ts";
import { run } from "./run.ts";
import { type OpenSource, openSource, type UploadSource } from "./sources/index.ts";
import type {
  Checkpoint,
  Credentials,
  Job,
  Options,
  OssService,
  Outcome,
  VodService,
} from "./wasm/core.js";

export type { HeaderFields } from "./arguments.ts";
export {
  type CheckpointStore,
  durableObjectCheckpoint,
  type KeyValueNamespace,
  kvCheckpoint,
  memoryCheckpoint,
  type ObjectStorage,
} from "./checkpoint/index.ts";
export type { Suspended } from "./driver.ts";
export { type Code, type ErrorClass, VodliftError } from "./error.ts";
export type {
  ResumeOptions,
  SliceOptions,
  UploadEnd,
  UploadItem,
  UploadOptions,
  VodliftOptions,
} from "./options.ts";
export type { UploadProgress } from "./progress.ts";
export type { FileSource } from "./sources/file.ts";
export type { UploadSource, UrlSource } from "./sources/index.ts";
export type { ByteStream } from "./sources/stream.ts";
export type { Checkpoint, Outcome, Phase, Progress, Verify } from "./wasm/core.js";
export { fileCheckpoint, fromFile };

let sharedHost: Host | undefined;

/** One host an isolate: its connections serve every upload. Nothing is made before the first one. */
function host(): Host {
  sharedHost ??= createHost({ checkAddress });
  return sharedHost;
}

/**
 * Uploads media into ApsaraVideo VOD.
 *
 * ```ts
 * const vod = new Vodlift({ accessKeyId, accessKeySecret, region: "cn-shanghai" });
 * const { mediaId } = await vod.upload("https://example.com/film.mp4", { title: "Film" });
 * ```
 */
export class Vodlift {
  readonly #credentials: Credentials;
  readonly #vod: VodService;
  readonly #oss: OssService;

  /**
   * Nothing is sent yet.
   *
   * @throws VodliftError `invalid_argument`, naming the field.
   */
  constructor(options: VodliftOptions) {
    this.#credentials = credentials(options);
    this.#vod = vodService(options);
    this.#oss = ossService(options);
  }

  /**
   * Uploads one video or audio file. The bytes flow from the source to OSS in parts; nothing is stored in between, and
   * memory does not depend on the size. It resolves when the object is complete and verified; VOD then transcodes it by
   * itself. Limits: 1 byte to 48.8 TB.
   *
   * @param source A URL (text, `URL`, or `{ url, headers }`; read in parallel ranges where the source can), a `Blob` or
   * `File`, bytes, a stream, or `fromFile(path)`.
   * @returns Media id, bucket, object key, size and how it went; with `SliceOptions`, possibly where it was suspended.
   * @throws VodliftError Everything that can go wrong; see its `code`, `hint` and `retryable`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadvideo
   */
  upload(source: UploadSource, options?: UploadOptions): Promise<Outcome>;
  upload(source: UploadSource, options: UploadOptions & SliceOptions): Promise<Outcome | Suspended>;
  upload(
    source: UploadSource,
    options: UploadOptions & SliceOptions = {},
  ): Promise<Outcome | Suspended> {
    const { size, checkpoint: store, signal, stop, onProgress } = options;
    return run({
      host: host(),
      open: () => openSource(source, size),
      machine: (data) => {
        const job = this.#job(data, { type: "video", ...video(options) }, howTo(options));
        return Upload.create(job, this.#credentials, entropy(), Date.now());
      },
      store,
      signal,
      stop,
      onProgress,
    });
  }

  /**
   * Goes on with an upload that was suspended, failed or lost its process: here, on another machine, in another runtime.
   * The server is asked what it has, and only the rest is sent. A source that is no longer what it was is refused with
   * what changed; an upload that the server has dropped starts over (`restarts` in the result says so).
   *
   * @param from The checkpoint, or the store that keeps it.
   * @throws VodliftError As `upload`; also `checkpoint_invalid`, `not_resumable`, `source_changed`.
   */
  resume(from: Checkpoint | CheckpointStore, options?: ResumeOptions): Promise<Outcome>;
  resume(
    from: Checkpoint | CheckpointStore,
    options: ResumeOptions & SliceOptions,
  ): Promise<Outcome | Suspended>;
  async resume(
    from: Checkpoint | CheckpointStore,
    options: ResumeOptions & SliceOptions = {},
  ): Promise<Outcome | Suspended> {
    const { checkpoint, store } = await load(from);
    const { signal, stop, onProgress } = options;
    return run({
      host: host(),
      open: () => sourceOf(checkpoint, options.source),
      machine: (data) => {
        const job = this.#job(data, checkpoint.media, howToResume(options), checkpoint.region);
        return Upload.resume(checkpoint, job, this.#credentials, entropy(), Date.now());
      },
      store,
      signal,
      stop,
      onProgress,
    });
  }

  /**
   * Gives up an upload for good: its parts are removed from the server, and its checkpoint from the store. The media id
   * stays in VOD as an empty one.
   *
   * @param from The checkpoint, or the store that keeps it.
   * @throws VodliftError When the server could not be told; the checkpoint is kept then.
   */
  async abort(from: Checkpoint | CheckpointStore): Promise<void> {
    const { checkpoint, store } = await load(from);
    // Nothing is read, so any source does.
    const open = async (): Promise<OpenSource> => ({
      data: { type: "slices", size: 1 },
      local: undefined,
    });
    const machine = (data: Job["source"]) => {
      const job = this.#job(data, checkpoint.media, {}, checkpoint.region);
      return Upload.discard(checkpoint, job, this.#credentials, entropy(), Date.now());
    };
    const nothing = { signal: undefined, stop: undefined, onProgress: undefined };
    try {
      await run({ host: host(), open, machine, store, ...nothing });
    } catch (error) {
      if (!(error instanceof VodliftError && error.code === "aborted")) throw error;
    }
  }

  /**
   * Uploads many, a few at a time, and tells how each ended as soon as it has. One that fails does not stop the others.
   * The next item is asked for when there is room, so the list may be of any length, and may be read as it comes.
   *
   * ```ts
   * for await (const { item, outcome, error } of vod.uploadAll(items, { jobs: 8 })) …
   * ```
   *
   * @param items Each with its source and its own options.
   * @param how `jobs`: uploads at once, 4 unless told otherwise; each has as many parts in flight as its `concurrency`.
   */
  async *uploadAll<Item extends UploadItem>(
    items: Iterable<Item> | AsyncIterable<Item>,
    how: { jobs?: number } = {},
  ): AsyncGenerator<UploadEnd<Item>> {
    yield* inParallel(items, whole("jobs", how.jobs, 1) ?? 4, async (item) => {
      try {
        return { item, outcome: await this.upload(item.source, item) };
      } catch (error) {
        if (error instanceof VodliftError) return { item, error };
        throw error;
      }
    });
  }

  #job(source: Job["source"], media: Job["media"], options: Options, region?: string): Job {
    const vod = region === undefined ? this.#vod : { region, ...this.#vod };
    return { media, source, vod, oss: this.#oss, options, host: host().limits };
  }
}

/** Drawn for one upload alone. */
function entropy(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

async function load(
  from: Checkpoint | CheckpointStore,
): Promise<{ checkpoint: Checkpoint; store: CheckpointStore | undefined }> {
  if (!("load" in from)) return { checkpoint: from, store: undefined };
  const checkpoint = await from.load();
  if (checkpoint !== undefined) return { checkpoint, store: from };
  throw new VodliftError(errorOf("checkpoint_invalid", "there is no checkpoint to go on from"));
}

function sourceOf(
  { source: mark }: Checkpoint,
  given: UploadSource | undefined,
): Promise<OpenSource> {
  if (given !== undefined) return openSource(given, undefined);
  if (mark.queryRemoved) {
    throw invalid(
      "source",
      "must be passed again: its query looked like a credential and was not stored",
    );
  }
  if (mark.url !== undefined) return openSource(mark.url, undefined);
  if (mark.path !== undefined) return openSource(fromFile(mark.path), undefined);
  throw invalid("source", "must be passed again: the checkpoint cannot tell where the bytes are");
}
