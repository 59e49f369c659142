// Node, and Deno and Bun, which speak node:http well: keep-alive connections, addresses checked where they are used,
// and replies that are heard even when the server hangs up in the middle of our body.

import http from "node:http";
import https from "node:https";
import { isIPv6 } from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import type { FailureKind, HostLimits, Request } from "../wasm/core.js";
import { HostFailure } from "./failure.ts";
import { hostOn } from "./fetch.ts";
import { checkLiteral, guardedLookup, NO_PROXY, type Refusal } from "./guarded.ts";
import type { AddressRules, ByteReader, Host, Incoming, Outgoing, Route } from "./host.ts";
import { type ProxyFor, passedOn, proxies, tunnel } from "./proxy.ts";

export { fileCheckpoint } from "../checkpoint/file.ts";
export { fromFile } from "../sources/file.ts";

const MIB = 1024 * 1024;

const LIMITS: HostLimits = {
  concurrency: 4,
  maxConcurrency: 16,
  bufferBytes: 48 * MIB,
  buffersParts: false,
};

/** Node's own limit of 16 KiB is less than common servers send; browsers take as much as this. */
const MAX_HEADER_BYTES = 256 * 1024;

/**
 * Replies of the kind 1xx before the reply itself, `103 Early Hints` for example. Each is work, and a server that sends them on
 * and on would never be found to stand still.
 */
const MAX_INFORMATION = 64;

/** How long a reply may still arrive after the server stopped taking our body. */
const LAST_WORDS_MS = 250;

/** The host for Node, Deno and Bun. */
export function createHost(rules: AddressRules, route: Route = OWN_WAY): Host {
  const guarded = guardedHost(rules, route);
  if (route.fetch === undefined) return guarded;
  const through = hostOn(route.fetch);
  return route.sources ? through : { ...through, open: guarded.open };
}

const OWN_WAY: Route = { sources: false };

function guardedHost(rules: AddressRules, { proxy, sources }: Route): Host {
  // One pool a trust: a connection that somebody was allowed to open to a private address must not be found
  // by somebody who was not. What VOD and OSS are called leads to private addresses in a cloud's own network.
  const refusals = {
    public: refusalBy(rules, false, "address_refused"),
    private: refusalBy(rules, true, "address_refused"),
    service: refusalBy(rules, true, "service_refused"),
  };
  const proxyFor = proxies(proxy, () => process.env);
  const proxyOfSources = sources ? proxyFor : undefined;
  const pools = {
    public: pool(refusals.public, proxyOfSources),
    private: pool(refusals.private, proxyOfSources),
    service: pool(refusals.service, proxyFor, hearLastWords),
  };
  return {
    limits: LIMITS,
    open(request, allowPrivate, signal) {
      const trust = allowPrivate ? "private" : "public";
      checkLiteral(urlOf(request), refusals[trust]);
      return new NodeRequest(request, pools[trust], 0, signal).finish();
    },
    put(request, length, signal) {
      checkLiteral(urlOf(request), refusals.service);
      return new NodeRequest(request, pools.service, length, signal);
    },
  };
}

function refusalBy(rules: AddressRules, allowPrivate: boolean, kind: FailureKind): Refusal {
  return (address) => {
    const refused = rules.checkAddress(address, allowPrivate);
    return refused && new HostFailure(kind, refused.message);
  };
}

interface Pool {
  readonly "http:": http.Agent;
  readonly "https:": https.Agent;
  readonly proxyFor?: ProxyFor | undefined;
  /** Of what goes to a proxy itself: it is named by whoever runs this, and may lie anywhere. */
  readonly toProxy: http.Agent;
}

type Prepare = (socket: Duplex) => void;
type Connected = (error: Error | null, socket?: Duplex) => void;

/** No limit on sockets: how many requests run at once is the core's to say, and a queued one would look stalled. */
function pool(refusal: Refusal, proxyFor?: ProxyFor, prepare?: Prepare): Pool {
  const settings = { ...NO_PROXY, keepAlive: true, maxFreeSockets: LIMITS.maxConcurrency };
  const guarded = { ...settings, lookup: guardedLookup(refusal) };
  const secure = new https.Agent(guarded);
  if (proxyFor !== undefined) throughProxy(secure, proxyFor);
  const agents = { "http:": new http.Agent(guarded), "https:": secure };
  const toProxy = new http.Agent(settings);
  if (prepare !== undefined) {
    for (const agent of [...Object.values(agents), toProxy]) prepareSockets(agent, prepare);
  }
  return { ...agents, proxyFor, toProxy };
}

