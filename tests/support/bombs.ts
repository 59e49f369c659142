// Servers that answer with more than anybody should take in: a source, or VOD and OSS at once.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";

const MIB = 1 << 20;

export type Bomb = (request: IncomingMessage, response: ServerResponse) => void;

function packed(coding: string, mib: number, first: string, filler: string): Buffer {
  const whole = Buffer.concat([Buffer.from(first), Buffer.alloc(mib * MIB, filler)]);
  if (coding.endsWith("gzip")) return gzipSync(whole);
  if (coding === "deflate") return deflateSync(whole);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 24 };
  return brotliCompressSync(whole, { params });
}

function bomb(coding: string, told: boolean, mib = 256): Bomb {
  let body: Buffer | undefined;
  return (_, response) => {
    body ??= packed(coding, mib, "#EXTM3U\n", "#\n");
    response.writeHead(200, {
      "content-type": "application/vnd.apple.mpegurl",
      "content-length": body.length,
      ...(told && { "content-encoding": coding }),
    });
    response.end(body);
  };
}

/** By what they are. */
export const BOMBS: Record<string, Bomb> = {
  "gzip, as it is told": bomb("gzip", true),
  "gzip, untold": bomb("gzip", false),
  "x-gzip": bomb("x-gzip", true),
  deflate: bomb("deflate", true),
  br: bomb("br", true),
  "one header that never ends": (_, { socket }) => pour(socket, "X: ", "x".repeat(64 * 1024)),
  "headers that never end": (_, { socket }) =>
    pour(socket, "", "x: yyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(1000)),
  "a status that never ends": (request) => {
    request.socket.write("HTTP/1.1 200 ");
    pour(request.socket, undefined, "x".repeat(64 * 1024));
  },
  "headers as many as go": (request, response) => many(request, response, 200),
  "refused, headers as many as go": (request, response) => many(request, response, 503),
  "chunks with extensions that never end": (_, { socket }) =>
    pour(socket, "transfer-encoding: chunked\r\n\r\n1;", "x".repeat(64 * 1024)),
  "trailers that never end": (_, { socket }) =>
    pour(
      socket,
      "transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n",
      "x: yyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(1000),
    ),
  "a body that never ends": (_, response) => endless(response, 200),
  "refused, a body that never ends": (_, response) => endless(response, 403),
  "redirects that never end, long": (request, { socket }) => {
    const at = Number(/at=(\d+)/.exec(request.url ?? "")?.[1] ?? 0) + 1;
    socket?.end(
      `HTTP/1.1 302 Found\r\nlocation: /${"x".repeat(60_000)}?at=${at}\r\ncontent-length: 0\r\nset-cookie: a=${"x".repeat(8000)}\r\n\r\n`,
    );
  },
};

/** Those of which a source may get well. */
export const PASSING = [
  "one header that never ends",
  "headers that never end",
  "a status that never ends",
  "refused, headers as many as go",
  "chunks with extensions that never end",
  "trailers that never end",
];

function many(request: IncomingMessage, _: ServerResponse, status: number): void {
  const line = `x: ${"y".repeat(10)}\r\n`;
  const lines = line.repeat(200_000 / line.length);
  request.socket.end(`HTTP/1.1 ${status} Status\r\n${lines}content-length: 0\r\n\r\n`);
}

function endless(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "text/xml" });
  const chunk = Buffer.alloc(64 * 1024, "<a>");
  response.on("error", () => {});
  (function more(): void {
    if (response.destroyed) return;
    if (response.write(chunk)) setImmediate(more);
    else response.once("drain", more);
  })();
}

function pour(socket: Socket | null, first: string | undefined, text: string): void {
  if (!socket) return;
  socket.on("error", () => {});
  if (first !== undefined) socket.write(`HTTP/1.1 200 OK\r\n${first}`);
  (function more(): void {
    if (socket.destroyed) return;
    if (socket.write(text)) setImmediate(more);
    else socket.once("drain", more);
  })();
}

export interface Hostile {
  readonly url: string;
  readonly port: number;
  requests: number;
  close(): void;
}

/** Listens on loopback. */
export async function startHostile(answer: Bomb): Promise<Hostile> {
  const server = createServer((request, response) => {
    hostile.requests += 1;
    request.resume();
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const hostile: Hostile = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: 0,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return hostile;
}

/** A master playlist with so many media playlists below it, each of so many segments with names of so many bytes. */
export function manyNames(lists: number, names: number, bytes: number): Bomb {
  const stream = (_: unknown, at: number) => `#EXT-X-STREAM-INF:BANDWIDTH=${at + 1}\nl${at}.m3u8\n`;
  const master = `#EXTM3U\n${Array.from({ length: lists }, stream).join("")}`;
  return (request, response) => {
    const list = /\/l(\d+)\.m3u8/.exec(request.url ?? "")?.[1];
    if (list === undefined) {
      const isMaster = request.url?.endsWith(".m3u8") === true;
      return void response.writeHead(isMaster ? 200 : 404).end(isMaster ? master : "");
    }
    const line = (_: unknown, at: number) =>
      `#EXTINF:1,\n${`${list}x${at}`.padEnd(bytes, "n")}.ts\n`;
    const lines = Array.from({ length: names }, line).join("");
    response.end(`#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n${lines}`);
  };
}
