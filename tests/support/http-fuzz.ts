// What no well-behaved client sends: request lines, headers and bodies that are drawn, over a raw socket.
import { connect } from "node:net";
import type { Dice } from "./dice.ts";

const METHODS = ["GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "TRACE", "CONNECT", "PROPFIND"];
const ODD_METHODS = ["get", "G E T", "", "\u0000", "M-SEARCH", "PRI", "POST\t", "💥", "TRACK"];
const TARGETS = [
  "/",
  "//",
  "///",
  "//evil.example/x",
  "/\\evil.example",
  "\\\\evil",
  "*",
  "",
  "?",
  "?a=b",
  "#",
  "/#x",
  "/%",
  "/%00",
  "/%zz",
  "/../../etc/passwd",
  "http://",
  "http://x",
  "http:///",
  "http://[::1",
  "http://[::1]:99999/",
  "http://u:p@host/",
  "http://a b/",
  "https://host:0/",
  "ftp://x/",
  "javascript:1",
  "host:80",
  ":",
  "/a b",
  "/é",
  "/\u0001",
  "/;",
  "/v1/ingests",
  "//v1/ingests",
  "/healthz?",
  "HTTP://LOCALHOST/healthz",
  "http://localhost:0/healthz",
  "http://localhost:65536/healthz",
  "https://[::ffff:127.0.0.1]/healthz",
  "http://localhost\\@evil.example/",
  "http:/healthz",
  "http:healthz",
  "//localhost:80@evil.example/healthz",
  "localhost:443",
  "[::1]:443",
  "/healthz\t",
  "/healthz HTTP/1.1 x",
  "/v1/ingests/../../healthz",
  "/.//healthz",
  "*/healthz",
];
const HOSTS = [
  "localhost",
  "",
  " ",
  "a b",
  "a,b",
  "[::1]",
  "[::1",
  "x:99999",
  "x:-1",
  "u@h",
  "h/p",
  "h?q",
  "h#f",
  "1.2.3.4.5",
  "0x7f.1",
  "é",
  "a..b",
  "xn--",
  "%",
  "a\\b",
];
const LINES = [
  "Expect: 100-continue",
  "Expect: 200-maybe",
  "Connection: upgrade\r\nUpgrade: websocket",
  "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x",
  "Connection: close",
  "Connection: keep-alive, x",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip",
  "Transfer-Encoding: chunked\r\nContent-Length: 5",
  "Content-Length: 5",
  "Content-Length: -1",
  "Content-Length: 5, 6",
  "Content-Length: 99999999999999999999",
  "Host: again",
  "X-Forwarded-Host: evil.example",
  "X-Forwarded-Proto: javascript",
  "Authorization: Bearer \u00ff",
  ": none",
  "No colon",
  "A: \u0000",
  "A : b",
  " folded",
  "__proto__: x",
  "constructor: x",
  "Trailer: A",
  "Accept-Encoding: \u0080",
  "Expect: 100-continue, x",
  "expect:",
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13",
  "Upgrade: TLS/1.0\r\nConnection: Upgrade",
  "Connection: Upgrade",
  "Connection: close, keep-alive",
  "Connection: host, content-length, authorization",
  // Pairs that two readers in a row may understand each in its own way.
  "Content-Length: 5\r\nContent-Length: 0",
  "Content-Length: 5\r\nContent-Length: 5",
  "Content-Length: 0\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
  "Transfer-Encoding: identity, chunked",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: \u000bchunked",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding:\r\n chunked",
  "Content-Length: +5",
  "Content-Length: 0x5",
  "Content-Length: 5\u000b",
  "Content-Length:",
  "TE: trailers\r\nTrailer: Host, Content-Length",
  "X-Forwarded-Host: u@evil.example\r\nX-Forwarded-Proto: https, http",
  "Forwarded: host=evil.example;proto=https",
  "X-A: a\rX-B: b",
  "X-A: a\nX-B: b",
  "Range: bytes=0-,0-,0-",
  "Content-Encoding: gzip",
  "Content-Type: application/json; charset=\u00ff",
  "Cookie: a=\u0080",
];
/** Chunks with extensions, trailers, sizes that no chunk has, or an end that never comes. */
const CHUNKED = [
  "5;a=b\r\nhello\r\n0\r\nHost: evil.example\r\nContent-Length: 9\r\n\r\n",
  '5;"\r\nhello\r\n0\r\n\r\n',
  "5\nhello\n0\n\n",
  "05\r\nhello\r\n00\r\n\r\n",
  "-1\r\nhello\r\n0\r\n\r\n",
  "0x5\r\nhello\r\n0\r\n\r\n",
  "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
  "fffffffff\r\nhello",
  "5\r\nhellox0\r\n\r\n",
  "5\r\nhello\r\n0\r\nA: \u0000\r\n\r\n",
  `0\r\n${"T: x\r\n".repeat(3000)}\r\n`,
  "5\r\nhello\r\n",
];
const BODIES = ["", "hello", "5\r\nhello\r\n0\r\n\r\n", "zz\r\n", "0\r\n\r\n", "{", "\u0000\u0000"];
const ENDS = ["close", "half", "reset", "wait"] as const;

export interface Raw {
  text: string;
  end: (typeof ENDS)[number];
  /** In how many writes it is sent. */
  pieces: number;
}

/** One that may be whole, broken, cut short, or followed by another. Half of them have but one thing wrong, or none. */
export function drawRequest(dice: Dice): Raw {
  const one = () => {
    const tame = dice.oneIn(2);
    const wrong = dice.below(7);
    const odd = (part: number) => (tame ? part === wrong : dice.oneIn(2));
    const method = dice.pick(odd(0) ? ODD_METHODS : METHODS);
    const long = `/${"a".repeat(dice.below(40_000))}`;
    const target = odd(1) ? (dice.oneIn(15) ? long : dice.pick(TARGETS)) : "/healthz";
    const version = odd(2) ? dice.pick(["HTTP/1.0", "HTTP/9", "", "http/1.1"]) : "HTTP/1.1";
    const hosts = dice.oneIn(5) ? [] : [`Host: ${dice.pick(HOSTS)}`];
    const host = odd(3) ? hosts : ["Host: localhost"];
    const count = odd(4) ? 1 + dice.below(3) : 0;
    const more = Array.from({ length: count }, () => dice.pick(LINES));
    if (count > 0 && dice.oneIn(15)) more.push(`X-Long: ${"b".repeat(dice.below(40_000))}`);
    const head = [`${method} ${target} ${version}`, ...host, ...more].join("\r\n");
    return `${head}\r\n\r\n${odd(4) ? dice.pick([...BODIES, ...CHUNKED]) : ""}`;
  };
  let text = Array.from({ length: 1 + dice.below(dice.oneIn(10) ? 30 : 3) }, one).join("");
  if (dice.oneIn(5)) text = text.slice(0, dice.below(text.length + 1));
  if (dice.oneIn(10)) text = text.replaceAll("\r\n", "\n");
  return { text, end: dice.pick(ENDS), pieces: dice.oneIn(8) ? 2 + dice.below(20) : 1 };
}

/** Sends it, and waits until the server closes the connection or has been quiet for a moment. */
export async function sendRaw(port: number, { text, end, pieces }: Raw): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    answer += text;
  });
  socket.on("error", () => {});
  // `once` of node:events would throw what the socket fails of.
  const happens = (event: string) =>
    new Promise<void>((done) => void socket.once(event, () => done()));
  const closed = happens("close");
  await Promise.race([happens("connect"), closed]);
  const bytes = Buffer.from(text, "latin1");
  const step = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += step) {
    socket.write(bytes.subarray(at, at + step));
    if (pieces > 1) await new Promise((done) => setImmediate(done));
  }
  if (end === "half") socket.end();
  if (end === "reset") socket.resetAndDestroy();
  // Quiet: how long that takes decides nothing, only how many are tried.
  socket.setTimeout(end === "wait" ? 60 : 20, () => socket.destroy());
  await closed;
  return answer;
}
