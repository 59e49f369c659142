// Generated from the Rust core by `make build`. Committed, so that a change of the interface is seen in review.
/**
 * A decoded UploadAuth. It holds secrets.
 */
export interface DecodedUploadAuth {
    /**
     * Of the temporary credential (`STS.…`).
     */
    accessKeyId: string;
    /**
     * Of the temporary credential.
     */
    accessKeySecret: string;
    /**
     * Of the temporary credential.
     */
    securityToken?: string;
    /**
     * When it ends, in ms since the epoch.
     */
    expiresAt: number;
    /**
     * The VOD region it belongs to.
     */
    region?: string;
}

/**
 * A part that is read in order may be cut short for want of memory, so its size does not tell where the next one begins. Of
 * those that OSS lists only these are known to follow each other: an earlier run may have left others behind them.
 */
export interface InOrder {
    /**
     * How many, from part 1 on.
     */
    parts: number;
    /**
     * The CRC-64 of their sizes and ETags, unsigned decimal.
     */
    crc64: string;
}

/**
 * A range of part numbers, both ends included, from 1.
 */
export interface Shard {
    /**
     * The first part number.
     */
    first: number;
    /**
     * The last part number; beyond the last part there is nothing to do.
     */
    last: number;
}

/**
 * A request the host sends once, as it is. A retry is a new request.
 */
export interface Request {
    /**
     * `GET`, `PUT`, `POST`, `HEAD` or `DELETE`.
     */
    method: string;
    /**
     * Absolute URL, already percent-encoded. It may hold a signature: never print its query.
     */
    url: string;
    /**
     * Every header to set. It may hold a signature or a token: never print the values.
     */
    headers: [string, string][];
    /**
     * The body of a small request (XML, a form or nothing). A transfer's body comes from the source.
     */
    body: string;
    /**
     * Give up when nothing moves for this long, in milliseconds.
     */
    idleMs: number;
    /**
     * Give up when the reply has not begun this long after the last byte was handed over, in milliseconds. Bytes that
     * were handed over may still be on their way.
     */
    replyMs: number;
}

/**
 * A step that has failed and is tried again in a while.
 */
export interface Retry {
    /**
     * Which try comes next; the first one was 1.
     */
    attempt: number;
    /**
     * How many there are.
     */
    of: number;
}

/**
 * A video or audio that exists, by exactly one of its ids.
 */
export interface VideoRef {
    /**
     * Its media id (VideoId).
     */
    mediaId?: string;
    /**
     * The caller's own id that it was made with.
     */
    referenceId?: string;
}

/**
 * An HLS playlist with everything it names: one media of many files.
 */
export interface PlaylistSource {
    /**
     * Where the playlist is.
     */
    root: PlaylistRoot;
    /**
     * Where the segments are, in place of what the playlist says: for each different segment of one media playlist, in
     * the order they first appear. URLs, or for a local playlist also paths below its folder.
     */
    segments?: string[];
    /**
     * Which variants of a master playlist are wanted, each as [`crate::playlist::Choice`] spells it: all that fit
     * one of these. An empty list wants all there are.
     */
    variants?: string[];
    /**
     * Take playlists that are not complete for complete: what they list now is all there is.
     */
    complete?: boolean;
    /**
     * What to do about a segment that is not there.
     */
    missingSegments?: MissingSegments;
    /**
     * What other hosts are asked with.
     */
    hosts?: HostAccess[];
    /**
     * What is too much.
     */
    limits?: PlaylistLimits;
}

/**
 * By what a change of the source is noticed.
 */
export interface Validator {
    /**
     * `ETag` as sent. Only a strong one, in quotes, promises the same bytes.
     */
    etag?: string;
    /**
     * `Last-Modified` as sent, where it is older than the reply.
     */
    lastModified?: string;
    /**
     * `Last-Modified` as sent, where it is as new as the reply: it may have been made up for it.
     */
    justModified?: string;
    /**
     * Digests of the content as sent, by header and algorithm: `content-md5`, `x-oss-hash-crc64ecma`, `x-goog-hash`,
     * `digest`, `repr-digest`.
     */
    digests?: Record<string, string>;
}

/**
 * How a part is proven to have arrived.
 */
export type Verify = "length" | "crc64";

/**
 * How far a job of UploadMediaByURL is.
 */
export interface UrlUploadInfo {
    /**
     * Names the job.
     */
    jobId?: string;
    /**
     * `PENDING`, `PROCESSING`, `DOWNLOADING`, `DOWNLOAD_SUCCESS`, `DOWNLOAD_FAIL`, `UPLOADING`, `UPLOAD_SUCCESS`,
     * `UPLOAD_FAIL` or `SUCCESS`.
     */
    status?: string;
    /**
     * It is over: `SUCCESS`, `DOWNLOAD_FAIL` or `UPLOAD_FAIL`.
     */
    ended?: boolean;
    /**
     * What it fetches.
     */
    uploadUrl?: string;
    /**
     * The media it has made.
     */
    mediaId?: string;
    /**
     * The media id that the file was registered under, where it became no new media.
     */
    registeredMediaId?: string;
    /**
     * Size in bytes.
     */
    fileSize?: number;
    /**
     * When it began, as the service writes it.
     */
    creationTime?: string;
    /**
     * When it ended, as the service writes it.
     */
    completeTime?: string;
    /**
     * Why it failed.
     */
    errorCode?: string;
    /**
     * Why it failed, in words.
     */
    errorMessage?: string;
    /**
     * What was passed as user data.
     */
    userData?: string;
}

/**
 * How far a video has to be.
 */
export type Readiness = "uploaded" | "playable";

/**
 * How far an upload is.
 */
export interface Progress {
    /**
     * What the upload is doing.
     */
    phase: Phase;
    /**
     * The media id, once there is one.
     */
    mediaId?: string;
    /**
     * What follows from this upload and the caller may not expect: that VOD transcodes a replaced media once more.
     */
    notice?: string;
    /**
     * Bytes that the server has accepted in whole parts.
     */
    bytesAccepted: number;
    /**
     * Bytes in all, if known.
     */
    bytesTotal?: number;
    /**
     * Parts accepted.
     */
    partsAccepted: number;
    /**
     * Parts in all, if known.
     */
    partsTotal?: number;
    /**
     * Requests tried again so far.
     */
    retries: number;
    /**
     * Upload credentials fetched anew so far.
     */
    refreshes: number;
    /**
     * Times it started over, because the server or the source had lost it.
     */
    restarts: number;
    /**
     * While nothing else is left to do but to wait for another try.
     */
    retry?: Retry;
    /**
     * What was uploaded is being removed.
     */
    removing?: boolean;
}

