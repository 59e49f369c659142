// The package's public API.

import { fileCheckpoint, fromFile } from "#host";
import {
  defined,
  flag,
  got,
  invalid,
  list as listOf,
  needed,
  oneOf,
  readable,
  record,
  text,
  texts,
  whole as wholeNumber,
} from "./arguments.ts";
import { NO_SOURCE, start } from "./begin.ts";
import type { CheckpointStore } from "./checkpoint/index.ts";
import { loaded } from "./checkpoint/loaded.ts";
import { replacedBy } from "./checkpoint/replaced.ts";
import { converse } from "./converse.ts";
import { errorOf, readCheckpoint, VodliftError } from "./core.ts";
import { type CreateUploadOptions, creation, handedOn, passedOn } from "./create-upload.ts";
import { type Kind, videoRef } from "./declared.ts";
import type { Suspended } from "./driver.ts";
import { FIELDS, type Names, taken } from "./fields.ts";
import { wordsOf } from "./hosts/failure.ts";
import type { Host, Route } from "./hosts/host.ts";
import {
  deadlineOf,
  howTo,
  howToResume,
  mediaOf,
  memory,
  ossService,
  pull,
  route,
  slowRequests,
  vodService,
} from "./job.ts";
import { Keys } from "./keys.ts";
import { isUrl } from "./kinds.ts";
import { OPTIONS } from "./options.gen.ts";
import type {
  CallOptions,
  PlaylistOptions,
  ResumeOptions,
  SliceOptions,
  UploadAnyOptions,
  UploadAttachedMediaOptions,
  UploadEnd,
  UploadImageOptions,
  UploadItem,
  UploadMediaByUrlOptions,
  VodliftOptions,
  WaitOptions,
} from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { inParallel } from "./parallel.ts";
import { unlessAborted } from "./patience.ts";
import { type Run, run } from "./run.ts";
import { hostBy } from "./shared-host.ts";
import {
  type OpenSource,
  openSource,
  type TakenSource,
  takeSource,
  type UploadSource,
} from "./sources/index.ts";
import { openPlaylist, type PlaylistSource } from "./sources/playlist.ts";
import type { UploadTicket } from "./ticket.ts";
import type {
  Answer,
  Ask,
  Checkpoint,
  Deletion,
  HostLimits,
  Job,
  Mezzanine,
  Options,
  OssService,
  Readiness,
  UrlUploadInfos,
  UrlUploadJob,
  UrlUploads,
  VideoInfo,
  VideoRef,
  VodService,
} from "./wasm/core.js";

export {
  type CheckpointStore,
  durableObjectCheckpoint,
  type KeyValueNamespace,
  kvCheckpoint,
  memoryCheckpoint,
  type ObjectStorage,
  storageCheckpoint,
  type TextStorage,
} from "./checkpoint/index.ts";
export { ErrorCode, type ErrorCodes } from "./codes.gen.ts";
export type { CreateUploadOptions, TicketMediaOption } from "./create-upload.ts";
export type { Kind } from "./declared.ts";
export { type CoreModule, provideCore } from "./door.ts";
export type { Suspended } from "./driver.ts";
export {
  type Code,
  type ErrorClass,
  isVodliftError,
  type OptionNames,
  VodliftError,
  withOptionNames,
} from "./error.ts";
export type * from "./option-types.ts";
export type {
  AttachedOption,
  ImageOption,
  MediaOption,
  PlaylistOption,
  ResumeOption,
  VideoOption,
} from "./options.gen.ts";
export type {
  CallOptions,
  PlaylistOptions,
  ResumeOptions,
  TransferOptions,
  UploadAnyOptions,
  UploadAttachedMediaOptions,
  UploadEnd,
  UploadImageOptions,
  UploadItem,
  UploadMediaByUrlOptions,
  UploadOptions,
  UrlUploadMetadata,
  WaitOptions,
} from "./options.ts";
export type { PlaylistSource } from "./sources/playlist.ts";
export {
  type OssOptions,
  type TicketHasOption,
  type TicketUploadOptions,
  type UploadTicket,
  uploadWithTicket,
} from "./ticket.ts";
export type {
  Deletion,
  Mezzanine,
  Readiness,
  UrlUploadInfo,
  UrlUploadInfos,
  UrlUploadJob,
  UrlUploads,
  Verify,
  VideoInfo,
} from "./wasm/core.js";
export { fileCheckpoint, fromFile };

