// Runs an upload's effects. There is no rule in here: what to send, when to try again, how large a part is, when a
// credential is renewed and whether the result is right are all the core's to say.

import { onAbort } from "./aborts.ts";
import { BlocksReader } from "./blocks.ts";
import { PartBuffers } from "./buffers.ts";
import { Crc64, checkRange, errorOf, type Upload, VodliftError } from "./core.ts";
import { Attempt, type Side } from "./hosts/attempt.ts";
import { failureFrom, HostFailure } from "./hosts/failure.ts";
import type { ByteReader, Host, Incoming } from "./hosts/host.ts";
import { type Lease, type PartBuffer, UploadMemory } from "./memory.ts";
import type { Pulse } from "./pulse.ts";
import { type Asked, type SlowRequests, watched } from "./slow.ts";
import type { LocalSource, Slices } from "./sources/source.ts";
import { bodySide, localSide, OpenBody, peek, put, send, sourceSide } from "./transfer.ts";
import type {
  Account,
  Checkpoint,
  Effect,
  Error as ErrorData,
  Event,
  Outcome,
  Progress,
  Request,
} from "./wasm/core.js";

/** What an upload runs with. */
export interface Drive {
  /** What decides. It is freed in the end. */
  readonly machine: Pick<Upload, "handle" | "free">;
  readonly host: Host;
  /** Asks the caller for newer credentials; it throws what the caller's function did. */
  readonly renew?: () => Promise<Account>;
  /** Where the bytes come from, unless it is a URL. */
  readonly local: LocalSource | undefined;
  /** Give up, and clean up. */
  readonly signal: AbortSignal | undefined;
  /** Come to rest, to be carried on later. */
  readonly stop?: AbortSignal | undefined;
  /** End at once with its reason, whatever the core has still to do. */
  readonly quit?: AbortSignal | undefined;
  /** The core's word on how far it is. */
  onProgress(progress: Progress): void;
  /** Where it stands now. */
  onCheckpoint?(checkpoint: Checkpoint): void;
  /** Resolves once that is written down as far as a part needs it. */
  identified?(): Promise<void>;
  /** Resolves once the latest checkpoint is written down. */
  saved?(): Promise<void>;
  /** Who wants to hear of requests that take long. */
  readonly slow?: SlowRequests | undefined;
  /** What its buffers and playlists are leased from. It is left in the end. */
  readonly memory?: UploadMemory;
  /** Tells where it was dropped by its runtime. */
  readonly pulse?: Pulse | undefined;
  /** Bytes of a transfer went out; `undefined` when it is over. */
  onSent(transfer: number, bytes: number | undefined): void;
}

type Of<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

const CANCELED = new HostFailure("canceled", "called off");

/** An upload that has stopped early. It goes on from the checkpoint. */
export interface Suspended {
  readonly suspended: true;
  readonly checkpoint: Checkpoint;
  /** What went wrong beside it, if anything: see `Outcome`. */
  readonly warnings?: readonly ErrorData[];
}

/** Runs one upload to its end, or to where it was to stop. */
export function drive(options: Drive): Promise<Outcome | Suspended> {
  return new Promise((resolve, reject) => {
    const run = new Run(options, resolve, reject);
    run.start();
  });
}

class Run {
  readonly #options: Drive;
  readonly #memory: UploadMemory;
  readonly #resolve: (end: Outcome | Suspended) => void;
  readonly #reject: (error: unknown) => void;
  /** Effects that have not answered yet. */
  readonly #running = new Map<number, Attempt>();
  /** Bodies kept between reads, by their `Open`. */
  readonly #bodies = new Map<number, { body: OpenBody; attempt: Attempt }>();
  readonly #buffers = new PartBuffers();
  readonly #abort = () => this.#dispatch({ type: "abort" });
  readonly #stop = () => this.#dispatch({ type: "stop" });
  /** Not handled yet, the first of them under way. */
  readonly #events: Event[] = [];
  /** Takes back what listens to signals. */
  readonly #forget: (() => void)[] = [];
  #over = false;

