// The package's public API.

import { createHost, fromFile } from "#host";
import {
  bytes,
  defined,
  flag,
  type HeaderFields,
  invalid,
  oneOf,
  pairs,
  text,
  whole,
} from "./arguments.ts";
import { checkAddress, errorOf, Upload, VodliftError } from "./core.ts";
import { drive } from "./driver.ts";
import { describe } from "./hosts/failure.ts";
import type { Host } from "./hosts/host.ts";
import { ProgressMeter, type UploadProgress } from "./progress.ts";
import { openSource, type UploadSource } from "./sources/index.ts";
import type {
  CreateUploadVideo,
  Credentials,
  Job,
  Options,
  OssService,
  Outcome,
  VodService,
} from "./wasm/core.js";

export type { HeaderFields } from "./arguments.ts";
export { type Code, type ErrorClass, VodliftError } from "./error.ts";
export type { UploadProgress } from "./progress.ts";
export type { FileSource } from "./sources/file.ts";
export type { UploadSource, UrlSource } from "./sources/index.ts";
export type { ByteStream } from "./sources/stream.ts";
export type { Outcome, Phase, Progress, Verify } from "./wasm/core.js";
export { fromFile };

/** Whose account, and where. */
export interface VodliftOptions {
  /** AccessKey id of a RAM user, or of an STS credential. It may call `vod:CreateUploadVideo` and `vod:RefreshUploadVideo`. */
  accessKeyId: string;
  /** The secret that belongs to it. It signs, and is never sent. */
  accessKeySecret: string;
  /** The token of an STS credential. */
  securityToken?: string;
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
  /** Region of the bucket, where the endpoint does not tell it. */
  ossRegion?: string;
  /**
   * Hosts beside `*.aliyuncs.com` that VOD may send the bytes to: `host`, `host:port`, or `http://host:port` to allow
   * plain HTTP there.
   */
  trustedHosts?: string[];
}

/** What it becomes, and how to go about it. Every field may be left out. */
export interface UploadOptions {
  /** Title, at most 128 characters; the file's name unless told otherwise. */
  title?: string;
  /** Description, at most 1024 characters. */
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
  /** A name with an extension, by which VOD tells the format; the source's own unless told otherwise. */
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
  /** Headers stored with the object: `Content-Type`, `Cache-Control`, `x-oss-…`. */
  headers?: HeaderFields;
  /** Allow a URL on a private or loopback address, a local host name or an unusual port. */
  allowPrivateSources?: boolean;
  /** Length in bytes of a stream, if it is known. Only for streams: everything else knows its own. */
  size?: number;