/**
 * How far the files of a playlist are. Their names follow from the playlists, so they are not stored.
 */
export interface PlaylistMark {
    /**
     * SHA-256 of all playlists as they are stored, in hex; empty before they were read. Without the sources' URLs, so
     * that those may be signed anew.
     */
    digest: string;
    /**
     * First and last number of each run of files that are stored.
     */
    done: [number, number][];
    /**
     * How segments are called whose names do not tell their format: the number of their list, and the extension.
     */
    extensions?: [number, string][];
    /**
     * The segments came as a list of their own, which must be passed again.
     */
    listed?: boolean;
    /**
     * Other hosts were asked with something of their own, which must be passed again: it may be a credential.
     */
    withHosts?: boolean;
    /**
     * Which variants are wanted.
     */
    variants?: string[];
    /**
     * Playlists that are not complete count as complete.
     */
    complete?: boolean;
    /**
     * What is done about a segment that is not there.
     */
    missingSegments?: MissingSegments;
    /**
     * Numbers of the segments that were not there.
     */
    missing?: number[];
}

/**
 * How one object is cut into parts.
 */
export type Plan = { type: "put"; size: number } | { type: "parts"; size: number; partSize: number } | { type: "growing"; partSize: number; maxPartSize: number };

/**
 * How requests to OSS are signed.
 */
export type OssSignature = "v4" | "v1";

/**
 * How requests to the VOD API are signed.
 */
export type VodSignature = "acs3" | "rpc";

/**
 * How to go about the upload. Every field may be left out.
 */
export interface Options {
    /**
     * Part size in bytes, 102,400 to 5,368,709,120. Grows by itself where 10,000 parts would not do.
     */
    partSize?: number;
    /**
     * Parts in flight at once. The host's maximum wins.
     */
    concurrency?: number;
    /**
     * How a part is proven to have arrived.
     */
    verify?: Verify;
    /**
     * With `false` a source behind a URL is read in one request, in order: for links that work only once, and for hosts
     * whose ranges cannot be trusted. A source whose ranges turn out not to work is read so anyway.
     */
    ranges?: boolean;
    /**
     * How long a source may stand still, before its first byte and between two, in ms: 300,000 and 60,000 unless told
     * otherwise.
     */
    sourceTimeoutMs?: number;
    /**
     * How long VOD and OSS may stand still, in ms: 60,000 unless told otherwise. With a part comes what its bytes need
     * at 16 KiB/s.
     */
    serviceTimeoutMs?: number;
    /**
     * Whatever `Content-Type` and name say, it is what it is uploaded as. Otherwise a page (HTML, JSON, XML), and for a
     * video a playlist or an image, is refused before VOD hears of it.
     */
    anyContentType?: boolean;
    /**
     * Somebody said that it is a video: then it is one, although it looks like a playlist or an image.
     */
    kindIsSaid?: boolean;
    /**
     * Allow sources on private and loopback addresses.
     */
    allowPrivateSources?: boolean;
    /**
     * Refuse sources over plain `http:`, also where they redirect to and what a playlist names.
     */
    httpsOnly?: boolean;
    /**
     * The hosts that sources may be on.
     */
    sourceHosts?: SourceHosts;
    /**
     * After a failure that a resume could mend, keep the multipart upload instead of aborting it.
     */
    keepOnFailure?: boolean;
    /**
     * Touch no media that the checkpoint only names: it must prove that an upload with the same AccessKey wrote it, or OSS
     * must know its upload id. Otherwise the caller vouches for it, as it has to where the AccessKey has changed meanwhile.
     * Unless told, a resume takes the caller's word for what it stores, and nothing is removed without the proof.
     */
    ownMediaOnly?: boolean;
    /**
     * Where to stop early and hand the rest on. What is in flight is finished; the upload ends in `Suspended`.
     */
    budget?: Budget;
    /**
     * What to do when the media's reference id belongs to a media already.
     */
    adopt?: Adopt;
    /**
     * Give these bytes to a media that exists, in place of those it has. Nothing else of it changes; VOD transcodes it and
     * takes its snapshots once more.
     */
    replace?: VideoRef;
    /**
     * The media that an earlier try of this very upload was given, where no checkpoint tells: if the reference id is found
     * to belong to it, this upload goes on with it, whatever `adopt` says, and sends everything again.
     */
    earlierMediaId?: string;
    /**
     * Only these parts, of an upload that somebody else began and will complete.
     */
    shard?: Shard;
    /**
     * Headers stored with the object (`Content-Type`, `Cache-Control`, `x-oss-…`).
     */
    objectHeaders?: [string, string][];
    /**
     * Whether VOD shows the watermark on a video; the template group decides where there is one.
     */
    showWatermark?: boolean;
    /**
     * The most that one connection to OSS may carry, in bit/s: 819,200 to 838,860,800.
     */
    trafficLimit?: number;
    /**
     * What OSS calls when the object is complete.
     */
    callback?: OssCallback;
    /**
     * A source of more bytes is refused: before VOD hears of it, or where it turns out longer than it said.
     */
    maxBytes?: number;
}

/**
 * How to reach and sign OSS. Every field may be left out.
 */
export interface OssService {
    /**
     * How to sign.
     */
    signature?: OssSignature;
    /**
     * Used instead of the endpoint VOD names: an internal, accelerate or custom one, without the bucket.
     */
    endpoint?: string;
    /**
     * The network to go through, from the endpoint VOD names. Not with an `endpoint` of one's own. TLS stays.
     */
    network?: OssNetwork;
    /**
     * `endpoint` is a domain of one's own that stands for the bucket: the bucket's name is not put before it.
     */
    cname?: boolean;
    /**
     * Further hosts an upload address may name: `host`, `host:port`, or `http://host:port` to allow plain HTTP there.
     */
    trustedHosts?: string[];
    /**
     * The bucket's region, where the endpoint does not tell it.
     */
    region?: string;
}

/**
 * Lists of hosts: `media.example.com`, `*.example.com` (all below it, not itself), with `:port` for that port only. They
 * hold for the source's URL, for every redirect and for every URL a playlist names.
 */