  constructor(
    options: Drive,
    resolve: (end: Outcome | Suspended) => void,
    reject: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#memory = options.memory ?? new UploadMemory(options.host.limits.bufferBytes, () => 0);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { signal, stop, quit, pulse } = this.#options;
    pulse?.left(() => this.#abandon());
    this.#dispatch({ type: "start" });
    this.#listen(quit, () => this.#end(() => this.#reject(quit?.reason)));
    this.#listen(signal, this.#abort);
    this.#listen(stop, this.#stop);
  }

  #listen(signal: AbortSignal | undefined, told: () => void): void {
    if (signal?.aborted) told();
    else if (!this.#over && signal) this.#forget.push(onAbort(signal, told));
  }

  /** One event after the other: an abort from within a progress callback waits until the effects before it are run. */
  #dispatch(event: Event): void {
    this.#events.push(event);
    if (this.#events.length > 1) return;
    for (let next = this.#events[0]; next !== undefined; next = this.#events[0]) {
      this.#handle(next);
      this.#events.shift();
    }
  }

  #handle(event: Event): void {
    if (this.#over) return;
    try {
      for (const effect of this.#options.machine.handle(event, Date.now())) this.#run(effect);
    } catch (error) {
      this.#end(() => this.#reject(error));
    }
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case "send":
        this.#memory.settle();
        this.#answer(effect.id, (attempt) => this.#send(attempt, effect));
        break;
      case "open":
        this.#answer(effect.id, (attempt) => this.#open(attempt, effect));
        break;
      case "read":
        this.#answer(effect.id, (attempt) => this.#read(attempt, effect));
        break;
      case "readText":
        this.#answer(effect.id, (attempt) => this.#readText(attempt, effect));
        break;
      case "transfer":
        this.#answer(effect.id, (attempt) => this.#transfer(attempt, effect));
        break;
      case "renew":
        this.#answer(effect.id, (attempt) => this.#renew(attempt, effect));
        break;
      case "wait":
        this.#answer(effect.id, (attempt) => this.#wait(attempt, effect));
        break;
      case "close":
        this.#close(effect.id);
        break;
      case "release":
        this.#buffers.release(effect.part);
        break;
      case "cancel":
        this.#running.get(effect.id)?.stop(CANCELED);
        break;
      case "progress":
        this.#options.onProgress(effect.progress);
        break;
      case "checkpoint":
        this.#options.onCheckpoint?.(effect.checkpoint);
        break;
      case "suspended":
        this.#end(() => this.#resolve({ suspended: true, checkpoint: effect.checkpoint }));
        break;
      case "done":
        this.#end(() => this.#resolve(effect.outcome));
        break;
      case "failed":
        this.#end(() => this.#reject(this.#error(effect)));
        break;
      default:
        unknownEffect(effect);
    }
  }

  /** Runs an effect that ends in exactly one event. */
  #answer(id: number, work: (attempt: Attempt) => Promise<Event>): void {
    const attempt = new Attempt();
    this.#running.set(id, attempt);
    const settle = (event: Event) => {
      this.#running.delete(id);
      this.#options.onSent(id, undefined);
      if (!this.#bodies.has(id)) attempt.end();
      this.#dispatch(event);
    };
    work(attempt).then(settle, (error) => {
      // The core's own word, such as that it has trapped, says more than any failure could.
      if (error instanceof VodliftError) return this.#end(() => this.#reject(error));
      // What nobody has blamed on the source or the service is our own fault.
      settle({ type: "failed", id, failure: failureFrom(error, "internal").toData() });
    });
  }

  async #send(attempt: Attempt, effect: Of<"send">): Promise<Event> {
    const { id, to, request, afterCheckpoint } = effect;
    if (afterCheckpoint) {
      await attempt.wait(this.#options.saved?.() ?? Promise.resolve(), localSide(0));
    }
    const reply = send(attempt, this.#options.host, request);
    const asked = { kind: to, request };
    return { type: "replied", id, ...(await this.#watched(asked, reply, ({ status }) => status)) };
  }

  #watched<T>(asked: Asked, work: Promise<T>, statusOf: (result: T) => number): Promise<T> {
    return watched(this.#options.slow, asked, work, statusOf);
  }

  /** GETs of a source, until its reply begins: after that its body is read as fast as it is sent on. */
  #opened(attempt: Attempt, request: Request, allowPrivate: boolean, part = 0): Promise<Incoming> {
    const opening = this.#options.host.open(request, allowPrivate, attempt.signal);
    const head = attempt.wait(opening, sourceSide(request.replyMs));
    return this.#watched({ kind: "source", request, part }, head, ({ status }) => status);
  }

  async #open(attempt: Attempt, effect: Of<"open">): Promise<Event> {
    const { id, request, file, peek: bytes = 0, allowPrivate } = effect;
    if (file !== undefined) {
      const { reader, size } = await this.#openFile(attempt, file);
      const { head, whole } = await begun(attempt, reader, { bytes, side: localSide(0) });
      this.#bodies.set(id, { body: new OpenBody(whole, localSide), attempt });
      return { type: "opened", id, status: 200, headers: [["content-length", String(size)]], head };
    }
    if (request === undefined) {
      this.#bodies.set(id, { body: new OpenBody(this.#openLocal(), localSide), attempt });
      return { type: "opened", id, status: 200, headers: [] };
    }
    const { status, headers, body } = await this.#opened(attempt, request, allowPrivate);
    const wanted = status >= 200 && status < 300 ? bytes : 0;
    const side = bodySide(request.idleMs);
    const { head, whole } = await begunOrBroken(headers, attempt, body, {
      bytes: wanted,
      side,
    });
    this.#bodies.set(id, { body: new OpenBody(whole, bodySide), attempt });
    return { type: "opened", id, status, headers, head };
  }

  async #read(attempt: Attempt, effect: Of<"read">) {
    const { id, open, part, skip, limit, least, firmMs, idleMs } = effect;
    const kept = this.#bodies.get(open);
    if (kept === undefined) throw new HostFailure("internal", `body ${open} is not open`);
    const lease = this.#memory.buffer({ limit, least, firmMs });
    try {
      const buffer = await attempt.wait(lease.granted, localSide(0));
      const ended = await kept.body.fill(attempt, buffer, { skip, idleMs });
      if (this.#over) throw CANCELED;
      buffer.settle();
      this.#buffers.keep(part, buffer);
      return { type: "filled", id, length: buffer.blocks.length, ended } as const;
    } catch (error) {
      lease.giveUp();
      throw error;
    }
  }

  async #readText(attempt: Attempt, { id, open, limit, idleMs }: Of<"readText">): Promise<Event> {
    const kept = this.#bodies.get(open);
    if (kept === undefined) throw new HostFailure("internal", `body ${open} is not open`);
    const room = () => attempt.wait(this.#memory.enter(), localSide(0));
    const text = await kept.body.text(attempt, { limit, idleMs, room });
    await room();
    return { type: "text", id, ...text };
  }

  async #transfer(attempt: Attempt, effect: Of<"transfer">): Promise<Event> {
    const { id, part, length, request } = effect;
    await attempt.wait(this.#options.identified?.() ?? Promise.resolve(), localSide(0));
    const { host, onSent } = this.#options;
    const lease = await this.#gathered(attempt, effect);
    const { reader, side } = await this.#source(attempt, effect).catch((error) => {
      lease?.giveUp();
      throw error;
    });
    const crc = effect.checksum ? new Crc64() : undefined;
    try {
      const work = put(attempt, host, {
        request,
        source: reader,
        from: side,
        length,
        hasher: crc,
        onSent: (bytes) => onSent(id, bytes),
      });
      const asked = { kind: "oss", request, part } as const;
      const { sent, reply } = await this.#watched(asked, work, (end) => end.reply.status);
      const crc64 = crc?.digest();
      return { type: "transferred", id, sent, ...reply, ...(crc64 !== undefined && { crc64 }) };
    } finally {
      crc?.free();
      reader.close();
      lease?.giveUp();
    }
  }

