// The attackers, as a process of its own: `node attacker.ts KIND worker|handler URL`. It says `ready` when it is at work, and
// goes on until it is killed.
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { startHostile } from "./hostile.ts";

const MIB = 1024 * 1024;
const [, , kind = "", target = "", base = ""] = process.argv;
const [token, reader] = ["attacker", "reader"];
const { hostname, port, host } = new URL(base);
const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
const hostile = await startHostile();

interface Call {
  method?: string;
  bearer?: string | undefined;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** A whole call; status 0 where there was no answer. */
function call(path: string, { method = "GET", bearer, headers = {}, body = "" }: Call = {}) {
  return new Promise<{ status: number; text: string }>((resolve) => {
    const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const all = { "content-length": Buffer.byteLength(body), ...authorization, ...headers };
    const asked = request(base + path, { method, headers: all, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (text.length < MIB) text += chunk;
      });
      const status = response.statusCode ?? 0;
      response
        .on("end", () => resolve({ status, text }))
        .on("error", () => resolve({ status, text }));
    });
    asked.on("error", () => resolve({ status: 0, text: "" }));
    asked.end(body);
  });
}

/** So many at once, each again when it has ended. */
function flood(atOnce: number, one: (n: number) => Promise<unknown>): void {
  for (let n = 0; n < atOnce; n += 1) {
    void (async () => {
      for (let round = 0; ; round += 1) {
        const began = performance.now();
        await one(n + round * atOnce);
        // Whoever is refused at once need not be a load of its own.
        if (performance.now() - began < 5) await sleep(5);
      }
    })();
  }
}

/** A connection that says this, and reads nothing of what comes. */
function mute(text: string): Socket {
  const socket = connect(Number(port), hostname);
  socket.pause().on("error", () => {});
  socket.write(text);
  return socket;
}

/** One that is opened anew when it was closed. */
function held(count: number, open: () => Socket): void {
  const again = () => {
    const socket = open();
    socket.on("close", () => setTimeout(again, 50));
  };
  for (let n = 0; n < count; n += 1) again();
}