  /** Aborts the upload. What was uploaded is removed before the promise rejects with `aborted`. */
  signal?: AbortSignal;
  /** Told at most ten times a second, and once in the end. If it throws, the upload is aborted. */
  onProgress?: (progress: UploadProgress) => void;
}

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
    this.#credentials = defined({
      accessKeyId: required("accessKeyId", options.accessKeyId),
      accessKeySecret: required("accessKeySecret", options.accessKeySecret),
      securityToken: text("securityToken", options.securityToken),
    });
    this.#vod = defined({
      region: text("region", options.region),
      endpoint: text("endpoint", options.endpoint),
      signature: oneOf("vodSignature", options.vodSignature, ["acs3", "rpc"]),
    });
    this.#oss = defined({
      signature: oneOf("ossSignature", options.ossSignature, ["v4", "v1"]),
      endpoint: text("ossEndpoint", options.ossEndpoint),
      region: text("ossRegion", options.ossRegion),
      trustedHosts: options.trustedHosts?.map((host) => required("trustedHosts", host)),
    });
  }

  /**
   * Uploads one video or audio file. The bytes flow from the source to OSS in parts; nothing is stored in between, and
   * memory does not depend on the size. It resolves when the object is complete and verified; VOD then transcodes it by
   * itself. Limits: 1 byte to 48.8 TB.
   *
   * @param source A URL (text, `URL`, or `{ url, headers }`; read in parallel ranges where the source can), a `Blob` or
   * `File`, bytes, a stream, or `fromFile(path)`.
   * @returns Media id, bucket, object key, size and how it went.
   * @throws VodliftError Everything that can go wrong; see its `code`, `hint` and `retryable`.
   * @see https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadvideo
   */
  async upload(source: UploadSource, options: UploadOptions = {}): Promise<Outcome> {
    const { signal, onProgress } = options;
    mustNotBeAborted(signal);
    const { data, local } = await openSource(source, options.size);
    const stop = new AbortController();
    const relay = () => stop.abort(signal?.reason);
    const meter = new ProgressMeter((progress) => {
      try {
        onProgress?.(progress);
      } catch (error) {
        stop.abort(error);
      }
    });
    signal?.addEventListener("abort", relay, { once: true });
    try {
      mustNotBeAborted(signal);
      return await drive({
        machine: this.#machine(data, options),
        host: host(),
        local,
        signal: stop.signal,
        onProgress: (progress) => meter.update(progress),
        onSent: (transfer, count) => meter.sent(transfer, count),
      });
    } finally {
      signal?.removeEventListener("abort", relay);
      meter.flush();
      if (local?.type === "slices") await local.slices.close();
    }
  }

  #machine(source: Job["source"], options: UploadOptions): Upload {
    const entropy = crypto.getRandomValues(new Uint8Array(32));
    const job: Job = {
      media: { type: "video", ...video(options) },
      source,
      vod: this.#vod,
      oss: this.#oss,
      options: howTo(options),
      host: host().limits,
    };
    return new Upload(job, this.#credentials, entropy, Date.now());
  }
}

function required(field: string, value: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(field, "must be a string that is not empty");
}

function mustNotBeAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const message = "the upload was aborted before it began";
  throw new VodliftError(errorOf("aborted", message), signal.reason);
}

function video(options: UploadOptions): CreateUploadVideo {
  return defined({
    title: text("title", options.title) ?? "",
    fileName: text("fileName", options.fileName) ?? "",
    description: text("description", options.description),
    coverUrl: text("coverUrl", options.coverUrl),
    cateId: categoryId(options.cateId),
    tags: tagList(options.tags),
    templateGroupId: text("templateGroupId", options.templateGroupId),
    workflowId: text("workflowId", options.workflowId),
    storageLocation: text("storageLocation", options.storageLocation),
    userData: userData(options.userData),
    appId: text("appId", options.appId),
    referenceId: text("referenceId", options.referenceId),
    enableFirstFrameCover: flag("enableFirstFrameCover", options.enableFirstFrameCover),
    generateThumbnail: flag("generateThumbnail", options.generateThumbnail),
  });
}

function howTo(options: UploadOptions): Options {
  return defined({
    partSize: bytes("partSize", options.partSize),
    concurrency: whole("concurrency", options.concurrency, 1),
    verify: oneOf("verify", options.verify, ["length", "crc64"]),
    allowPrivateSources: flag("allowPrivateSources", options.allowPrivateSources),
    objectHeaders: pairs("headers", options.headers),
  });
}

function categoryId(id: number | string | undefined): number | undefined {
  return whole("cateId", typeof id === "string" ? Number(id) : id, 0);
}

function tagList(tags: readonly string[] | string | undefined): string[] | undefined {
  const list = typeof tags === "string" ? tags.split(",") : tags;
  return list?.map((tag) => text("tags", tag)?.trim() ?? "").filter((tag) => tag !== "");
}

function userData(data: object | string | undefined): string | undefined {
  if (data === undefined || typeof data === "string") return data;
  try {
    return JSON.stringify(data);
  } catch (error) {
    throw invalid("userData", `cannot be written as JSON: ${describe(error)}`);
  }
}