  /** Room for a part that the host gathers before it sends it, as no runtime does that can stream it. */
  async #gathered(
    attempt: Attempt,
    { body, length }: Of<"transfer">,
  ): Promise<Lease<PartBuffer> | undefined> {
    if (!this.#options.host.limits.buffersParts || body.type === "buffer") return undefined;
    const lease = this.#memory.buffer({ limit: length, least: length });
    try {
      await attempt.wait(lease.granted, localSide(0));
      return lease;
    } catch (error) {
      lease.giveUp();
      throw error;
    }
  }

  async #source(
    attempt: Attempt,
    { body, part, length }: Of<"transfer">,
  ): Promise<{ reader: ByteReader; side: Side }> {
    switch (body.type) {
      case "range": {
        const { request, expect, allowPrivate } = body;
        const reply = await this.#opened(attempt, request, allowPrivate, part);
        const { status, headers, body: reader } = reply;
        const refused = checkRange(expect, status, headers);
        if (refused === undefined) return { reader, side: bodySide(request.idleMs) };
        reader.close();
        throw new HostFailure("source_reply", refused.message, { status, headers });
      }
      case "opened":
        return { reader: this.#takeBody(body.open), side: bodySide(body.idleMs) };
      case "slice":
        return { reader: this.#openSlice(body.offset, length), side: localSide(0) };
      case "file": {
        const { reader, size } = await this.#openFile(attempt, body.path);
        if (size === length) return { reader, side: localSide(0) };
        reader.close();
        throw new HostFailure("source_changed", `it had ${length} bytes, now ${size}`);
      }
      case "buffer": {
        const buffer = this.#buffers.use(part);
        if (buffer === undefined) throw new HostFailure("internal", `part ${part} has no buffer`);
        return {
          reader: closing(new BlocksReader(buffer.blocks), buffer.done),
          side: localSide(0),
        };
      }
      default:
        return unknownEffect(body);
    }
  }

  async #renew(attempt: Attempt, { id }: Of<"renew">): Promise<Event> {
    const { renew } = this.#options;
    if (renew === undefined) throw new HostFailure("internal", "there is nobody to ask for keys");
    const side = { broken: "credentials", stalled: "credentials", idleMs: 0 } as const;
    return { type: "renewed", id, account: await attempt.wait(renew(), side) };
  }

  async #wait(attempt: Attempt, { id, until }: Of<"wait">): Promise<Event> {
    while (Date.now() < until) await attempt.sleep(until - Date.now());
    return { type: "woke", id };
  }

  /** A kept body of which nothing was read. Its request ends with the reader. */
  #takeBody(id: number): ByteReader {
    const kept = this.#bodies.get(id);
    if (kept === undefined) throw new HostFailure("internal", `body ${id} is not open`);
    this.#bodies.delete(id);
    return closing(kept.body.reader, () => kept.attempt.end());
  }

  #close(id: number): void {
    const kept = this.#bodies.get(id);
    this.#bodies.delete(id);
    kept?.body.close();
    kept?.attempt.end();
  }

  #openLocal(): ByteReader {
    const { local } = this.#options;
    if (local?.type === "stream") return begunToRead(() => local.once.open());
    if (local?.type === "slices")
      return begunToRead(() => local.slices.slice(0, local.slices.size));
    throw new HostFailure("internal", "there is no local source");
  }

  /** A file of a local playlist. It is closed with its reader. */
  async #openFile(attempt: Attempt, path: string): Promise<{ reader: ByteReader; size: number }> {
    const { local } = this.#options;
    if (local?.type !== "folder") throw new HostFailure("internal", "there is no folder");
    const opening = local.folder.open(path);
    const close = (slices: Slices) => slices.close().catch(() => {});
    try {
      const slices = await attempt.wait(opening, localSide(0));
      const reader = slices.slice(0, slices.size);
      return { reader: closing(reader, () => close(slices)), size: slices.size };
    } catch (error) {
      opening.then(close, () => {});
      throw error;
    }
  }

  #openSlice(offset: number, length: number): ByteReader {
    const { local } = this.#options;
    if (local?.type === "slices") return begunToRead(() => local.slices.slice(offset, length));
    throw new HostFailure("internal", "the source cannot be read at an offset");
  }

  /** An abort that the caller asked for keeps the caller's own reason. */
  #error({ error }: Of<"failed">): VodliftError {
    const cause = error.code === "aborted" ? this.#options.signal?.reason : undefined;
    return new VodliftError(error, cause);
  }

  /** Nothing outlives the upload: no request, no timer, no listener, no buffer. */
  #end(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    for (const forget of this.#forget) forget();
    for (const id of [...this.#bodies.keys()]) this.#close(id);
    for (const attempt of this.#running.values()) attempt.stop(CANCELED);
    this.#buffers.clear();
    this.#options.machine.free();
    this.#memory.leave();
    settle();
  }

  /** It was dropped by its runtime, with its requests, timers and listeners. What others could use is left to them. */
  #abandon(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.machine.free();
    this.#memory.abandon();
    this.#reject(new VodliftError(errorOf("internal", "its request was dropped by the runtime")));
  }
}