export interface SourceHosts {
    /**
     * Only these. An empty list allows none.
     */
    allow?: string[];
    /**
     * None of these, even where the other list allows them.
     */
    deny?: string[];
}

/**
 * Milliseconds since the Unix epoch, UTC.
 */
export type UnixMs = number;

/**
 * One job of UploadMediaByURL.
 */
export interface UrlUploadJob {
    /**
     * Names the job.
     */
    jobId: string;
    /**
     * What it fetches.
     */
    sourceUrl: string;
}

/**
 * One upload.
 */
export interface Job {
    /**
     * What it becomes in VOD.
     */
    media: Media;
    /**
     * Where the bytes come from.
     */
    source: Source;
    /**
     * The VOD API to call.
     */
    vod: VodService;
    /**
     * How to reach and sign OSS.
     */
    oss: OssService;
    /**
     * How to go about it.
     */
    options: Options;
    /**
     * What the host can carry.
     */
    host: HostLimits;
}

/**
 * Parameters of CreateUploadAttachedMedia. What is not given follows from the file name.
 *
 * There is no call that renews its upload credential: a media that takes longer than one lives is created again, under a
 * new id.
 * <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadattachedmedia>
 */
export interface CreateUploadAttachedMedia {
    /**
     * What it is for.
     */
    businessType?: BusinessType;
    /**
     * Format by its extension, without a dot. It wins over the name's own.
     */
    mediaExt?: string;
    /**
     * The file's name.
     */
    fileName?: string;
    /**
     * Size in bytes.
     */
    fileSize?: number;
    /**
     * Shown in the console; at most 128 bytes of UTF-8 (42 Han), where videos and images have 128 characters.
     */
    title?: string;
    /**
     * Category ids, at most 5.
     */
    cateIds?: number[];
    /**
     * At most 1024 bytes of UTF-8.
     */
    description?: string;
    /**
     * At most 16 tags of at most 32 characters, without commas.
     */
    tags?: string[];
    /**
     * Bucket host such as `outin-….oss-cn-shanghai.aliyuncs.com`; the account's default otherwise.
     */
    storageLocation?: string;
    /**
     * A JSON object as text: `MessageCallback`, `Extend` (at most 512 bytes).
     */
    userData?: string;
    /**
     * Application; `app-1000000` otherwise.
     */
    appId?: string;
}

/**
 * Parameters of CreateUploadImage. What is not given follows from the file name.
 *
 * There is no call that renews its upload credential: an image that takes longer than one lives is created again, under a
 * new id.
 * <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadimage>
 */
export interface CreateUploadImage {
    /**
     * What it is for.
     */
    imageType?: ImageType;
    /**
     * Format by its extension, without a dot: `png`, `jpg`, `jpeg`, `gif`, `heic`, `webp`. It wins over the name's own.
     */
    imageExt?: string;
    /**
     * The file's name.
     */
    originalFileName?: string;
    /**
     * Shown in the console; at most 128 characters.
     */
    title?: string;
    /**
     * Category id.
     */
    cateId?: number;
    /**
     * At most 1024 characters.
     */
    description?: string;
    /**
     * At most 16 tags of at most 32 characters, without commas.
     */
    tags?: string[];
    /**
     * Bucket host such as `outin-….oss-cn-shanghai.aliyuncs.com`; the account's default otherwise.
     */
    storageLocation?: string;
    /**
     * A JSON object as text: `MessageCallback`, `Extend` (at most 512 bytes).
     */
    userData?: string;
    /**
     * Application; `app-1000000` otherwise.
     */
    appId?: string;
}

/**
 * Parameters of CreateUploadVideo, for video and audio. Only title and file name are required.
 *
 * Not idempotent: every success makes a new media. A `reference_id` is the only handle the service knows to notice a repeat.
 * <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadvideo>
 */
export interface CreateUploadVideo {
    /**
     * Shown in the console; at most 128 characters.
     */
    title?: string;
    /**
     * A name with an extension; only the extension matters to VOD.
     */
    fileName?: string;
    /**
     * Size in bytes.
     */
    fileSize?: number;
    /**
     * At most 1024 characters.
     */
    description?: string;
    /**
     * URL of a thumbnail of the caller's own.
     */
    coverUrl?: string;
    /**
     * Category id.
     */
    cateId?: number;
    /**
     * At most 16 tags of at most 32 characters, without commas.
     */
    tags?: string[];
    /**
     * Transcoding template group; `VOD_NO_TRANSCODE` for none.
     */
    templateGroupId?: string;
    /**
     * Workflow; wins over the template group.
     */
    workflowId?: string;
    /**
     * Bucket host such as `outin-….oss-cn-shanghai.aliyuncs.com`; the account's default otherwise.
     */
    storageLocation?: string;
    /**
     * A JSON object as text: `MessageCallback`, `Extend` (at most 512 bytes), `AccelerateConfig`.
     */
    userData?: string;
    /**
     * Application; `app-1000000` otherwise.
     */
    appId?: string;
    /**
     * An id of the caller's own, 6 to 64 of `A-Z a-z 0-9 _ -`, unique in the account.
     */
    referenceId?: string;
    /**
     * Use the first frame as the cover.
     */
    enableFirstFrameCover?: boolean;
    /**
     * Make thumbnails.
     */
    generateThumbnail?: boolean;
}

/**
 * Parameters of UploadMediaByURL: VOD fetches the URLs by itself, in hours to days.
 * <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-uploadmediabyurl>
 */
export interface UploadMediaByUrl {
    /**
     * At most 20 http or https URLs that VOD can reach.
     */
    urls?: string[];
    /**
     * What each of them becomes, matched by `sourceUrl`.
     */
    metadatas?: UrlMetadata[];
    /**
     * Transcoding template group; `VOD_NO_TRANSCODE` for none.
     */
    templateGroupId?: string;
    /**
     * Workflow; wins over the template group.
     */
    workflowId?: string;
    /**
     * Bucket host; the account's default otherwise.
     */
    storageLocation?: string;
    /**
     * A JSON object as text: `MessageCallback`, `Extend` (at most 512 bytes).
     */
    userData?: string;
    /**
     * Application; `app-1000000` otherwise.
     */
    appId?: string;
    /**
     * Names this call, at most 50 of `A-Z a-z 0-9 _ -`: the service refuses a repeat within 10 minutes. Made up if not given.
     */
    sessionId?: string;
    /**
     * Use the first frame as the cover.
     */
    enableFirstFrameCover?: boolean;
    /**
     * Make thumbnails.
     */
    generateThumbnail?: boolean;
}

