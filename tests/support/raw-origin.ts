// A source that writes its replies byte for byte: what Node's own server would refuse to write, too.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

/** One request, as it came. */
export interface RawRequest {
  /** As it stands in the request line. */
  path: string;
  /** Names in lower case; one character per byte. */
  headers: Record<string, string>;
}

export interface RawReply {
  status?: number;
  /** Text is written as UTF-8. */
  headers?: readonly (readonly [string, string | Uint8Array])[];
  body?: Uint8Array;
  /** In place of all that. */
  raw?: string;
  /** The connection is not closed behind it, but reset. */
  resets?: boolean;
}

export interface RawOrigin {
  readonly url: string;
  readonly requests: RawRequest[];
  close(): void;
}

/** Listens on loopback; every connection carries one request. */
export async function startRawOrigin(
  answer: (request: RawRequest) => RawReply,
): Promise<RawOrigin> {
  const requests: RawRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    let head = "";
    socket.on("data", function read(chunk) {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", read);
      const request = parse(head);
      requests.push(request);
      const reply = answer(request);
      if (reply.resets) socket.write(written(reply), () => socket.resetAndDestroy());
      else socket.end(written(reply));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Serves bytes, by ranges. */
export function film(
  request: RawRequest,
  bytes: Uint8Array,
  headers: RawReply["headers"] = [],
): RawReply {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const type = ["Content-Type", "video/mp4"] as const;
  if (first === undefined) return { headers: [type, ...headers], body: bytes };
  const from = Number(first);
  const to = Math.min(Number(last) + 1, bytes.length);
  const range = ["Content-Range", `bytes ${from}-${to - 1}/${bytes.length}`] as const;
  return { status: 206, headers: [type, range, ...headers], body: bytes.subarray(from, to) };
}

function parse(head: string): RawRequest {
  const [first = "", ...lines] = head.split("\r\n");
  const pairs = lines
    .filter((line) => line.includes(":"))
    .map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
  return { path: first.split(" ")[1] ?? "", headers: Object.fromEntries(pairs) };
}

function written({ status = 200, headers = [], body, raw }: RawReply): Buffer {
  if (raw !== undefined) return Buffer.from(raw, "latin1");
  const bytes = body ?? new Uint8Array(0);
  const length = ["Content-Length", `${bytes.length}`] as const;
  const lines = [...headers, length, ["Connection", "close"] as const].flatMap(([name, value]) => [
    Buffer.from(`${name}: `),
    typeof value === "string" ? Buffer.from(value) : value,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} Status\r\n`),
    ...lines,
    Buffer.from("\r\n"),
    bytes,
  ]);
}
