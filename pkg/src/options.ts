// What callers may say: the package's options, one interface for each question.

import type { HeaderFields } from "./arguments.ts";
import type { CheckpointStore } from "./checkpoint/index.ts";
import type { VodliftError } from "./error.ts";
import type { Outcome } from "./outcome.ts";
import type { UploadProgress } from "./progress.ts";
import type { SlowRequest } from "./slow.ts";
import type { UploadSource } from "./sources/index.ts";
import type { HostRequest } from "./sources/playlist.ts";
import type { BusinessType, ImageType, PlaylistLimits, VideoRef } from "./wasm/core.js";

/** Keys of the account. */
export interface CallerCredentials {
  /**
   * AccessKey id of a RAM user, or of an STS credential. It may call `vod:CreateUploadVideo` and `vod:RefreshUploadVideo`
   * (CreateUploadImage, CreateUploadAttachedMedia). When something went wrong, `vod:GetMezzanineInfo` (GetImageInfo,
   * GetAttachedMediaInfo) tells what became of it, and `vod:DeleteMultipartUpload` and, of playlists, `vod:DeleteVideo` remove
   * what is left.
   */
  accessKeyId: string;
  /** The secret that belongs to it. It signs, and is never sent. */
  accessKeySecret: string;
  /** The token of an STS credential. */
  securityToken?: string | undefined;
  /** When an STS credential ends: a `Date`, ms since the epoch, or ISO 8601 text. Then it is replaced before that. */
  expiration?: Date | number | string | undefined;
}

/** Whose account, and where. */
export interface VodliftOptions {
  /** AccessKey id of a RAM user, or of an STS credential. It may call `vod:CreateUploadVideo` and `vod:RefreshUploadVideo`. */
  accessKeyId?: string;
  /** The secret that belongs to it. It signs, and is never sent. */
  accessKeySecret?: string;
  /** The token of an STS credential. */
  securityToken?: string;
  /**
   * Gives the credentials, instead of the three above: when there are none yet, a minute before their `expiration`, and
   * when VOD says that the token has expired. Uploads that run longer than one token go on with the next one.
   */
  credentials?: () => Promise<CallerCredentials>;
  /** Region of the VOD service, `cn-shanghai` unless told otherwise. Media live in one region. */
  region?: string;
  /** VOD endpoint instead of the region's: `host`, `host:port`, or with `https://` or `http://` before it. */
  endpoint?: string;
  /** How to sign for VOD: `acs3` (the default), or `rpc` for gateways that know nothing newer. */
  vodSignature?: "acs3" | "rpc";
  /** How to sign for OSS: `v4` (the default), or `v1` for old buckets and private clouds. */
  ossSignature?: "v4" | "v1";
  /** OSS endpoint instead of the one VOD names: an internal, accelerate or custom one, without the bucket. */
  ossEndpoint?: string;
  /**
   * The network to OSS, from the endpoint VOD names: `internal` from within that region's cloud network, `accelerate`
   * where transfer acceleration is switched on for the bucket. TLS stays. A VPC endpoint goes into `ossEndpoint`.
   */
  ossNetwork?: "public" | "internal" | "accelerate";
  /** `ossEndpoint` is a domain bound to the bucket (a CNAME): the bucket's name is not put before it. */
  ossCname?: boolean;
  /** Region of the bucket, where the endpoint does not tell it. */
  ossRegion?: string;
  /**
   * Hosts beside those of OSS (`oss-*.aliyuncs.com`, `*.oss.aliyuncs.com`) that VOD may send the bytes to: `host`,
   * `host:port`, or `http://host:port` to allow plain HTTP there.
   */
  trustedHosts?: string[];
  /**
   * Bytes that all uploads of this process (of this isolate, in Workers) may hold in memory before one of this client's has to
   * wait for its turn: parts of sources that have no ranges, files of playlists, and playlists. 1 MiB or more, as a number or as
   * text such as `"32MiB"`; it defaults to 48 MiB, which leaves room beside it in 128 MB. Where
   * memory is short, parts are smaller. A single part or playlist that needs more than there is has its turn when nothing
   * else does. Bytes that are sent while they are read are not counted: about 1 MiB for each upload.
   */
  memory?: number | string;
}