/**
 * Stable error codes, spelled in `snake_case` everywhere outside Rust.
 */
export type Code = "invalid_argument" | "empty_source" | "too_large" | "checkpoint_invalid" | "checkpoint_failed" | "listener_failed" | "too_many_files" | "not_resumable" | "source_tls_untrusted" | "source_unreachable" | "source_malformed" | "source_not_found" | "source_forbidden" | "source_status" | "source_is_page" | "source_is_playlist" | "source_is_image" | "source_changed" | "source_range" | "source_truncated" | "source_too_long" | "source_encoded" | "source_redirect" | "source_missing" | "source_read" | "playlist_invalid" | "playlist_live" | "playlist_key" | "url_refused" | "address_refused" | "source_host_refused" | "source_unconfirmed" | "replace_unconfirmed" | "media_unconfirmed" | "guard_missing" | "path_refused" | "playlist_too_large" | "abort_refused" | "endpoint_refused" | "proxy_refused" | "access_key_unknown" | "access_key_inactive" | "signature_mismatch" | "permission_denied" | "token_expired" | "token_invalid" | "service_inactive" | "clock_skew" | "tls_untrusted" | "reply_malformed" | "vod_unreachable" | "vod_rejected" | "reference_taken" | "vod_unavailable" | "media_not_found" | "storage_not_found" | "not_replaceable" | "reply_invalid" | "oss_unreachable" | "oss_rejected" | "oss_unavailable" | "wrong_endpoint" | "upload_gone" | "credential_ended" | "credential_stale" | "outcome_unknown" | "not_ready" | "processing_failed" | "credentials_failed" | "callback_failed" | "checksum_mismatch" | "length_mismatch" | "aborted" | "core_stopped" | "internal";

/**
 * The head of a reply whose body is the source.
 */
export interface ReplyHead {
    /**
     * HTTP status.
     */
    status: number;
    /**
     * Where it came from, if that is known. Only its path is looked at, for a name.
     */
    url?: string;
    /**
     * Header fields.
     */
    headers: [string, string][];
    /**
     * The body is decoded already, as `fetch` does it: then Content-Encoding does not matter, and
     * Content-Length says nothing of it.
     */
    decoded?: boolean;
    /**
     * Length of the body in bytes, where the caller knows better than Content-Length.
     */
    size?: number;
    /**
     * A file name, or a path that ends in one.
     */
    name?: string;
}

/**
 * The limits that a shell or the other side of the door keeps to.
 */
export interface Limits {
    /**
     * The version of this build: the package must be of the same.
     */
    version: string;
    /**
     * Text that is passed to the core at once, in UTF-16 units.
     */
    text: number;
    /**
     * The body of a reply of VOD or OSS, in bytes.
     */
    reply: number;
    /**
     * What of the reply to a call may be read before there is room for what it becomes, in bytes.
     */
    replyAhead: number;
    /**
     * What a longer reply to a call may take, in bytes.
     */
    replyMemory: number;
    /**
     * Headers to send to a source, in bytes: names and values.
     */
    headerBytes: number;
    /**
     * What one upload may hold of playlists, in bytes.
     */
    playlistMemory: number;
    /**
     * What of a playlist's text may be read before there is room for what it becomes, in bytes.
     */
    textAhead: number;
    /**
     * A row of a table that uploads are listed in, in characters.
     */
    row: number;
    /**
     * The least memory that all uploads of a process may be given to gather parts and playlists in, in bytes.
     */
    leastMemory: number;
    /**
     * What an instance of the core may have taken and still begin something new, in bytes.
     */
    instanceMemory: number;
}

/**
 * The media and its object.
 */
export interface PlaceMark {
    /**
     * The media id.
     */
    mediaId: string;
    /**
     * The bucket.
     */
    bucket: string;
    /**
     * The object key.
     */
    objectKey: string;
    /**
     * Shows whoever has the same AccessKey that one of its uploads wrote this: media ids and keys are no secret, and anybody
     * can write them down. It opens nothing, and tells nothing of the key.
     */
    proof?: string;
}

/**
 * The place and the credential of one media, as VOD gave them. Whoever holds it may store the file of that media, until it
 * expires: keep it as a secret. It names no AccessKey of the account.
 */
export interface Ticket {
    /**
     * The media id (VideoId, ImageId or MediaId).
     */
    mediaId: string;
    /**
     * Where the object goes: base64 of JSON, as VOD gives it.
     */
    uploadAddress: string;
    /**
     * What may put it there: base64 of JSON, as VOD gives it. A secret.
     */
    uploadAuth: string;
    /**
     * When it ends, by the service's clock, in ms since the epoch. Without it the credential itself tells.
     */
    expiresAt?: number;
    /**
     * Of an image or attached media: its URL on the CDN domain, once it is there.
     */
    url?: string;
    /**
     * Of an image or attached media: the object's own URL.
     */
    fileUrl?: string;
    /**
     * The service's id of the request that it came from.
     */
    requestId?: string;
}

/**
 * The range that was asked for.
 */
export interface RangeExpectation {
    /**
     * First byte.
     */
    first: number;
    /**
     * Last byte, inclusive.
     */
    last: number;
    /**
     * Size of the whole source in bytes, if known.
     */
    total?: number;
    /**
     * What the source must still be.
     */
    validator: Validator;
}

/**
 * The way to OSS.
 */
export type OssNetwork = "public" | "internal" | "accelerate";

/**
 * What GetMezzanineInfo tells of the source file.
 */
export interface Mezzanine {
    /**
     * `Uploading`, `Normal`, `UploadFail` or `Deleted`.
     */
    status: string;
    /**
     * Size in bytes.
     */
    size?: number;
    /**
     * The media id.
     */
    mediaId?: string;
    /**
     * MD5 of the file, where VOD tells it.
     */
    md5?: string;
    /**
     * File name.
     */
    fileName?: string;
    /**
     * The service's id of the request.
     */
    requestId?: string;
}

/**
 * What GetURLUploadInfos knows.
 */
export interface UrlUploadInfos {
    /**
     * The jobs found, up to 100 a URL.
     */
    uploads: UrlUploadInfo[];
    /**
     * Ids or URLs that name no job.
     */
    nonExists: string[];
}

/**
 * What GetVideoInfo tells. Fields that VOD left out are absent.
 */
