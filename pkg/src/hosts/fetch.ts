// Every other runtime with `fetch`, browsers among them. None of them can promise a length for a stream, so a part
// is gathered in memory and sent as bytes: memory is the part size times the parts in flight.

import { isShared } from "../kinds.ts";
import type { HostLimits, Request } from "../wasm/core.js";
import { HostFailure } from "./failure.ts";
import type { AddressRules, Host, Incoming, Outgoing, Route } from "./host.ts";
import { isEdge, misplaced, misplacedOn } from "./runtime.ts";
import { emptyBody, type Fetch, isBrowser, noProxy, open, ownFetch, send } from "./web.ts";

export { fileCheckpoint, fromFile } from "./web.ts";

const MIB = 1024 * 1024;

/** A page, or a worker of one. Others may have a `location`, and share nothing by it. */
const PAGE = isBrowser() ? globalThis.location?.origin : undefined;

const LIMITS: HostLimits = {
  concurrency: 3,
  maxConcurrency: 6,
  bufferBytes: 48 * MIB,
  buffersParts: true,
  ...(PAGE !== undefined && { origin: PAGE }),
};

/**
 * The portable host. `fetch` does not tell addresses, so only URLs are guarded here, not what their names resolve to. Where
 * there is a host that sees them, this one opens no source at all: to be without the guard must be nobody's oversight.
 */
export function createHost(_rules: AddressRules, route?: Route): Host {
  noProxy(route);
  const host = hostOn(route?.fetch ?? ownFetch);
  return {
    ...host,
    async open(request, allowPrivate, signal) {
      const runtime = route?.sources ? undefined : misplacedOn();
      if (runtime !== undefined) throw new HostFailure("unguarded", misplaced(runtime));
      return host.open(request, allowPrivate, signal);
    },
  };
}

/** Sends by this `fetch`. */
export function hostOn(fetch: Fetch): Host {
  return {
    limits: LIMITS,
    dropsRequests: isEdge(),
    open: (request, _allowPrivate, signal) => open(fetch, request, signal),
    put: (request, length, signal) => new GatheredRequest(fetch, request, length, signal),
  };
}

class GatheredRequest implements Outgoing {
  readonly answered = false;
  readonly #fetch: Fetch;
  readonly #request: Request;
  readonly #length: number;
  readonly #signal: AbortSignal;
  #body: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;

  constructor(fetch: Fetch, request: Request, length: number, signal: AbortSignal) {
    this.#fetch = fetch;
    this.#request = request;
    this.#length = length;
    this.#signal = signal;
  }

  write(chunk: Uint8Array, written: () => void): undefined {
    // No `fetch` takes memory that is shared.
    if (chunk.length === this.#length && !isShared(chunk.buffer)) {
      this.#body = chunk as Uint8Array<ArrayBuffer>;
      this.#filled = this.#length;
      return;
    }
    this.#body ??= new Uint8Array(this.#length);
    this.#body.set(chunk, this.#filled);
    this.#filled += chunk.length;
    written();
  }

  async finish(): Promise<Incoming> {
    if (this.#filled !== this.#length) {
      throw new HostFailure("internal", `${this.#filled} of ${this.#length} bytes were written`);
    }
    const body = this.#body ?? emptyBody(this.#request);
    return send(this.#fetch, this.#request, body, this.#signal);
  }
}
