// Sources and receivers that mean harm: each path does one thing, and does it for ever.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createRawServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { worst } from "../../tests/support/worst-playlist.ts";

const MIB = 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, "v");

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const ANSWERS: Readonly<Record<string, Answer>> = {
  trickle(_, response) {
    response.writeHead(200, { "content-length": "100000000", "content-type": "video/mp4" });
    const timer = setInterval(() => response.write("0123456789abcdef"), 1_000);
    response.on("close", () => clearInterval(timer));
  },
  never() {},
  redirect(request, response) {
    const n = Number(/\d+$/.exec(request.url ?? "")?.[0] ?? 0);
    response.writeHead(302, { location: `/redirect?${n + 1}` }).end();
  },
  busy(_, response) {
    response.writeHead(429, { "retry-after": "1" }).end();
  },
  gone(_, response) {
    response.writeHead(404).end();
  },
  fast,
  playlist(_, response) {
    response.writeHead(200, { "content-type": "application/vnd.apple.mpegurl" });
    response.end(PLAYLIST);
  },
  bomb(_, response) {
    response.writeHead(200, { "content-type": "application/vnd.apple.mpegurl" });
    response.end(BOMB);
  },
};

const PLAYLIST = worst("segments, each another", 1 * MIB);
const BOMB = gzipSync(Buffer.concat([Buffer.from("#EXTM3U\n"), Buffer.alloc(64 * MIB, "#\n")]));
const HUGE = 64 * 1024 * MIB;

/** What all of its sources send together, in bytes a second: 1 Gbit/s, as a network would. Loopback knows no such limit. */
const RATE = 125_000_000;
/** What may be sent ahead of that, in ms. */
const AHEAD_MS = 20;
/** When all is sent that was handed out. */
let due = 0;

/** In how many ms so many bytes may go; 0 for now. */
function paced(bytes: number): number {
  const now = performance.now();
  if (due > now + AHEAD_MS) return due - now;
  due = Math.max(due, now) + (bytes / RATE) * 1_000;
  return 0;
}

/** Ranges of a huge film, as fast as they are taken and the network is. */
function fast({ headers }: IncomingMessage, response: ServerResponse): void {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
  const [first, last] = [Number(from ?? 0), Math.min(Number(to || HUGE), HUGE - 1)];
  response.writeHead(from === undefined ? 200 : 206, {
    "content-type": "video/mp4",
    "content-length": String(last - first + 1),
    "content-range": `bytes ${first}-${last}/${HUGE}`,
    "accept-ranges": "bytes",
    etag: '"fast"',
  });
  let left = last - first + 1;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      const chunk = CHUNK.subarray(0, left);
      const ms = paced(chunk.length);
      if (ms > 0) return void setTimeout(more, ms);
      left -= chunk.length;
      if (!response.write(chunk)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}

export interface Hostile {
  /** Says the URL of what does so. */
  url(what: string, n?: number): string;
  /** A host whose replies never begin: so many lines, again and again. */
  informing: string;
}

export async function startHostile(): Promise<Hostile> {
  const server = createServer((request, response) => {
    const [, what = ""] = /^\/(\w+)/.exec(request.url ?? "") ?? [];
    response.on("error", () => {});
    (ANSWERS[what] ?? ANSWERS.gone)?.(request, response);
  });
  server.keepAliveTimeout = 60_000;
  const raw = createRawServer(inform);
  await Promise.all([server, raw].map((one) => once(one.listen(0, "127.0.0.1"), "listening")));
  const base = (one: typeof raw) => `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
  return { url: (what, n = 0) => `${base(server)}/${what}?${n}`, informing: base(raw) };
}

/** `103 Early Hints` and `100 Continue`, and never the reply. */
function inform(socket: Socket): void {
  const replies = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
  const block = replies.repeat(500);
  socket.on("error", () => {});
  const more = () => {
    while (!socket.destroyed) if (!socket.write(block)) return void socket.once("drain", more);
  };
  socket.once("data", more).on("data", () => {});
}