export interface VideoInfo {
    /**
     * The media id.
     */
    mediaId?: string;
    /**
     * `Uploading`, `UploadFail`, `UploadSucc`, `Transcoding`, `TranscodeFail`, `Checking`, `Normal`, `Blocked` …
     */
    status?: string;
    /**
     * Title.
     */
    title?: string;
    /**
     * The caller's own id.
     */
    referenceId?: string;
    /**
     * Size of the source file in bytes.
     */
    size?: number;
    /**
     * Length in seconds, as VOD writes it.
     */
    duration?: string;
    /**
     * URL of the cover.
     */
    coverUrl?: string;
    /**
     * URLs of the snapshots.
     */
    snapshots?: string[];
    /**
     * When it was made, as VOD writes it.
     */
    creationTime?: string;
    /**
     * The service's id of the request.
     */
    requestId?: string;
}

/**
 * What OSS calls when the object is complete. What the callback server answers is not read: VOD has its own events.
 * <https://www.alibabacloud.com/help/en/oss/developer-reference/callback>
 */
export interface OssCallback {
    /**
     * At most 5 http or https URLs, tried in order. They may hold a credential, so no checkpoint keeps them.
     */
    urls?: string[];
    /**
     * Body of the request, with `${bucket}`, `${object}`, `${etag}`, `${size}`, `${mimeType}`, `${x:name}` filled in.
     */
    body?: string;
    /**
     * Type of the body: `application/x-www-form-urlencoded` unless told otherwise, or `application/json`.
     */
    bodyType?: string;
    /**
     * `Host` header of the request.
     */
    host?: string;
    /**
     * Names the host by SNI, too.
     */
    sni?: boolean;
    /**
     * Values of the `${x:name}` in the body, by name without `x:`, in lower case.
     */
    variables?: [string, string][];
}

/**
 * What a finished upload has made.
 */
export interface Outcome {
    /**
     * The media id (VideoId, ImageId or MediaId).
     */
    mediaId: string;
    /**
     * What it is: `video`, `image`, `attached` or `playlist`.
     */
    kind: string;
    /**
     * Of an image: its URL on the CDN domain. Where that domain asks for it, it is signed: whoever has it may look.
     */
    imageUrl?: string;
    /**
     * Of an attached media: its URL on the CDN domain, signed likewise.
     */
    mediaUrl?: string;
    /**
     * Of an image or attached media: the object's own URL.
     */
    fileUrl?: string;
    /**
     * The bucket it lies in.
     */
    bucket: string;
    /**
     * Its object key.
     */
    objectKey: string;
    /**
     * Its size in bytes.
     */
    bytes: number;
    /**
     * Parts it was sent in; 1 for one PutObject; the files of a playlist, itself included.
     */
    parts: number;
    /**
     * Segments of a playlist that were not there, and are gaps now (without their queries; the first 100 of them).
     */
    missingSegments?: string[];
    /**
     * CRC-64/XZ of the object as OSS gave it, unsigned decimal; absent where OSS gave none.
     */
    crc64?: string;
    /**
     * The media existed, and has these bytes now in place of others.
     */
    replaced?: boolean;
    /**
     * What follows from this upload and the caller may not expect: that VOD transcodes a replaced media once more.
     */
    notice?: string;
    /**
     * What was compared to know that it is whole.
     */
    compared: Compared;
    /**
     * What vouches for the source not having changed while it was read; absent where nothing was read.
     */
    vouched?: Vouched;
    /**
     * It went on from a checkpoint.
     */
    resumed: boolean;
    /**
     * Upload credentials fetched anew.
     */
    refreshes: number;
    /**
     * Times it started over, because the server or the source had lost it, or because the credential of an image or
     * attached media had ended: then the media id is a new one.
     */
    restarts: number;
    /**
     * Requests tried again.
     */
    retries: number;
    /**
     * The service's id of the last request.
     */
    requestId?: string;
}

/**
 * What a finished upload rests on.
 */
export type Compared = "crc64" | "parts" | "length" | "existing_length";

/**
 * What a playlist may ask for: a hostile one could name the whole world.
 */
export interface PlaylistLimits {
    /**
     * Playlists, the root included.
     */
    playlists?: number;
    /**
     * Different files, playlists not included.
     */
    files?: number;
    /**
     * Bytes of one playlist.
     */
    playlistBytes?: number;
    /**
     * Bytes in all.
     */
    bytes?: number;
}

/**
 * What a source may be. The default: public hosts, over https or http, on port 80, 443 or any from 1024 on (below lie the
 * services that are not HTTP).
 */
export interface SourcePolicy {
    /**
     * Private, loopback and link-local addresses, local host names, and any port. Cloud metadata services stay refused.
     */
    allowPrivate?: boolean;
    /**
     * Plain `http:` URLs. A redirect from https to http is refused in any case.
     */
    allowHttp?: boolean;
    /**
     * The caller's own lists of hosts.
     */
    hosts?: SourceHosts;
}

/**
 * What an attached media is for.
 */
export type BusinessType = "watermark" | "subtitle" | "material";

/**
 * What an image is for.
 */
export type ImageType = "default" | "cover";

/**
 * What became of videos that were to be deleted: all others are gone.
 */
export interface Deletion {
    /**
     * Ids that name no video.
     */
    nonExistent?: string[];
    /**
     * Ids of videos that VOD does not allow to delete.
     */
    forbidden?: string[];
    /**
     * The service's id of the request.
     */
    requestId?: string;
}

/**
 * What came of it.
 */
export type Answer = { type: "reply"; body: string } | { type: "ready"; status: string } | { type: "jobs"; jobs: UrlUploadJob[] } | { type: "infos"; infos: UrlUploadInfos } | { type: "video"; info: VideoInfo } | { type: "mezzanine"; info: Mezzanine } | { type: "deleted"; deletion: Deletion } | { type: "ticket"; ticket: Ticket } | { type: "finished" };

/**
 * What goes to one host.
 */
export interface HostAccess {
    /**
     * `cdn.example.com`, `*.example.com` (all below it, not itself), with `:port` for that port only.
     */
    host: string;
    /**
     * Sent along; they replace the source's own of the same name.
     */
    headers?: [string, string][];
    /**
     * Encoded parameters as in `a=1&b=2`, added to every URL there that does not have them.
     */
    query?: string;
}

/**
 * What one URL becomes.
 */
