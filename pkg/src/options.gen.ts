// Generated from the declarations in src/options by `make build`. Committed, so that a change is seen in review.
import type { HeaderFields } from "./arguments.ts";
import type { CheckpointStore } from "./checkpoint/index.ts";
import type { Host } from "./hosts/host.ts";
import type { CallerCredentials, NamedSource, UploadBudget, UploadCallback } from "./options.ts";
import type { UploadProgress } from "./progress.ts";
import type { SlowRequest } from "./slow.ts";
import type { UploadSource } from "./sources/index.ts";
import type { HostRequest } from "./sources/playlist.ts";
import type { PlaylistLimits, VideoRef } from "./wasm/core.js";

/** Every option there is. Which go with what is uploaded, and when, the types below tell. */
export interface EveryOption {
  /**
   * What it becomes: a video (audio, too), an image, an attached media, or with `playlist` an HLS
   * playlist (.m3u8) with all that it names. Defaults to a video, and what looks like a playlist or
   * an image is refused.
   *
   * Whoever says `video` means it: then it is one, although it looks like a playlist or an image.
   * As a video an .m3u8 is just a file: what it names stays behind.
   */
  as?: "video" | "image" | "attached" | "playlist" | undefined;
  /**
   * Shown in the VOD console: at most 128 characters, of attached media 128 bytes of UTF-8.
   * Defaults to the file's name without its extension, without emoji and what else VOD refuses, cut
   * to that length.
   */
  title?: string | undefined;
  /**
   * A name with an extension, by which VOD tells the format. Needed for a stream that has none.
   * Defaults to what the source tells of itself: the name in Content-Disposition, the URL's path or
   * query, or a file's own, with the extension that the Content-Type stands for where that name has
   * none that VOD knows.
   */
  fileName?: string | undefined;
  /** At most 1024 characters, of attached media 1024 bytes of UTF-8. */
  description?: string | undefined;
  /** At most 16 tags of at most 32 characters each. A list, or one text with commas. */
  tags?: readonly string[] | string | undefined;
  /** Category id. */
  cateId?: number | string | undefined;
  /** URL of a thumbnail of your own. */
  coverUrl?: string | undefined;
  /** Use the first frame as the cover. */
  enableFirstFrameCover?: boolean | undefined;
  /** Make thumbnails. */
  generateThumbnail?: boolean | undefined;
  /**
   * Whether VOD shows the watermark on the video. Where there is a template group, that decides.
   */
  showWatermark?: boolean | undefined;
  /** Transcoding template group; `VOD_NO_TRANSCODE` for none. */
  templateGroupId?: string | undefined;
  /** Workflow; it wins over the template group. */
  workflowId?: string | undefined;
  /**
   * Bucket to store in, as `outin-….oss-cn-shanghai.aliyuncs.com`. Defaults to the account's
   * default bucket.
   */
  storageLocation?: string | undefined;
  /** Application. Defaults to `app-1000000`. */
  appId?: string | undefined;
  /**
   * Passed on to callbacks: a JSON object with `MessageCallback`, `Extend` (at most 512 bytes),
   * `AccelerateConfig`.
   */
  userData?: object | string | undefined;
  /** An id of your own, 6 to 64 of `A-Z a-z 0-9 _ -`, unique in the account. */
  referenceId?: string | undefined;
  /**
   * If a media has this `referenceId` already, most often one of an earlier try, go on with it.
   * With a file of the same size there is nothing left to do, with another it is an error.
   *
   * An earlier try may have died before it could note the media id. `true`: go on with that media,
   * whoever began it; one that has a file of the same size is done at once (`compared:
   * "existing_length"`: nothing is sent, and the contents are not compared), one with another file
   * is refused as `reference_taken`. `"if-possible"`, for ids that were made up: where that cannot
   * be done, or VOD does not know the parameter, make a new media without the id. `false` (the
   * default): refuse it, unless this very upload began it: the reply to its Create was lost, now or
   * before a `resume`, and the media has no file and was made since.
   *
   * With `true` a media that another process is uploading right now looks the same: it is your id
   * that keeps the two apart.
   */
  adopt?: boolean | "if-possible" | undefined;
  /**
   * A video or audio that exists and gets these bytes in place of its own, by its media id. It
   * keeps its key, so the format must be the same, and all else; VOD transcodes it and takes its
   * snapshots once more. A failure leaves the old bytes.
   *
   * By `{ mediaId }` or `{ referenceId }`, or by the media id alone. The object keeps its key, so a
   * file name with another extension is refused. Nothing else of the media can be changed with it:
   * `title`, `tags` and the like are refused by name. Until VOD has transcoded it, it plays as
   * before. If the upload fails or is aborted the old bytes stay, and the media is never deleted.
   *
   * A media may be replaced whose source file is there, whatever VOD is doing with it, has failed
   * (`UploadFail`) or is still missing (`Uploading`). One that is `Deleted` or `Blocked` is refused
   * as `not_replaceable`, an unknown one as `media_not_found`. It does not go with `adopt`, nor
   * with playlists.
   *
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-refreshuploadvideo
   */
  replace?: string | VideoRef | undefined;
  /** The same as `replace` for the media with this id of your own. */
  replaceReferenceId?: string | undefined;
  /**
   * The media id that an earlier try of this very upload was given, if you noted it and have no
   * checkpoint: where `referenceId` is found to belong to that media, the upload goes on with it
   * and sends everything again.
   */
  earlierMediaId?: string | undefined;
  /**
   * What an image is for: `default`, or `cover` for the cover of a video. Defaults to `default`.
   */
  imageType?: "default" | "cover" | undefined;
  /**
   * Format of an image as an extension without a dot (`png`, `jpg`, `webp` …). Defaults to the file
   * name's own.
   */
  imageExt?: string | undefined;
  /**
   * What an attached media is for: `watermark`, `subtitle` or `material`. Defaults to `material`.
   */
  businessType?: "watermark" | "subtitle" | "material" | undefined;
  /**
   * Format of an attached media as an extension without a dot (`png`, `vtt`, `zip` …). Defaults to
   * the file name's own.
   */
  mediaExt?: string | undefined;
  /** Category ids of an attached media, at most 5. */
  cateIds?: readonly (number | string)[] | undefined;
  /**
   * Headers sent to the source: to the URL's own origin only, not to where it redirects.
   *
   * In the package `{ url, headers }` in place of the URL is the same. No checkpoint keeps them:
   * pass them to `resume` again.
   */
  sourceHeaders?: HeaderFields | undefined;
  /**
   * Refuse a source of more bytes with `too_large`: before VOD hears of it, or where it goes on
   * behind them. A number of bytes, or text such as `"16MiB"`.
   */
  maxBytes?: number | string | undefined;
  /**
   * Whether a URL may be read by ranges. Without them it is read in one request, in order: for a
   * link that works only once. A source whose ranges turn out not to work is read so anyway.
   *
   * `false` takes memory for the parts in flight.
   */
  ranges?: boolean | undefined;
  /**
   * How long a source may stand still before it is asked again, a few times. Defaults to 300 s
   * before its first byte, 60 s between two. In ms, or as text such as `"30s"`.
   */
  sourceTimeoutMs?: number | string | undefined;
  /**
   * Take the source for what it is uploaded as, whatever its Content-Type, name and first bytes
   * say. Otherwise a page (HTML, JSON, XML) is refused, and for a video a playlist or an image.
   *
   * They are refused with `source_is_page`, `source_is_playlist` and `source_is_image`, before VOD
   * hears of them. So is a page in place of a segment that is named as media (`7.ts`), or that
   * begins as one. What begins as media does is no page, whatever it is called. The first bytes are
   * looked at behind URLs only.
   */
  anyContentType?: boolean | undefined;
  /** Allow URLs on private and loopback addresses, local host names and unusual ports. */
  allowPrivateSources?: boolean | undefined;
  /**
   * Refuse sources over plain `http:`, also where they redirect to and what a playlist names, with
   * `url_refused`.
   *
   * A redirect from https to http is refused in any case.
   */
  httpsOnly?: boolean | undefined;
  /**
   * Only hosts of this list, for the URL itself, where it redirects to and what a playlist names:
   * `media.example.com`, `*.example.com`, `example.com:8443`. A list, or one text with commas.
   *
   * `*.example.com` is all below it, not itself; `:port` is that port only; names beyond ASCII as
   * they are or as `xn--…`. Others fail with `source_host_refused`.
   */
  allowHosts?: readonly string[] | string | undefined;
  /** None of these hosts, even where `allowHosts` has them. A list, or one text with commas. */
  denyHosts?: readonly string[] | string | undefined;
  /**
   * Length in bytes of a stream, if it is known: another length is an error. Everything else knows
   * its own. A number of bytes, or text such as `"16MiB"`.
   */
  size?: number | string | undefined;
  /**
   * Where the source is now. Needed where the checkpoint cannot tell: a Blob, bytes, or a URL whose
   * query may be a secret.
   */
  source?: UploadSource | undefined;
  /**
   * Called with the source that the checkpoint itself names, before anything of it is read, where
   * `source` is not given.
   *
   * `false` refuses it (`source_unconfirmed`). Without it the checkpoint is trusted: it may name
   * any file that this process can read, so pass one for checkpoints that others could have
   * written.
   */
  confirmSource?: ((source: NamedSource) => boolean | Promise<boolean>) | undefined;
  /**
   * Called where the checkpoint says `replace`, or that the file came out wrong when it was stored,
   * with the media whose file would be overwritten, before anything is sent.
   *
   * `false` refuses it (`replace_unconfirmed`). Without it the checkpoint is trusted: it may name
   * any video of the account. Any other media that has a file already is never overwritten,
   * whatever the checkpoint says.
   */
  confirmReplace?: ((media: VideoRef) => boolean | Promise<boolean>) | undefined;
  /**
   * Refuse (`media_unconfirmed`) a media that the checkpoint only names: it must prove that an
   * upload with the same AccessKey wrote it, or OSS must know its upload id.
   *
   * Otherwise another upload may be at work on that media. Without it `resume` trusts the
   * checkpoint, as it has to where the AccessKey has changed meanwhile; `abort` trusts it only with
   * `false`.
   */
  ownMediaOnly?: boolean | undefined;
  /**
   * Only these variants of a master playlist: `best` or `worst` (by bandwidth), `720p`, `<=720p`,
   * `2500000` (bit/s), `<=2500000`, `name=HD`. Audio and subtitles that none of them plays with
   * fall away. Defaults to all. A list, or one text with commas.
   *
   * `name=` is its NAME or STABLE-VARIANT-ID. Of several, all that fit one. A resume keeps the
   * choice.
   */
  variants?: readonly string[] | string | undefined;
  /**
   * Take a live or unfinished playlist as ended: what it lists now is all there is, stored with an
   * EXT-X-ENDLIST.
   *
   * A resume keeps the choice.
   */
  complete?: boolean | undefined;
  /**
   * What to do about a segment that its source does not have (404, 410, no such file): `fail`, or
   * `gap`: go on without it, marked with EXT-X-GAP. Defaults to `fail`.
   *
   * `missingSegments` of the outcome tells of gaps. A resume keeps the choice.
   */
  missingSegments?: "fail" | "gap" | undefined;
  /**
   * The segments of one media playlist, in place of those it names: URLs (signed ones, say), or for
   * a local playlist also paths below its folder. One for each different segment, in the order they
   * first appear.
   */
  segments?: readonly (string | URL)[] | undefined;
  /**
   * What the hosts that a playlist leads to are asked with, such as a CDN: `headers` and `query`,
   * by host (`cdn.example.com`, `*.example.com`, `example.com:8443`). No checkpoint keeps it: pass
   * it to resume again.
   *
   * The source's own headers never go there.
   */
  hosts?: Readonly<Record<string, HostRequest>> | undefined;
  /**
   * What is too much: playlists, files, bytes of one playlist and bytes in all. Defaults to
   * playlists=100, files=100000, playlistBytes=8MiB, bytes=1TiB.
   */
  limits?: PlaylistLimits | undefined;
  /**
   * Size of a part, 100 KiB to 5 GiB. It grows where 10,000 parts would not do. Defaults to 16 MiB.
   * A number of bytes, or text such as `"16MiB"`.
   */
  partSize?: number | string | undefined;
  /** Parts in flight at once. Defaults to 4 on Node, 3 on Workers. */
  concurrency?: number | undefined;
  /**
   * `length`: exact lengths on both sides, and OSS's CRC-64 of every part folded and compared with
   * that of the object. `crc64`: also a CRC-64 computed here over every byte, at the cost of
   * reading them all. Defaults to `length`.
   */
  verify?: "length" | "crc64" | undefined;
  /**
   * Headers stored with the object: `Content-Type`, `Cache-Control`, `Content-Disposition`,
   * `x-oss-meta-…`, `x-oss-storage-class`, `x-oss-forbid-overwrite`, `x-oss-tagging`.
   *
   * `Content-Type` follows from the file's name unless it is given. `x-oss-meta-…`: 8 KB of names
   * and values together. `x-oss-storage-class`: `Standard`, `IA`, `Archive`, `ColdArchive`,
   * `DeepColdArchive`. `x-oss-forbid-overwrite`: `true`. `x-oss-tagging`: `a=1&b=2`, at most 10.
   */
  objectHeaders?: HeaderFields | undefined;
  /**
   * The most that one connection to OSS may carry, in bit/s: 819,200 (100 KB/s) to 838,860,800 (100
   * MB/s).
   */
  trafficLimit?: number | undefined;
  /**
   * What OSS calls when the object is complete: `url` (one, or a list), `body`, and if wanted
   * `bodyType`, `host`, `sni`, `variables`. No checkpoint keeps it: pass it to resume again.
   *
   * If that fails, the object is stored all the same, and the upload rejects with
   * `callback_failed`. VOD's own events need none of it.
   *
   * @see https://www.alibabacloud.com/help/en/oss/developer-reference/callback
   */
  callback?: UploadCallback | undefined;
  /**
   * How long VOD and OSS may stand still. A part has as long as its bytes need at 16 KiB/s on top
   * of that, as they may still be on their way. Defaults to 60 s. In ms, or as text such as
   * `"30s"`.
   */
  serviceTimeoutMs?: number | string | undefined;
  /**
   * Workflow instances that move one large object at once, at most 16. Defaults to what its size
   * asks for.
   */
  shards?: number | undefined;
  /**
   * Where to keep what is needed to resume. It is removed when the upload is done or aborted.
   *
   * With one, a failure that a later run could mend leaves the parts on the server, and `resume`
   * goes on from there. A store that does not save aborts the upload with `checkpoint_failed`. One
   * that does not remove, or takes longer than 10 seconds in the end, changes nothing of the
   * outcome: its `warnings` say so.
   */
  checkpoint?: CheckpointStore | undefined;
  /** Return only when VOD reports the whole source file. */
  wait?: boolean | undefined;
  /**
   * Told when the ingest is done, ready, failed or canceled (Standard Webhooks), beside the
   * server's own.
   */
  webhookUrl?: string | undefined;
  /** Aborts the upload. What was uploaded is removed before the promise rejects with `aborted`. */
  signal?: AbortSignal | undefined;
  /**
   * Told at most ten times a second, and once in the end.
   *
   * If it throws, the upload is aborted. A promise that it returns is not waited for: if that
   * rejects, the upload goes on, and the first such error is one of the `warnings` of the outcome
   * (or of the `VodliftError`). What rejects only after that was handed over is caught, and told
   * nowhere.
   */
  onProgress?: ((progress: UploadProgress) => unknown) | undefined;
  /**
   * Told of each request to the source, VOD or OSS that takes longer than `slowRequestMs`: once, as
   * soon as it does. A source is timed until its reply begins. If it throws or rejects: as
   * `onProgress`.
   */
  onSlowRequest?: ((slow: SlowRequest) => unknown) | undefined;
  /**
   * From when on a request is slow; 0 is every one. Defaults to 300 s. In ms, or as text such as
   * `"30s"`.
   */
  slowRequestMs?: number | string | undefined;
  /**
   * Where to write what happens, a JSON object per line and without a secret: to report what went
   * wrong.
   *
   * Told what the core hears and what it answers. Every secret in it has a stand-in: keys, upload
   * credentials, signatures, what a caller asks a source with, and what queries hold, but for file
   * names. `cargo run -p replay -- FILE` in this project runs such a trace again. If it throws or
   * rejects: as `onProgress`.
   */
  trace?: ((line: string) => unknown) | undefined;
  /**
   * Where to stop early: parts begun, requests, bytes, or a deadline. What is in flight is
   * finished, and the run ends in `Suspended`.
   */
  budget?: UploadBudget | undefined;
  /**
   * Only these part numbers (from 1, both included), of an upload that another run began and will
   * complete.
   *
   * Progress counts these parts alone. A shard that fails removes nothing. It needs a source whose
   * ranges work: where they stop working it ends with `source_range`, and the run that completes
   * the upload reads the whole in one request.
   */
  shard?: { first: number; last: number } | undefined;
  /** Stops at the next part: what is in flight is finished, and the run ends in `Suspended`. */
  stop?: AbortSignal | undefined;
  /**
   * For whom it is, where one process uploads for several: a name, which is told to nobody. Uploads
   * that wait for their turn (see `memory`) are taken up owner by owner, so that one owner's many
   * do not keep another's waiting. Without it all are one owner's.
   */
  owner?: string | undefined;
  /**
   * AccessKey id of a RAM user, or of an STS credential. It may call `vod:CreateUploadVideo` and
   * `vod:RefreshUploadVideo`.
   */
  accessKeyId?: string | undefined;
  /** The secret that belongs to it. It signs, and is never sent. */
  accessKeySecret?: string | undefined;
  /** The token of an STS credential. */
  securityToken?: string | undefined;
  /**
   * Gives the credentials, instead of the three above: when there are none yet, a minute before
   * their `expiration`, and when VOD says that the token has expired. Uploads that run longer than
   * one token go on with the next one.
   */
  credentials?: (() => Promise<CallerCredentials>) | undefined;
  /** Region of the VOD service. Media live in one region. Defaults to `cn-shanghai`. */
  region?: string | undefined;
  /**
   * VOD endpoint instead of the region's: `host`, `host:port`, or with `https://` or `http://`
   * before it.
   */
  endpoint?: string | undefined;
  /** How to sign for VOD: `rpc` is for gateways that know nothing newer. Defaults to `acs3`. */
  vodSignature?: "acs3" | "rpc" | undefined;
  /** How to sign for OSS: `v1` is for old buckets and private clouds. Defaults to `v4`. */
  ossSignature?: "v4" | "v1" | undefined;
  /**
   * OSS endpoint instead of the one VOD names: an internal, accelerate, VPC or custom one, without
   * the bucket.
   */
  ossEndpoint?: string | undefined;
  /**
   * The network to OSS, from the endpoint VOD names: `internal` from within that region's cloud
   * network, `accelerate` where transfer acceleration is switched on for the bucket. Defaults to
   * `public`.
   *
   * TLS stays. A VPC endpoint goes into `ossEndpoint`.
   */
  ossNetwork?: "public" | "internal" | "accelerate" | undefined;
  /**
   * `ossEndpoint` is a domain bound to the bucket (a CNAME): the bucket's name is not put before
   * it.
   */
  ossCname?: boolean | undefined;
  /** Region of the bucket, where the endpoint does not tell it. */
  ossRegion?: string | undefined;
  /**
   * Hosts beside those of OSS (`oss-*.aliyuncs.com`, `*.oss.aliyuncs.com`) that VOD may send the
   * bytes to: `host`, `host:port`, or `http://host:port` to allow plain HTTP there.
   */
  trustedHosts?: readonly string[] | undefined;
  /**
   * What all uploads of this process (of this isolate, in Workers) may hold in memory before one of
   * this client's has to wait for its turn: 1 MiB or more. Defaults to 48 MiB. A number of bytes,
   * or text such as `"16MiB"`.
   *
   * Parts of sources that have no ranges, files of playlists, playlists, and long replies to calls
   * count. In Workers it defaults to 24 MiB; both leave room beside it in 128 MB. Where memory is
   * short, parts are smaller. A single part or playlist that needs more than there is has its turn
   * when nothing else does.
   *
   * Beside its buffers each upload takes about 1 MiB for its connections. So one is at work at once
   * for each 3 MiB of this (4 MiB in Workers), and two more where one `owner` has most of these;
   * the others wait before they begin, in their order, except that a stream waits a second at most,
   * and that uploads which hardly move hold up nobody. Of calls (`vod.call` and others) as many are
   * under way beside them.
   */
  memory?: number | string | undefined;
  /**
   * Goes through this proxy to VOD and OSS: `http://` or `https://`, with user and password where
   * it wants them; `false` for none. Without it the environment says which, as for curl:
   * `HTTPS_PROXY`, `http_proxy`, `ALL_PROXY`, and around it for the hosts in `NO_PROXY`. This
   * machine itself is reached without. Node, Deno and Bun only. Defaults to the environment's.
   */
  proxy?: string | URL | false | undefined;
  /**
   * Sends requests to VOD and OSS by this function in place of the runtime's own way: one that
   * measures, logs, or goes through a proxy. It must send the body as it is, follow no redirects
   * and honour the signal.
   */
  fetch?: typeof globalThis.fetch | undefined;
  /**
   * Sources take the way of `proxy` or `fetch`, too. Then nobody here sees which address a source's
   * name leads to: a name that leads into your own network is fetched. URLs, ports, addresses that
   * are written out, redirects and `allowHosts` are still checked. Where there is no check of
   * addresses anyway (Workers, browsers), sources always take the way of `fetch`.
   */
  routeSources?: boolean | undefined;
  /**
   * Moves the bytes and sends the requests, in place of what the package brings for this runtime:
   * see `Host`.
   */
  host?: Host | undefined;
}

