// What every host does alike: exact lengths, checksums, timeouts, and whose fault it was.

import { resized } from "./blocks.ts";
import { limits } from "./door.ts";
import type { Attempt, Side } from "./hosts/attempt.ts";
import { HostFailure } from "./hosts/failure.ts";
import type { ByteReader, Host, Incoming } from "./hosts/host.ts";
import { gunzip, isGzip } from "./sources/gunzip.ts";
import type { Request } from "./wasm/core.js";

/** A whole reply. */
export interface Reply {
  status: number;
  headers: [string, string][];
  body: string;
}

/** A checksum that grows with the bytes. */
export interface Hasher {
  update(bytes: Uint8Array): void;
}

/** The service's side of a request. */
export function serviceSide(idleMs: number): Side {
  return { broken: "network", stalled: "timeout", idleMs };
}

/** The side of a source behind a URL. */
export function sourceSide(idleMs: number): Side {
  return { broken: "source_network", stalled: "source_timeout", idleMs };
}

/** The side of a source's body: where that breaks, the source was cut off. */
export function bodySide(idleMs: number): Side {
  return { broken: "source_short", stalled: "source_timeout", idleMs };
}

/** The side of a source on this machine. */
export function localSide(idleMs: number): Side {
  return { broken: "source_read", stalled: "source_timeout", idleMs };
}

/**
 * Sends a small request and reads its whole reply.
 *
 * @param longer Awaited before more of it is read than short replies have.
 */
export async function send(
  attempt: Attempt,
  host: Host,
  request: Request,
  longer?: () => Promise<void>,
): Promise<Reply> {
  const side = serviceSide(request.idleMs);
  const body = new TextEncoder().encode(request.body);
  const outgoing = host.put(request, body.length, attempt.signal);
  if (body.length > 0) await room(attempt, outgoing.write(body, nothing), side);
  const head = await attempt.wait(outgoing.finish(), serviceSide(request.replyMs));
  return readReply(attempt, head, side, longer);
}

/** What is to be PUT. */
export interface Upload {
  request: Request;
  source: ByteReader;
  from: Side;
  /** Bytes, exactly. */
  length: number;
  hasher: Hasher | undefined;
  onSent(bytes: number): void;
}

/** PUTs exactly `length` bytes of the source: one byte more or fewer is an error, and never looks complete to the server. */
export async function put(
  attempt: Attempt,
  host: Host,
  upload: Upload,
): Promise<{ sent: number; reply: Reply }> {
  const { request, length } = upload;
  const side = serviceSide(request.idleMs);
  const outgoing = host.put(request, length, attempt.signal);
  let sent = 0;
  while (sent < length && !outgoing.answered) {
    const chunk = await nextChunk(attempt, upload, sent);
    upload.hasher?.update(chunk);
    // Once written a chunk may be gone.
    const { length: size } = chunk;
    const written = () => upload.source.release?.(chunk);
    await room(attempt, outgoing.write(chunk, written), side);
    sent += size;
    upload.onSent(size);
  }
  const head = await attempt.wait(outgoing.finish(), serviceSide(request.replyMs));
  if (sent < length && head.status < 400) {
    throw new HostFailure("network", `answered ${head.status} after ${sent} of ${length} bytes`);
  }
  return { sent, reply: await readReply(attempt, head, side) };
}

/** The next chunk. The last one is handed out only once the source has proven that nothing follows it. */
async function nextChunk(attempt: Attempt, upload: Upload, sent: number): Promise<Uint8Array> {
  const { source, from, length } = upload;
  const chunk = await attempt.wait(source.read(), from);
  if (chunk === undefined) {
    throw new HostFailure("source_short", `it ended after ${sent} of ${length} bytes`);
  }
  const after = sent + chunk.length;
  const tooLong = after > length || (after === length && (await hasMore(attempt, upload)));
  if (tooLong) throw new HostFailure("source_long", `it gave more than ${length} bytes`);
  return chunk;
}

async function hasMore(attempt: Attempt, { source, from }: Upload): Promise<boolean> {
  return (await attempt.wait(source.read(), from)) !== undefined;
}

function nothing(): void {}

async function room(attempt: Attempt, written: Promise<void> | undefined, side: Side) {
  if (written !== undefined) await attempt.wait(written, side);
}

async function readReply(
  attempt: Attempt,
  head: Incoming,
  side: Side,
  longer?: () => Promise<void>,
): Promise<Reply> {
  const { reply: most, replyAhead } = limits();
  const gathered = new Gathered(most);
  try {
    for (let size = 0; ; ) {
      const chunk = await attempt.wait(head.body.read(), side);
      if (chunk === undefined) break;
      size += chunk.length;
      if (size > most) throw new HostFailure("network", `a reply of over ${most} bytes`);
      if (longer !== undefined && size > replyAhead) await attempt.wait(longer(), serviceSide(0));
      gathered.put(chunk);
      head.body.release?.(chunk);
    }
  } catch (error) {
    // Who refuses an upload often hangs up at once: the status alone still says more than the broken connection.
    const refused = head.status >= 400 && error instanceof HostFailure && error.kind === "network";
    if (!refused) throw error;
  }
  const body = new TextDecoder().decode(gathered.bytes);
  gathered.giveBack();
  return { status: head.status, headers: head.headers, body };
}

/** `isCut`: it may end in the middle of a character. */
function decode(bytes: Uint8Array, isCut: boolean): string {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(bytes, { stream: isCut });
  } catch {
    throw new HostFailure("source_read", "it is not UTF-8 text");
  }
}

function joined(before: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(before.length + chunk.length);
  both.set(before);
  both.set(chunk, before.length);
  return both;
}

