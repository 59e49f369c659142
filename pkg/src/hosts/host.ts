// The seam between what is the same everywhere and what differs between runtimes.
//
// A host knows two things: how to GET a source and hand its body out chunk by chunk, and how to PUT exactly N bytes.
// What it does with them (exact lengths, checksums, timeouts, who is to blame) is shared and lies in ../transfer.ts.

import type { Error as ErrorData, HostLimits, Request } from "../wasm/core.js";

/** Bytes in order. */
export interface ByteReader {
  /** The next chunk, at least one byte; `undefined` at the end, however often it is asked. */
  read(): Promise<Uint8Array | undefined>;
  /** A chunk is not needed any more: its memory may be used for another one, or freed at once. */
  release?: ((chunk: Uint8Array) => void) | undefined;
  /** Lets go of everything. Further reads are not allowed; calling it twice is. */
  close(): void;
}

/** The head of a reply; its body is still unread. */
export interface Incoming {
  readonly status: number;
  readonly headers: [string, string][];
  readonly body: ByteReader;
}

/** One request on its way out, whose body is written bit by bit. */
export interface Outgoing {
  /** The server has answered. Whatever is not written yet need not be written any more. */
  readonly answered: boolean;
  /**
   * Sends a chunk. A promise resolves when there is room for more, or nobody wants more; none means: go on.
   * `written` is called when the chunk's memory is not needed any more, if that can be told.
   */
  write(chunk: Uint8Array, written: () => void): Promise<void> | undefined;
  /** Ends the body and waits for the reply's head. */
  finish(): Promise<Incoming>;
}

/** What differs between runtimes. */
export interface Host {
  /** What the core plans with. */
  readonly limits: HostLimits;
  /** For so many bytes of the memory that all uploads may have one of them is at work at once. Defaults to 3 MiB. */
  readonly memoryEach?: number;
  /** An upload may be dropped with the request that it belongs to, without a word. */
  readonly dropsRequests?: boolean;
  /** Sends a GET without a body and does not follow redirects. The signal ends it at any time, body included. */
  open(request: Request, allowPrivate: boolean, signal: AbortSignal): Promise<Incoming>;
  /**
   * Begins a request whose body will have exactly `length` bytes, and says so on the wire. Fewer bytes never look
   * complete to the server. The signal ends it at any time.
   */
  put(request: Request, length: number, signal: AbortSignal): Outgoing;
}

/** How requests leave, where it is not the runtime's own way. */
export interface Route {
  /** Sends requests in place of the runtime's `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The proxy; `false` for none, whatever the environment says. */
  readonly proxy?: URL | false | undefined;
  /** Sources take this way, too. Who sends then is not seen here, and neither are the addresses behind a source's name. */
  readonly sources: boolean;
}

/** What a host asks the core. */
export interface AddressRules {
  /** `undefined` if this address may be contacted. */
  checkAddress(ip: string, allowPrivate: boolean): ErrorData | undefined;
}