/**
 * What OSS calls when the object is complete.
 *
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/callback
 */
export interface UploadCallback {
  /** At most 5 http or https URLs, tried in order. */
  url: string | readonly string[];
  /** Body, with `${bucket}`, `${object}`, `${etag}`, `${size}`, `${mimeType}`, `${x:name}` filled in by OSS. */
  body: string;
  /** Type of the body; `application/x-www-form-urlencoded` unless told otherwise. */
  bodyType?: "application/x-www-form-urlencoded" | "application/json";
  /** `Host` header of the request. */
  host?: string;
  /** Names the host by SNI, too. */
  sni?: boolean;
  /** Values of the `${x:name}`, by name without `x:`, in lower case. */
  variables?: Readonly<Record<string, string>>;
}

/** What it becomes, and how to go about it. Every field may be left out. */
export interface UploadOptions {
  /**
   * Title, at most 128 characters, of attached media 128 bytes of UTF-8. It defaults to the file's name without its
   * extension, without emoji and what else VOD refuses, cut to that length.
   */
  title?: string;
  /** Description, at most 1024 characters, of attached media 1024 bytes of UTF-8. */
  description?: string;
  /** At most 16 tags of at most 32 characters each, as a list or separated by commas. */
  tags?: readonly string[] | string;
  /** Category id. */
  cateId?: number | string;
  /** URL of a thumbnail of your own. */
  coverUrl?: string;
  /** Transcoding template group; `VOD_NO_TRANSCODE` for none. */
  templateGroupId?: string;
  /** Workflow; it wins over the template group. */
  workflowId?: string;
  /** Bucket to store in, as `outin-….oss-cn-shanghai.aliyuncs.com`; the account's default otherwise. */
  storageLocation?: string;
  /** Application; `app-1000000` otherwise. */
  appId?: string;
  /** Passed on to callbacks: an object, or one as JSON, with `MessageCallback`, `Extend` (at most 512 bytes), `AccelerateConfig`. */
  userData?: object | string;
  /** An id of your own, 6 to 64 of `A-Z a-z 0-9 _ -`, unique in the account. */
  referenceId?: string;
  /**
   * What to do when a media has this `referenceId` already, most often one of an earlier try that died before it could note
   * the media id. `true`: go on with that media, whoever began it; one that has a file of the same size is done at once
   * (`compared: "existing_length"`: nothing is sent, and the contents are not compared), one with another file is refused
   * as `reference_taken`. `"if-possible"`, for ids that were made up: where that cannot be done, or VOD does not know the
   * parameter, make a new media without the id. `false` (the default): refuse it, unless this very upload began it: the
   * reply to its Create was lost, now or before a `resume`, and the media has no file and was made since.
   *
   * With `true` a media that another process is uploading right now looks the same: it is your id that keeps the two apart.
   */
  adopt?: boolean | "if-possible";
  /**
   * A video or audio that exists and gets these bytes in place of its own: its media id, or `{ mediaId }` or
   * `{ referenceId }`. The object keeps its key, so the source must be of the same format: a file name with another
   * extension is refused. Nothing else of the media can be changed with it: `title`, `tags` and the like are refused by
   * name. VOD transcodes the media and takes its snapshots once more; until then it plays as before. If the upload fails or
   * is aborted the old bytes stay, and the media is never deleted.
   *
   * A media may be replaced whose source file is there, whatever VOD is doing with it, has failed (`UploadFail`) or is still
   * missing (`Uploading`). One that is `Deleted` or `Blocked` is refused as `not_replaceable`, an unknown one as
   * `media_not_found`. It does not go with `adopt`, nor with playlists.
   *
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-refreshuploadvideo
   */
  replace?: string | VideoRef;
  /**
   * The media id that an earlier try of this very upload was given, if you noted it and have no checkpoint: where
   * `referenceId` is found to belong to that media, the upload goes on with it and sends everything again. On the command
   * line and in a manifest the checkpoint does that.
   */
  earlierMediaId?: string;
  /**
   * A name with an extension, by which VOD tells the format. It defaults to what the source tells of itself: the name in
   * Content-Disposition, the URL's path or query, or a file's own, with the extension that the Content-Type stands for where
   * that name has none that VOD knows.
   */
  fileName?: string;
  /** Use the first frame as the cover. */
  enableFirstFrameCover?: boolean;
  /** Make thumbnails. */
  generateThumbnail?: boolean;