export interface UrlMetadata {
    /**
     * One of the URLs.
     */
    sourceUrl?: string;
    /**
     * Shown in the console; at most 128 characters.
     */
    title?: string;
    /**
     * Size in bytes.
     */
    fileSize?: number;
    /**
     * At most 1024 characters.
     */
    description?: string;
    /**
     * URL of a thumbnail.
     */
    coverUrl?: string;
    /**
     * Category id.
     */
    cateId?: number;
    /**
     * At most 16 tags of at most 32 characters, without commas.
     */
    tags?: string[];
    /**
     * Transcoding template group; wins over that of the call.
     */
    templateGroupId?: string;
    /**
     * Workflow.
     */
    workflowId?: string;
    /**
     * Format as an extension without a dot. Needed where the URL's path has none; it wins over that.
     */
    fileExtension?: string;
    /**
     * An id of the caller's own, 6 to 64 of `A-Z a-z 0-9 _ -`.
     */
    referenceId?: string;
}

/**
 * What one run may use up. Without a number there is no limit.
 */
export interface Budget {
    /**
     * Parts begun; one that fails is sent again all the same. With 0 the upload is only prepared, for others to carry on.
     */
    parts?: number;
    /**
     * Requests sent, to the source, VOD and OSS together.
     */
    subrequests?: number;
    /**
     * Bytes of parts begun.
     */
    bytes?: number;
    /**
     * No part begins from then on, in ms since the epoch by the host's clock; of a source without ranges, not before one
     * was accepted.
     */
    deadline?: number;
}

/**
 * What signs a request, to VOD or to OSS. It can be read in, never written out.
 */
export interface Credentials {
    /**
     * The key's name. Not secret by itself; a temporary one begins with `STS.`.
     */
    accessKeyId: string;
    /**
     * The key.
     */
    accessKeySecret: string;
    /**
     * The token that belongs to a temporary key.
     */
    securityToken?: string;
}

/**
 * What the bytes become in VOD.
 */
export type Media = ({ type: "video" } & CreateUploadVideo) | ({ type: "image" } & CreateUploadImage) | ({ type: "attachedMedia" } & CreateUploadAttachedMedia);

/**
 * What the first reply tells of a source.
 */
export interface Probe {
    /**
     * Bytes, if known.
     */
    size?: number;
    /**
     * It answers ranges: it gave exactly the one that was asked for.
     */
    ranges: boolean;
    /**
     * This reply's body holds the whole source.
     */
    whole: boolean;
    /**
     * By what a change is noticed.
     */
    validator: Validator;
    /**
     * `Content-Type` as sent.
     */
    contentType?: string;
    /**
     * From `Content-Disposition`, without any path.
     */
    fileName?: string;
}

/**
 * What the host can carry.
 */
export interface HostLimits {
    /**
     * Parts in flight where the caller says nothing.
     */
    concurrency: number;
    /**
     * Parts in flight at the most.
     */
    maxConcurrency: number;
    /**
     * Bytes that all uploads of its process may hold in memory at once: parts of sources without ranges (every part where
     * `buffers_parts`), files of playlists, and playlists. What each `Read` takes is leased from them.
     */
    bufferBytes: number;
    /**
     * Every part is buffered, because the runtime cannot stream an exact length.
     */
    buffersParts: boolean;
    /**
     * Requests it may send in one run, if there is such a limit.
     */
    subrequests?: number;
    /**
     * In a browser, the origin of the page: it sees of a reply only what the server shares with that origin (CORS), and of a
     * request that is not allowed nothing but that it failed.
     */
    origin?: string;
}

/**
 * What the host does next.
 */
export type Step = { type: "send"; request: Request } | { type: "wait"; until: number } | { type: "renew" } | { type: "done"; answer: Answer } | { type: "failed"; error: Error };

/**
 * What the host tells a conversation.
 */
export type Heard = { type: "replied"; status: number; headers: [string, string][]; body: string } | { type: "failed"; message: string; kind?: FailureKind } | { type: "woke" } | { type: "renewed"; account: Account };

/**
 * What the host tells the machine.
 */
export type Event = { type: "start" } | { type: "replied"; id: number; status: number; headers: [string, string][]; body: string } | { type: "opened"; id: number; status: number; headers: [string, string][]; head?: string } | { type: "filled"; id: number; length: number; ended: boolean } | { type: "text"; id: number; text: string; ended: boolean } | { type: "transferred"; id: number; sent: number; status: number; headers: [string, string][]; body: string; crc64?: string } | { type: "failed"; id: number; failure: Failure } | { type: "renewed"; id: number; account: Account } | { type: "woke"; id: number } | { type: "stop" } | { type: "abort" };

/**
 * What the machine asks of the host.
 */
export type Effect = { type: "send"; id: number; to: Service; request: Request; afterCheckpoint?: boolean } | { type: "open"; id: number; request?: Request; file?: string; peek?: number; allowPrivate: boolean } | { type: "close"; id: number } | { type: "read"; id: number; open: number; part: number; skip: number; limit: number; least: number; firmMs: number; idleMs: number } | { type: "readText"; id: number; open: number; limit: number; idleMs: number } | { type: "release"; part: number } | { type: "transfer"; id: number; part: number; body: TransferBody; length: number; request: Request; checksum: boolean } | { type: "renew"; id: number } | { type: "wait"; id: number; until: number } | { type: "cancel"; id: number } | { type: "progress"; progress: Progress } | { type: "checkpoint"; checkpoint: Checkpoint } | { type: "suspended"; checkpoint: Checkpoint } | { type: "done"; outcome: Outcome } | { type: "failed"; error: Error };

/**
 * What the source was when it was first seen.
 */
export interface SourceMark {
    /**
     * Of a URL: without its query, unless that says only which media is meant and in what form.
     */
    url?: string;
    /**
     * The query was left out: pass the URL again to resume.
     */
    queryRemoved?: boolean;
    /**
     * Of a file: its path, as it was given.
     */
    path?: string;
    /**
     * Length in bytes.
     */
    size?: number;
    /**
     * Of a URL: strong ETag, Last-Modified. Of bytes at any offset: as `etag`, the version that they were given.
     */
    validator: Validator;
    /**
     * Its ranges were not used, or were of no use: it is read in one request.
     */
    readOnce?: boolean;
    /**
     * Of a file: modification time in ms since the epoch.
     */
    modified?: number;
}

/**
 * What the upload is doing.
 */
export type Phase = "probing" | "creating" | "uploading" | "completing" | "suspending" | "aborting" | "ended";