/** What an agent opens a connection with. */
type ConnectTo = ConnectionOptions & { host?: string; port?: number | string };

function throughProxy(agent: https.Agent, proxyFor: ProxyFor): void {
  const direct = agent.createConnection;
  agent.createConnection = (options: ConnectTo, done: Connected) => {
    const { host = "", port = 443 } = options;
    const target = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
    try {
      const proxy = proxyFor(new URL(`https://${target}`));
      if (proxy === undefined) return direct.call(agent, options, done);
      tunnel(proxy, target, options, done);
    } catch (error) {
      done(error as Error);
    }
    return undefined;
  };
}

function prepareSockets(agent: http.Agent, prepare: Prepare): void {
  const connect = agent.createConnection;
  agent.createConnection = (options, done) => {
    const prepared: Connected = (error, socket) => {
      if (socket) prepare(socket);
      done?.(error, socket as Duplex);
    };
    const socket = connect.call(agent, options, prepared);
    if (socket) prepare(socket);
    return socket;
  };
}

/**
 * A server that refuses a PUT may answer and hang up while we still write. Node destroys a socket at the first failed
 * write, together with an answer that has arrived but is not read yet; so a failed write is reported a little later.
 */
function hearLastWords(socket: Duplex): void {
  type Done = (error?: Error | null) => void;
  const later = (done: Done) => (error?: Error | null) => {
    if (error) setTimeout(done, LAST_WORDS_MS, error);
    else done(error);
  };
  const write = socket._write;
  socket._write = (chunk, encoding, done) => write.call(socket, chunk, encoding, later(done));
  const writev = socket._writev;
  if (writev) socket._writev = (chunks, done) => writev.call(socket, chunks, later(done));
}

class NodeRequest implements Outgoing {
  answered = false;
  readonly #request: http.ClientRequest;
  readonly #reply: Promise<Incoming>;
  #error: Error | undefined;
  #waiting: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(request: Request, agents: Pool, length: number, signal: AbortSignal) {
    this.#request = started(request, agents, { signal, headers: outgoingHeaders(request, length) });
    this.#reply = new Promise((resolve, reject) => {
      this.#request.on("response", (response) => {
        // It may have come in one piece with what the request was given up for.
        if (this.#request.destroyed) return;
        this.answered = true;
        resolve(incoming(response, () => this.#error));
        this.#waiting?.resolve();
      });
      this.#request.on("error", (error: NodeJS.ErrnoException) => {
        this.#error = leftover(error, this.#request) ?? error;
        reject(this.#error);
        this.#waiting?.reject(this.#error);
      });
    });
    this.#boundInformation();
    // Whoever writes hears of the error there, and may never ask for the reply.
    this.#reply.catch(() => {});
    this.#request.on("drain", () => this.#waiting?.resolve());
  }

  /** A server may announce its reply, but not for ever. */
  #boundInformation(): void {
    let heard = 0;
    const hear = () => {
      heard += 1;
      if (heard > MAX_INFORMATION) this.#request.destroy(tooMuchInformation());
    };
    this.#request.on("information", hear);
  }

  write(chunk: Uint8Array, written: () => void): Promise<void> | undefined {
    if (this.answered) return undefined;
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const done = (error?: Error | null) => {
      if (!error) written();
    };
    if (this.#request.write(chunk, done)) return undefined;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  finish(): Promise<Incoming> {
    if (!this.answered) this.#request.end();
    return this.#reply;
  }
}

/** As the runtime's parser says it of what breaks HTTP. */
function tooMuchInformation(): Error {
  const error = new Error(`more than ${MAX_INFORMATION} replies of the kind 1xx before the reply`);
  return Object.assign(error, { code: "HPE_INFORMATION" });
}

