// From the options to the core's job.

import {
  bytes,
  defined,
  duration,
  flag,
  got,
  invalid,
  list,
  MOST_32,
  oneOf,
  pairs,
  readable,
  record,
  text,
  texts,
  timeOf,
  whole,
} from "./arguments.ts";
import { limits } from "./door.ts";
import { describe } from "./hosts/failure.ts";
import { isUrl } from "./kinds.ts";
import type {
  ResumeOptions,
  SliceOptions,
  TransferOptions,
  UploadAttachedMediaOptions,
  UploadCallback,
  UploadImageOptions,
  UploadMediaByUrlOptions,
  UploadOptions,
  UrlUploadMetadata,
  VodliftOptions,
} from "./options.ts";
import { SLOW_REQUEST_MS, type SlowRequests } from "./slow.ts";
import { spelledHost } from "./urls.ts";
import type {
  Budget,
  CreateUploadAttachedMedia,
  CreateUploadImage,
  CreateUploadVideo,
  Options,
  OssCallback,
  OssService,
  Shard,
  UploadMediaByUrl,
  UrlMetadata,
  VideoRef,
  VodService,
} from "./wasm/core.js";

/** The VOD API to call. */
export function vodService(options: VodliftOptions): VodService {
  return defined({
    region: text("region", options.region),
    endpoint: text("endpoint", options.endpoint),
    signature: oneOf("vodSignature", options.vodSignature, ["acs3", "rpc"]),
  });
}

/** How to reach OSS. */
export function ossService(options: VodliftOptions): OssService {
  return defined({
    signature: oneOf("ossSignature", options.ossSignature, ["v4", "v1"]),
    endpoint: text("ossEndpoint", options.ossEndpoint),
    network: oneOf("ossNetwork", options.ossNetwork, ["public", "internal", "accelerate"]),
    cname: flag("ossCname", options.ossCname),
    region: text("ossRegion", options.ossRegion),
    trustedHosts: each("trustedHosts", options.trustedHosts, (host) =>
      required("trustedHosts", host),
    ),
  });
}

/** What becomes of each item of a list, if there is one. */
function each<T, R>(
  field: string,
  value: readonly T[] | undefined,
  make: (one: T) => R,
): R[] | undefined {
  return value === undefined ? undefined : (list(field, value) as T[]).map(make);
}

function required(field: string, value: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(field, "must be a string that is not empty");
}

/** What all uploads of the process may hold in memory, where the host does not say it. */
export function memory(options: VodliftOptions): number | undefined {
  const given = bytes("memory", options.memory);
  const { leastMemory } = limits();
  if (given !== undefined && given < leastMemory) {
    throw invalid("memory", `must be at least ${leastMemory} bytes, got ${given}`);
  }
  return given;
}