/**
 * What to ask VOD for.
 */
export type Ask = { type: "action"; action: string; params: [string, string][]; repeatable?: boolean } | { type: "untilReady"; mediaId?: string; referenceId?: string; until: Readiness; size?: number; timeoutMs?: number } | { type: "uploadByUrl"; pull: UploadMediaByUrl } | { type: "urlUploads"; which: UrlUploads; untilEnded: boolean; timeoutMs?: number } | { type: "cancelUrlUploads"; which: UrlUploads } | { type: "videoInfo"; video: VideoRef } | { type: "mezzanineInfo"; video: VideoRef } | { type: "deleteVideos"; videos: VideoRef[] } | { type: "createUpload"; media: Media; size?: number } | { type: "refreshUpload"; mediaId: string } | { type: "abortMedia"; mediaId: string };

/**
 * What to do about a segment that its source says is not there.
 */
export type MissingSegments = "fail" | "gap";

/**
 * What to do when VOD refuses a media because its `reference_id` belongs to one already: most often one of an earlier try
 * whose reply was lost, or whose process died before it could note the media id.
 */
export type Adopt = "never" | "always" | "if_possible";

/**
 * What vouches for the bytes that were read being those of one and the same file.
 */
export type Vouched = "digest" | "one_reply" | "validators" | "local" | "nothing";

/**
 * What went wrong, as data. It never holds a secret, a signature or a URL query.
 */
export interface Error {
    /**
     * Stable code.
     */
    code: Code;
    /**
     * Who has to act.
     */
    class: ErrorClass;
    /**
     * What happened, in one sentence that names field, number or service code.
     */
    message: string;
    /**
     * What to do, in one sentence.
     */
    hint: string;
    /**
     * Whether the same call may succeed later without any change.
     */
    retryable: boolean;
    /**
     * The service's own error code, such as `InvalidFileName.Extension`.
     */
    serviceCode?: string;
    /**
     * The service's id of the failed request, for its support.
     */
    requestId?: string;
    /**
     * The HTTP status of the reply, if there was one.
     */
    status?: number;
}

/**
 * Where VOD wants the object.
 */
export interface UploadAddress {
    /**
     * OSS endpoint with its scheme, without the bucket: `https://oss-cn-shanghai.aliyuncs.com`.
     */
    endpoint: string;
    /**
     * Bucket.
     */
    bucket: string;
    /**
     * Object key; the service calls it `FileName`.
     */
    objectKey: string;
    /**
     * What the further objects of a playlist upload begin with.
     */
    objectPrefix?: string;
}

/**
 * Where a playlist is.
 */
export type PlaylistRoot = { type: "url"; url: string; headers: [string, string][] } | { type: "file"; name: string; path: string };

/**
 * Where a transfer's bytes come from.
 */
export type TransferBody = { type: "range"; request: Request; expect: RangeExpectation; allowPrivate: boolean } | { type: "slice"; offset: number } | { type: "file"; path: string } | { type: "opened"; open: number; idleMs: number } | { type: "buffer" };

/**
 * Where an upload stands. There is one from the first moment on; the later fields fill up as it goes.
 */
export interface Checkpoint {
    /**
     * [`VERSION`] of the writer.
     */
    version: number;
    /**
     * What it becomes in VOD.
     */
    media: Media;
    /**
     * The VOD region it lives in. Endpoints are not stored: whoever edits a checkpoint must not lead requests elsewhere.
     */
    region: string;
    /**
     * Where the bytes come from.
     */
    source: SourceMark;
    /**
     * Headers stored with the object.
     */
    objectHeaders: [string, string][];
    /**
     * The watermark switch, if it was given.
     */
    showWatermark?: boolean;
    /**
     * What to do when the reference id belongs to a media already.
     */
    adopt?: Adopt;
    /**
     * The media whose bytes are replaced.
     */
    replace?: VideoRef;
    /**
     * Bytes that media held before, if VOD told it; 0 where it had no file.
     */
    replacedBytes?: number;
    /**
     * The file was stored, and proved not to be what was sent: a resume stores it again. Trust it as `replace`.
     */
    spoiled?: boolean;
    /**
     * The media was there before this upload.
     */
    adopted?: boolean;
    /**
     * When a Create with a reference id was sent whose reply was not heard: by the clock of the host, in Unix ms.
     */
    createSent?: number;
    /**
     * There was a callback: pass it again to resume. It is not stored, its URL may hold a credential.
     */
    callbackRemoved?: boolean;
    /**
     * How it is cut, once the source was seen.
     */
    plan?: Plan;
    /**
     * Where VOD wants it, once VOD has said so.
     */
    place?: PlaceMark;
    /**
     * The multipart upload, once there is one.
     */
    uploadId?: string;
    /**
     * Of a playlist: which of its files are stored. Only this tells: the server is not asked.
     */
    playlist?: PlaylistMark;
    /**
     * Bytes accepted so far, for display.
     */
    bytesAccepted: number;
    /**
     * Runs in a row whose budget was used up before they got further than those before.
     */
    idleRuns?: number;
    /**
     * Parts accepted so far.
     */
    partsAccepted?: number;
    /**
     * Of a source that is read in order: which of its parts a later run may take over.
     */
    inOrder?: InOrder;
}

/**
 * Where the bytes come from.
 */
export type Source = { type: "url"; url: string; headers: [string, string][] } | { type: "slices"; size: number; modified?: number; name?: string; contentType?: string; version?: string } | { type: "stream"; size?: number; name?: string } | ({ type: "reply" } & ReplyHead) | ({ type: "playlist" } & PlaylistSource);

/**
 * Which VOD API to call, and how to sign for it. Every field may be left out.
 */
export interface VodService {
    /**
     * Region id such as `cn-shanghai` (the default). Media live in one region.
     */
    region?: string;
    /**
     * Overrides the region's endpoint: `host`, `host:port`, or with `https://` or `http://` before it.
     */
    endpoint?: string;
    /**
     * How to sign.
     */
    signature?: VodSignature;
}

/**
 * Which jobs: by their ids, or by the URLs they fetch.
 */
export type UrlUploads = { jobIds: string[] } | { urls: string[] };

/**
 * Which side failed, and how.
 */
export type FailureKind = "canceled" | "network" | "malformed" | "no_handle" | "untrusted" | "timeout" | "source_reply" | "source_network" | "source_malformed" | "source_untrusted" | "source_timeout" | "source_short" | "source_long" | "source_changed" | "source_missing" | "source_read" | "path_refused" | "address_refused" | "service_refused" | "proxy_refused" | "unguarded" | "credentials" | "internal";