/** The caller's own may be spoiled by now: a stream that somebody else reads, memory that went to a worker. */
function begunToRead(open: () => ByteReader): ByteReader {
  try {
    return open();
  } catch (error) {
    throw failureFrom(error, "source_read");
  }
}

/** As `peek`. A body that gives none is closed. */
async function begun(...args: Parameters<typeof peek>): ReturnType<typeof peek> {
  try {
    return await peek(...args);
  } catch (error) {
    args[1].close();
    throw error;
  }
}

/**
 * As `begun`; an encoded body that breaks at once breaks again when it is read. Its reply is told first, since that says more:
 * workerd breaks a body that is not what its Content-Encoding says, and the core refuses the encoding.
 */
async function begunOrBroken(
  headers: readonly [string, string][],
  ...args: Parameters<typeof peek>
): ReturnType<typeof peek> {
  try {
    return await begun(...args);
  } catch (error) {
    const isBroken = error instanceof HostFailure && error.kind === "source_short";
    const isEncoded = headers.some(([name]) => name.toLowerCase() === "content-encoding");
    if (!isBroken || !isEncoded) throw error;
    return { head: "", whole: { read: () => Promise.reject(error), close() {} } };
  }
}

/** A reader that takes something with it when it is closed. */
function closing(reader: ByteReader, close: () => void): ByteReader {
  return {
    read: () => reader.read(),
    release: (chunk) => reader.release?.(chunk),
    close() {
      reader.close();
      close();
    },
  };
}

/** A variant that the core has and this driver does not know: a compile error first, then a plain one. */
function unknownEffect(effect: never): never {
  throw new HostFailure("internal", `unknown ${JSON.stringify((effect as { type: string }).type)}`);
}