function head(method: string, path: string, headers: Record<string, string> = {}, bearer = token) {
  const lines = Object.entries({ host, authorization: `Bearer ${bearer}`, ...headers });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`;
}

/** Its body comes byte by byte. */
function dribble(path: string, headers: Record<string, string> = {}, method = "POST"): Socket {
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {}).resume();
  socket.write(head(method, path, { "content-length": "20000", ...headers }));
  const timer = setInterval(() => socket.write(" "), 1_000);
  socket.on("close", () => clearInterval(timer));
  return socket;
}

const post = (body: unknown, more: Call = {}) =>
  call("/v1/ingests", { method: "POST", bearer: token, body: JSON.stringify(body), ...more });
const many = (count: number, url: (n: number) => string, more: object = {}) =>
  Array.from({ length: count }, (_, n) => ({ url: url(n), title: `t${n}`, ...more }));

/** A batch for the Worker; for the handler, which takes one at a time, as many calls at once. */
async function ingest(what: string, more: object = {}, count = 1_000): Promise<void> {
  const url = (n: number) =>
    what === "inform" ? `${hostile.informing}/f.mp4?${n}` : hostile.url(what, n);
  if (target === "worker") {
    for (;;) {
      const { status, text } = await post(many(count, url, more));
      if (status === 202) return;
      if (status !== 429) throw new Error(`${status} ${text}`);
      await sleep(1_000);
    }
  }
  const { referenceId: _, ...rest } = more as { referenceId?: string };
  flood(200, (n) => post({ url: url(n), title: `t${n}`, ...rest }));
}

const slowId = async () => {
  const { text } = await post({ url: hostile.url("trickle"), title: "slow" });
  return JSON.parse(text).id as string;
};

const KINDS: Readonly<Record<string, () => Promise<void> | void>> = {
  async sse() {
    const id = await slowId();
    const path = `/v1/ingests/${id}/events`;
    held(300, () => mute(head("GET", path, {}, token)));
    held(100, () => mute(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`));
  },
  async "never-read"() {
    if (target === "worker") await ingest("never", {}, 1_000);
    const path = target === "worker" ? "/v1/ingests.csv" : "/healthz";
    held(200, () => mute(head("GET", path, {}, token).repeat(20)));
    held(50, () => mute(head("GET", "/openapi.json").repeat(20)));
  },
  "slow-body"() {
    held(100, () => dribble("/v1/ingests"));
    held(50, () => dribble("/v1/uploads?title=t", { "content-type": "video/mp4" }, "PUT"));
    held(50, () => dribble("/session"));
    held(50, () => dribble("/callbacks/vod"));
    held(50, () => dribble("/v1/ingests/resume"));
  },
  silent() {
    held(1_000, () => connect(Number(port), hostname).on("error", () => {}));
    held(200, () => mute(`GET /healthz HTTP/1.1\r\nhost: ${host}\r\nx-`));
  },
  informing: () => ingest("inform"),
  trickle: () => ingest("trickle"),
  never: () => ingest("never"),
  redirect: () => ingest("redirect"),
  busy: () => ingest("busy"),
  "large-puts"() {
    const body = Buffer.alloc(32 * MIB, "v");
    flood(20, (n) =>
      call(`/v1/uploads?title=p${n}`, {
        ...{ method: "PUT", bearer: token, body },
        headers: { "content-type": "video/mp4" },
      }),
    );
  },
  "small-puts"() {
    flood(20, (n) =>
      call(`/v1/uploads?title=p${n}`, {
        ...{ method: "PUT", bearer: token, body: "v".repeat(1_000) },
        headers: { "content-type": "video/mp4" },
      }),
    );
  },
  "large-posts"() {
    const one = { url: "https://example.com/f.mp4", title: "t", description: "d".repeat(8_000) };
    const body = JSON.stringify(Array.from({ length: 1_000 }, () => one));
    flood(8, () => call("/v1/ingests", { method: "POST", bearer: token, body }));
  },
  async resumes() {
    const resume = `v1.${"A".repeat(255 * 1024)}`;
    const body = JSON.stringify({ resume });
    flood(16, () => call("/v1/ingests/resume", { method: "POST", bearer: token, body }));
  },
  "gzip-puts"() {
    const body = gzipSync(Buffer.alloc(512 * MIB));
    flood(20, (n) =>
      call(`/v1/uploads?title=p${n}`, {
        ...{ method: "PUT", bearer: token, body },
        headers: { "content-type": "video/mp4", "content-encoding": "gzip" },
      }),
    );
  },
  "gzip-playlists": () => ingest("bomb", { as: "playlist" }),
  async queries() {
    for (let n = 0; n < 19; n += 1) await ingest("never", { sourceTimeoutMs: 86_400_000 });
    const slow = ["q=%25", "q=z", "q=%E7%94%B5", "q=zzzz", "state=failed,ready,canceled&q=zz"];
    flood(8, (n) => call(`/v1/ingests?${slow[n % slow.length]}`, { bearer: reader }));
    flood(4, () => call("/v1/ingests.csv", { bearer: reader }));
    flood(4, () => call("/v1/ingests.csv?q=zz", { bearer: reader }));
  },
  reads() {
    flood(32, () => call("/v1/ingests?limit=200", { bearer: reader }));
    flood(32, () => call("/v1/stats", { bearer: reader }));
  },
  "open-routes"() {
    flood(32, () => call("/openapi.json"));
    flood(32, () => call("/healthz"));
  },
  hooks: () => ingest("gone", { webhookUrl: hostile.url("never") }),
  logins() {
    const body = JSON.stringify({ token: "wrong" });
    flood(32, () => call("/session", { method: "POST", body }));
    flood(32, () => call("/v1/ingests", { bearer: "wrong" }));
  },
  "create-cancel"() {
    flood(4, async (n) => {
      const { text } = await post(many(100, (i) => hostile.url("trickle", n * 100 + i)));
      const { results = [] } = JSON.parse(text || "{}") as { results?: { id: string }[] };
      const paths = results.map(({ id }) => `/v1/ingests/${id}`);
      await Promise.all(paths.map((path) => call(path, { method: "DELETE", bearer: token })));
    });
  },
  playlists: () => ingest("playlist", { as: "playlist" }),
  /** As fast as they come, with as many parts at once as go. */
  fast: () => ingest("fast", { shards: 16, concurrency: 5 }, 100),
  /** What is known by its key is read to its end, and was never counted. */
  async "same-puts"() {
    const headers = { "content-type": "video/mp4", "idempotency-key": "one" };
    const put = (body: Uint8Array) =>
      call("/v1/uploads?title=same", { method: "PUT", bearer: token, headers, body });
    await put(Buffer.alloc(8 * MIB, "v"));
    flood(50, () => put(Buffer.alloc(8 * MIB, "v")));
  },
  failing: () => ingest("gone"),
};

// An attacker has a machine of its own, and so do its sources: here they take what the others leave.
setPriority(10);
// Whoever has started it is gone, or has seen enough.
process.stdin.on("end", () => process.exit()).resume();
await KINDS[kind]?.();
console.log("ready");
