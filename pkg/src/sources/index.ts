// What a caller may hand in as a source, and what the core and the driver make of it. Read source.ts first.

import { type HeaderFields, invalid, pairs, whole } from "../arguments.ts";
import { errorOf, VodliftError } from "../core.ts";
import { describe, HostFailure } from "../hosts/failure.ts";
import { spelled } from "../urls.ts";
import type { Job } from "../wasm/core.js";
import { blobSource } from "./blob.ts";
import { bytesSource } from "./bytes.ts";
import type { FileSource } from "./file.ts";
import type { LocalSource, Slices } from "./source.ts";
import { type ByteStream, streamSource } from "./stream.ts";

/** A source behind a URL that wants headers of its own. */
export interface UrlSource {
  /** `http:` or `https:`. */
  url: string | URL;
  /** Sent to the URL's own origin only, not to where it redirects. */
  headers?: HeaderFields;
}

/** Where the bytes come from. */
export type UploadSource =
  | string
  | URL
  | UrlSource
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | ByteStream
  | FileSource;

/** A source as the core and the driver see it. */
export interface OpenSource {
  readonly data: Job["source"];
  readonly local: LocalSource | undefined;
}

const ACCEPTED =
  "must be a URL, { url, headers }, a Blob, bytes, a stream of bytes, or fromFile(path)";

/** Opens what a caller handed in. Nothing is sent yet. */
export async function openSource(
  source: UploadSource,
  size: number | undefined,
): Promise<OpenSource> {
  if (isStream(source)) return fromStream(source, size);
  if (size !== undefined) throw invalid("size", "is for streams: this source knows its own");
  if (typeof source === "string" || source instanceof URL) return fromUrl({ url: source });
  if (typeof source !== "object" || source === null) throw invalid("source", ACCEPTED);
  if (source instanceof Blob) return fromSlices(blobSource(source));
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return fromSlices(bytesSource(source));
  }
  if ("openSlices" in source) return fromSlices(await openFile(source));
  if ("url" in source) return fromUrl(source);
  throw invalid("source", ACCEPTED);
}

function isStream(source: UploadSource): source is ByteStream {
  if (typeof source !== "object" || source === null) return false;
  const bytes = ArrayBuffer.isView(source) || source instanceof ArrayBuffer;
  return !bytes && ("getReader" in source || Symbol.asyncIterator in source);
}

function fromUrl({ url, headers }: UrlSource): OpenSource {
  if (!URL.canParse(url)) {
    throw invalid("source", "is not an absolute URL; a file is passed as fromFile(path)");
  }
  const data = {
    type: "url",
    url: spelled(url),
    headers: pairs("source.headers", headers),
  } as const;
  return { data, local: undefined };
}

function fromSlices(slices: Slices): OpenSource {
  const { size, modified, name, contentType } = slices;
  return {
    data: {
      type: "slices",
      size,
      ...(modified !== undefined && { modified }),
      ...(name !== undefined && { name }),
      ...(contentType !== undefined && { contentType }),
    },
    local: { type: "slices", slices },
  };
}

function fromStream(stream: ByteStream, size: number | undefined): OpenSource {
  const once = streamSource(stream, whole("size", size, 0));
  return {
    data: { type: "stream", ...(once.size !== undefined && { size: once.size }) },
    local: { type: "stream", once },
  };
}

async function openFile(file: FileSource): Promise<Slices> {
  try {
    return await file.openSlices();
  } catch (error) {
    const reason =
      error instanceof HostFailure ? error.message : `${file.path}: ${describe(error)}`;
    const missing = error instanceof HostFailure && error.kind === "source_missing";
    throw new VodliftError(errorOf(missing ? "source_missing" : "source_read", reason), error);
  }
}