/** The first bytes of a body, one character for each, and the body, which is still whole. */
export async function peek(
  attempt: Attempt,
  reader: ByteReader,
  { bytes, side }: { bytes: number; side: Side },
): Promise<{ head: string; whole: ByteReader }> {
  if (bytes === 0) return { head: "", whole: reader };
  const first = await attempt.wait(reader.read(), side);
  let head = first ?? new Uint8Array(0);
  for (let chunk = first; chunk !== undefined && head.length < bytes; ) {
    chunk = await attempt.wait(reader.read(), side);
    if (chunk !== undefined) head = joined(head, chunk);
  }
  const whole = head.length === 0 ? reader : new BegunReader(head, head === first, reader);
  return { head: String.fromCharCode(...head.subarray(0, bytes)), whole };
}

/** A reader whose first chunk was taken out and is put back. */
class BegunReader implements ByteReader {
  #first: Uint8Array | undefined;
  /** Memory that is not the reader's own. */
  readonly #foreign: Uint8Array | undefined;
  readonly #reader: ByteReader;

  constructor(first: Uint8Array, isOwn: boolean, reader: ByteReader) {
    this.#first = first;
    this.#foreign = isOwn ? undefined : first;
    this.#reader = reader;
  }

  async read(): Promise<Uint8Array | undefined> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#reader.read();
  }

  release(chunk: Uint8Array): void {
    if (chunk !== this.#foreign) this.#reader.release?.(chunk);
  }

  close(): void {
    this.#reader.close();
  }
}

/** What bytes are put into, one chunk behind the other, until there are `size`. */
interface Fillable {
  readonly size: number;
  put(chunk: Uint8Array): void;
}

/** Bytes that grow, in memory that is given back at once. */
class Gathered {
  readonly #most: number;
  #memory: Uint8Array;
  #length = 0;

  constructor(most: number) {
    this.#most = most;
    this.#memory = new Uint8Array(Math.min(most, 16 * 1024));
  }

  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  put(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#memory.length) {
      const size = Math.min(Math.max(needed, this.#memory.length * 2), this.#most);
      this.#memory = resized(this.#memory, size);
    }
    this.#memory.set(chunk, this.#length);
    this.#length = needed;
  }

  giveBack(): void {
    this.#length = 0;
    this.#memory = resized(this.#memory, 0);
  }
}

/** A body that is kept open and read bit by bit into buffers. */
export class OpenBody {
  /** All of it, as long as nothing was read. */
  reader: ByteReader;
  readonly #side: (idleMs: number) => Side;
  #rest: Uint8Array | undefined;
  #intact = true;

  constructor(reader: ByteReader, side: (idleMs: number) => Side) {
    this.reader = reader;
    this.#side = side;
  }

  /** Drops `skip` bytes, fills the buffer, and tells whether that was the end. The buffer may become smaller meanwhile. */
  async fill(
    attempt: Attempt,
    buffer: Fillable,
    { skip, idleMs }: { skip: number; idleMs: number },
  ): Promise<boolean> {
    const side = this.#side(idleMs);
    if (!this.#intact) throw new HostFailure(side.broken, "an earlier read was given up midway");
    this.#intact = false;
    await this.#take(attempt, side, { size: skip, put: nothing });
    await this.#take(attempt, side, buffer);
    this.#rest ??= await attempt.wait(this.reader.read(), side);
    this.#intact = true;
    return this.#rest === undefined;
  }

  /**
   * Reads up to `limit` bytes as text, and looks whether anything follows: of that nothing is kept. A byte order mark stays;
   * what is gzip'ed is unpacked, and the limit is about what comes out. `room` is awaited before there is much of it.
   */
  async text(
    attempt: Attempt,
    { limit, idleMs, room }: { limit: number; idleMs: number; room(): Promise<void> },
  ): Promise<{ text: string; ended: boolean }> {
    const side = this.#side(idleMs);
    await this.#unpack(attempt, side);
    // As bytes, which can be given back at once. Of text that grows, the garbage collector lets several times as much pile up.
    const gathered = new Gathered(limit);
    const put = (chunk: Uint8Array) => gathered.put(chunk);
    try {
      const ahead = Math.min(limit, limits().textAhead);
      const taken = await this.#take(attempt, side, { size: ahead, put });
      if (taken === ahead) {
        // What is no text is none from the beginning.
        decode(gathered.bytes, true);
        await room();
      }
      await this.#take(attempt, side, { size: limit - taken, put });
      this.#rest ??= await attempt.wait(this.reader.read(), side);
      const ended = this.#rest === undefined;
      return { text: ended ? decode(gathered.bytes, false) : "", ended };
    } finally {
      gathered.giveBack();
    }
  }

  close(): void {
    this.reader.close();
  }

  async #unpack(attempt: Attempt, side: Side): Promise<void> {
    const reader = this.reader;
    let first = await attempt.wait(reader.read(), side);
    while (first !== undefined && first.length < 2) {
      const chunk = await attempt.wait(reader.read(), side);
      if (chunk === undefined) break;
      first = joined(first, chunk);
      // What was joined here is no memory of the reader's own.
      this.reader = { read: () => reader.read(), close: () => reader.close() };
    }
    if (first !== undefined && isGzip(first)) this.reader = gunzip(first, reader);
    else this.#rest = first;
  }

  async #take(attempt: Attempt, side: Side, into: Fillable): Promise<number> {
    let taken = 0;
    while (taken < into.size) {
      const chunk = this.#rest ?? (await attempt.wait(this.reader.read(), side));
      this.#rest = undefined;
      if (chunk === undefined) break;
      const fits = chunk.subarray(0, into.size - taken);
      if (fits.length < chunk.length) this.#rest = chunk.subarray(fits.length);
      into.put(fits);
      taken += fits.length;
      if (this.#rest === undefined) this.reader.release?.(chunk);
    }
    return taken;
  }
}
