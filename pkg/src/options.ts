// What callers may say, a type for each question. The options themselves are declared in src/options, with their text.

import type { Suspended } from "./driver.ts";
import type { VodliftError } from "./error.ts";
import type {
  AttachedOption,
  ClientOption,
  EveryOption,
  ImageOption,
  PlaylistOption,
  ResumeOption,
  RunOption,
  VideoOption,
} from "./options.gen.ts";
import type { Outcome } from "./outcome.ts";
import type { UploadSource } from "./sources/index.ts";

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
export type VodliftOptions = Pick<EveryOption, ClientOption>;

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

/** What a video or audio becomes, and how to go about it. Every field may be left out. */
export interface UploadOptions extends Pick<EveryOption, VideoOption> {
  /** `"video"`: it is meant as a video, although it looks like a playlist or an image. */
  as?: "video" | undefined;
}

/** What an HLS playlist becomes, and how to go about it. Every field may be left out. */
export type PlaylistOptions = Pick<EveryOption, PlaylistOption>;

/** What an image becomes, and how to go about it. Every field may be left out. */
export type UploadImageOptions = Pick<EveryOption, ImageOption>;

/** What an attached media becomes, and how to go about it. Every field may be left out. */
export type UploadAttachedMediaOptions = Pick<EveryOption, AttachedOption>;

/** What any of them becomes, by `as`: an option that does not go with that is refused by name. */
export type UploadAnyOptions = Pick<
  EveryOption,
  VideoOption | PlaylistOption | ImageOption | AttachedOption
>;

/** What goes for every kind of upload. */
export type TransferOptions = Pick<EveryOption, ImageOption & AttachedOption & VideoOption>;

/** One of many uploads: what to upload, and its own options. */
export interface UploadItem extends UploadAnyOptions, SliceOptions {
  /** As the first argument of `upload`. */
  source: UploadSource;
}

/** How one of many uploads ended. `suspended` is one that came to rest at its `stop` or `budget`: resume it from its checkpoint. */
export type UploadEnd<Item extends UploadItem = UploadItem> =
  | { item: Item; outcome: Outcome; error?: never; suspended?: never }
  | { item: Item; suspended: Suspended; error?: never; outcome?: never }
  | { item: Item; error: VodliftError; outcome?: never; suspended?: never };

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
export type SliceOptions = Pick<EveryOption, RunOption>;

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

/** How to resume. What it becomes, where it goes and how it is cut stand in the checkpoint. */
export type ResumeOptions = Pick<EveryOption, ResumeOption>;

/** What a checkpoint names as its source: a path, as it was given, or a URL. */
export interface NamedSource {
  /** Of a file. */
  path?: string;
  /** Of a URL, without its query where that may be a credential. */
  url?: string;
}