function started(
  request: Request,
  agents: Pool,
  { signal, headers }: { signal: AbortSignal; headers: Record<string, string | number> },
): http.ClientRequest {
  const url = urlOf(request);
  const { method } = request;
  const settings = { method, headers, signal, maxHeaderSize: MAX_HEADER_BYTES };
  if (url.protocol === "https:") {
    return https.request(url, { ...settings, agent: agents["https:"] });
  }
  const proxy = agents.proxyFor?.(url);
  if (proxy === undefined) return http.request(url, { ...settings, agent: agents["http:"] });
  const { headers: forProxy, ...there } = passedOn(url, proxy);
  const all = { Host: url.host, ...headers, ...forProxy };
  return http.request({ ...settings, ...there, headers: all, agent: agents.toProxy });
}

/** A URL that the core has checked and the runtime does not take, such as an odd `xn--` host. */
function urlOf({ url }: Request): URL {
  if (URL.canParse(url)) return new URL(url);
  throw new HostFailure("address_refused", "this runtime takes no such URL");
}

/**
 * On a connection that was used before, what breaks HTTP may be left over from the reply before: that
 * is passing, and a connection of its own tells.
 */
function leftover(
  { code, message }: NodeJS.ErrnoException,
  { reusedSocket }: http.ClientRequest,
): Error | undefined {
  if (!reusedSocket || !code?.startsWith("HPE_")) return undefined;
  return new Error(`the connection was not left clean: ${message}`);
}

function outgoingHeaders(request: Request, length: number): Record<string, string | number> {
  const headers: Record<string, string | number> = Object.fromEntries(request.headers);
  const bodyExpected = request.method === "PUT" || request.method === "POST";
  if (length > 0 || bodyExpected) headers["Content-Length"] = length;
  return headers;
}

function incoming(response: http.IncomingMessage, broken: () => Error | undefined): Incoming {
  const { rawHeaders } = response;
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.push([rawHeaders[i] ?? "", rawHeaders[i + 1] ?? ""]);
  }
  return { status: response.statusCode ?? 0, headers, body: new NodeBody(response, broken) };
}

/** `ArrayBuffer.prototype.transfer` moves memory away; what is moved to nowhere is free. */
type Returnable = ArrayBufferLike & { transfer?(length: number): ArrayBuffer };

/**
 * Gives a chunk's memory back at once. Every chunk has memory of its own, and a garbage collector that sees only the
 * small objects in front lets tens of megabytes pile up behind them. Node 20 cannot do it.
 */
function giveBack(chunk: Uint8Array): void {
  const buffer: Returnable = chunk.buffer;
  // One that is gone already, as runtimes move what they send, cannot be moved again.
  if (chunk.byteLength === 0) return;
  // Several chunks may share one buffer; one that fills its buffer is alone in it.
  if (chunk.byteLength === buffer.byteLength) buffer.transfer?.(0);
}

/** Deno and Bun have parsers of their own, of which this is not known. */
const COPIES_BODIES = !("Deno" in globalThis || "Bun" in globalThis);

class NodeBody implements ByteReader {
  readonly #response: http.IncomingMessage;
  /** What broke the connection, if anything did. */
  readonly #broken: () => Error | undefined;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(response: http.IncomingMessage, broken: () => Error | undefined) {
    this.#response = response;
    this.#broken = broken;
    // A body that is dropped before it was read to its end fails; that is nobody's concern by then.
    response.on("error", () => {});
    if (COPIES_BODIES) giveBackReads(response);
    this.#chunks = response[Symbol.asyncIterator]();
  }

  async read(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#chunks.next();
    if (!done) return value;
    // Where only the end of the connection ends a body, a reset looks like that end to the parser.
    const broken = endsWithConnection(this.#response) ? this.#broken() : undefined;
    if (broken !== undefined) throw broken;
    return undefined;
  }

  release(chunk: Uint8Array): void {
    giveBack(chunk);
  }

  close(): void {
    this.#response.destroy();
  }
}

/** Neither its length is told, nor does it come in chunks. */
function endsWithConnection({ headers }: http.IncomingMessage): boolean {
  return headers["content-length"] === undefined && headers["transfer-encoding"] === undefined;
}

/** Node's parser copies the body out of what the socket has read; the listener comes after it, so the rest is waste. */
function giveBackReads(response: http.IncomingMessage): void {
  const { socket } = response;
  socket.on("data", giveBack);
  // At once, since the next request on this socket is parsed by a later listener.
  const stop = () => void socket.off("data", giveBack);
  response.once("end", stop).once("close", stop);
}