  /** Bytes a part, 102,400 to 5 GiB, as a number or as text such as `"16MiB"`. It grows where 10,000 parts would not do. */
  partSize?: number | string;
  /** Parts in flight at once: 4 on Node, 3 on Workers, unless told otherwise. */
  concurrency?: number;
  /**
   * `length` (the default): exact lengths on both sides, and OSS's CRC-64 of every part folded and compared with that of
   * the object. `crc64`: also a CRC-64 computed here over every byte, at the cost of reading them all.
   */
  verify?: "length" | "crc64";
  /**
   * Headers stored with the object: `Content-Type` (by the file's name unless told otherwise), `Cache-Control`,
   * `Content-Disposition`, `x-oss-meta-…` (8 KB of names and values together), `x-oss-storage-class` (`Standard`, `IA`,
   * `Archive`, `ColdArchive`, `DeepColdArchive`), `x-oss-forbid-overwrite` (`true`), `x-oss-tagging` (`a=1&b=2`, at most 10).
   */
  objectHeaders?: HeaderFields;
  /**
   * Headers sent to the source: to the URL's own origin only, not to where it redirects. As `{ url, headers }` in place of
   * the URL. No checkpoint keeps them: pass them to `resume` again.
   */
  sourceHeaders?: HeaderFields;
  /** Whether VOD shows the watermark on the video. Where there is a template group, that decides. */
  showWatermark?: boolean;
  /** The most that one connection to OSS may carry, in bit/s: 819,200 (100 KB/s) to 838,860,800 (100 MB/s). */
  trafficLimit?: number;
  /**
   * What OSS calls when the object is complete. If that fails, the object is stored all the same, and the upload rejects
   * with `callback_failed`. No checkpoint keeps it: pass it again to `resume`. VOD's own events need none of it.
   */
  callback?: UploadCallback;
  /**
   * Refuses a source of more bytes with `too_large`: before VOD hears of it, or where it goes on behind them. A number, or
   * text such as `"20GiB"`.
   */
  maxBytes?: number | string;
  /**
   * `false`: read a URL in one request, in order, without ranges: for links that work only once. It takes memory for the
   * parts in flight. A source whose ranges turn out not to work is read so anyway.
   */
  ranges?: boolean;
  /**
   * How long a source may stand still, in ms: 300,000 before its first byte and 60,000 between two unless told otherwise.
   * Then it is asked again, a few times.
   */
  sourceTimeoutMs?: number | string;
  /**
   * How long VOD and OSS may stand still, in ms: 60,000 unless told otherwise. A part has as long as its bytes need at
   * 16 KiB/s on top of that, as they may still be on their way.
   */
  serviceTimeoutMs?: number | string;
  /**
   * Whatever the source's `Content-Type`, name and first bytes say, take it for what it is uploaded as. Otherwise a page
   * (HTML, JSON, XML) is refused with `source_is_page`, and for a video a playlist or an image with `source_is_playlist` or
   * `source_is_image`, before VOD hears of it. So is a page in place of a segment that is named as media (`7.ts`), or that
   * begins as one. What begins as media does is no page, whatever it is called. The first bytes are looked at behind URLs only.
   */
  anyContentType?: boolean;
  /** `"video"`: it is meant as a video, although it looks like a playlist or an image. */
  as?: "video";
  /** Allow a URL on a private or loopback address, a local host name or an unusual port. */
  allowPrivateSources?: boolean;
  /**
   * Only hosts of this list, for the URL itself, where it redirects to and what a playlist names: `media.example.com`,
   * `*.example.com` (all below it, not itself), with `:port` for that port only; names beyond ASCII as they are or as
   * `xn--…`. Others fail with `source_host_refused`.
   */
  allowHosts?: readonly string[];
  /** None of these hosts, even where `allowHosts` has them. */
  denyHosts?: readonly string[];
  /** Length in bytes of a stream, if it is known. Only for streams: everything else knows its own. */
  size?: number;