/** Options of a client. */
export type ClientOption =
  | "accessKeyId"
  | "accessKeySecret"
  | "securityToken"
  | "credentials"
  | "region"
  | "endpoint"
  | "vodSignature"
  | "ossSignature"
  | "ossEndpoint"
  | "ossNetwork"
  | "ossCname"
  | "ossRegion"
  | "trustedHosts"
  | "memory"
  | "proxy"
  | "fetch"
  | "routeSources"
  | "host";

/** Options that say what a media is. */
export type MediaOption =
  | "as"
  | "title"
  | "fileName"
  | "description"
  | "tags"
  | "cateId"
  | "coverUrl"
  | "enableFirstFrameCover"
  | "generateThumbnail"
  | "showWatermark"
  | "templateGroupId"
  | "workflowId"
  | "storageLocation"
  | "appId"
  | "userData"
  | "referenceId"
  | "adopt"
  | "replace"
  | "earlierMediaId"
  | "imageType"
  | "imageExt"
  | "businessType"
  | "mediaExt"
  | "cateIds";

/** Options of a video or audio. */
export type VideoOption =
  | "as"
  | "title"
  | "fileName"
  | "description"
  | "tags"
  | "cateId"
  | "coverUrl"
  | "enableFirstFrameCover"
  | "generateThumbnail"
  | "showWatermark"
  | "templateGroupId"
  | "workflowId"
  | "storageLocation"
  | "appId"
  | "userData"
  | "referenceId"
  | "adopt"
  | "replace"
  | "earlierMediaId"
  | "sourceHeaders"
  | "maxBytes"
  | "ranges"
  | "sourceTimeoutMs"
  | "anyContentType"
  | "allowPrivateSources"
  | "httpsOnly"
  | "allowHosts"
  | "denyHosts"
  | "size"
  | "partSize"
  | "concurrency"
  | "verify"
  | "objectHeaders"
  | "trafficLimit"
  | "callback"
  | "serviceTimeoutMs"
  | "checkpoint"
  | "signal"
  | "onProgress"
  | "onSlowRequest"
  | "slowRequestMs"
  | "trace"
  | "owner";

