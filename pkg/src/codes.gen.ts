// Generated from the table in src/error.rs by `make build`. Committed, so that a change is seen in review.
import type { Code } from "./wasm/core.js";

/** Every code with what it means: each is its own name. */
export interface ErrorCodes {
  /**
   * A parameter breaks a documented rule; the message names it.
   *
   * Correct the named field and call again.
   *
   * Class `usage`; the same call fails again until something is changed.
   */
  readonly invalid_argument: "invalid_argument";
  /**
   * The source holds zero bytes.
   *
   * VOD media must hold at least 1 byte: check that the source is the file you meant.
   *
   * Class `usage`; the same call fails again until something is changed.
   */
  readonly empty_source: "empty_source";
  /**
   * More than 10,000 parts of 5 GiB, or than the caller allows.
   *
   * Upload a smaller file, or split it: OSS objects end at 48.8 TB (10,000 parts of 5 GiB), and
   * earlier where `maxBytes` is set.
   *
   * Class `usage`; the same call fails again until something is changed.
   */
  readonly too_large: "too_large";
  /**
   * A checkpoint that is not one of ours, or of a version this build does not know.
   *
   * Start a new upload, or resume with the version of vodlift that wrote the checkpoint.
   *
   * Class `usage`; the same call fails again until something is changed.
   */
  readonly checkpoint_invalid: "checkpoint_invalid";
  /**
   * The caller's checkpoint store failed.
   *
   * Make the place where checkpoints are kept writable, or upload without one.
   *
   * Class `usage`; the same call fails again until something is changed.
   */
  readonly checkpoint_failed: "checkpoint_failed";
  /**
   * A function that the caller wants to be told things by has failed. The upload goes on.
   *
   * Look at the function that the message names: the upload is none the worse for it, but it was
   * not told.
   *
   * Class `usage`; the same call fails again until something is changed.
   */
  readonly listener_failed: "listener_failed";
  /**
   * This machine had no free file handle for too long.
   *
   * Raise this machine's limit of open files (`ulimit -n`), or run fewer uploads at once.
   *
   * Class `usage`; the same call may succeed later without any change.
   */
  readonly too_many_files: "too_many_files";
  /**
   * The source can be read only once, so what was lost cannot be read again.
   *
   * Upload from a file or a URL that supports ranges to be able to resume.
   *
   * Class `usage`; the same call fails again until something is changed.
   */
  readonly not_resumable: "not_resumable";
  /**
   * The source shows a certificate that is not trusted here.
   *
   * If the certificate is your own, let this runtime trust its authority; others have to renew
   * theirs.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_tls_untrusted: "source_tls_untrusted";
  /**
   * No connection to the source, or it broke and stayed broken.
   *
   * Check that the URL answers from this network, then run the upload again.
   *
   * Class `source`; the same call may succeed later without any change.
   */
  readonly source_unreachable: "source_unreachable";
  /**
   * The source's reply breaks the rules of HTTP.
   *
   * The source, or a proxy before it, breaks the rules of HTTP as the message says: have it
   * corrected there, or upload a local copy.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_malformed: "source_malformed";
  /**
   * The source answered 404 or 410.
   *
   * Check the URL: the source says there is nothing there.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_not_found: "source_not_found";
  /**
   * The source answered 401 or 403.
   *
   * Check the URL's signature or expiry, or pass the headers the source asks for.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_forbidden: "source_forbidden";
  /**
   * The source answered with another status than 200 or 206.
   *
   * Look at the status the source gave; 5xx usually passes, so try again later.
   *
   * Class `source`; the same call may succeed later without any change.
   */
  readonly source_status: "source_status";
  /**
   * The source answered with a page (HTML, JSON, XML) in place of a file.
   *
   * The link may have expired or need a login: open it in a browser; if it is the file that is
   * meant, set `anyContentType`.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_is_page: "source_is_page";
  /**
   * A playlist was to become a video.
   *
   * Say by `as` which is meant: a playlist, with all that it names, or a video, to store its text
   * alone.
   *
   * Class `usage`; the same call fails again until something is changed.
   */
  readonly source_is_playlist: "source_is_playlist";
  /**
   * An image was to become a video.
   *
   * Say by `as` which is meant: an image, or a video all the same.
   *
   * Class `usage`; the same call fails again until something is changed.
   */
  readonly source_is_image: "source_is_image";
  /**
   * Size, ETag or Last-Modified are no longer those seen first.
   *
   * The source changed while it was read: upload it again from the start.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_changed: "source_changed";
  /**
   * A range was asked for and something else came.
   *
   * The source answers ranges wrongly: serve it from a host that honours Range, or switch ranges
   * off with `ranges`.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_range: "source_range";
  /**
   * The source ended before its announced length.
   *
   * The source ended early: check its length there, then run the upload again.
   *
   * Class `source`; the same call may succeed later without any change.
   */
  readonly source_truncated: "source_truncated";
  /**
   * The source gave more bytes than it announced.
   *
   * The source gave more bytes than it announced: check the size you passed, or its Content-Length.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_too_long: "source_too_long";
  /**
   * The source sent a Content-Encoding although identity was asked for.
   *
   * Serve the file without compression: a compressed answer is not the file.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_encoded: "source_encoded";
  /**
   * More redirects than allowed, or one without a usable Location.
   *
   * Pass the final URL of the source.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_redirect: "source_redirect";
  /**
   * There is no local file of that name.
   *
   * Check the path: there is no file of that name.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_missing: "source_missing";
  /**
   * A local file or stream could not be read.
   *
   * Check that it is a regular file that may be read, and that nothing writes to it meanwhile.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly source_read: "source_read";
  /**
   * A playlist that breaks the rules of HLS; the message names the line.
   *
   * Correct the playlist, or upload the media it belongs to as one file.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly playlist_invalid: "playlist_invalid";
  /**
   * A playlist that is not complete: it goes on.
   *
   * Only a complete playlist can be uploaded: wait for its EXT-X-ENDLIST, or record the stream
   * first.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly playlist_live: "playlist_live";
  /**
   * What a playlist names as a key is none: it has another length.
   *
   * Check what the key's URL answers: a page instead of a key often means that it asks for headers
   * or cookies.
   *
   * Class `source`; the same call fails again until something is changed.
   */
  readonly playlist_key: "playlist_key";
  /**
   * The URL may not be fetched: scheme, user info, port or host.
   *
   * Use an http(s) URL of a public host, or set `allowPrivateSources` if this one is yours.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly url_refused: "url_refused";
  /**
   * The host resolves to an address that is not public.
   *
   * Sources on private and loopback addresses are refused unless `allowPrivateSources` says
   * otherwise.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly address_refused: "address_refused";
  /**
   * The caller's own lists of hosts refuse this one.
   *
   * Use a source on another host, or change the lists `allowHosts` and `denyHosts`.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly source_host_refused: "source_host_refused";
  /**
   * The source that a checkpoint names was not confirmed.
   *
   * Pass the source yourself, or confirm the one that the checkpoint names.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly source_unconfirmed: "source_unconfirmed";
  /**
   * The media whose file a checkpoint replaces was not confirmed.
   *
   * A checkpoint would replace the file of a media that exists: confirm that this is the media you
   * mean.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly replace_unconfirmed: "replace_unconfirmed";
  /**
   * The media that a checkpoint names may be another upload's.
   *
   * Use the AccessKey that the checkpoint was written with; or, if the media is the one you mean
   * and no other upload is at work on it, vouch for it by `ownMediaOnly`.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly media_unconfirmed: "media_unconfirmed";
  /**
   * This build of the package cannot tell which address a name leads to, on a runtime where others
   * can.
   *
   * Bundle the package for the runtime it runs on, as the message says, or leave it out of the
   * bundle.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly guard_missing: "guard_missing";
  /**
   * A playlist names a local file that is not below its own folder.
   *
   * A local playlist may name URLs, and files below its own folder by relative paths.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly path_refused: "path_refused";
  /**
   * A playlist and what it names are more than was allowed.
   *
   * If the playlist is yours, raise the limit that the message names.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly playlist_too_large: "playlist_too_large";
  /**
   * An abort would have removed more than what an upload left unfinished.
   *
   * Nothing was removed: if this media is not wanted, delete it by its id; its checkpoint is of no
   * more use.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly abort_refused: "abort_refused";
  /**
   * The upload address names a host that is not on the allow-list.
   *
   * The upload address must be https on a name of OSS (oss-*.aliyuncs.com), the configured
   * endpoint's host, or a host you trust by name.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly endpoint_refused: "endpoint_refused";
  /**
   * The proxy on the way does not let the request through.
   *
   * Ask whoever runs the proxy to allow this host, or name it with user and password, another one,
   * or none.
   *
   * Class `guard`; the same call fails again until something is changed.
   */
  readonly proxy_refused: "proxy_refused";
  /**
   * The AccessKey id is unknown.
   *
   * Check the AccessKey id: the service does not know it.
   *
   * Class `credentials`; the same call fails again until something is changed.
   */
  readonly access_key_unknown: "access_key_unknown";
  /**
   * The AccessKey is disabled.
   *
   * Enable the AccessKey in the RAM console, or use another.
   *
   * Class `credentials`; the same call fails again until something is changed.
   */
  readonly access_key_inactive: "access_key_inactive";
  /**
   * The service computed another signature.
   *
   * Check the AccessKey secret and the region: the service computed another signature.
   *
   * Class `credentials`; the same call fails again until something is changed.
   */
  readonly signature_mismatch: "signature_mismatch";
  /**
   * The key is known but may not do this.
   *
   * Grant the RAM user the action that was called, or use another key.
   *
   * Class `credentials`; the same call fails again until something is changed.
   */
  readonly permission_denied: "permission_denied";
  /**
   * The caller's own STS token is over.
   *
   * Pass a fresh STS token.
   *
   * Class `credentials`; the same call fails again until something is changed.
   */
  readonly token_expired: "token_expired";
  /**
   * The caller's own STS token is not valid for this key.
   *
   * Pass the STS token together with the AccessKey id and secret it was issued with.
   *
   * Class `credentials`; the same call fails again until something is changed.
   */
  readonly token_invalid: "token_invalid";
  /**
   * VOD is not activated, suspended or unpaid.
   *
   * Activate VOD for this account, or settle the account, in the console.
   *
   * Class `credentials`; the same call fails again until something is changed.
   */
  readonly service_inactive: "service_inactive";
  /**
   * This machine's clock is off and correcting it did not help.
   *
   * Set this machine's clock: it is more than 15 minutes off.
   *
   * Class `credentials`; the same call fails again until something is changed.
   */
  readonly clock_skew: "clock_skew";
  /**
   * VOD or OSS show a certificate that is not trusted here; the message says which.
   *
   * If the certificate is your own, let this runtime trust its authority.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly tls_untrusted: "tls_untrusted";
  /**
   * A reply of VOD or OSS that breaks the rules of HTTP.
   *
   * What answers breaks the rules of HTTP as the message says, most often a proxy on the way: check
   * the endpoint, and what stands before it.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly reply_malformed: "reply_malformed";
  /**
   * No connection to the VOD API.
   *
   * Check the network, the region and the endpoint, then try again.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly vod_unreachable: "vod_unreachable";
  /**
   * The VOD API refused the call; `serviceCode` is its own code.
   *
   * Look at the service's own code and message; they name the parameter.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly vod_rejected: "vod_rejected";
  /**
   * The reference id belongs to another media already.
   *
   * Choose another `referenceId`, or pass `adopt` to go on with the media that has this one, if it
   * is yours.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly reference_taken: "reference_taken";
  /**
   * The VOD API kept failing or throttling.
   *
   * Wait a little and try again; if it lasts, give the request id to support.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly vod_unavailable: "vod_unavailable";
  /**
   * The media id is unknown there.
   *
   * Check the media id and the region: media live in one region.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly media_not_found: "media_not_found";
  /**
   * VOD has no storage bucket there: the region is not the one meant, or none was activated in it.
   *
   * Set `region` to one in which VOD has storage for this account, or activate storage there in the
   * VOD console; a `storageLocation` must be a bucket of that region.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly storage_not_found: "storage_not_found";
  /**
   * The media is in a state in which its bytes cannot be replaced.
   *
   * A video that is deleted or blocked gets no new bytes: upload this as a new media.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly not_replaceable: "not_replaceable";
  /**
   * A reply that is not what the API documents.
   *
   * Check the endpoint, and what stands between here and it: this is no reply of VOD or OSS.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly reply_invalid: "reply_invalid";
  /**
   * No connection to OSS.
   *
   * Check the network path to the OSS endpoint, then try again.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly oss_unreachable: "oss_unreachable";
  /**
   * OSS refused the call; `serviceCode` is its own code.
   *
   * Look at the service's own code and message.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly oss_rejected: "oss_rejected";
  /**
   * OSS kept failing or throttling.
   *
   * Wait a little and try again; if it lasts, give the request id to support.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly oss_unavailable: "oss_unavailable";
  /**
   * The region or endpoint does not serve this bucket.
   *
   * Use the endpoint and region of the bucket.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly wrong_endpoint: "wrong_endpoint";
  /**
   * The multipart upload is gone there.
   *
   * Start the upload again: the parts were removed on the server.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly upload_gone: "upload_gone";
  /**
   * The upload credential has ended, and for images and attached media nothing renews it.
   *
   * Images and attached media must arrive while their one upload credential lives: upload again,
   * over a faster path.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly credential_ended: "credential_ended";
  /**
   * OSS refuses the upload credential, and VOD has no other to give.
   *
   * VOD keeps handing out an upload credential that OSS refuses: resume in a few minutes; if it
   * lasts, give the request id to support.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly credential_stale: "credential_stale";
  /**
   * Nobody can tell whether CompleteMultipartUpload took effect.
   *
   * Ask GetMezzanineInfo (GetImageInfo, GetAttachedMediaInfo) for the media id before you upload
   * again: the object may be complete.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly outcome_unknown: "outcome_unknown";
  /**
   * VOD has not got so far within the time given.
   *
   * VOD is still working on it: wait longer, or ask again later.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly not_ready: "not_ready";
  /**
   * VOD could not make of the media what it should become.
   *
   * Look at the media in the VOD console: it says what failed; a file VOD can read has to be
   * uploaded anew.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly processing_failed: "processing_failed";
  /**
   * The caller's own function for credentials failed.
   *
   * Look at the function passed as `credentials`: it failed or gave something that is none.
   *
   * Class `credentials`; the same call may succeed later without any change.
   */
  readonly credentials_failed: "credentials_failed";
  /**
   * The object is stored, its upload callback failed.
   *
   * The object is stored; check the callback server.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly callback_failed: "callback_failed";
  /**
   * A CRC-64 differs.
   *
   * Bytes changed on the way: upload again; if it repeats, check memory and proxies.
   *
   * Class `integrity`; the same call may succeed later without any change.
   */
  readonly checksum_mismatch: "checksum_mismatch";
  /**
   * A length differs.
   *
   * Bytes are missing on the other side: upload again; if it repeats, check proxies on the way.
   *
   * Class `integrity`; the same call may succeed later without any change.
   */
  readonly length_mismatch: "length_mismatch";
  /**
   * The caller aborted; nothing is left behind.
   *
   * The upload was aborted on request; start it again when you like.
   *
   * Class `interrupted`; the same call may succeed later without any change.
   */
  readonly aborted: "aborted";
  /**
   * The core trapped, by a fault of ours or for want of memory. Only the upload that met it ends.
   *
   * This is a fault in vodlift, or there was no memory left: please report it with the message;
   * where there is a checkpoint, resume from it; other uploads go on.
   *
   * Class `service`; the same call may succeed later without any change.
   */
  readonly core_stopped: "core_stopped";
  /**
   * A fault of ours.
   *
   * This is a fault in vodlift: please report it with the message.
   *
   * Class `service`; the same call fails again until something is changed.
   */
  readonly internal: "internal";
}