/**
 * Uploads media into ApsaraVideo VOD.
 *
 * ```ts
 * const vod = new Vodlift({ accessKeyId, accessKeySecret, region: "cn-shanghai" });
 * const { mediaId } = await vod.upload("https://example.com/film.mp4", { title: "Film" });
 * ```
 */
export class Vodlift {
  readonly #keys: Keys;
  readonly #vod: VodService;
  readonly #oss: OssService;
  readonly #memory: number | undefined;
  readonly #passedOn: Partial<UploadTicket>;
  readonly #route: Route | undefined;
  #host: Host | undefined;

  /**
   * Nothing is sent yet.
   *
   * @throws VodliftError `invalid_argument`, naming the field.
   */
  constructor(options: VodliftOptions) {
    const given = taken(options, FIELDS.account);
    this.#keys = new Keys(given);
    this.#vod = vodService(given);
    this.#oss = ossService(given);
    this.#memory = memory(given);
    this.#passedOn = passedOn(given);
    this.#route = route(given);
    this.#host = given.host;
    if (given.host !== undefined && this.#route !== undefined) {
      throw invalid(
        "host",
        "does not go with `fetch`, `proxy` or `routeSources`: it has a way of its own",
      );
    }
  }

  #way(): Host {
    this.#host ??= hostBy(this.#route);
    return this.#host;
  }

  /**
   * Uploads one video or audio file, or what `as` says: an image, an attached media (`uploadImage`, `uploadAttachedMedia`) or an
   * HLS playlist (`uploadPlaylist`), each with the options of its kind. The bytes flow from the source to OSS in parts; nothing
   * is stored in between, and memory does not depend on the size. It resolves when the object is complete and verified; VOD
   * then transcodes it by itself. Limits: 1 byte to 48.8 TB.
   *
   * @param source A URL (text, `URL`, or `{ url, headers }`; read in parallel ranges where the source can), a `Blob` or
   * `File`, bytes, a stream, or `fromFile(path)`.
   * @returns Media id, bucket, object key, size and how it went; with `SliceOptions`, possibly where it was suspended.
   * @throws VodliftError Everything that can go wrong; see its `code`, `hint` and `retryable`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadvideo
   */
  upload(source: UploadSource, options?: UploadAnyOptions): Promise<Outcome>;
  upload(
    source: UploadSource,
    options: UploadAnyOptions & SliceOptions,
  ): Promise<Outcome | Suspended>;
  upload(
    source: UploadSource,
    options: UploadAnyOptions & SliceOptions = {},
  ): Promise<Outcome | Suspended> {
    return this.#upload(source, options);
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
    return whole(await this.#upload(source, options, "image"));
  }

  /**
   * Uploads one attached media: a watermark, a subtitle or a material for editing. The format follows from its name. Its
   * upload credential cannot be renewed either: see `uploadImage`.
   *
   * @param source As `upload`.
   * @returns As `upload`; also `mediaUrl` (on the CDN domain) and `fileUrl` (the object).
   * @throws VodliftError As `upload`; also `credential_ended`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadattachedmedia
   */
  async uploadAttachedMedia(
    source: UploadSource,
    options: UploadAttachedMediaOptions = {},
  ): Promise<Outcome> {
    return whole(await this.#upload(source, options, "attached"));
  }

  /**
   * The one road of every upload.
   *
   * @param method What it becomes by the method that was called; otherwise `as` says it.
   */
  #upload(
    source: UploadSource,
    options: UploadAnyOptions & SliceOptions,
    method?: Kind,
    names: Names = FIELDS.any,
  ): Promise<Outcome | Suspended> {
    const charge = takeSource(source);
    return run(charge, () => {
      const given = taken(options, method === undefined ? names : FIELDS[method]);
      const as = method ?? kindOf(given.as);
      if (method === undefined) mustGoWith(as, given);
      const { checkpoint: store, signal, stop, onProgress, trace } = given;
      charge.told(given);
      return {
        slow: slowRequests(given),
        host: this.#way(),
        memory: this.#memory,
        source: as === "playlist" ? playlistOf(source as PlaylistSource, given) : charge,
        keys: this.#keys,
        begin: (data, limits) => {
          return { type: "create", job: this.#job(data, mediaOf(as, given), howTo(given), limits) };
        },
        store,
        signal,
        stop,
        deadline: deadlineOf(given),
        owner: text("owner", given.owner),
        onProgress,
        trace,
      };
    });
  }

  /**
   * Judges an upload without beginning it: nothing is read and nothing is sent. What only the source or the service can
   * tell stays open.
   *
   * @param as What it is to become.
   * @throws VodliftError `invalid_argument` naming the field, `url_refused`, `address_refused`.
   */
  async check(
    as: Kind,
    source: UploadSource,
    options: UploadAnyOptions & SliceOptions = {},
  ): Promise<void> {
    const kind = kindOf(needed("as", as));
    const given = taken(options, FIELDS.any);
    const opened =
      kind === "playlist"
        ? await playlistOf(source as PlaylistSource, given).open()
        : await openSource(source, given);
    try {
      const job = this.#job(opened.data, mediaOf(kind, given), howTo(given), this.#way().limits);
      start({ type: "create", job }, await this.#keys.current()).free();
      mustGoWith(kind, given);
    } finally {
      // A stream stays open: it is for the upload to read.
      if (opened.local?.type === "slices") await opened.local.slices.close();
    }
  }

  /**
   * Uploads an HLS playlist with everything it names, as one media: the playlists of all variants and renditions, segments,
   * init segments, keys. Every file gets a name of its own beside the root playlist, the playlists are rewritten to those
   * names (and to nothing else), and the root goes up last. A file that many byte ranges point into goes up once.
   *
   * A web playlist leads to URLs only, all of them checked like the source itself; a local one to files below its own
   * folder, and to URLs. Live playlists are refused, unless `complete` takes them as ended.
   *
   * What is stored plays: variables (EXT-X-DEFINE) have their values, leftovers of a low-latency list and lines that players
   * pass over are gone, segments that are gaps stay gaps, names have the extensions that players need, and what is not part
   * of the media (interstitials, a steering server) is named by an absolute URL. All else stays byte for byte.
   *
   * Its files are whole objects: when it is aborted, or fails without a checkpoint, they are removed with the media, by
   * DeleteVideo. A media that was there before (`adopt`) keeps them.
   *
   * @param source The playlist's URL (text, `URL`, or `{ url, headers }`), or `fromFile(path)`.
   * @throws VodliftError As `upload`; also `playlist_invalid`, `playlist_live`, `playlist_too_large`, `playlist_key`,
   * `path_refused`.
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
    return this.#upload(source, options, "playlist");
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
    const source = sourceIn(options);
    return run(source, async () => {
      const given = taken(options, FIELDS.resume);
      const { signal, stop, onProgress, trace } = given;
      source?.told(given);
      const { checkpoint, store } = await unlessAborted(load(from), signal);
      await unlessAborted(confirm(checkpoint, given), signal);
      return {
        slow: slowRequests(given),
        host: this.#way(),
        memory: this.#memory,
        source: sourceOf(checkpoint, given, source),
        keys: this.#keys,
        begin: (data, limits) => {
          const { media, region } = checkpoint;
          const job = this.#job(data, media, howToResume(given), limits, region);
          return { type: "resume", checkpoint, job };
        },
        store,
        signal,
        stop,
        deadline: deadlineOf(given),
        owner: text("owner", given.owner),
        onProgress,
        trace,
      };
    });
  }

  /**
   * Gives up an upload for good: its parts are removed from the server, and its checkpoint from the store. The media id
   * stays in VOD as an empty one. Of a playlist the files that are stored already are removed together with the media id, by
   * DeleteVideo (the key needs `vod:DeleteVideo` and `vod:GetVideoInfo`), but never those of a media that was there before
   * (`adopt`). Of images and attached media only the checkpoint is removed: no credential can be had for their parts, which
   * VOD removes within 7 days.
   *
   * Whatever the checkpoint says, nothing is removed but the parts of the upload id that it names, and media that still wait
   * for their file, whose object is the one that it names, and which it proves to be those of an upload with this AccessKey:
   * not what it names of another that is at work. Whoever has another upload's own checkpoint can give that one up.
   *
   * @param from The checkpoint, or the store that keeps it.
   * @param options With `ownMediaOnly: false` you vouch for what the checkpoint names, as where it was written with another
   * AccessKey and nobody else could have written it.
   * @throws VodliftError `abort_refused` where the media is no longer unfinished, `media_unconfirmed` where it is not provably
   * its own, `checkpoint_invalid` where the checkpoint names another object than VOD; and when the server could not be told.
   * The checkpoint is kept then.
   */
  async abort(
    from: Checkpoint | CheckpointStore,
    options: Pick<ResumeOptions, "ownMediaOnly"> = {},
  ): Promise<void> {
    const given = taken(options, FIELDS.abort);
    const { checkpoint, store } = await load(from);
    const how = howTo(given);
    const open = async (): Promise<OpenSource> => ({ data: NO_SOURCE, local: undefined });
    const begin: Run["begin"] = (data, limits) => {
      const job = this.#job(data, checkpoint.media, how, limits, checkpoint.region);
      return { type: "discard", checkpoint, job };
    };
    const nothing = { signal: undefined, stop: undefined, onProgress: undefined, trace: undefined };
    const source = { open };
    try {
      await run(undefined, () => ({
        host: this.#way(),
        memory: this.#memory,
        keys: this.#keys,
        source,
        begin,
        store,
        deadline: 0,
        ...nothing,
      }));
    } catch (error) {
      if (!(error instanceof VodliftError && error.code === "aborted")) throw error;
      const [left] = error.warnings;
      if (left !== undefined) throw new VodliftError(left);
    }
  }

  /**
   * Makes a media without its file, and a ticket by which others upload that file: a browser, a phone, another process. See
   * `uploadWithTicket`. A media is made with every success; with a `referenceId` VOD refuses a second one.
   *
   * ```ts
   * const ticket = await vod.createUpload({ title: "Film", fileName: "film.mp4", fileSize: 1_048_576 });
   * ```
   *
   * @param options `fileName` with an extension that VOD knows; `as` says what it becomes.
   * @returns `mediaId`, `uploadAddress`, `uploadAuth`, `expiresAt` (ms since the epoch) and how OSS is reached: plain JSON. It is
   * a secret: whoever holds it may store this one file until it expires, and nothing else.
   * @throws VodliftError `invalid_argument`, `vod_rejected` and others, with `serviceCode` and `requestId`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadvideo
   */
  async createUpload(options: CreateUploadOptions): Promise<UploadTicket & { expiresAt: number }> {
    const { ask, said, signal } = creation(options);
    const { ticket } = await this.#ask(ask, "ticket", signal);
    return handedOn(ticket, said, this.#passedOn);
  }

  /**
   * A newer ticket for a video whose file is not there yet, or is to be stored once more. VOD keeps a credential for a while:
   * it may give the same one again. There is none for images and attached media.
   *
   * @param mediaId As `createUpload` gave it. Whose it is, and whether its file may still be stored, is yours to check before.
   * @returns As `createUpload`.
   * @throws VodliftError `media_not_found` and others, with `serviceCode` and `requestId`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-refreshuploadvideo
   */
  async refreshUpload(
    mediaId: string,
    options: Pick<WaitOptions, "signal"> = {},
  ): Promise<UploadTicket & { expiresAt: number }> {
    const { signal } = taken(options, FIELDS.asking);
    const ask: Ask = { type: "refreshUpload", mediaId: text("mediaId", mediaId) ?? "" };
    const { ticket } = await this.#ask(ask, "ticket", signal);
    return handedOn(ticket, { kind: "video" }, this.#passedOn);
  }

  /**
   * Signs and sends any action of the VOD API. What is passing (throttling, an overloaded service, a wrong clock) is tried
   * again under a new signature; what may have taken effect is not done twice.
   *
   * @param action Its name, such as `GetVideoInfo`.
   * @param params Its own parameters as the API names them; lists are joined with commas, objects become JSON.
   * @returns The reply's JSON object. A whole number beyond 2^53 - 1, of which JavaScript would lose digits, is a text of them.
   * @throws VodliftError `vod_rejected` and others, with `serviceCode` and `requestId`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-overview
   */
  async call(
    action: string,
    params: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<Record<string, unknown>> {
    if (typeof action !== "string") throw invalid("action", "must be the name of an action");
    const { signal, repeatable } = taken(options, FIELDS.call);
    const ask: Ask = {
      type: "action",
      action: text("action", action) ?? "",
      params: callParams(params),
      ...defined({ repeatable: flag("repeatable", repeatable) }),
    };
    const { body } = await this.#ask(ask, "reply", signal);
    return JSON.parse(body);
  }

  /**
   * Waits until VOD has the whole source file of a video (`uploaded`, by GetMezzanineInfo), or has done with it
   * (`playable`, by GetVideoInfo: transcoded and checked). It asks after a second, then ever less often, at last twice a
   * minute.
   *
   * @param media Its media id, or `{ mediaId }` or `{ referenceId }`.
   * @param options `size`: the bytes that VOD has to report. A media that was replaced (`replace`) was ready before, too:
   * with the new size it is waited for until VOD has noticed the new file.
   * @returns The status that VOD gives, `Normal`.
   * @throws VodliftError `not_ready` after the timeout, `processing_failed`, `media_not_found`, `aborted`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getmezzanineinfo
   */
  async waitUntilReady(
    media: string | VideoRef,
    options: WaitOptions & { until?: Readiness; size?: number } = {},
  ): Promise<string> {
    const { signal, timeout, until = "uploaded", size } = taken(options, FIELDS.ready);
    const ask: Ask = {
      type: "untilReady",
      ...videoRef("mediaId", media),
      until: oneOf("until", until, ["uploaded", "playable"]) ?? until,
      ...defined({ size: wholeNumber("size", size, 1) }),
      ...timeoutMs(timeout),
    };
    return (await this.#ask(ask, "ready", signal)).status;
  }

  /**
   * What VOD knows of a video: status, title, size, cover, snapshots. Fields that VOD leaves out are absent.
   *
   * @param media Its media id, or `{ mediaId }` or `{ referenceId }`.
   * @throws VodliftError `media_not_found`, and as `call`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getvideoinfo
   */
  async videoInfo(
    media: string | VideoRef,
    options: Pick<WaitOptions, "signal"> = {},
  ): Promise<VideoInfo> {
    const { signal } = taken(options, FIELDS.asking);
    const ask: Ask = { type: "videoInfo", video: videoRef("media", media) };
    return (await this.#ask(ask, "video", signal)).info;
  }

  /**
   * What VOD knows of a video's source file: status, size, file name.
   *
   * @param media Its media id, or `{ mediaId }` or `{ referenceId }`.
   * @throws VodliftError `media_not_found`, also before the file has arrived; and as `call`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getmezzanineinfo
   */
  async mezzanineInfo(
    media: string | VideoRef,
    options: Pick<WaitOptions, "signal"> = {},
  ): Promise<Mezzanine> {
    const { signal } = taken(options, FIELDS.asking);
    const ask: Ask = { type: "mezzanineInfo", video: videoRef("media", media) };
    return (await this.#ask(ask, "mezzanine", signal)).info;
  }

  /**
   * Deletes videos with all that belongs to them: source file, transcoded streams, snapshots. There is no way back.
   *
   * @param media One to 20, all by their media ids or all by their reference ids (`{ referenceId }`).
   * @returns Ids that name no video, and those that VOD does not allow to delete. All others are gone.
   * @throws VodliftError `permission_denied`, and as `call`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-deletevideo
   */
  async deleteVideos(
    media: string | VideoRef | readonly (string | VideoRef)[],
    options: Pick<WaitOptions, "signal"> = {},
  ): Promise<Deletion> {
    const { signal } = taken(options, FIELDS.asking);
    const all = isList(media) ? listOf("media", media) : [media];
    const videos = all.map((one) => videoRef("media", one as string | VideoRef));
    return (await this.#ask({ type: "deleteVideos", videos }, "deleted", signal)).deletion;
  }

  /**
   * Lets VOD fetch URLs by itself: no byte passes here, and it may take hours. `waitForUrlUploads` tells when it is done.
   *
   * @param urls At most 20 http or https URLs that VOD can reach.
   * @returns One job a URL.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-uploadmediabyurl
   */
  async uploadMediaByUrl(
    urls: readonly (string | URL)[] | string | URL,
    options: UploadMediaByUrlOptions = {},
  ): Promise<UrlUploadJob[]> {
    const given = taken(options, FIELDS.byUrl);
    const all = typeof urls === "string" || isUrl(urls) ? [urls] : urls;
    if (!isList(all)) throw invalid("urls", "must be a URL, or a list of them");
    const ask: Ask = { type: "uploadByUrl", pull: pull(all as readonly (string | URL)[], given) };
    return (await this.#ask(ask, "jobs", given.signal)).jobs;
  }

  /**
   * How far VOD is with URLs it fetches.
   *
   * @param which At most 10 jobs, by `{ jobIds }` or `{ urls }`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-geturluploadinfos
   */
  async getUrlUploadInfos(
    which: UrlUploads,
    options: Pick<WaitOptions, "signal"> = {},
  ): Promise<UrlUploadInfos> {
    const { signal } = taken(options, FIELDS.asking);
    const ask: Ask = { type: "urlUploads", which: urlUploads(which), untilEnded: false };
    return (await this.#ask(ask, "infos", signal)).infos;
  }

  /**
   * Waits until VOD has ended all of these jobs, well or not: see each one's `status`. It asks as `waitUntilReady` does.
   *
   * @param which At most 10 jobs, by `{ jobIds }` or `{ urls }`.
   * @throws VodliftError `not_ready` after the timeout.
   */
  async waitForUrlUploads(which: UrlUploads, options: WaitOptions = {}): Promise<UrlUploadInfos> {
    const { signal, timeout } = taken(options, FIELDS.waiting);
    const ask: Ask = {
      type: "urlUploads",
      which: urlUploads(which),
      untilEnded: true,
      ...timeoutMs(timeout),
    };
    return (await this.#ask(ask, "infos", signal)).infos;
  }

  /**
   * Cancels jobs that VOD has not begun.
   *
   * @param which At most 10 jobs, by `{ jobIds }` or `{ urls }`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-cancelurluploadjobs
   */
  async cancelUrlUploadJobs(
    which: UrlUploads,
    options: Pick<WaitOptions, "signal"> = {},
  ): Promise<void> {
    const { signal } = taken(options, FIELDS.asking);
    await this.#ask({ type: "cancelUrlUploads", which: urlUploads(which) }, "finished", signal);
  }

  /**
   * Removes the unfinished parts of a video of which only the media id is known. With a checkpoint, `abort` does it.
   *
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-deletemultipartupload
   */
  async abortMedia(mediaId: string, options: Pick<WaitOptions, "signal"> = {}): Promise<void> {
    const { signal } = taken(options, FIELDS.asking);
    const id = text("mediaId", mediaId) ?? "";
    await this.#ask({ type: "abortMedia", mediaId: id }, "finished", signal);
  }

  #ask<T extends Answer["type"]>(ask: Ask, wanted: T, signal: AbortSignal | undefined) {
    return converse(
      { host: this.#way(), memory: this.#memory, service: this.#vod, keys: this.#keys, signal },
      ask,
      wanted,
    );
  }

  /**
   * Uploads many, a few at a time, and tells how each ended as soon as it has. One that fails does not stop the others.
   * The next item is asked for when there is room, so the list may be of any length, and may be read as it comes.
   *
   * ```ts
   * for await (const { item, outcome, error, suspended } of vod.uploadAll(items, { jobs: 8 })) …
   * ```
   *
   * @param items Each with its source and its own options.
   * @param how `jobs`: uploads at once, 4 unless told otherwise; each has as many parts in flight as its `concurrency`.
   */
  async *uploadAll<Item extends UploadItem>(
    items: Iterable<Item> | AsyncIterable<Item>,
    how: { jobs?: number } = {},
  ): AsyncGenerator<UploadEnd<Item>> {
    const { jobs } = taken(how, FIELDS.many);
    if (!isIterable(items)) throw invalid("items", "must be a list of uploads, or give them");
    yield* inParallel(itemsOf(items), wholeNumber("jobs", jobs, 1) ?? 4, async (item) => {
      try {
        const end = await this.#uploadItem(item);
        return "suspended" in end ? { item, suspended: end } : { item, outcome: end };
      } catch (error) {
        return { item, error: asVodliftError(error) };
      }
    });
  }

  /** An item may have fields of the caller's own, as long as none looks like a slip of the pen. */
  async #uploadItem(item: UploadItem): Promise<Outcome | Suspended> {
    if (typeof item !== "object" || item === null) throw invalid("item", "must be an object");
    const source = readable("source", () => item.source);
    return this.#upload(source, item, undefined, FIELDS.item);
  }

  #job(
    source: Job["source"],
    media: Job["media"],
    options: Options,
    limits: HostLimits,
    region?: string,
  ): Job {
    const vod = region === undefined ? this.#vod : { region, ...this.#vod };
    return { media, source, vod, oss: this.#oss, options, host: limits };
  }
}

/** What it is to become; a video, unless it is said. */
function kindOf(as: string | undefined): Kind {
  return oneOf("as", as as Kind | undefined, OPTIONS.as.values) ?? "video";
}

/** Options without an effect are mistakes. */
function mustGoWith(as: Kind, given: object): void {
  taken(given, { ...FIELDS[as], others: ["as", "source"] }, `does not go with \`as\` ${as}`);
}

function playlistOf(source: PlaylistSource, given: PlaylistOptions) {
  return { open: async () => openPlaylist(source, given) };
}

/** Of an upload that nobody can stop halfway. */
function whole(end: Outcome | Suspended): Outcome {
  if (!("suspended" in end)) return end;
  throw new VodliftError(errorOf("internal", "the upload was suspended, and nobody asked for it"));
}

function timeoutMs(timeout: number | undefined): { timeoutMs?: number } {
  const ms = wholeNumber("timeout", timeout, 0);
  return ms === undefined ? {} : { timeoutMs: ms };
}

/** As the API's own clients write them. What is undefined or null is left out. */
function callParams(params: Readonly<Record<string, unknown>>): [string, string][] {
  const given = Object.entries(record("params", params));
  const told = given.filter(([, value]) => value !== undefined && value !== null);
  return told.map(([name, value]) => {
    const written = readable(`params.${name}`, () => paramText(name, value));
    return [name, text("params", written) ?? ""];
  });
}

function paramText(name: string, value: unknown): string {
  if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw invalid(
      `params.${name}`,
      "must be exact: as a number it has lost digits, so write it as text or as a bigint",
    );
  }
  const items = isList(value) ? listOf("params", value) : undefined;
  if (items?.every((item) => typeof item !== "object")) return items.join(",");
  if (typeof value === "function" || typeof value === "symbol") {
    throw invalid(`params.${name}`, `must be plain data, ${got(value)}`);
  }
  return typeof value === "object" ? (JSON.stringify(value) ?? "") : String(value);
}

/** Jobs by their ids, or by their URLs: how many of them the core says. */
function urlUploads(which: UrlUploads): UrlUploads {
  const given = record("which", which) as { jobIds?: string[]; urls?: string[] };
  const { jobIds, urls, ...others } = given;
  const [other] = Object.keys(others);
  if (other !== undefined || (jobIds === undefined) === (urls === undefined)) {
    throw invalid("which", "must be { jobIds } or { urls }");
  }
  return jobIds === undefined
    ? { urls: texts("which.urls", urls) ?? [] }
    : { jobIds: texts("which.jobIds", jobIds) ?? [] };
}

function isList(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

async function load(
  from: Checkpoint | CheckpointStore,
): Promise<{ checkpoint: Checkpoint; store: CheckpointStore | undefined }> {
  if (!isStore(from)) return { checkpoint: readCheckpoint(from), store: undefined };
  const stored = await loaded(from);
  if (stored !== undefined) return { checkpoint: readCheckpoint(stored), store: from };
  throw new VodliftError(errorOf("checkpoint_invalid", "there is no checkpoint to resume from"));
}

function isStore(from: Checkpoint | CheckpointStore): from is CheckpointStore {
  if (typeof from !== "object" || from === null) return false;
  return readable("from", () => "load" in from && typeof from.load === "function");
}

/** What a list of the caller's own throws ends the calling, and says that it is the list's. */
async function* itemsOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    const message = `\`items\` cannot be read: ${wordsOf(error)}`;
    throw new VodliftError(errorOf("invalid_argument", message), error);
  }
}

function isIterable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return readable("items", () => Symbol.asyncIterator in value || Symbol.iterator in value);
}

/** Whatever a caller's own code throws. */
function asVodliftError(error: unknown): VodliftError {
  if (error instanceof VodliftError) return error;
  return new VodliftError(errorOf("internal", wordsOf(error)), error);
}

/** Lets the caller look at what the checkpoint names: the media that it overwrites, and the source where that is read. */
async function confirm(checkpoint: Checkpoint, options: ResumeOptions): Promise<void> {
  const { path, url } = checkpoint.source;
  const { source: given, confirmSource, confirmReplace } = options;
  const media = replacedBy(checkpoint);
  if (media !== undefined && confirmReplace && !(await confirmReplace(media))) {
    const message = "the media whose file the checkpoint replaces was not confirmed";
    throw new VodliftError(errorOf("replace_unconfirmed", message));
  }
  if (given !== undefined || confirmSource === undefined) return;
  if (path === undefined && url === undefined) return;
  if (await confirmSource(defined({ path, url }))) return;
  const message = "the source that the checkpoint names was not confirmed";
  throw new VodliftError(errorOf("source_unconfirmed", message));
}

/** Taken charge of before anything else is looked at, so that it is closed whatever is wrong with that. */
function sourceIn(options: ResumeOptions): TakenSource | undefined {
  const source = readable("source", () => options?.source);
  return source === undefined ? undefined : takeSource(source);
}

function sourceOf(
  { source: mark, playlist }: Checkpoint,
  options: ResumeOptions,
  taken: TakenSource | undefined,
): Run["source"] {
  const { source: given, segments, limits, hosts, sourceHeaders } = options;
  const from = (source: UploadSource): Run["source"] => {
    if (playlist !== undefined) {
      const rules = { segments, limits, hosts, sourceHeaders };
      return { open: async () => openPlaylist(source as PlaylistSource, rules) };
    }
    if (source === given && taken) return taken;
    const named = takeSource(source);
    named.told({ sourceHeaders });
    return named;
  };
  if (given !== undefined) return from(given);
  if (mark.queryRemoved) {
    throw invalid(
      "source",
      "must be passed again: its query may hold a credential and was not stored",
    );
  }
  if (mark.url !== undefined) return from(mark.url);
  if (mark.path !== undefined) return from(fromFile(mark.path));
  throw invalid("source", "must be passed again: the checkpoint cannot tell where the bytes are");
}