/** Options of a playlist. */
export type PlaylistOption =
  | "title"
  | "fileName"
  | "description"
  | "tags"
  | "cateId"
  | "coverUrl"
  | "enableFirstFrameCover"
  | "generateThumbnail"
  | "showWatermark"
  | "templateGroupId"
  | "workflowId"
  | "storageLocation"
  | "appId"
  | "userData"
  | "referenceId"
  | "adopt"
  | "earlierMediaId"
  | "sourceHeaders"
  | "sourceTimeoutMs"
  | "anyContentType"
  | "allowPrivateSources"
  | "httpsOnly"
  | "allowHosts"
  | "denyHosts"
  | "variants"
  | "complete"
  | "missingSegments"
  | "segments"
  | "hosts"
  | "limits"
  | "concurrency"
  | "verify"
  | "objectHeaders"
  | "trafficLimit"
  | "callback"
  | "serviceTimeoutMs"
  | "checkpoint"
  | "signal"
  | "onProgress"
  | "onSlowRequest"
  | "slowRequestMs"
  | "trace"
  | "owner";

/** Options of an image. */
export type ImageOption =
  | "title"
  | "fileName"
  | "description"
  | "tags"
  | "cateId"
  | "storageLocation"
  | "appId"
  | "userData"
  | "imageType"
  | "imageExt"
  | "sourceHeaders"
  | "maxBytes"
  | "ranges"
  | "sourceTimeoutMs"
  | "anyContentType"
  | "allowPrivateSources"
  | "httpsOnly"
  | "allowHosts"
  | "denyHosts"
  | "size"
  | "partSize"
  | "concurrency"
  | "verify"
  | "objectHeaders"
  | "trafficLimit"
  | "callback"
  | "serviceTimeoutMs"
  | "checkpoint"
  | "signal"
  | "onProgress"
  | "onSlowRequest"
  | "slowRequestMs"
  | "trace"
  | "owner";