/** Every code, so that an editor can say what each means: `error.code === ErrorCode.url_refused`. */
export const ErrorCode: ErrorCodes = {
  invalid_argument: "invalid_argument",
  empty_source: "empty_source",
  too_large: "too_large",
  checkpoint_invalid: "checkpoint_invalid",
  checkpoint_failed: "checkpoint_failed",
  listener_failed: "listener_failed",
  too_many_files: "too_many_files",
  not_resumable: "not_resumable",
  source_tls_untrusted: "source_tls_untrusted",
  source_unreachable: "source_unreachable",
  source_malformed: "source_malformed",
  source_not_found: "source_not_found",
  source_forbidden: "source_forbidden",
  source_status: "source_status",
  source_is_page: "source_is_page",
  source_is_playlist: "source_is_playlist",
  source_is_image: "source_is_image",
  source_changed: "source_changed",
  source_range: "source_range",
  source_truncated: "source_truncated",
  source_too_long: "source_too_long",
  source_encoded: "source_encoded",
  source_redirect: "source_redirect",
  source_missing: "source_missing",
  source_read: "source_read",
  playlist_invalid: "playlist_invalid",
  playlist_live: "playlist_live",
  playlist_key: "playlist_key",
  url_refused: "url_refused",
  address_refused: "address_refused",
  source_host_refused: "source_host_refused",
  source_unconfirmed: "source_unconfirmed",
  replace_unconfirmed: "replace_unconfirmed",
  media_unconfirmed: "media_unconfirmed",
  guard_missing: "guard_missing",
  path_refused: "path_refused",
  playlist_too_large: "playlist_too_large",
  abort_refused: "abort_refused",
  endpoint_refused: "endpoint_refused",
  proxy_refused: "proxy_refused",
  access_key_unknown: "access_key_unknown",
  access_key_inactive: "access_key_inactive",
  signature_mismatch: "signature_mismatch",
  permission_denied: "permission_denied",
  token_expired: "token_expired",
  token_invalid: "token_invalid",
  service_inactive: "service_inactive",
  clock_skew: "clock_skew",
  tls_untrusted: "tls_untrusted",
  reply_malformed: "reply_malformed",
  vod_unreachable: "vod_unreachable",
  vod_rejected: "vod_rejected",
  reference_taken: "reference_taken",
  vod_unavailable: "vod_unavailable",
  media_not_found: "media_not_found",
  storage_not_found: "storage_not_found",
  not_replaceable: "not_replaceable",
  reply_invalid: "reply_invalid",
  oss_unreachable: "oss_unreachable",
  oss_rejected: "oss_rejected",
  oss_unavailable: "oss_unavailable",
  wrong_endpoint: "wrong_endpoint",
  upload_gone: "upload_gone",
  credential_ended: "credential_ended",
  credential_stale: "credential_stale",
  outcome_unknown: "outcome_unknown",
  not_ready: "not_ready",
  processing_failed: "processing_failed",
  credentials_failed: "credentials_failed",
  callback_failed: "callback_failed",
  checksum_mismatch: "checksum_mismatch",
  length_mismatch: "length_mismatch",
  aborted: "aborted",
  core_stopped: "core_stopped",
  internal: "internal",
} satisfies { [Name in Code]: Name };

/** One of the codes. */
export type ErrorCode = Code;

/** The exit code of the command line, by an error's class. */
export const EXIT_CODES = {
  usage: 2,
  source: 3,
  credentials: 4,
  service: 5,
  integrity: 6,
  guard: 7,
  interrupted: 130,
} as const;

/** The HTTP status of servers, by an error's class. */
export const STATUSES = {
  usage: 400,
  source: 400,
  credentials: 502,
  service: 502,
  integrity: 502,
  guard: 400,
  interrupted: 409,
} as const;

/** The HTTP status of what says more than its class. */
export const STATUSES_OF_CODES = {
  too_large: 413,
  permission_denied: 403,
  media_not_found: 404,
  reference_taken: 409,
  not_replaceable: 409,
  abort_refused: 409,
  storage_not_found: 400,
  vod_rejected: 400,
  internal: 500,
} as const;
