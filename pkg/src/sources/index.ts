// What a caller may hand in as a source, and what the core and the driver make of it. Read source.ts first.

import { type HeaderFields, invalid, length, pairs, readable } from "../arguments.ts";
import { errorOf, VodliftError } from "../core.ts";
import { patiently } from "../handles.ts";
import { describe, HostFailure } from "../hosts/failure.ts";
import { isArrayBuffer, isBlob, isUrl } from "../kinds.ts";
import { spelled } from "../urls.ts";
import type { Job } from "../wasm/core.js";
import { blobSource } from "./blob.ts";
import { bytesSource } from "./bytes.ts";
import type { FileSource } from "./file.ts";
import { isRanged, type RangeSource, rangedSource } from "./ranged.ts";
import { bodyOf, type Reply, replyOf, type StoredObject } from "./reply.ts";
import type { LocalSource, Slices } from "./source.ts";
import { type ByteStream, discard, isStream, streamSource, takeCharge } from "./stream.ts";

/** A source behind a URL that wants headers of its own. */
export interface UrlSource {
  /** `http:` or `https:`. */
  url: string | URL;
  /** Sent to the URL's own origin only, not to where it redirects. */
  headers?: HeaderFields;
}

/**
 * Where the bytes come from. A `Response` (or Node's `IncomingMessage`), a `Request` with a body and an
 * object of R2 are read once, and tell size, type and name by their headers; any status but 2xx is
 * refused.
 */
export type UploadSource =
  | string
  | URL
  | UrlSource
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | ByteStream
  | Response
  | Request
  | StoredObject
  | RangeSource
  | FileSource;

/** A source as the core and the driver see it. */
export interface OpenSource {
  readonly data: Job["source"];
  readonly local: LocalSource | undefined;
}

const ACCEPTED =
  "must be a URL, { url, headers }, a Blob, bytes, a stream of bytes, a Response, { size, read }, or fromFile(path)";

/** What options say of a source. */
export interface AboutSource {
  /** How many bytes a stream has. */
  readonly size?: number | string | undefined;
  /** What a URL is asked with. */
  readonly sourceHeaders?: HeaderFields | undefined;
}

/** A source that an upload has taken charge of. Whatever becomes of the upload, it is closed. */
export interface TakenSource {
  /** It is read once, as it comes. */
  readonly isStream: boolean;
  /** What the options say of it. */
  told(about: AboutSource): void;
  /** Opens it. Nothing is sent yet. */
  open(signal?: AbortSignal): Promise<OpenSource>;
  /** Lets go of it. Twice does no harm. */
  close(): Promise<void>;
}

/** Takes charge of what a caller handed in, before anything is awaited. What is wrong with it is told when it is opened. */
export function takeSource(source: UploadSource): TakenSource {
  const stream = streamOf(source);
  if (stream !== undefined) takeCharge(stream);
  let about: AboutSource = {};
  let opened: OpenSource | undefined;
  return {
    isStream: stream !== undefined,
    told(said) {
      about = said;
    },
    async open(signal) {
      opened = await openSource(source, about, signal);
      return opened;
    },
    async close() {
      if (opened !== undefined) await closeSource(opened);
      else if (stream !== undefined) discard(stream);
    },
  };
}

function streamOf(source: UploadSource): ByteStream | undefined {
  if (typeof source !== "object" || source === null) return undefined;
  try {
    return bodyOf(source) ?? (isStream(source) ? source : undefined);
  } catch {
    // It cannot be looked at, which is told when it is opened.
    return undefined;
  }
}

/** Opens what a caller handed in. Nothing is sent yet. */
export async function openSource(
  source: UploadSource,
  { size, sourceHeaders }: AboutSource,
  signal?: AbortSignal,
): Promise<OpenSource> {
  const opening = readable("source", () => openingOf(source, size, signal));
  const opened = opening instanceof Promise ? fromSlices(await opening) : opening;
  if (sourceHeaders === undefined) return opened;
  try {
    return { ...opened, data: withHeaders(opened.data, sourceHeaders) };
  } catch (error) {
    await closeSource(opened);
    throw error;
  }
}

/** The same place, asked with these headers. */
export function withHeaders<T extends { type: string }>(place: T, headers: HeaderFields): T {
  const { type, headers: own } = place as T & { headers?: readonly unknown[] };
  if (type !== "url")
    throw invalid("sourceHeaders", "go with a URL: this source is read without HTTP");
  if (own?.length)
    throw invalid("sourceHeaders", "must not be given twice: the source has `headers`");
  return { ...place, headers: pairs("sourceHeaders", headers) };
}

function openingOf(
  source: UploadSource,
  size: number | string | undefined,
  signal: AbortSignal | undefined,
): OpenSource | Promise<Slices> {
  const reply = typeof source === "object" && source !== null ? replyOf(source, size) : undefined;
  if (reply !== undefined) return fromReply(reply);
  if (typeof source === "object" && source !== null && isStream(source)) {
    return fromStream(source, size);
  }
  if (size !== undefined) throw invalid("size", "is for streams: this source knows its own");
  if (typeof source === "string" || isUrl(source)) return fromUrl({ url: source });
  if (typeof source !== "object" || source === null) throw invalid("source", ACCEPTED);
  if (isBlob(source)) return fromSlices(blobSource(source));
  if (isArrayBuffer(source) || ArrayBuffer.isView(source)) return fromSlices(bytesSource(source));
  if ("openSlices" in source) return openFile(source, signal);
  if ("url" in source) return fromUrl(source as UrlSource);
  if (isRanged(source)) return fromSlices(rangedSource(source));
  throw invalid("source", ACCEPTED);
}

/** Lets go of it. */
export async function closeSource({ local }: OpenSource): Promise<void> {
  if (local?.type === "slices") await local.slices.close();
  if (local?.type === "stream") local.once.close();
}

function fromUrl({ url, headers }: UrlSource): OpenSource {
  if ((typeof url !== "string" && !isUrl(url)) || !URL.canParse(url)) {
    throw invalid("source", "is not an absolute URL; a file is passed as fromFile(path)");
  }
  const data = {
    type: "url",
    url: spelled(url),
    headers: pairs("sourceHeaders", headers),
  } as const;
  return { data, local: undefined };
}

function fromSlices(slices: Slices): OpenSource {
  const { size, modified, name, contentType, version } = slices;
  return {
    data: {
      type: "slices",
      size,
      ...(modified !== undefined && { modified }),
      ...(name !== undefined && { name }),
      ...(contentType !== undefined && { contentType }),
      ...(version !== undefined && { version }),
    },
    local: { type: "slices", slices },
  };
}

function fromStream(stream: ByteStream, size: number | string | undefined): OpenSource {
  const once = streamSource(stream, length("size", size));
  return {
    data: { type: "stream", ...(once.size !== undefined && { size: once.size }) },
    local: { type: "stream", once },
  };
}

function fromReply({ head, body }: Reply): OpenSource {
  const once = streamSource(body, undefined);
  return { data: { type: "reply", ...head }, local: { type: "stream", once } };
}

async function openFile(file: FileSource, signal: AbortSignal | undefined): Promise<Slices> {
  try {
    return await patiently(() => file.openSlices(), signal);
  } catch (error) {
    if (error instanceof VodliftError) throw error;
    const reason =
      error instanceof HostFailure ? error.message : `${file.path}: ${describe(error)}`;
    const missing = error instanceof HostFailure && error.kind === "source_missing";
    throw new VodliftError(errorOf(missing ? "source_missing" : "source_read", reason), error);
  }
}