/** Options of an attached media. */
export type AttachedOption =
  | "title"
  | "fileName"
  | "description"
  | "tags"
  | "cateId"
  | "storageLocation"
  | "appId"
  | "userData"
  | "businessType"
  | "mediaExt"
  | "cateIds"
  | "sourceHeaders"
  | "maxBytes"
  | "ranges"
  | "sourceTimeoutMs"
  | "anyContentType"
  | "allowPrivateSources"
  | "httpsOnly"
  | "allowHosts"
  | "denyHosts"
  | "size"
  | "partSize"
  | "concurrency"
  | "verify"
  | "objectHeaders"
  | "trafficLimit"
  | "callback"
  | "serviceTimeoutMs"
  | "checkpoint"
  | "signal"
  | "onProgress"
  | "onSlowRequest"
  | "slowRequestMs"
  | "trace"
  | "owner";

/** Options of an upload that is resumed. */
export type ResumeOption =
  | "sourceHeaders"
  | "maxBytes"
  | "ranges"
  | "sourceTimeoutMs"
  | "anyContentType"
  | "allowPrivateSources"
  | "httpsOnly"
  | "allowHosts"
  | "denyHosts"
  | "source"
  | "confirmSource"
  | "confirmReplace"
  | "ownMediaOnly"
  | "segments"
  | "hosts"
  | "limits"
  | "concurrency"
  | "verify"
  | "trafficLimit"
  | "callback"
  | "serviceTimeoutMs"
  | "signal"
  | "onProgress"
  | "onSlowRequest"
  | "slowRequestMs"
  | "trace"
  | "owner";

