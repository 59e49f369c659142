// From the options to the core's job.

import {
  bytes,
  defined,
  duration,
  flag,
  invalid,
  list,
  readable,
  record,
  text,
  whole,
} from "./arguments.ts";
import { idOf, into, type Kind, userData, words } from "./declared.ts";
import { limits } from "./door.ts";
import type { Route } from "./hosts/host.ts";
import { isUrl } from "./kinds.ts";
import type {
  PlaylistOptions,
  ResumeOptions,
  SliceOptions,
  TransferOptions,
  UploadAnyOptions,
  UploadAttachedMediaOptions,
  UploadImageOptions,
  UploadMediaByUrlOptions,
  UploadOptions,
  UrlUploadMetadata,
  VodliftOptions,
} from "./options.ts";
import { SLOW_REQUEST_MS, type SlowRequests } from "./slow.ts";
import type {
  CreateUploadAttachedMedia,
  CreateUploadImage,
  CreateUploadVideo,
  Job,
  Options,
  OssService,
  UploadMediaByUrl,
  UrlMetadata,
  VodService,
} from "./wasm/core.js";

/** The VOD API to call. */
export function vodService(options: VodliftOptions): VodService {
  return into("vod", options);
}

/** How requests leave; `undefined` for the runtime's own way. */
export function route(options: VodliftOptions): Route | undefined {
  const { proxy, fetch } = options;
  const sources = flag("routeSources", options.routeSources);
  if (proxy === undefined && fetch === undefined && !sources) return undefined;
  if (proxy && fetch)
    throw invalid("proxy", "does not go with `fetch`, which has a way of its own");
  return { fetch, proxy: proxyOf(proxy), sources: sources ?? false };
}

function proxyOf(proxy: VodliftOptions["proxy"]): URL | false | undefined {
  if (proxy === undefined || proxy === false) return proxy;
  const text = isUrl(proxy) ? proxy.href : proxy;
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw invalid("proxy", "must be an http:// or https:// URL, or false");
}

/** How to reach OSS. */
export function ossService(options: VodliftOptions): OssService {
  return into("oss", options);
}

/** What becomes of each item of a list, if there is one. */
function each<T, R>(
  field: string,
  value: readonly T[] | undefined,
  make: (one: T) => R,
): R[] | undefined {
  return value === undefined ? undefined : (list(field, value) as T[]).map(make);
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
function video(options: UploadOptions | PlaylistOptions): CreateUploadVideo {
  return {
    title: "",
    fileName: "",
    ...into<Partial<CreateUploadVideo>>("media", options, "video"),
  };
}

/** What an image becomes. */
function image(options: UploadImageOptions): CreateUploadImage {
  type Made = CreateUploadImage & { fileName?: string };
  const { fileName, ...made } = into<Made>("media", options, "image");
  return { ...made, ...defined({ originalFileName: fileName }) };
}

/** What an attached media becomes. */
function attachedMedia(options: UploadAttachedMediaOptions): CreateUploadAttachedMedia {
  type Made = CreateUploadAttachedMedia & { cateId?: number };
  const { cateId, cateIds = [], ...made } = into<Made>("media", options, "attached");
  return { ...made, cateIds: cateId === undefined ? cateIds : [cateId, ...cateIds] };
}

/** What it becomes in VOD. A playlist becomes a video. */
export function mediaOf(kind: Kind, options: UploadAnyOptions): Job["media"] {
  if (kind === "image") return { type: "image", ...image(options) };
  if (kind === "attached") return { type: "attachedMedia", ...attachedMedia(options) };
  return { type: "video", ...video(options) };
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
    userData: given(options.userData, (data) => userData("userData", data)),
    appId: text("appId", options.appId),
    sessionId: text("sessionId", options.sessionId),
    enableFirstFrameCover: flag("enableFirstFrameCover", options.enableFirstFrameCover),
    generateThumbnail: flag("generateThumbnail", options.generateThumbnail),
  });
}

function urlMetadata(one: UrlUploadMetadata): UrlMetadata {
  const metadata = record("metadatas", one) as unknown as UrlUploadMetadata;
  return defined({
    sourceUrl: text("sourceUrl", metadata.sourceUrl) ?? "",
    title: text("title", metadata.title) ?? "",
    fileSize: whole("fileSize", metadata.fileSize, 1),
    description: text("description", metadata.description),
    coverUrl: text("coverUrl", metadata.coverUrl),
    cateId: given(metadata.cateId, (id) => idOf("cateId", id)),
    tags: given(metadata.tags, (tags) => words("tags", tags)),
    templateGroupId: text("templateGroupId", metadata.templateGroupId),
    workflowId: text("workflowId", metadata.workflowId),
    fileExtension: text("fileExtension", metadata.fileExtension),
    referenceId: text("referenceId", metadata.referenceId),
  });
}

/** How to go about it. */
export function howTo(options: object): Options {
  return into("options", options);
}

/** When its time is over, in ms since 1970. */
export function deadlineOf({ budget }: SliceOptions): number | undefined {
  return howTo({ budget }).budget?.deadline;
}

/** Who wants to hear of slow requests, and from when on. */
export function slowRequests(options: TransferOptions): SlowRequests | undefined {
  const threshold =
    duration("slowRequestMs", options.slowRequestMs, 0, Number.MAX_SAFE_INTEGER) ?? SLOW_REQUEST_MS;
  const tell = options.onSlowRequest;
  return tell && { threshold, tell };
}

/** How to resume. The parts on the server are somebody's checkpoint: a failure leaves them there. */
export function howToResume(options: ResumeOptions & SliceOptions): Options {
  return { ...howTo(options), keepOnFailure: true };
}

/** What becomes of a value, if there is one. */
function given<T, R>(value: T | undefined, make: (one: T) => R): R | undefined {
  return value === undefined ? undefined : make(value);
}

/** A URL may be one of another realm. */
function urlText(field: string, url: string | URL): string {
  return text(field, isUrl(url) ? readable(field, () => url.href) : url) ?? "";
}
