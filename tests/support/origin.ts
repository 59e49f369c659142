// A source on loopback for tests and the demo: it serves files or made-up bytes of any size, and misbehaves on request.
//
// Made-up content is a seeded block of 1 MiB, repeated; the first 8 bytes of each repetition hold its index. So every
// offset can be produced at once, no two parts are alike, and a swapped or shifted part changes the SHA-256.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { pipeline, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const BLOCK = 1024 * 1024;
const CHUNK = 256 * 1024;

/** Bytes that can be read at any offset. */
export interface Content {
  readonly size: number;
  /** Bytes `from`..`to` (exclusive), in chunks. */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
  /** Lower-case hex. */
  sha256(): Promise<string>;
}

/** How a path misbehaves. Everything not set behaves. */
export interface Faults {
  /** Range is ignored and not announced: always 200 with the whole. */
  noRanges?: boolean;
  /** 200 without a Content-Length (chunked), and no ranges. */
  noLength?: boolean;
  /** The first answer honours Range, the later ones answer 200 with the whole. */
  forgetsRanges?: boolean;
  /** 206, but Content-Range names another place. */
  wrongContentRange?: boolean;
  /** The connection is cut after this many bytes of a body. */
  dieAfter?: number;
  /** Only the first k bodies that reach `dieAfter` are cut; without it, all. */
  dieTimes?: number;
  /** After this many requests, content, ETag and Last-Modified are those of another file of the same size. */
  changeAfter?: number;
  /** Content-Encoding: gzip is put on the answer. The bytes are as they are. */
  compressed?: boolean;
  /** The same, but of ranges alone, and after this many requests. */
  compressedAfter?: number;
  /** Answer with this status and no content. */
  status?: number;
  /** Only the first k requests get `status`; without it, all. */
  statusTimes?: number;
  /** Retry-After, sent with `status`. */
  retryAfter?: number;
  /** Redirect this many times before the content. */
  redirects?: number;
  /** Redirect to the same place, and set a cookie, until it comes along. */
  wantsCookie?: boolean;
  /** Redirect here instead. */
  redirectTo?: string;
  /** Bytes a second, over all connections of this path. */
  bytesPerSecond?: number;
  /** `bytesPerSecond` holds for bytes at such offsets; all others come at once. */
  isSlow?: (offset: number) => boolean;
  /** HEAD is answered with 403, as signed URLs do. */
  refuseHead?: boolean;
  /** No ETag. */
  noEtag?: boolean;
  /** The ETag is weak. */
  weakEtag?: boolean;
  /** Every range is answered with this status, a plain GET with the file. */
  rangeStatus?: number;
  /** 206 without Content-Range. */
  noContentRange?: boolean;
  /** 206 from the first byte asked for to the end of the file. */
  ignoresEnd?: boolean;
  /** A range is answered with 200 in place of 206. */
  rangesAre200?: boolean;
  /** 206 with the whole file, whatever was asked for. */
  wholeAs206?: boolean;
  /** 206 as `multipart/byteranges`. */
  multipart?: boolean;
  /** 206 with `/*` for the size. */
  hidesSize?: boolean;
  /** If-Range is always answered with 200. */
  ifRangeIs200?: boolean;
  /** Each request meets another of so many nodes, and each has an ETag of its own. */
  nodeEtags?: number;
  /** The ETag ends in `-gzip`, and If-Range never fits it. */
  gzipEtag?: boolean;
  /** Last-Modified is the time of the reply. */
  modifiedNow?: boolean;
  /** Only one request is answered; later ones get 403. */
  worksOnce?: boolean;
  /** More requests at once than this are answered with `crowdStatus`, or 503. */
  atOnce?: number;
  /** 200 means a page. */
  crowdStatus?: number;
  /** So many of the first bytes come one by one. */
  dribbles?: number;
  /** How long it thinks before it answers. */
  firstByteMs?: number;
}

/** What a path serves. */
export interface Route extends Faults {
  /** Made-up bytes of this many. */
  size?: number;
  /** Names the made-up bytes; the same seed gives the same bytes. */
  seed?: string;
  /** A file, or bytes, or anything that can be read at any offset. */
  content?: Content;
  contentType?: string;
  /** What stands in place of the first of the made-up bytes. */
  begins?: string;
  /** Content-Disposition, byte by byte: each character is one. */
  disposition?: string;
}

/** One request as the origin saw it. */
export interface OriginRequest {
  method: string;
  path: string;
  range?: string;
  ifRange?: string;
  headers: NodeJS.Dict<string | string[]>;
  status: number;
  /** Body bytes handed to the socket. */
  bytes: number;
}