/**
 * Who has to act. The CLI turns it into its exit code.
 */
export type ErrorClass = "usage" | "source" | "credentials" | "service" | "integrity" | "guard" | "interrupted";

/**
 * Who is asked by a small request.
 */
export type Service = "vod" | "oss";

/**
 * Whose account it is, and whether the caller can give newer credentials. It can be read in, never written out.
 */
export interface Account extends Credentials {
    /**
     * When they end, in ms since the epoch, if that is known.
     */
    expiresAt?: number;
    /**
     * The caller can be asked for newer ones.
     */
    renewable?: boolean;
    /**
     * In place of keys: the upload has its place already, and calls VOD for nothing. Then the credentials above are empty,
     * and `renewable` says that the caller can be asked for a newer ticket.
     */
    ticket?: Ticket;
}

/**
 * Why an effect ended without a reply.
 */
export interface Failure {
    /**
     * Which side, and how.
     */
    kind: FailureKind;
    /**
     * The runtime's own words, for the error message: no URL, no header value.
     */
    message: string;
    /**
     * The source's status, with `SourceReply`.
     */
    status?: number;
    /**
     * The source's headers, with `SourceReply`.
     */
    headers?: [string, string][];
}


declare namespace instance {
    /**
     * A conversation with the VOD API: one call, or asking until something is done. Each input is answered with the one step to
     * take next.
     */
    class Conversation {
        free(): void;
        [Symbol.dispose](): void;
        /**
         * The step after this.
         */
        handle(heard: string, now: number): string;
        /**
         * `entropy` holds 32 random bytes drawn for this conversation alone; `now` is in ms since the epoch.
         */
        constructor(service: string, account: string, ask: string, entropy: Uint8Array | number[], now: number);
        /**
         * The first step.
         */
        start(now: number): string;
    }

    /**
     * A running CRC-64/XZ.
     */
    class Crc64 {
        free(): void;
        [Symbol.dispose](): void;
        /**
         * Of the bytes so far, unsigned decimal, as OSS spells it.
         */
        digest(): string;
        /**
         * Of no bytes.
         */
        constructor();
        /**
         * Takes the next bytes.
         */
        update(bytes: Uint8Array | number[]): void;
    }

    /**
     * One upload. `handle` takes an event and gives the effects that follow from it.
     */
    class Upload {
        free(): void;
        [Symbol.dispose](): void;
        /**
         * Where the upload stands.
         */
        checkpoint(): string;
        /**
         * Removes what an upload has left on the server; see the crate's `Upload::discard`.
         */
        static discard(checkpoint: string, job: string, account: string, entropy: Uint8Array | number[], now: number): Upload;
        /**
         * The effects of an event, in the order to run them. `now` is in ms since the epoch, by the host's clock.
         */
        handle(event: string, now: number): string;
        /**
         * Bytes that its playlists take in memory; see the crate's `Upload::held`.
         */
        held(): number;
        /**
         * `entropy` holds 32 random bytes drawn for this upload alone; `now` is in ms since the epoch.
         */
        constructor(job: string, account: string, entropy: Uint8Array | number[], now: number);
        /**
         * Resumes from a checkpoint; see the crate's `Upload::resume`.
         */
        static resume(checkpoint: string, job: string, account: string, entropy: Uint8Array | number[], now: number): Upload;
    }

    /**
     * Whether an IP address may be contacted; the error, if not.
     */
    function checkAddress(ip: string, allow_private: boolean): string | undefined;

    /**
     * Whether a source's reply to a ranged GET is exactly what was asked for; the error, if not.
     */
    function checkRange(expect: string, status: number, headers: string): string | undefined;

    /**
     * Whether a source's URL may be fetched; the error, if not.
     */
    function checkUrl(url: string, allow_private: boolean): string | undefined;

    /**
     * CRC-64 of A followed by B, from those of A and B (unsigned decimal) and the length of B in bytes.
     */
    function crc64Combine(a: string, b: string, length_of_b: number): string;

    /**
     * Decodes an UploadAddress (base64 JSON).
     */
    function decodeUploadAddress(text: string): string;

    /**
     * Decodes an UploadAuth (base64 JSON). `now` tells when it was received, in ms since the epoch.
     */
    function decodeUploadAuth(text: string, now: number): string;

    /**
     * An error of this code, with its class, hint and whether to retry.
     */
    function errorOf(code: string, message: string): string;

    /**
     * How long to wait, in ms, while this machine has no free file handle, after so many ms of waiting;
     * nothing when it was long enough.
     */
    function handleWaitMs(waited_ms: number): number | undefined;

    /**
     * The limits that both sides of the door keep to.
     */
    function limits(): string;

    /**
     * Reads the reply to an operation of OSS: what it tells, then of each part that it lists what it tells of that.
     */
    function ossReply(operation: string, status: number, headers: string, body: string): string;

    /**
     * Signs a request: an operation of OSS by its name, `sign` or `presign`, of which the URL comes as it is. `fields` say where (`endpoint`, `bucket`, `key`, `region`,
     * `cname`, `signature`), and what of it; `pairs` is the query, of `complete` the parts.
     */
    function ossRequest(operation: string, fields: string, pairs: string, headers: string, credentials: string, now: number): string;

    /**
     * How an object is cut, and where part `number` lies: kind (1 where it is one PutObject), part size, count (0 where it is not
     * known), offset and length, in bytes.
     */
    function planParts(size: number | null | undefined, part_size: number | null | undefined, max_part_size: number | null | undefined, max_parts: number | null | undefined, number: number): Float64Array;

    /**
     * Reads a checkpoint that was stored as JSON; see the crate's `Checkpoint::read`.
     */
    function readCheckpoint(text: string): string;

    /**
     * Signs any action of the VOD API. `nonce` must be new for every request, a retry included.
     */
    function signVodRequest(service: string, credentials: string, action: string, params: string, nonce: string, now: number): string;

    /**
     * A file name for a video by its title and Content-Type.
     */
    function videoName(title: string, content_type?: string | null): string;

    /** Its memory. */
    const memory: WebAssembly.Memory;
}

/** One instance of the core. */
export type Core = typeof instance;

/** Makes one instance of the core; instances share nothing. */
export function instantiate(module: WebAssembly.Module): Core;