  /**
   * Where to keep the checkpoint. With one, a failure that a later run could mend leaves the parts on the server, and
   * `resume` goes on from there; it is removed when the upload is done or aborted. A store that does
   * not save aborts the upload with `checkpoint_failed`. One that does not remove, or takes longer than
   * 10 seconds in the end, changes nothing of the outcome: its `warnings` say so.
   */
  checkpoint?: CheckpointStore;
  /** Aborts the upload. What was uploaded is removed before the promise rejects with `aborted`. */
  signal?: AbortSignal;
  /**
   * Told at most ten times a second, and once in the end. If it throws, the upload is aborted. A
   * promise that it returns is not waited for: if that rejects, the upload goes on, and the first such
   * error is one of the `warnings` of the outcome (or of the `VodliftError`). What rejects only after
   * that was handed over is caught, and told nowhere.
   */
  onProgress?: (progress: UploadProgress) => unknown;
  /**
   * Told of each request to the source, VOD or OSS that takes longer than `slowRequestMs`: once, as soon as it does. A
   * source is timed until its reply begins. If it throws or rejects: as `onProgress`.
   */
  onSlowRequest?: (slow: SlowRequest) => unknown;
  /** From when on a request is slow, in ms: 300,000 unless told otherwise. 0 tells of every one. */
  slowRequestMs?: number | string;
  /**
   * Told what the core hears and what it answers: a JSON object a line, for a report of what went wrong. Every secret in it
   * has a stand-in: keys, upload credentials, signatures, what a caller asks a source with, and what queries hold, but for
   * file names. `cargo run -p replay -- FILE` in this project runs such a trace again. If it throws or rejects: as
   * `onProgress`.
   */
  trace?: (line: string) => unknown;
}

/** What an HLS playlist becomes, and how to go about it. */
export interface PlaylistOptions
  extends Omit<UploadOptions, "partSize" | "size" | "maxBytes" | "ranges" | "replace" | "as"> {
  /**
   * The segments of one media playlist, in place of what it names: URLs (signed ones, say), or for a local playlist also
   * paths below its folder. One for each different segment, in the order they first appear.
   */
  segments?: readonly (string | URL)[];
  /**
   * The variants wanted of a master playlist, all of them by default: `best` or `worst` (by bandwidth), `720p`, `<=720p`,
   * `2500000` (bit/s), `<=2500000`, `name=HD` (its NAME or STABLE-VARIANT-ID). Of several, all that fit one; as a list or
   * separated by commas. Audio and subtitles that no chosen variant plays with fall away, too. A resume keeps the choice.
   */
  variants?: string | readonly string[];
  /**
   * Take playlists that are live or unfinished as ended: what they list now is all there is, and is stored with an
   * EXT-X-ENDLIST. A resume keeps the choice.
   */
  complete?: boolean;
  /**
   * What to do about a segment that its source does not have (404, 410, no such file): `fail` (the default), or `gap`: go on
   * without it, mark it with EXT-X-GAP, and tell in `missingSegments` of the outcome. A resume keeps the choice.
   */
  missingSegments?: "fail" | "gap";
  /**
   * Headers and query parameters for the hosts that the playlist leads to, such as a CDN: by host (`cdn.example.com`,
   * `*.example.com`, `example.com:8443`). The source's own headers never go there. No checkpoint keeps them: pass them to
   * `resume` again.
   */
  hosts?: Readonly<Record<string, HostRequest>>;
  /** What is too much: 100 playlists, 100,000 files, 8 MiB a playlist and 1 TiB in all unless told otherwise. */
  limits?: PlaylistLimits;
}

