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
];
const BODIES = ["", "hello", "5\r\nhello\r\n0\r\n\r\n", "zz\r\n", "0\r\n\r\n", "{", "\u0000\u0000"];
const ENDS = ["close", "half", "reset", "wait"] as const;

/** One that may be whole, broken, cut short, or followed by another. Half of them have but one thing wrong. */
export function drawRequest(dice: Dice): { text: string; end: (typeof ENDS)[number] } {
  const one = () => {
    const tame = dice.oneIn(2);
    const wrong = dice.below(5);
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
    return `${head}\r\n\r\n${odd(4) ? dice.pick(BODIES) : ""}`;
  };
  let text = Array.from({ length: 1 + dice.below(3) }, one).join("");
  if (dice.oneIn(5)) text = text.slice(0, dice.below(text.length + 1));
  if (dice.oneIn(10)) text = text.replaceAll("\r\n", "\n");
  return { text, end: dice.pick(ENDS) };
}

/** Sends it, and waits until the server closes the connection or has been quiet for a moment. */
export async function sendRaw(
  port: number,
  { text, end }: ReturnType<typeof drawRequest>,
): Promise<string> {
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
  socket.write(Buffer.from(text, "latin1"));
  if (end === "half") socket.end();
  if (end === "reset") socket.resetAndDestroy();
  // Quiet: how long that takes decides nothing, only how many are tried.
  socket.setTimeout(end === "wait" ? 60 : 20, () => socket.destroy());
  await closed;
  return answer;
}
