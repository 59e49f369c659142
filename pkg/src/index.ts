// The package's public API.

import { createHost, fileCheckpoint, fromFile } from "#host";
import { invalid } from "./arguments.ts";
import type { CheckpointStore } from "./checkpoint/index.ts";
import { checkAddress, errorOf, Upload, VodliftError } from "./core.ts";
import type { Suspended } from "./driver.ts";
import type { Host } from "./hosts/host.ts";
import {
  attachedMedia,
  credentials,
  howTo,
  howToResume,
  image,
  ossService,
  video,
  vodService,
} from "./job.ts";
import type {
  PlaylistOptions,
  ResumeOptions,
  SliceOptions,
  TransferOptions,
  UploadAttachedMediaOptions,
  UploadImageOptions,
  UploadOptions,
  VodliftOptions,
} from "./options.ts";
import { run } from "./run.ts";
import { type OpenSource, openSource, type UploadSource } from "./sources/index.ts";
import { openPlaylist, type PlaylistSource } from "./sources/playlist.ts";
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
  PlaylistOptions,
  ResumeOptions,
  SliceOptions,
  TransferOptions,
  UploadAttachedMediaOptions,
  UploadImageOptions,
  UploadOptions,
  VodliftOptions,
} from "./options.ts";
export type { UploadProgress } from "./progress.ts";
export type { FileSource } from "./sources/file.ts";
export type { UploadSource, UrlSource } from "./sources/index.ts";
export type { PlaylistSource } from "./sources/playlist.ts";
export type { ByteStream } from "./sources/stream.ts";
export type { Checkpoint, Outcome, Phase, PlaylistLimits, Progress, Verify } from "./wasm/core.js";
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
    return this.#upload(source, () => ({ type: "video", ...video(options) }), options);
  }

  /**
   * Uploads one image: a cover, or one of its own. The format follows from its name.
   *
   * There is no call that renews the upload credential of an image (it lives about 50 minutes). When it ends too early, the
   * image is created again under a new media id and its bytes start over; `restarts` in the result says so. A resume does
   * the same.
   *
   * @param source As `upload`.
   * @returns As `upload`; also `imageUrl` (on the CDN domain) and `fileUrl` (the object).
   * @throws VodliftError As `upload`; also `credential_ended`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadimage
   */
  async uploadImage(source: UploadSource, options: UploadImageOptions = {}): Promise<Outcome> {
    const media = () => ({ type: "image", ...image(options) }) as const;
    return whole(await this.#upload(source, media, options));
  }

  /**
   * Uploads one attached media: a watermark, a subtitle or a material for editing. The format follows from its name. Its
   * upload credential cannot be renewed either: see `uploadImage`.
   *
   * @param source As `upload`.
   * @param options `businessType` is needed.
   * @returns As `upload`; also `mediaUrl` (on the CDN domain) and `fileUrl` (the object).
   * @throws VodliftError As `upload`; also `credential_ended`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadattachedmedia
   */
  async uploadAttachedMedia(
    source: UploadSource,
    options: UploadAttachedMediaOptions,
  ): Promise<Outcome> {
    const media = () => ({ type: "attachedMedia", ...attachedMedia(options) }) as const;
    return whole(await this.#upload(source, media, options));
  }

  #upload(
    source: UploadSource,
    media: () => Job["media"],
    options: TransferOptions & SliceOptions,
  ): Promise<Outcome | Suspended> {
    const { size, checkpoint: store, signal, stop, onProgress } = options;
    return run({
      host: host(),
      open: () => openSource(source, size),
      machine: (data) => {
        const job = this.#job(data, media(), howTo(options));
        return Upload.create(job, this.#credentials, entropy(), Date.now());
      },
      store,
      signal,
      stop,
      onProgress,
    });
  }

  /**
   * Uploads an HLS playlist with everything it names, as one media: the playlists of all variants and renditions, segments,
   * init segments, keys. Every file gets a name of its own beside the root playlist, the playlists are rewritten to those
   * names (and to nothing else), and the root goes up last. A file that many byte ranges point into goes up once.
   *
   * A web playlist leads to URLs only, all of them checked like the source itself; a local one to files below its own
   * folder, and to URLs. Live playlists are refused.
   *
   * @param source The playlist's URL (text, `URL`, or `{ url, headers }`), or `fromFile(path)`.
   * @throws VodliftError As `upload`; also `playlist_invalid`, `playlist_live`, `playlist_too_large`, `path_refused`.
   * @see https://www.rfc-editor.org/rfc/rfc8216
   */
  uploadPlaylist(source: PlaylistSource, options?: PlaylistOptions): Promise<Outcome>;
  uploadPlaylist(
    source: PlaylistSource,
    options: PlaylistOptions & SliceOptions,
  ): Promise<Outcome | Suspended>;
  uploadPlaylist(
    source: PlaylistSource,
    options: PlaylistOptions & SliceOptions = {},
  ): Promise<Outcome | Suspended> {
    const { segments, limits, checkpoint: store, signal, stop, onProgress } = options;
    return run({
      host: host(),
      open: async () => openPlaylist(source, { segments, limits }),
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
      open: () => sourceOf(checkpoint, options),
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
   * stays in VOD as an empty one. Of images and attached media only the checkpoint is removed: no credential can be had for
   * their parts, which VOD removes within 7 days.
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

  #job(source: Job["source"], media: Job["media"], options: Options, region?: string): Job {
    const vod = region === undefined ? this.#vod : { region, ...this.#vod };
    return { media, source, vod, oss: this.#oss, options, host: host().limits };
  }
}

/** Of an upload that nobody can stop halfway. */
function whole(end: Outcome | Suspended): Outcome {
  if (!("suspended" in end)) return end;
  throw new VodliftError(errorOf("internal", "the upload was suspended, and nobody asked for it"));
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

async function sourceOf(
  { source: mark, playlist }: Checkpoint,
  { source: given, segments, limits }: ResumeOptions,
): Promise<OpenSource> {
  const open = (source: UploadSource) => {
    if (playlist === undefined) return openSource(source, undefined);
    return openPlaylist(source as PlaylistSource, { segments, limits });
  };
  if (given !== undefined) return open(given);
  if (mark.queryRemoved) {
    throw invalid(
      "source",
      "must be passed again: its query looked like a credential and was not stored",
    );
  }
  if (mark.url !== undefined) return open(mark.url);
  if (mark.path !== undefined) return open(fromFile(mark.path));
  throw invalid("source", "must be passed again: the checkpoint cannot tell where the bytes are");
}