export interface OriginOptions {
  routes?: Record<string, Route>;
  /** 0 or nothing: any free port. */
  port?: number;
}

export interface Origin {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Every request since the start, or since `reset`. */
  readonly log: OriginRequest[];
  /** Serves something at a path; says the URL. */
  add(path: string, route: Route): string;
  /** Body bytes served so far, of one path or of all. */
  bytesServed(path?: string): number;
  /**
   * From now on bytes of a path at such offsets wait, and with them whatever comes behind them on the same connection:
   * what happens next meets an upload that cannot end meanwhile, however slow the machine. Without `which` all goes on.
   */
  hold(path: string, which?: (offset: number) => boolean): void;
  /** SHA-256 of what a path serves at first. */
  sha256(path: string): Promise<string>;
  close(): Promise<void>;
}

/** Made-up bytes. */
export function madeUp(size: number, seed = "vodlift"): Content {
  const block = seededBlock(seed);
  return {
    size,
    async *read(from, to) {
      for (let at = from; at < to; ) {
        const index = Math.floor(at / BLOCK);
        const start = at - index * BLOCK;
        const end = Math.min(start + CHUNK, BLOCK, start + to - at);
        yield chunkOf(block, index, start, end);
        at += end - start;
      }
    },
    sha256() {
      return digest(this.read(0, size));
    },
  };
}

/** The same bytes but for the first of them: each character is one. */
function beginning(begins: string, rest: Content): Content {
  const first = Buffer.from(begins, "latin1").subarray(0, rest.size);
  const content: Content = {
    size: rest.size,
    async *read(from, to) {
      if (from < first.length) yield first.subarray(from, Math.min(to, first.length));
      if (to > first.length) yield* rest.read(Math.max(from, first.length), to);
    },
    async sha256() {
      const hash = createHash("sha256");
      for await (const chunk of content.read(0, content.size)) hash.update(chunk);
      return hash.digest("hex");
    },
  };
  return content;
}

/** A file as content. */
export async function fileContent(path: string): Promise<Content> {
  const { size } = await stat(path);
  return {
    size,
    read(from, to) {
      if (from >= to) return Readable.from([]);
      return createReadStream(path, { start: from, end: to - 1, highWaterMark: 256 * 1024 });
    },
    sha256() {
      return sha256OfFile(path);
    },
  };
}

/** SHA-256 of a file, lower-case hex. */
export function sha256OfFile(path: string): Promise<string> {
  return digest(createReadStream(path, { highWaterMark: 1024 * 1024 }));
}

