// Bodies that come with a head: replies of `fetch`, requests, Node's messages, objects of R2. What the head
// means (size, type, name, whether it is a success) is the core's to say.

import { defined, invalid, length, text } from "../arguments.ts";
import { isRequest, isResponse } from "../kinds.ts";
import type { ReplyHead } from "../wasm/core.js";
import type { ByteStream } from "./stream.ts";

/** An object of Cloudflare R2 with its body, as `bucket.get(key)` gives it. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly body: ReadableStream<Uint8Array>;
  readonly httpMetadata?:
    | {
        readonly contentType?: string;
        readonly contentDisposition?: string;
        readonly contentEncoding?: string;
      }
    | undefined;
  /** The part of it that was asked for. */
  readonly range?: unknown;
}

/** A head, and the stream behind it. */
export interface Reply {
  readonly head: ReplyHead;
  readonly body: ByteStream;
}

/** The stream behind a head, if it is one that this file knows. */
export function bodyOf(source: object): ByteStream | undefined {
  if (isResponse(source) || isRequest(source) || isStored(source)) return source.body ?? undefined;
  return isMessage(source) ? source : undefined;
}

/** Reads nothing of the body yet. */
export function replyOf(source: object, size: number | string | undefined): Reply | undefined {
  const known = length("size", size);
  const given = known === undefined ? {} : { size: known };
  if (isResponse(source))
    return { head: { ...ofResponse(source), ...given }, body: unread(source) };
  if (isRequest(source)) {
    const head = { status: 200, headers: [...source.headers] as [string, string][] };
    return { head: { ...head, ...given }, body: unread(source) };
  }
  if (isMessage(source)) return { head: { ...ofMessage(source), ...given }, body: source };
  if (!isStored(source)) return undefined;
  if (!source.body)
    throw invalid("source", "is an object without a body: get it, without conditions");
  return { head: { ...ofStored(source), ...given }, body: source.body };
}

/** `fetch` has undone what Content-Encoding says, and left the header. */
function ofResponse({ status, url, headers }: Response): ReplyHead {
  return {
    status,
    headers: [...headers] as [string, string][],
    decoded: true,
    ...(url && { url }),
  };
}

function unread(source: Response | Request): ByteStream {
  if (source.bodyUsed) throw invalid("source", "has a body that was read already");
  if (source.body) return source.body;
  const how = isRequest(source) ? "; to have its URL fetched pass { url, headers }" : "";
  throw invalid("source", `has no body${how}`);
}

/** `http.IncomingMessage`: a reply, or without a status a request. */
interface Message extends AsyncIterable<Uint8Array> {
  readonly statusCode?: number | null;
  readonly rawHeaders: readonly string[];
  readonly httpVersion: string;
}

function isMessage(source: object): source is Message {
  return (
    "httpVersion" in source &&
    Array.isArray((source as Message).rawHeaders) &&
    Symbol.asyncIterator in source
  );
}

function ofMessage({ statusCode, rawHeaders }: Message): ReplyHead {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.push([rawHeaders[i] ?? "", rawHeaders[i + 1] ?? ""]);
  }
  return { status: statusCode ?? 200, headers };
}

function isStored(source: object): source is StoredObject {
  const { key, size, httpEtag } = source as { key?: unknown; size?: unknown; httpEtag?: unknown };
  const known = typeof key === "string" && typeof size === "number";
  return known && ("body" in source || httpEtag !== undefined);
}

function ofStored({ key, size, range, httpMetadata }: StoredObject): ReplyHead {
  const { contentType, contentDisposition, contentEncoding } = httpMetadata ?? {};
  const told = [
    ["content-type", contentType],
    ["content-disposition", contentDisposition],
    ["content-encoding", contentEncoding],
  ] as const;
  const headers = told.flatMap(([name, value]): [string, string][] =>
    value == null ? [] : [[name, text("source.httpMetadata", value) ?? ""]],
  );
  const bytes = range == null ? size : (range as { length?: number }).length;
  return {
    status: 200,
    headers,
    name: text("source.key", key) ?? "",
    ...defined({ size: length("source.size", bytes) }),
  };
}