/** What it becomes. */
export function video(options: UploadOptions): CreateUploadVideo {
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

/** What an image becomes. */
export function image(options: UploadImageOptions): CreateUploadImage {
  return defined({
    imageType: oneOf("imageType", options.imageType, ["default", "cover"]) ?? "default",
    imageExt: text("imageExt", options.imageExt),
    originalFileName: text("fileName", options.fileName),
    cateId: categoryId(options.cateId),
    ...common(options),
  });
}

/** What an attached media becomes. */
export function attachedMedia(options: UploadAttachedMediaOptions): CreateUploadAttachedMedia {
  const types = ["watermark", "subtitle", "material"] as const;
  const businessType = oneOf("businessType", options.businessType, types);
  if (businessType === undefined) {
    throw invalid("businessType", 'is needed: "watermark", "subtitle" or "material"');
  }
  const ids = each("cateIds", options.cateIds, (id) => categoryId(id, "cateIds") ?? 0);
  const first = categoryId(options.cateId);
  return defined({
    businessType,
    mediaExt: text("mediaExt", options.mediaExt),
    fileName: text("fileName", options.fileName),
    cateIds: first === undefined ? ids : [first, ...(ids ?? [])],
    ...common(options),
  });
}

/** What VOD is to fetch by itself. */
export function pull(
  urls: readonly (string | URL)[],
  options: UploadMediaByUrlOptions,
): UploadMediaByUrl {
  return defined({
    urls: each("urls", urls, (url) => urlText("urls", url)) ?? [],
    metadatas: each("metadatas", options.metadatas, urlMetadata),
    templateGroupId: text("templateGroupId", options.templateGroupId),
    workflowId: text("workflowId", options.workflowId),
    storageLocation: text("storageLocation", options.storageLocation),
    userData: userData(options.userData),
    appId: text("appId", options.appId),
    sessionId: text("sessionId", options.sessionId),
    enableFirstFrameCover: flag("enableFirstFrameCover", options.enableFirstFrameCover),
    generateThumbnail: flag("generateThumbnail", options.generateThumbnail),
  });
}

function urlMetadata(given: UrlUploadMetadata): UrlMetadata {
  const metadata = record("metadatas", given) as unknown as UrlUploadMetadata;
  return defined({
    sourceUrl: text("sourceUrl", metadata.sourceUrl) ?? "",
    title: text("title", metadata.title) ?? "",
    fileSize: whole("fileSize", metadata.fileSize, 1),
    description: text("description", metadata.description),
    coverUrl: text("coverUrl", metadata.coverUrl),
    cateId: categoryId(metadata.cateId),
    tags: tagList(metadata.tags),
    templateGroupId: text("templateGroupId", metadata.templateGroupId),
    workflowId: text("workflowId", metadata.workflowId),
    fileExtension: text("fileExtension", metadata.fileExtension),
    referenceId: text("referenceId", metadata.referenceId),
  });
}

function common(options: UploadImageOptions | UploadAttachedMediaOptions) {
  return defined({
    title: text("title", options.title),
    description: text("description", options.description),
    tags: tagList(options.tags),
    storageLocation: text("storageLocation", options.storageLocation),
    userData: userData(options.userData),
    appId: text("appId", options.appId),
  });
}

/** How to go about it. */
export function howTo(options: TransferOptions & SliceOptions & OfVideos): Options {
  return defined({
    partSize: bytes("partSize", options.partSize),
    concurrency: whole("concurrency", options.concurrency, 1, MOST_32),
    verify: oneOf("verify", options.verify, ["length", "crc64"]),
    allowPrivateSources: flag("allowPrivateSources", options.allowPrivateSources),
    sourceHosts: defined({
      allow: texts("allowHosts", options.allowHosts)?.map(spelledHost),
      deny: texts("denyHosts", options.denyHosts)?.map(spelledHost),
    }),
    keepOnFailure: options.checkpoint !== undefined,
    budget: budget(options.budget),
    shard: shard(options.shard),
    objectHeaders: pairs("objectHeaders", options.objectHeaders),
    showWatermark: flag("showWatermark", options.showWatermark),
    trafficLimit: whole("trafficLimit", options.trafficLimit, 1),
    callback: callback(options.callback),
    maxBytes: bytes("maxBytes", options.maxBytes),
    ranges: flag("ranges", options.ranges),
    sourceTimeoutMs: duration("sourceTimeoutMs", options.sourceTimeoutMs, 1, MOST_32),
    serviceTimeoutMs: duration("serviceTimeoutMs", options.serviceTimeoutMs, 1, MOST_32),
    anyContentType: flag("anyContentType", options.anyContentType),
    kindIsSaid: oneOf("as", options.as, ["video"]) !== undefined,
    adopt: adopt(options.adopt),
    replace: options.replace === undefined ? undefined : videoRef("replace", options.replace),
    earlierMediaId: text("earlierMediaId", options.earlierMediaId),
  });
}

/** What is said of a video beside its metadata. */
export type OfVideos = Pick<
  UploadOptions,
  "showWatermark" | "adopt" | "earlierMediaId" | "replace" | "as"
>;

/** A video by one of its ids: which of them the core says. */
export function videoRef(field: string, video: string | VideoRef): VideoRef {
  if (typeof video === "string") return defined({ mediaId: text(field, video) });
  if (typeof video !== "object" || video === null) {
    throw invalid(field, "must be a media id, { mediaId } or { referenceId }");
  }
  const { mediaId, referenceId, ...others } = record(field, video) as VideoRef;
  const [other] = Object.keys(others);
  if (other !== undefined) throw invalid(field, `must hold mediaId or referenceId, got ${other}`);
  return defined({
    mediaId: text(`${field}.mediaId`, mediaId),
    referenceId: text(`${field}.referenceId`, referenceId),
  });
}

/** Who wants to hear of slow requests, and from when on. */
export function slowRequests(options: TransferOptions): SlowRequests | undefined {
  const threshold =
    duration("slowRequestMs", options.slowRequestMs, 0, Number.MAX_SAFE_INTEGER) ?? SLOW_REQUEST_MS;
  const tell = options.onSlowRequest;
  return tell && { threshold, tell };
}

function adopt(value: UploadOptions["adopt"]): Options["adopt"] {
  if (value === "if-possible") return "if_possible";
  return flag("adopt", value) === true ? "always" : undefined;
}

/** How to go on. The parts on the server are somebody's checkpoint: a failure leaves them there. */
export function howToResume(options: ResumeOptions & SliceOptions): Options {
  const { concurrency, verify, allowPrivateSources, budget, shard, trafficLimit } = options;
  const given = defined({
    concurrency,
    verify,
    allowPrivateSources,
    allowHosts: options.allowHosts,
    denyHosts: options.denyHosts,
    budget,
    shard,
    trafficLimit,
    callback: options.callback,
    maxBytes: options.maxBytes,
    ranges: options.ranges,
    sourceTimeoutMs: options.sourceTimeoutMs,
    serviceTimeoutMs: options.serviceTimeoutMs,
    anyContentType: options.anyContentType,
  });
  return { ...howTo(given), ...vouched(options), keepOnFailure: true };
}

/** Whether the caller vouches for the media that a checkpoint names. */
export function vouched(options: Pick<ResumeOptions, "ownMediaOnly">): Options {
  return defined({ ownMediaOnly: flag("ownMediaOnly", options.ownMediaOnly) });
}

function callback(value: UploadCallback | undefined): OssCallback | undefined {
  if (value === undefined) return undefined;
  const given = record("callback", value) as unknown as UploadCallback;
  const urls = typeof given.url === "string" ? [given.url] : given.url;
  const { variables } = given;
  return defined({
    urls: texts("callback.url", urls) ?? [],
    body: text("callback.body", given.body) ?? "",
    bodyType: text("callback.bodyType", given.bodyType),
    host: text("callback.host", given.host),
    sni: flag("callback.sni", given.sni),
    variables: variables === undefined ? undefined : variablesOf(variables),
  });
}

function variablesOf(value: object): [string, string][] {
  const field = "callback.variables";
  return Object.entries(record(field, value)).map(([name, one]) => [
    name,
    text(field, one as string) ?? "",
  ]);
}

function shard(value: SliceOptions["shard"]): Shard | undefined {
  if (value === undefined) return undefined;
  const { first, last, ...others } = record("shard", value) as { first?: number; last?: number };
  const [other] = Object.keys(others);
  if (other !== undefined) throw invalid("shard", `must hold first and last, got ${other}`);
  if (first === undefined || last === undefined) throw invalid("shard", "must hold first and last");
  return {
    first: whole("shard.first", first, 1, MOST_32) ?? 1,
    last: whole("shard.last", last, 1, MOST_32) ?? 1,
  };
}

function budget(value: SliceOptions["budget"]): Budget | undefined {
  if (value === undefined) return undefined;
  const limits = record("budget", value) as NonNullable<SliceOptions["budget"]>;
  const { deadline } = limits;
  return defined({
    parts: whole("budget.parts", limits.parts, 0, MOST_32),
    subrequests: whole("budget.subrequests", limits.subrequests, 1, MOST_32),
    bytes: whole("budget.bytes", limits.bytes, 1),
    deadline: whole("budget.deadline", timeOf("budget.deadline", deadline), 1),
  });
}

/** A URL may be one of another realm. */
function urlText(field: string, url: string | URL): string {
  return text(field, isUrl(url) ? readable(field, () => url.href) : url) ?? "";
}

function categoryId(id: number | string | undefined, field = "cateId"): number | undefined {
  return whole(field, typeof id === "string" ? Number(id) : id, 0);
}

function tagList(tags: readonly string[] | string | undefined): string[] | undefined {
  const all = typeof tags === "string" ? text("tags", tags)?.split(",") : texts("tags", tags);
  return all?.map((tag) => tag.trim()).filter((tag) => tag !== "");
}

function userData(data: object | string | undefined): string | undefined {
  if (data === undefined || typeof data === "string") return text("userData", data);
  if (typeof data !== "object" || data === null) {
    throw invalid("userData", `must be a text or an object, ${got(data)}`);
  }
  let written: string | undefined;
  try {
    written = JSON.stringify(data);
  } catch (error) {
    throw invalid("userData", `cannot be written as JSON: ${describe(error)}`);
  }
  if (written === undefined) throw invalid("userData", "cannot be written as JSON");
  return text("userData", written);
}