/** Listens on loopback until `close`. */
export async function startOrigin(options: OriginOptions = {}): Promise<Origin> {
  const routes = new Map<string, Served>();
  const log: OriginRequest[] = [];
  const server = createServer((request, response) => {
    serve(routes, log, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const add = (path: string, route: Route): string => {
    routes.set(path, new Served(path, route));
    return url + path;
  };
  for (const [path, route] of Object.entries(options.routes ?? {})) add(path, route);
  const servedAt = (path: string): Served => {
    const served = routes.get(path);
    if (!served) throw new Error(`the origin serves nothing at ${path}`);
    return served;
  };
  return {
    url,
    port,
    log,
    add,
    bytesServed: (path) =>
      log.reduce((sum, one) => sum + (path === undefined || one.path === path ? one.bytes : 0), 0),
    hold: (path, which) => servedAt(path).hold(which),
    sha256: async (path) => servedAt(path).content.sha256(),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A path and what has happened to it. */
class Served {
  readonly route: Route;
  readonly content: Content;
  readonly contentType: string;
  requests = 0;
  /** Requests that are being answered. */
  open = 0;
  deaths = 0;
  refusals = 0;
  readonly #changed: Content;
  readonly #throttle: Throttle | undefined;
  #isHeld: ((offset: number) => boolean) | undefined;
  #waiting: (() => void)[] = [];

  constructor(path: string, route: Route) {
    const seed = route.seed ?? basename(path);
    this.route = route;
    const made = madeUp(route.size ?? 0, seed);
    this.content = route.content ?? (route.begins ? beginning(route.begins, made) : made);
    this.#changed = madeUp(this.content.size, `${seed}, changed`);
    this.contentType = route.contentType ?? "video/mp4";
    this.#throttle = route.bytesPerSecond ? new Throttle(route.bytesPerSecond) : undefined;
  }

  /** The content, ETag and Last-Modified that hold for the request that has just been counted. */
  now(): { content: Content; etag: string | undefined; modified: string } {
    const { changeAfter, noEtag, weakEtag, nodeEtags, gzipEtag, modifiedNow } = this.route;
    const changed = changeAfter !== undefined && this.requests > changeAfter;
    const node = nodeEtags === undefined ? "" : `-${this.requests % nodeEtags}`;
    const kind = `${changed ? "b" : "a"}${node}${gzipEtag ? "-gzip" : ""}`;
    const tag = `"${this.content.size.toString(16)}-${kind}"`;
    const at = modifiedNow ? Date.now() : Date.UTC(2026, 0, changed ? 2 : 1);
    const modified = new Date(at).toUTCString();
    const etag = noEtag ? undefined : weakEtag ? `W/${tag}` : tag;
    return { content: changed ? this.#changed : this.content, etag, modified };
  }

  refuses(): number | undefined {
    const { status, statusTimes } = this.route;
    if (status === undefined) return undefined;
    if (statusTimes !== undefined && this.refusals >= statusTimes) return undefined;
    this.refusals += 1;
    return status;
  }

  /** After how many bytes the body that begins now breaks off. */
  diesAfter(length: number): number {
    const { dieAfter, dieTimes } = this.route;
    if (dieAfter === undefined || length <= dieAfter) return Number.POSITIVE_INFINITY;
    if (dieTimes !== undefined && this.deaths >= dieTimes) return Number.POSITIVE_INFINITY;
    this.deaths += 1;
    return dieAfter;
  }

  hold(which: ((offset: number) => boolean) | undefined): void {
    this.#isHeld = which;
    for (const look of this.#waiting.splice(0)) look();
  }

  /** Waits until these bytes may leave. */
  async pace(offset: number, bytes: number): Promise<void> {
    while (this.#isHeld?.(offset)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.route.isSlow?.(offset) ?? true) await this.#throttle?.take(bytes);
  }
}

/** Hands out bytes at a fixed rate, shared by all who ask. */
class Throttle {
  readonly #perSecond: number;
  #free = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  async take(bytes: number): Promise<void> {
    const now = performance.now();
    const begin = Math.max(now, this.#free);
    this.#free = begin + (bytes / this.#perSecond) * 1000;
    if (this.#free - now > 5) await sleep(this.#free - now);
  }
}

async function serve(
  routes: Map<string, Served>,
  log: OriginRequest[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = new URL(request.url ?? "/", "http://origin");
  const path = target.pathname;
  const entry: OriginRequest = {
    method: request.method ?? "GET",
    path,
    headers: request.headers,
    status: 0,
    bytes: 0,
  };
  if (request.headers.range) entry.range = request.headers.range;
  if (typeof request.headers["if-range"] === "string") entry.ifRange = request.headers["if-range"];
  log.push(entry);

  const answer = (status: number, headers: Record<string, string> = {}): void => {
    entry.status = status;
    response.writeHead(status, headers);
  };
  const empty = (status: number, headers: Record<string, string> = {}): void => {
    answer(status, { "content-length": "0", ...headers });
    response.end();
  };

  const served = routes.get(path);
  if (!served) return empty(404);
  const { route } = served;
  served.requests += 1;
  if (entry.method !== "GET" && entry.method !== "HEAD") return empty(405);
  if (entry.method === "HEAD" && route.refuseHead) return empty(403);

  const refusal = served.refuses();
  if (refusal !== undefined) {
    return empty(
      refusal,
      route.retryAfter === undefined ? {} : { "retry-after": `${route.retryAfter}` },
    );
  }
  if (route.wantsCookie && !/\bvisitor=1\b/.test(request.headers.cookie ?? "")) {
    return empty(302, { location: request.url ?? path, "set-cookie": "visitor=1; Path=/" });
  }
  if (route.redirectTo !== undefined) return empty(302, { location: route.redirectTo });
  const hop = Number(target.searchParams.get("hop") ?? 0);
  if (hop < (route.redirects ?? 0)) return empty(302, { location: `${path}?hop=${hop + 1}` });

  if (route.worksOnce && served.requests > 1) return empty(403);
  served.open += 1;
  response.once("close", () => {
    served.open -= 1;
  });
  if (route.atOnce !== undefined && served.open > route.atOnce) {
    answer(route.crowdStatus ?? 503, { "content-type": "text/html", "content-length": "4" });
    response.end("busy");
    return;
  }
  if (route.firstByteMs !== undefined) await sleep(route.firstByteMs);
  if (entry.range !== undefined && route.rangeStatus !== undefined) return empty(route.rangeStatus);

  const { content, etag, modified } = served.now();
  const asked = rangeFor(route, served, entry, etag, modified, content.size);
  const headers: Record<string, string> = {
    "content-type": served.contentType,
    "last-modified": modified,
  };
  if (route.disposition !== undefined) headers["content-disposition"] = route.disposition;
  if (etag !== undefined) headers.etag = etag;
  if (!route.noRanges && !route.noLength) headers["accept-ranges"] = "bytes";
  const isLate = served.requests > (route.compressedAfter ?? Number.POSITIVE_INFINITY);
  if (route.compressed || (asked && isLate)) headers["content-encoding"] = "gzip";
  if (asked === "unsatisfiable") return empty(416, { "content-range": `bytes */${content.size}` });

  const [from, to] = asked ?? [0, content.size];
  if (!route.noLength) headers["content-length"] = `${to - from}`;
  if (asked && route.multipart) headers["content-type"] = "multipart/byteranges; boundary=x";
  else if (asked && !route.noContentRange) {
    const start = route.wrongContentRange ? from + 1 : from;
    const total = route.hidesSize ? "*" : content.size;
    headers["content-range"] = `bytes ${start}-${start + to - from - 1}/${total}`;
  }
  answer(asked && !route.rangesAre200 ? 206 : 200, headers);
  if (entry.method === "HEAD") {
    response.end();
    return;
  }
  await send(response, body(served, entry, content, from, to));
}

/** The range to answer with, or nothing for the whole. */
function rangeFor(
  route: Route,
  served: Served,
  entry: OriginRequest,
  etag: string | undefined,
  modified: string,
  size: number,
): [number, number] | "unsatisfiable" | undefined {
  if (entry.range === undefined || route.noRanges || route.noLength) return undefined;
  if (route.forgetsRanges && served.requests > 1) return undefined;
  const neverFits = route.ifRangeIs200 || route.gzipEtag;
  const fits = !neverFits && (entry.ifRange === etag || entry.ifRange === modified);
  if (entry.ifRange !== undefined && !fits) return undefined;
  if (route.wholeAs206) return [0, size];
  const match = /^bytes=(\d*)-(\d*)$/.exec(entry.range);
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const suffix = match[1] === "";
  const from = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const open = suffix || match[2] === "" || route.ignoresEnd;
  const to = open ? size : Math.min(size, Number(match[2]) + 1);
  return from < size && from < to ? [from, to] : "unsatisfiable";
}

async function* body(
  served: Served,
  entry: OriginRequest,
  content: Content,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  let left = served.diesAfter(to - from);
  let at = from;
  for await (const chunk of dribbled(content.read(from, to), served.route.dribbles ?? 0)) {
    const piece = chunk.length > left ? chunk.subarray(0, left) : chunk;
    await served.pace(at, piece.length);
    at += piece.length;
    entry.bytes += piece.length;
    yield piece;
    left -= piece.length;
    if (left > 0) continue;
    // Long enough for what was sent to arrive before the connection breaks.
    await sleep(20);
    throw new Error("the origin dies here, as it was told to");
  }
}

async function* dribbled(chunks: AsyncIterable<Uint8Array>, bytes: number) {
  let single = bytes;
  for await (const chunk of chunks) {
    const first = chunk.subarray(0, single);
    single -= first.length;
    for (const byte of first) {
      yield Uint8Array.of(byte);
      await sleep(1);
    }
    if (first.length < chunk.length) yield chunk.subarray(first.length);
  }
}

/** Ends when the body is sent, or when the client is gone or the body breaks off. */
function send(response: ServerResponse, chunks: AsyncGenerator<Uint8Array>): Promise<void> {
  const readable = Readable.from(chunks, { objectMode: false, highWaterMark: CHUNK });
  return new Promise((resolve) => {
    pipeline(readable, response, (error) => {
      if (error) response.destroy();
      resolve();
    });
  });
}

function seededBlock(seed: string): Buffer {
  // SHAKE gives as many bytes as asked for; 1 MiB takes a few milliseconds, once for each path.
  return createHash("shake256", { outputLength: BLOCK }).update(seed).digest();
}

function chunkOf(block: Buffer, index: number, start: number, end: number): Uint8Array {
  if (start >= 8) return block.subarray(start, end);
  const copy = Buffer.from(block.subarray(start, end));
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(index));
  stamp.copy(copy, 0, start, Math.min(8, end));
  return copy;
}

async function digest(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/** A name nobody else uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString("hex")}`;
}
