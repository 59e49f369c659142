// What the hosts on `fetch` share.

import type { Request } from "../wasm/core.js";
import { HostFailure } from "./failure.ts";
import type { ByteReader, Incoming } from "./host.ts";

/** A body that `fetch` sends with its exact length. */
export type SizedBody = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined;

/** Sends a request as it is; redirects come back as replies. */
export async function send(
  request: Request,
  body: SizedBody,
  signal: AbortSignal,
  extra?: RequestInit,
): Promise<Incoming> {
  const response = await fetch(request.url, {
    method: request.method,
    headers: request.headers,
    body: body ?? null,
    redirect: "manual",
    signal,
    ...extra,
  });
  return {
    status: response.status,
    headers: [...response.headers],
    body: new StreamReader(response.body ?? undefined),
  };
}

/** Reads a web stream of bytes. */
export class StreamReader implements ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(stream: ReadableStream<Uint8Array> | undefined) {
    this.#reader = stream?.getReader();
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const result = await this.#reader?.read();
      if (result === undefined || result.done) return undefined;
      if (result.value.length > 0) return result.value;
    }
  }

  close(): void {
    this.#reader?.cancel().catch(() => {});
  }
}

/** A request without bytes has no body at all, unless its method needs one to say "0 bytes". */
export function emptyBody(request: Request): SizedBody {
  return request.method === "PUT" || request.method === "POST" ? new Uint8Array(0) : undefined;
}

/** Only Node, Deno and Bun write files. */
export function fileCheckpoint(_path: string): never {
  throw new HostFailure("internal", "files are written only in Node, Deno and Bun");
}

/** Only Node, Deno and Bun open files by path. */
export function fromFile(_path: string): never {
  throw new HostFailure("source_read", "files are opened by path only in Node, Deno and Bun");
}