/** Options of a run that may end before its upload does. */
export type RunOption =
  | "budget"
  | "shard"
  | "stop";

/** What a shell has to know of each option; `core` is where the core takes it. */
export const OPTIONS = {
  as: {"core":"options.kindIsSaid","flag":"--as video|image|attached|playlist","group":"media","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin"],"type":"oneOf","values":["video","image","attached","playlist"]},
  title: {"core":"media.title","flag":"--title T","group":"media","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"text"},
  fileName: {"core":"media.fileName","flag":"--file-name N","group":"media","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"text"},
  description: {"core":"media.description","flag":"--description D","group":"media","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"text"},
  tags: {"core":"media.tags","flag":"--tags a,b","group":"media","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"words"},
  cateId: {"core":"media.cateId","flag":"--cate-id N","group":"media","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"id"},
  coverUrl: {"core":"media.coverUrl","flag":"--cover-url U","group":"media","kinds":["video","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"url"},
  enableFirstFrameCover: {"core":"media.enableFirstFrameCover","flag":"--first-frame-cover true|false","group":"media","kinds":["video","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"flag"},
  generateThumbnail: {"core":"media.generateThumbnail","flag":"--thumbnails true|false","group":"media","kinds":["video","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"flag"},
  showWatermark: {"core":"options.showWatermark","flag":"--show-watermark true|false","group":"media","kinds":["video","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"flag"},
  templateGroupId: {"core":"media.templateGroupId","flag":"--template-group-id G","group":"media","kinds":["video","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"text"},
  workflowId: {"core":"media.workflowId","flag":"--workflow-id W","group":"media","kinds":["video","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"text"},
  storageLocation: {"core":"media.storageLocation","flag":"--storage-location S","group":"media","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"text"},
  appId: {"core":"media.appId","flag":"--app-id A","group":"media","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"text"},
  userData: {"core":"media.userData","flag":"--user-data JSON","group":"media","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"json"},
  referenceId: {"core":"media.referenceId","flag":"--reference-id R","group":"media","kinds":["video","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"text"},
  adopt: {"core":"options.adopt","default":false,"flag":"--adopt","group":"media","kinds":["video","playlist"],"shells":["api","cli","manifest","handler"],"stages":["begin"],"type":"flagOr","values":["if-possible"]},
  replace: {"core":"options.replace","flag":"--replace ID","group":"media","kinds":["video"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"video"},
  replaceReferenceId: {"core":"options.replace","flag":"--replace-reference-id R","group":"media","kinds":["video"],"shells":["cli","manifest"],"stages":["begin"],"type":"text"},
  earlierMediaId: {"core":"options.earlierMediaId","group":"media","kinds":["video","playlist"],"shells":["api"],"stages":["begin"],"type":"text"},
  imageType: {"core":"media.imageType","default":"default","flag":"--image-type T","group":"media","kinds":["image"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin"],"type":"oneOf","values":["default","cover"]},
  imageExt: {"core":"media.imageExt","flag":"--image-ext E","group":"media","kinds":["image"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin"],"type":"text"},
  businessType: {"core":"media.businessType","default":"material","flag":"--business-type T","group":"media","kinds":["attached"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin"],"type":"oneOf","values":["watermark","subtitle","material"]},
  mediaExt: {"core":"media.mediaExt","flag":"--media-ext E","group":"media","kinds":["attached"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin"],"type":"text"},
  cateIds: {"core":"media.cateIds","flag":"--cate-ids 1,2","group":"media","kinds":["attached"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin"],"type":"ids"},
  sourceHeaders: {"core":"source.headers","flag":"--source-header 'N: v'","group":"source","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin","resume"],"type":"fields"},
  maxBytes: {"core":"options.maxBytes","flag":"--max-bytes 20GiB","group":"source","kinds":["video","image","attached"],"max":9007199254740991,"min":1,"setting":"VODLIFT_MAX_BYTES","shells":["api","cli","manifest"],"stages":["begin","resume"],"type":"size","unit":"bytes"},
  ranges: {"core":"options.ranges","default":true,"flag":"--no-ranges","group":"source","kinds":["video","image","attached"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin","resume"],"type":"flag"},
  sourceTimeoutMs: {"core":"options.sourceTimeoutMs","flag":"--source-timeout SECONDS","group":"source","kinds":["video","image","attached","playlist"],"max":4294967295,"min":1,"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin","resume"],"type":"duration","unit":"ms"},
  anyContentType: {"core":"options.anyContentType","default":false,"flag":"--any-content-type","group":"source","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin","resume"],"type":"flag"},
  allowPrivateSources: {"core":"options.allowPrivateSources","default":false,"flag":"--allow-private","group":"source","kinds":["video","image","attached","playlist"],"rows":"all","setting":"VODLIFT_ALLOW_PRIVATE_SOURCES","shells":["api","cli"],"stages":["begin","resume"],"type":"flag"},
  httpsOnly: {"core":"options.httpsOnly","default":false,"flag":"--https-only","group":"source","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin","resume"],"type":"flag"},
  allowHosts: {"core":"options.sourceHosts.allow","flag":"--allow-hosts H,…","group":"source","kinds":["video","image","attached","playlist"],"rows":"all","setting":"VODLIFT_ALLOW_HOSTS","shells":["api","cli"],"stages":["begin","resume"],"type":"words"},
  denyHosts: {"core":"options.sourceHosts.deny","flag":"--deny-hosts H,…","group":"source","kinds":["video","image","attached","playlist"],"rows":"all","setting":"VODLIFT_DENY_HOSTS","shells":["api","cli"],"stages":["begin","resume"],"type":"words"},
  size: {"core":"source.size","flag":"--size BYTES","group":"source","kinds":["video","image","attached"],"max":9007199254740991,"min":0,"shells":["api","cli"],"stages":["begin"],"type":"size","unit":"bytes"},
  source: {"core":"source","flag":"--source S","group":"source","kinds":["video","image","attached","playlist"],"shells":["api","cli"],"stages":["resume"],"type":"program"},
  confirmSource: {"group":"source","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["resume"],"type":"program"},
  confirmReplace: {"group":"source","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["resume"],"type":"program"},
  ownMediaOnly: {"core":"options.ownMediaOnly","group":"source","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["resume"],"type":"flag"},
  variants: {"core":"source.variants","flag":"--variants V,…","group":"playlist","kinds":["playlist"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin"],"type":"words"},
  complete: {"core":"source.complete","default":false,"flag":"--complete","group":"playlist","kinds":["playlist"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin"],"type":"flag"},
  missingSegments: {"core":"source.missingSegments","default":"fail","flag":"--missing-segments gap|fail","group":"playlist","kinds":["playlist"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin"],"type":"oneOf","values":["fail","gap"]},
  segments: {"core":"source.segments","flag":"--segments FILE","group":"playlist","kinds":["playlist"],"shells":["api","cli"],"stages":["begin","resume"],"type":"program"},
  hosts: {"core":"source.hosts","flag":"--hosts JSON","group":"playlist","kinds":["playlist"],"shells":["api","cli","manifest","worker","dashboard"],"stages":["begin","resume"],"type":"object"},
  limits: {"core":"source.limits","flag":"--limits NAME=N,…","group":"playlist","kinds":["playlist"],"shells":["api","cli"],"stages":["begin","resume"],"type":"object"},
  partSize: {"core":"options.partSize","default":16777216,"flag":"--part-size 16MiB","group":"transfer","kinds":["video","image","attached"],"max":5368709120,"min":102400,"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"size","unit":"bytes"},
  concurrency: {"core":"options.concurrency","flag":"--concurrency 4","group":"transfer","kinds":["video","image","attached","playlist"],"max":4294967295,"min":1,"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin","resume"],"type":"whole"},
  verify: {"core":"options.verify","default":"length","flag":"--verify crc64|length","group":"transfer","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin","resume"],"type":"oneOf","values":["length","crc64"]},
  objectHeaders: {"core":"options.objectHeaders","flag":"--object-header 'N: v'","group":"transfer","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin"],"type":"fields"},
  trafficLimit: {"core":"options.trafficLimit","flag":"--traffic-limit BITS","group":"transfer","kinds":["video","image","attached","playlist"],"max":838860800,"min":819200,"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin","resume"],"type":"whole","unit":"bit/s"},
  callback: {"core":"options.callback","flag":"--callback JSON","group":"transfer","kinds":["video","image","attached","playlist"],"shells":["api","cli","manifest"],"stages":["begin","resume"],"type":"object"},
  serviceTimeoutMs: {"core":"options.serviceTimeoutMs","default":60000,"flag":"--service-timeout SECONDS","group":"transfer","kinds":["video","image","attached","playlist"],"max":4294967295,"min":1,"shells":["api","cli","manifest","worker","dashboard","handler"],"stages":["begin","resume"],"type":"duration","unit":"ms"},
  shards: {"group":"transfer","kinds":["video","image","attached","playlist"],"max":16,"min":1,"shells":["worker","dashboard"],"stages":["begin"],"type":"whole"},
  checkpoint: {"core":"options.keepOnFailure","flag":"--checkpoint FILE","group":"run","kinds":["video","image","attached","playlist"],"shells":["api","cli"],"stages":["begin"],"type":"program"},
  wait: {"default":false,"flag":"--wait","group":"run","kinds":["video"],"shells":["cli","worker","dashboard"],"stages":["begin"],"type":"flag"},
  webhookUrl: {"group":"run","kinds":["video","image","attached","playlist"],"shells":["worker","dashboard"],"stages":["begin"],"type":"url"},
  signal: {"group":"run","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["begin","resume"],"type":"program"},
  onProgress: {"group":"run","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["begin","resume"],"type":"program"},
  onSlowRequest: {"group":"run","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["begin","resume"],"type":"program"},
  slowRequestMs: {"default":300000,"flag":"--slow-requests SECONDS","group":"run","kinds":["video","image","attached","playlist"],"max":9007199254740991,"min":0,"rows":"all","shells":["api","cli"],"stages":["begin","resume"],"type":"duration","unit":"ms"},
  trace: {"flag":"--trace FILE","group":"run","kinds":["video","image","attached","playlist"],"shells":["api","cli"],"stages":["begin","resume"],"type":"program"},
  budget: {"core":"options.budget","group":"run","kinds":["video","playlist"],"shells":["api"],"stages":["run"],"type":"program"},
  shard: {"core":"options.shard","group":"run","kinds":["video","playlist"],"shells":["api"],"stages":["run"],"type":"program"},
  stop: {"group":"run","kinds":["video","playlist"],"shells":["api"],"stages":["run"],"type":"program"},
  owner: {"group":"run","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["begin","resume"],"type":"text"},
  accessKeyId: {"core":"account","group":"service","kinds":["video","image","attached","playlist"],"setting":"ALIBABA_CLOUD_ACCESS_KEY_ID","shells":["api"],"stages":["client"],"type":"text"},
  accessKeySecret: {"core":"account","group":"service","kinds":["video","image","attached","playlist"],"setting":"ALIBABA_CLOUD_ACCESS_KEY_SECRET","shells":["api"],"stages":["client"],"type":"text"},
  securityToken: {"core":"account","group":"service","kinds":["video","image","attached","playlist"],"setting":"ALIBABA_CLOUD_SECURITY_TOKEN","shells":["api"],"stages":["client"],"type":"text"},
  credentials: {"group":"service","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["client"],"type":"program"},
  region: {"core":"vod.region","flag":"--region R","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","setting":"VODLIFT_REGION","shells":["api","cli"],"stages":["client"],"type":"text"},
  endpoint: {"core":"vod.endpoint","flag":"--endpoint E","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","setting":"VODLIFT_ENDPOINT","shells":["api","cli"],"stages":["client"],"type":"text"},
  vodSignature: {"core":"vod.signature","default":"acs3","flag":"--vod-signature acs3|rpc","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","shells":["api","cli"],"stages":["client"],"type":"oneOf","values":["acs3","rpc"]},
  ossSignature: {"core":"oss.signature","default":"v4","flag":"--oss-signature v4|v1","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","shells":["api","cli"],"stages":["client"],"type":"oneOf","values":["v4","v1"]},
  ossEndpoint: {"core":"oss.endpoint","flag":"--oss-endpoint E","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","shells":["api","cli"],"stages":["client"],"type":"text"},
  ossNetwork: {"core":"oss.network","default":"public","flag":"--oss-network N","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","shells":["api","cli"],"stages":["client"],"type":"oneOf","values":["public","internal","accelerate"]},
  ossCname: {"core":"oss.cname","default":false,"flag":"--oss-cname","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","shells":["api","cli"],"stages":["client"],"type":"flag"},
  ossRegion: {"core":"oss.region","flag":"--oss-region R","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","shells":["api","cli"],"stages":["client"],"type":"text"},
  trustedHosts: {"core":"oss.trustedHosts","flag":"--trust-host H","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","shells":["api","cli"],"stages":["client"],"type":"texts"},
  memory: {"core":"host.bufferBytes","default":50331648,"flag":"--memory SIZE","group":"service","kinds":["video","image","attached","playlist"],"max":9007199254740991,"min":1048576,"rows":"all","setting":"VODLIFT_MEMORY","shells":["api","cli"],"stages":["client"],"type":"size","unit":"bytes"},
  proxy: {"group":"service","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["client"],"type":"program"},
  fetch: {"group":"service","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["client"],"type":"program"},
  routeSources: {"default":false,"flag":"--route-sources","group":"service","kinds":["video","image","attached","playlist"],"rows":"all","shells":["api","cli"],"stages":["client"],"type":"flag"},
  host: {"group":"service","kinds":["video","image","attached","playlist"],"shells":["api"],"stages":["client"],"type":"program"},
} as const;

/** What each option does, in one paragraph for everybody. */
export const TEXTS: Readonly<Record<keyof typeof OPTIONS, string>> = {
  as: "What it becomes: a video (audio, too), an image, an attached media, or with `playlist` an HLS playlist (.m3u8) with all that it names. Defaults to a video, and what looks like a playlist or an image is refused.",
  title: "Shown in the VOD console: at most 128 characters, of attached media 128 bytes of UTF-8. Defaults to the file's name without its extension, without emoji and what else VOD refuses, cut to that length.",
  fileName: "A name with an extension, by which VOD tells the format. Needed for a stream that has none. Defaults to what the source tells of itself: the name in Content-Disposition, the URL's path or query, or a file's own, with the extension that the Content-Type stands for where that name has none that VOD knows.",
  description: "At most 1024 characters, of attached media 1024 bytes of UTF-8.",
  tags: "At most 16 tags of at most 32 characters each.",
  cateId: "Category id.",
  coverUrl: "URL of a thumbnail of your own.",
  enableFirstFrameCover: "Use the first frame as the cover.",
  generateThumbnail: "Make thumbnails.",
  showWatermark: "Whether VOD shows the watermark on the video. Where there is a template group, that decides.",
  templateGroupId: "Transcoding template group; `VOD_NO_TRANSCODE` for none.",
  workflowId: "Workflow; it wins over the template group.",
  storageLocation: "Bucket to store in, as `outin-….oss-cn-shanghai.aliyuncs.com`. Defaults to the account's default bucket.",
  appId: "Application. Defaults to `app-1000000`.",
  userData: "Passed on to callbacks: a JSON object with `MessageCallback`, `Extend` (at most 512 bytes), `AccelerateConfig`.",
  referenceId: "An id of your own, 6 to 64 of `A-Z a-z 0-9 _ -`, unique in the account.",
  adopt: "If a media has this `referenceId` already, most often one of an earlier try, go on with it. With a file of the same size there is nothing left to do, with another it is an error.",
  replace: "A video or audio that exists and gets these bytes in place of its own, by its media id. It keeps its key, so the format must be the same, and all else; VOD transcodes it and takes its snapshots once more. A failure leaves the old bytes.",
  replaceReferenceId: "The same as `replace` for the media with this id of your own.",
  earlierMediaId: "The media id that an earlier try of this very upload was given, if you noted it and have no checkpoint: where `referenceId` is found to belong to that media, the upload goes on with it and sends everything again.",
  imageType: "What an image is for: `default`, or `cover` for the cover of a video. Defaults to `default`.",
  imageExt: "Format of an image as an extension without a dot (`png`, `jpg`, `webp` …). Defaults to the file name's own.",
  businessType: "What an attached media is for: `watermark`, `subtitle` or `material`. Defaults to `material`.",
  mediaExt: "Format of an attached media as an extension without a dot (`png`, `vtt`, `zip` …). Defaults to the file name's own.",
  cateIds: "Category ids of an attached media, at most 5.",
  sourceHeaders: "Headers sent to the source: to the URL's own origin only, not to where it redirects.",
  maxBytes: "Refuse a source of more bytes with `too_large`: before VOD hears of it, or where it goes on behind them.",
  ranges: "Whether a URL may be read by ranges. Without them it is read in one request, in order: for a link that works only once. A source whose ranges turn out not to work is read so anyway.",
  sourceTimeoutMs: "How long a source may stand still before it is asked again, a few times. Defaults to 300 s before its first byte, 60 s between two.",
  anyContentType: "Take the source for what it is uploaded as, whatever its Content-Type, name and first bytes say. Otherwise a page (HTML, JSON, XML) is refused, and for a video a playlist or an image.",
  allowPrivateSources: "Allow URLs on private and loopback addresses, local host names and unusual ports.",
  httpsOnly: "Refuse sources over plain `http:`, also where they redirect to and what a playlist names, with `url_refused`.",
  allowHosts: "Only hosts of this list, for the URL itself, where it redirects to and what a playlist names: `media.example.com`, `*.example.com`, `example.com:8443`.",
  denyHosts: "None of these hosts, even where `allowHosts` has them.",
  size: "Length in bytes of a stream, if it is known: another length is an error. Everything else knows its own.",
  source: "Where the source is now. Needed where the checkpoint cannot tell: a Blob, bytes, or a URL whose query may be a secret.",
  confirmSource: "Called with the source that the checkpoint itself names, before anything of it is read, where `source` is not given.",
  confirmReplace: "Called where the checkpoint says `replace`, or that the file came out wrong when it was stored, with the media whose file would be overwritten, before anything is sent.",
  ownMediaOnly: "Refuse (`media_unconfirmed`) a media that the checkpoint only names: it must prove that an upload with the same AccessKey wrote it, or OSS must know its upload id.",
  variants: "Only these variants of a master playlist: `best` or `worst` (by bandwidth), `720p`, `<=720p`, `2500000` (bit/s), `<=2500000`, `name=HD`. Audio and subtitles that none of them plays with fall away. Defaults to all.",
  complete: "Take a live or unfinished playlist as ended: what it lists now is all there is, stored with an EXT-X-ENDLIST.",
  missingSegments: "What to do about a segment that its source does not have (404, 410, no such file): `fail`, or `gap`: go on without it, marked with EXT-X-GAP. Defaults to `fail`.",
  segments: "The segments of one media playlist, in place of those it names: URLs (signed ones, say), or for a local playlist also paths below its folder. One for each different segment, in the order they first appear.",
  hosts: "What the hosts that a playlist leads to are asked with, such as a CDN: `headers` and `query`, by host (`cdn.example.com`, `*.example.com`, `example.com:8443`). No checkpoint keeps it: pass it to resume again.",
  limits: "What is too much: playlists, files, bytes of one playlist and bytes in all. Defaults to playlists=100, files=100000, playlistBytes=8MiB, bytes=1TiB.",
  partSize: "Size of a part, 100 KiB to 5 GiB. It grows where 10,000 parts would not do. Defaults to 16 MiB.",
  concurrency: "Parts in flight at once. Defaults to 4 on Node, 3 on Workers.",
  verify: "`length`: exact lengths on both sides, and OSS's CRC-64 of every part folded and compared with that of the object. `crc64`: also a CRC-64 computed here over every byte, at the cost of reading them all. Defaults to `length`.",
  objectHeaders: "Headers stored with the object: `Content-Type`, `Cache-Control`, `Content-Disposition`, `x-oss-meta-…`, `x-oss-storage-class`, `x-oss-forbid-overwrite`, `x-oss-tagging`.",
  trafficLimit: "The most that one connection to OSS may carry, in bit/s: 819,200 (100 KB/s) to 838,860,800 (100 MB/s).",
  callback: "What OSS calls when the object is complete: `url` (one, or a list), `body`, and if wanted `bodyType`, `host`, `sni`, `variables`. No checkpoint keeps it: pass it to resume again.",
  serviceTimeoutMs: "How long VOD and OSS may stand still. A part has as long as its bytes need at 16 KiB/s on top of that, as they may still be on their way. Defaults to 60 s.",
  shards: "Workflow instances that move one large object at once, at most 16. Defaults to what its size asks for.",
  checkpoint: "Where to keep what is needed to resume. It is removed when the upload is done or aborted.",
  wait: "Return only when VOD reports the whole source file.",
  webhookUrl: "Told when the ingest is done, ready, failed or canceled (Standard Webhooks), beside the server's own.",
  signal: "Aborts the upload. What was uploaded is removed before the promise rejects with `aborted`.",
  onProgress: "Told at most ten times a second, and once in the end.",
  onSlowRequest: "Told of each request to the source, VOD or OSS that takes longer than `slowRequestMs`: once, as soon as it does. A source is timed until its reply begins. If it throws or rejects: as `onProgress`.",
  slowRequestMs: "From when on a request is slow; 0 is every one. Defaults to 300 s.",
  trace: "Where to write what happens, a JSON object per line and without a secret: to report what went wrong.",
  budget: "Where to stop early: parts begun, requests, bytes, or a deadline. What is in flight is finished, and the run ends in `Suspended`.",
  shard: "Only these part numbers (from 1, both included), of an upload that another run began and will complete.",
  stop: "Stops at the next part: what is in flight is finished, and the run ends in `Suspended`.",
  owner: "For whom it is, where one process uploads for several: a name, which is told to nobody. Uploads that wait for their turn (see `memory`) are taken up owner by owner, so that one owner's many do not keep another's waiting. Without it all are one owner's.",
  accessKeyId: "AccessKey id of a RAM user, or of an STS credential. It may call `vod:CreateUploadVideo` and `vod:RefreshUploadVideo`.",
  accessKeySecret: "The secret that belongs to it. It signs, and is never sent.",
  securityToken: "The token of an STS credential.",
  credentials: "Gives the credentials, instead of the three above: when there are none yet, a minute before their `expiration`, and when VOD says that the token has expired. Uploads that run longer than one token go on with the next one.",
  region: "Region of the VOD service. Media live in one region. Defaults to `cn-shanghai`.",
  endpoint: "VOD endpoint instead of the region's: `host`, `host:port`, or with `https://` or `http://` before it.",
  vodSignature: "How to sign for VOD: `rpc` is for gateways that know nothing newer. Defaults to `acs3`.",
  ossSignature: "How to sign for OSS: `v1` is for old buckets and private clouds. Defaults to `v4`.",
  ossEndpoint: "OSS endpoint instead of the one VOD names: an internal, accelerate, VPC or custom one, without the bucket.",
  ossNetwork: "The network to OSS, from the endpoint VOD names: `internal` from within that region's cloud network, `accelerate` where transfer acceleration is switched on for the bucket. Defaults to `public`.",
  ossCname: "`ossEndpoint` is a domain bound to the bucket (a CNAME): the bucket's name is not put before it.",
  ossRegion: "Region of the bucket, where the endpoint does not tell it.",
  trustedHosts: "Hosts beside those of OSS (`oss-*.aliyuncs.com`, `*.oss.aliyuncs.com`) that VOD may send the bytes to: `host`, `host:port`, or `http://host:port` to allow plain HTTP there.",
  memory: "What all uploads of this process (of this isolate, in Workers) may hold in memory before one of this client's has to wait for its turn: 1 MiB or more. Defaults to 48 MiB.",
  proxy: "Goes through this proxy to VOD and OSS: `http://` or `https://`, with user and password where it wants them; `false` for none. Without it the environment says which, as for curl: `HTTPS_PROXY`, `http_proxy`, `ALL_PROXY`, and around it for the hosts in `NO_PROXY`. This machine itself is reached without. Node, Deno and Bun only. Defaults to the environment's.",
  fetch: "Sends requests to VOD and OSS by this function in place of the runtime's own way: one that measures, logs, or goes through a proxy. It must send the body as it is, follow no redirects and honour the signal.",
  routeSources: "Sources take the way of `proxy` or `fetch`, too. Then nobody here sees which address a source's name leads to: a name that leads into your own network is fetched. URLs, ports, addresses that are written out, redirects and `allowHosts` are still checked. Where there is no check of addresses anyway (Workers, browsers), sources always take the way of `fetch`.",
  host: "Moves the bytes and sends the requests, in place of what the package brings for this runtime: see `Host`.",
};