/** What goes for every kind of upload. */
export type TransferOptions = Pick<
  UploadOptions,
  | "partSize"
  | "concurrency"
  | "verify"
  | "objectHeaders"
  | "sourceHeaders"
  | "trafficLimit"
  | "callback"
  | "maxBytes"
  | "ranges"
  | "sourceTimeoutMs"
  | "serviceTimeoutMs"
  | "anyContentType"
  | "allowPrivateSources"
  | "allowHosts"
  | "denyHosts"
  | "size"
  | "checkpoint"
  | "signal"
  | "onProgress"
  | "onSlowRequest"
  | "slowRequestMs"
  | "trace"
>;

/** What every image and attached media may have. */
type OtherMediaOptions = Pick<
  UploadOptions,
  "title" | "description" | "tags" | "storageLocation" | "appId" | "userData" | "fileName"
>;

/** What an image becomes, and how to go about it. Every field may be left out. */
export interface UploadImageOptions
  extends TransferOptions,
    OtherMediaOptions,
    Pick<UploadOptions, "cateId"> {
  /** What it is for: `default`, or `cover` for the cover of a video. */
  imageType?: ImageType;
  /** Format as an extension without a dot (`png`, `jpg`, `webp` …); the file name's own unless told otherwise. */
  imageExt?: string;
}

/** What an attached media becomes, and how to go about it. */
export interface UploadAttachedMediaOptions
  extends TransferOptions,
    OtherMediaOptions,
    Pick<UploadOptions, "cateId"> {
  /** What it is for: `watermark`, `subtitle` or `material`. */
  businessType: BusinessType;
  /** Format as an extension without a dot (`png`, `vtt`, `zip` …); the file name's own unless told otherwise. */
  mediaExt?: string;
  /** Category ids, at most 5, with `cateId` before them. */
  cateIds?: readonly (number | string)[];
}

/** One of many uploads: what to upload, and its own options. */
export interface UploadItem extends UploadOptions {
  /** As the first argument of `upload`. */
  source: UploadSource;
}

/** How one of many uploads ended. */
export type UploadEnd<Item extends UploadItem = UploadItem> =
  | { item: Item; outcome: Outcome; error?: never }
  | { item: Item; error: VodliftError; outcome?: never };

/** What one run may use up. Without a number there is no limit. */
export interface UploadBudget {
  /** Parts begun. With 0 the upload is only prepared, for shards to carry on. */
  parts?: number;
  /** Requests to the source, VOD and OSS together: the subrequests of a Worker. */
  subrequests?: number;
  /** Bytes of parts begun. */
  bytes?: number;
  /** No part begins from then on: a time, or ms since the epoch. */
  deadline?: Date | number;
}

/** How to upload in slices: several runs, in one place after the other or in several places at once. */
export interface SliceOptions {
  /** What one run may use up. Then it finishes the parts in flight and ends in `Suspended`. */
  budget?: UploadBudget;
  /**
   * Only these part numbers (from 1, both included), of an upload that another run began and will complete. Progress
   * counts these parts alone. A shard that fails removes nothing. It needs a source whose ranges work: where they stop
   * working it ends with `source_range`, and the run that completes the upload reads the whole in one request.
   */
  shard?: { first: number; last: number };
  /** Stops at the next part: what is in flight is finished, and the run ends in `Suspended`. */
  stop?: AbortSignal;
}

/** How to call an action of the VOD API. */
export interface CallOptions {
  /** Gives up waiting for the reply. What the service has begun, it may finish. */
  signal?: AbortSignal;
  /**
   * The call may be sent again when its reply was lost. Taken for granted of actions that only look (Get…, List…, Search…,
   * Describe…, Query…, Refresh…). Throttled calls are always sent again: they have done nothing.
   */
  repeatable?: boolean;
}

