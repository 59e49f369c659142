/** One request and everything known about it, from its first header to the log entry. */
import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ActiveFaults } from "./faults.ts";
import type { RequestInfo } from "./options.ts";
import { type Headers, headerValue, type Parameter, parseQuery } from "./sign/text.ts";

/** What a handler answers. A string or Buffer is sent whole, a file range is streamed. */
export type Answer = {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer | FileRange;
  /** Error code, for the log. */
  code?: string;
};

/** Bytes `start` up to but not including `end`. */
export type FileRange = { path: string; start: number; end: number };

export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Still percent-encoded, as it came: decoding before splitting would confuse `%2F` with `/`. */
  readonly path: string;
  readonly query: readonly Parameter[];
  /** The query's percent-encoding is broken; `query` is empty then. */
  readonly malformed: boolean;
  readonly headers: Headers;
  readonly requestId: string;
  /** When the header arrived, unix ms by the server's clock. Credentials and dates are judged by this moment. */
  readonly arrived: number;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** Filled in while the request is worked on. */
  readonly info: RequestInfo;
  faults: ActiveFaults;
};

export type Service = "vod" | "oss";

/** An undefined query means its percent-encoding is broken; the service answers that. */
export function describeRequest(request: IncomingMessage): {
  path: string;
  query: Parameter[] | undefined;
  headers: Headers;
} {
  const target = request.url ?? "/";
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  return {
    path,
    query: readQuery(mark < 0 ? "" : target.slice(mark + 1)),
    headers: readHeaders(request),
  };
}

function readQuery(raw: string): Parameter[] | undefined {
  try {
    return parseQuery(raw);
  } catch {
    return undefined;
  }
}

function readHeaders(request: IncomingMessage): Headers {
  const headers: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    headers[name] = (values ?? []).map(decodeHeader);
  }
  return headers;
}

/** Node reads header bytes as Latin-1; clients that send text beyond ASCII send UTF-8, and sign that. */
function decodeHeader(value: string): string {
  return Buffer.from(value, "latin1").toString("utf8");
}

export function header(exchange: Exchange, name: string): string | undefined {
  return headerValue(exchange.headers, name);
}

export function queryValue(exchange: Exchange, name: string): string | undefined {
  return exchange.query.find(([candidate]) => candidate === name)?.[1];
}

/** Announced body length; undefined when the body is chunked or there is none announced. */
export function contentLength(exchange: Exchange): number | undefined {
  const text = header(exchange, "content-length");
  return text === undefined ? undefined : Number(text);
}

/** Request ids look as the services' own do: support tools and log filters match on their form. */
export function newRequestId(service: Service): string {
  return service === "oss"
    ? randomBytes(12).toString("hex").toUpperCase()
    : randomUUID().toUpperCase();
}
