// Makes what the shared transfer code wants, so that a test names only what it is about.
import type { Side } from "../../pkg/src/hosts/attempt.ts";
import type { AddressRules, ByteReader } from "../../pkg/src/hosts/host.ts";
import { localSide, type Upload } from "../../pkg/src/transfer.ts";
import type { Request } from "../../pkg/src/wasm/core.js";

export function request(method: string, url: string, idleMs = 30_000): Request {
  return { method, url, headers: [], body: "", idleMs, replyMs: idleMs };
}

/** A reader of chunks of these sizes. An error among them is thrown, a promise is awaited first. */
export function readerOf(
  ...chunks: (number | Error | (() => Promise<void>))[]
): ByteReader & { closed: boolean } {
  const rest = [...chunks];
  return {
    closed: false,
    async read() {
      const next = rest.shift();
      if (typeof next === "function") {
        await next();
        return this.read();
      }
      if (next instanceof Error) throw next;
      return next === undefined ? undefined : new Uint8Array(next).fill(7);
    },
    close() {
      this.closed = true;
    },
  };
}

export function upload(
  url: string,
  length: number,
  source: ByteReader,
  from: Side = localSide(30_000),
): Upload {
  return { request: request("PUT", url), source, from, length, hasher: undefined, onSent() {} };
}

/** Nothing is refused. */
export const anyAddress: AddressRules = { checkAddress: () => undefined };

/** Loopback is refused, unless private addresses are allowed. */
export const noLoopback: AddressRules = {
  checkAddress(ip, allowPrivate) {
    if (allowPrivate || !(ip.startsWith("127.") || ip === "::1")) return undefined;
    return {
      code: "address_refused",
      class: "guard",
      message: `${ip} is loopback`,
      hint: "",
      retryable: false,
    };
  },
};

/** As the core rules where private sources are allowed, with loopback for a cloud's metadata service. */
export const noLoopbackAtAll: AddressRules = {
  checkAddress: (ip) => noLoopback.checkAddress(ip, false),
};