/** How long to wait for VOD. */
export interface WaitOptions {
  /** Ends the waiting. */
  signal?: AbortSignal;
  /** Ends the waiting after so many ms, with `not_ready`. There is no limit otherwise. */
  timeout?: number;
}

/** What a URL that VOD fetches becomes. */
export interface UrlUploadMetadata
  extends Pick<
    UploadOptions,
    | "title"
    | "description"
    | "tags"
    | "cateId"
    | "coverUrl"
    | "templateGroupId"
    | "workflowId"
    | "referenceId"
  > {
  /** One of the URLs. */
  sourceUrl: string;
  /** Title, at most 128 characters. Needed here. */
  title: string;
  /** Size in bytes. */
  fileSize?: number;
  /** Format as an extension without a dot. Needed where the URL's path has none; it wins over that. */
  fileExtension?: string;
}

/** What URLs that VOD fetches become. */
export interface UploadMediaByUrlOptions
  extends Pick<
    UploadOptions,
    | "templateGroupId"
    | "workflowId"
    | "storageLocation"
    | "appId"
    | "userData"
    | "enableFirstFrameCover"
    | "generateThumbnail"
  > {
  /** For each URL, matched by `sourceUrl`. */
  metadatas?: readonly UrlUploadMetadata[];
  /** Names this call, at most 50 of `A-Z a-z 0-9 _ -`: VOD refuses the same again within 10 minutes. Made up if not given. */
  sessionId?: string;
  /** Gives up waiting for the reply. */
  signal?: AbortSignal;
}

/** How to go on. What it becomes, where it goes and how it is cut stand in the checkpoint. */
export interface ResumeOptions
  extends Pick<
      UploadOptions,
      | "concurrency"
      | "verify"
      | "sourceHeaders"
      | "trafficLimit"
      | "callback"
      | "maxBytes"
      | "ranges"
      | "sourceTimeoutMs"
      | "serviceTimeoutMs"
      | "anyContentType"
      | "allowPrivateSources"
      | "allowHosts"
      | "denyHosts"
      | "signal"
      | "onProgress"
      | "onSlowRequest"
      | "slowRequestMs"
      | "trace"
    >,
    Pick<PlaylistOptions, "segments" | "limits" | "hosts"> {
  /** Where the source is now. Needed where the checkpoint cannot tell: a Blob, bytes, or a URL whose query may be a secret. */
  source?: UploadSource;
  /**
   * Called with the source that the checkpoint itself names, before anything of it is read, where `source` is not given.
   * `false` refuses it (`source_unconfirmed`). Without it the checkpoint is trusted: it may name any file that this process
   * can read, so pass one for checkpoints that others could have written.
   */
  confirmSource?: (source: NamedSource) => boolean | Promise<boolean>;
  /**
   * Called where the checkpoint says `replace`, or that the file came out wrong when it was stored, with the media whose
   * file would be overwritten, before anything is sent.
   * `false` refuses it (`replace_unconfirmed`). Without it the checkpoint is trusted: it may name any video of the account.
   * Any other media that has a file already is never overwritten, whatever the checkpoint says.
   */
  confirmReplace?: (media: VideoRef) => boolean | Promise<boolean>;
  /**
   * Refuse (`media_unconfirmed`) a media that the checkpoint only names: it must prove that an upload with the same AccessKey
   * wrote it, or OSS must know its upload id. Otherwise another upload may be at work on that media. Without it `resume`
   * trusts the checkpoint, as it has to where the AccessKey has changed meanwhile; `abort` trusts it only with `false`.
   */
  ownMediaOnly?: boolean;
}

/** What a checkpoint names as its source: a path, as it was given, or a URL. */
export interface NamedSource {
  /** Of a file. */
  path?: string;
  /** Of a URL, without its query where that may be a credential. */
  url?: string;
}
