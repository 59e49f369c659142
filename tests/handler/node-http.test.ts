// The adapter for node:http: what a client sends is a Request, what the handler answers arrives, and nothing that
// either of them does ends the process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  createNodeServer,
  type FetchHandler,
  type NodeListenerOptions,
} from "../../pkg/src/node-http/index.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { drawRequest, sendRaw } from "../support/http-fuzz.ts";
import { SEAL_KEY, TOKEN_SHA256 } from "../support/ingest.ts";

const MIB = 1024 * 1024;
const root = fileURLToPath(new URL("../..", import.meta.url));
const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: FetchHandler, options: NodeListenerOptions = {}) {
  const server = createNodeServer(handler, options);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}` };
}

/** Everything that comes back on one connection until it is closed. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  let answer = "";
  socket.setEncoding("latin1").on("data", (more) => {
    answer += more;
  });
  socket.write(Buffer.from(text, "latin1"));
  await once(socket, "close");
  return answer;
}

/** The one chunk of a body. */
const chunkOf = (answer: string) => /\r\n\r\n[\da-f]+\r\n(.*)\r\n0\r\n/.exec(answer)?.[1];

const get = (target: string, host = "Host: example.com", more = "") =>
  `GET ${target} HTTP/1.1\r\n${host}\r\n${more}Connection: close\r\n\r\n`;

test("whatever the request line says, the URL has the host that was asked", async () => {
  const { port } = await serve(({ url }) => new Response(url));
  const seen = async (text: string) => chunkOf(await raw(port, text));
  for (const [target, url] of [
    ["/", "http://example.com/"],
    ["//", "http://example.com//"],
    ["///", "http://example.com///"],
    ["//evil.example/x", "http://example.com//evil.example/x"],
    ["/\\evil.example", "http://example.com//evil.example"],
    ["/a?b=//c#d", "http://example.com/a?b=//c#d"],
    ["/%2e%2e/x", "http://example.com/x"],
    ["/%zz", "http://example.com/%zz"],
    ["http://other.example/x?y", "http://other.example/x?y"],
    ["http://other.example?y", "http://other.example/?y"],
    ["http://other.example", "http://other.example/"],
  ] as const) {
    // A Request has no fragment to show, and one in a request line is nobody's.
    assert.equal((await seen(get(target)))?.replace(/#.*/, ""), url.replace(/#.*/, ""), target);
  }
  assert.equal(await seen(get("/x", "Host: [::1]:80")), "http://[::1]/x");
  assert.match(await raw(port, "GET /x HTTP/1.0\r\n\r\n"), /\r\n\r\nhttp:\/\/localhost\/x$/);
});

test("a client that takes nothing of its answer is cut off, and its handler hears of it", async () => {
  let socket: Socket | undefined;
  await new Promise<void>((resolve) => {
    const endless = () =>
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(MIB)),
        cancel: () => resolve(),
      });
    const serving = serve(() => new Response(endless()), { writeTimeoutMs: 1 });
    void serving.then(({ port }) => {
      socket = connect(port, "127.0.0.1").pause();
      socket.on("error", () => {}).write(get("/"));
    });
  });
  socket?.destroy();
});

test("what is no request for a handler is refused, and the next one is answered", async () => {
  let asked = 0;
  const { port, url } = await serve(() => {
    asked += 1;
    return new Response("ok");
  });
  const status = async (text: string) => Number((await raw(port, text)).split(" ")[1]);
  for (const host of [
    "",
    "a b",
    "u@h",
    "h/p",
    "h?q",
    "h#f",
    "x:99999",
    "[::1",
    "1.2.3.4.5",
    "a\\b",
  ]) {
    assert.equal(await status(get("/", `Host: ${host}`)), 400, host);
  }
  for (const target of ["http://", "http://u:p@host/", "http://[::1/", "ftp://x/", "x:80", "?"]) {
    assert.equal(await status(get(target)), 400, target);
  }
  assert.equal(await status(get("/", "Host: a\r\nHost: b")), 400);
  assert.equal(await status("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
  assert.equal(await status(get("/", "Host: a", `X-Long: ${"b".repeat(40_000)}\r\n`)), 431);
  assert.equal(asked, 0);
  assert.equal(await (await fetch(url)).text(), "ok");
});

test("scheme and host are those a proxy forwards only where it is trusted", async () => {
  const forwarded = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: film.example, inner\r\n";
  for (const trustProxy of [false, true]) {
    const { port } = await serve(({ url }) => new Response(url), { trustProxy });
    const answer = await raw(port, get("/x", "Host: example.com", forwarded));
    const url = trustProxy ? "https://film.example/x" : "http://example.com/x";
    assert.equal(chunkOf(answer), url);
    const odd = get("/x", "Host: a", "X-Forwarded-Proto: javascript\r\nX-Forwarded-Host: u@h\r\n");
    assert.match(await raw(port, odd), trustProxy ? /^HTTP\/1.1 400 / : /http:\/\/a\/x\r/);
  }
});

test("bodies, headers and cookies pass both ways, on one connection", async () => {
  const { port, server } = await serve(async (request) => {
    const headers = new Headers({ "x-seen": request.headers.get("x-film") ?? "none" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    return new Response(request.body ?? `no body`, { status: 201, headers });
  });
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  const chunked =
    "POST / HTTP/1.1\r\nHost: a\r\nX-Film: \u00e9\r\nTransfer-Encoding: chunked\r\n\r\n";
  const text = `${chunked}5\r\nhello\r\n0\r\n\r\n${get("/")}`;
  const answer = await raw(port, text);
  assert.equal(answer.match(/^HTTP\/1\.1 201 /gm)?.length, 2);
  assert.match(answer, /set-cookie: a=1\r\nset-cookie: b=2\r\n/);
  assert.match(answer, /x-seen: \u00e9\r\n/);
  assert.match(answer, /\r\nhello\r\n0\r\n\r\nHTTP/);
  assert.equal(connections, 1);
});

test("HEAD has the headers and no body, and its body is closed", async () => {
  let closed = false;
  const cancel = () => {
    closed = true;
  };
  const body = () => new ReadableStream({ cancel });
  const { port } = await serve(() => new Response(body(), { headers: { "content-length": "5" } }));
  const answer = await raw(port, get("/").replace("GET", "HEAD"));
  assert.match(answer, /^HTTP\/1.1 200 [\s\S]*content-length: 5\r\n[\s\S]*\r\n\r\n$/i);
  assert.equal(closed, true);
});

test("an answer is made no faster than the client takes it, and ends with the client", async () => {
  let made = 0;
  let end = () => {};
  const canceled = new Promise<void>((resolve) => {
    end = resolve;
  });
  const body = () =>
    new ReadableStream({
      pull(controller) {
        made += MIB;
        controller.enqueue(new Uint8Array(MIB));
      },
      cancel: () => end(),
    });
  const { port } = await serve(() => new Response(body()));
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await once(socket, "readable");
  socket.destroy();
  await canceled;
  assert.ok(made < 64 * MIB, `${made / MIB} MiB were made for a client that read one chunk`);
});

test("a body is read no faster than the handler takes it, and what it leaves is not read", async () => {
  const { port, server } = await serve(async (request) => {
    await request.body?.getReader().read();
    return new Response("too much", { status: 413 });
  });
  let taken: Socket | undefined;
  server.on("connection", (socket) => {
    taken = socket;
  });
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${1024 * MIB}\r\n\r\n`);
  let answer = "";
  socket.on("data", (more) => {
    answer += more;
  });
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  const chunk = new Uint8Array(MIB);
  const send = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", send);
  send();
  await closed;
  assert.ok((taken?.bytesRead ?? 0) < 64 * MIB, `${taken?.bytesRead} bytes were read`);
  if (answer !== "") assert.match(answer, /^HTTP\/1.1 413 /);
});

test("a body that nobody reads costs the connection where it is long, and not where it is short", async () => {
  const { port } = await serve(() => new Response("no", { status: 401 }));
  const post = (headers: string) => `POST / HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`;
  const twice = await raw(port, `${post("Content-Length: 5")}hello${get("/")}`);
  assert.equal(twice.match(/^HTTP\/1\.1 401 /gm)?.length, 2);
  for (const headers of ["Content-Length: 100000", "Transfer-Encoding: chunked"]) {
    const once = await raw(port, `${post(headers)}5\r\nhello\r\n`);
    assert.match(once, /^HTTP\/1\.1 401 [\s\S]*connection: close/i);
  }
});

test("a client that goes away aborts the request's signal, and one that stays does not", async () => {
  let tell = (_: AbortSignal) => {};
  const asked = new Promise<AbortSignal>((resolve) => {
    tell = resolve;
  });
  const signals: AbortSignal[] = [];
  const { port, url } = await serve(async (request) => {
    signals.push(request.signal);
    if (!request.url.endsWith("/slow")) return new Response("ok");
    tell(request.signal);
    await once(request.signal, "abort");
    throw new Error("nobody is told of this");
  });
  assert.equal(await (await fetch(url)).text(), "ok");
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  const signal = await asked;
  socket.destroy();
  if (!signal.aborted) await once(signal, "abort");
  assert.equal(signals[0]?.aborted, false);
});

test("a handler that fails is a 500 that says nothing, and its error is told", async () => {
  const told: unknown[] = [];
  const broken = () =>
    new ReadableStream({
      pull: (controller) => controller.error(new Error("hush: in the body")),
    });
  const FAULTS: Record<string, FetchHandler> = {
    "/throws": () => {
      throw new Error("hush");
    },
    "/rejects": async () => Promise.reject("hush"),
    "/nothing": () => undefined as never,
    "/other": () => ({ status: 200 }) as never,
    "/error": () => Response.error(),
    "/used": async () => {
      const used = new Response("x");
      await used.text();
      return used;
    },
  };
  const CUT: Record<string, FetchHandler> = {
    "/body": () => new Response(broken()),
    "/text": () => new Response(new ReadableStream({ pull: (c) => c.enqueue({} as never) })),
    "/short": () => new Response("abc", { headers: { "content-length": "5" } }),
    "/long": () => new Response("abcdefgh", { headers: { "content-length": "5" } }),
  };
  const { port, url } = await serve(
    (request) => {
      const path = new URL(request.url).pathname;
      return (FAULTS[path] ?? CUT[path] ?? (() => new Response("ok")))(request);
    },
    {
      onError(error) {
        told.push(error);
        throw new Error("one that listens badly");
      },
    },
  );
  for (const path of Object.keys(FAULTS)) {
    const answer = await fetch(`${url}${path}`);
    assert.deepEqual([answer.status, await answer.text()], [500, "Internal Server Error\n"], path);
  }
  for (const path of Object.keys(CUT)) {
    const text = await raw(port, get(path));
    assert.doesNotMatch(text, /hush|0\r\n\r\n$/, `${path} must not look complete`);
    assert.notEqual(text.split("\r\n\r\n")[1]?.length, 5, path);
  }
  assert.equal(told.length, Object.keys(FAULTS).length + Object.keys(CUT).length);
  assert.equal(await (await fetch(url)).text(), "ok");
});

/** What a handler that passes on the answers of others may answer. */
function drawAnswer(luck: Dice): Response {
  const names = [
    "content-length",
    "transfer-encoding",
    "connection",
    "trailer",
    "upgrade",
    "expect",
  ];
  const more = ["keep-alive", "date", "set-cookie", "content-encoding", "location", "host", "etag"];
  const values = [
    "0",
    "5",
    "-1",
    "abc",
    "5, 5",
    "100000",
    "chunked",
    "close",
    "x, y",
    "",
    "\u00e9",
  ];
  const headers = new Headers();
  for (let count = luck.below(4); count > 0; count -= 1) {
    headers.append(luck.pick([...names, ...more]), luck.pick(values));
  }
  const status = luck.pick([200, 200, 201, 204, 205, 206, 302, 304, 404, 500, 599]);
  if (status === 204 || status === 205 || status === 304) {
    return new Response(null, { status, headers });
  }
  const bytes = (length: number) => new Uint8Array(length);
  const bodies: (() => BodyInit | null)[] = [
    () => null,
    () => "",
    () => "hello",
    () => bytes(100_000),
    () => new ReadableStream({ start: (c) => c.close() }),
    () => new ReadableStream({ start: (c) => c.error(new Error("none")) }),
    () => new ReadableStream({ pull: (c) => (luck.oneIn(4) ? c.close() : c.enqueue(bytes(5))) }),
    () => new ReadableStream({ pull: (c) => (luck.oneIn(3) ? c.error(5) : c.enqueue(bytes(5))) }),
    () => new ReadableStream({ pull: () => new Promise(() => {}) }),
  ];
  return new Response(luck.pick(bodies)(), { status, headers });
}

test("an answer that cannot be written is a 500 or is cut off, and ends nothing else", async () => {
  const faults: unknown[] = [];
  const fault = (error: unknown) => faults.push(error);
  process.on("unhandledRejection", fault);
  let luck = dice(0);
  const handler: FetchHandler = async (request) => {
    if (request.url.endsWith("/healthz")) return new Response("ok");
    if (luck.oneIn(3)) await request.text();
    return drawAnswer(luck);
  };
  const { port, url } = await serve(handler, { onError: () => {} });
  try {
    const length = "trailer: x\r\ncontent-length: 5";
    for (const seed of seeds(40)) {
      luck = dice(seed);
      const one = () => {
        const method = luck.pick(["GET", "HEAD", "POST", "PUT"]);
        const lines = luck.pick(["", "Connection: close\r\n", `${length}\r\n`]);
        const body = lines.includes("length") ? "hello" : "";
        return `${method} /x HTTP/1.${luck.oneIn(5) ? 0 : 1}\r\nHost: a\r\n${lines}\r\n${body}`;
      };
      const sent = Array.from({ length: 20 }, () => ({
        text: Array.from({ length: 1 + luck.below(3) }, one).join(""),
        end: luck.pick(["close", "half", "reset"] as const),
        pieces: 1,
      }));
      await Promise.all(sent.map((request) => sendRaw(port, request)));
      assert.equal(await (await fetch(`${url}/healthz`)).text(), "ok", `SEED=${seed}`);
      assert.deepEqual(faults, [], `SEED=${seed}`);
    }
  } finally {
    process.off("unhandledRejection", fault);
  }
});

test("a client that asks first is told to go on when the body is read, and not before", async () => {
  const { port } = await serve(async (request) =>
    request.url.endsWith("/refused")
      ? new Response("no", { status: 401 })
      : new Response(await request.text()),
  );
  const ask = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n`;
  assert.match(await raw(port, ask("/refused")), /^HTTP\/1.1 401 /);
  assert.match(
    await raw(port, `${ask("/")}hello`),
    /^HTTP\/1.1 100 [\s\S]*HTTP\/1.1 200 [\s\S]*hello/,
  );
});

/** The example as it stands, in a process of its own. */
async function example() {
  const { PATH = "", HOME = "" } = process.env;
  const env = {
    PATH,
    HOME,
    ALIBABA_CLOUD_ACCESS_KEY_ID: "id",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "secret",
    VODLIFT_TOKEN_SHA256: TOKEN_SHA256,
    VODLIFT_SEAL_KEY: SEAL_KEY,
    PORT: "0",
  };
  const child = spawn("node", ["examples/node-server.ts"], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const ended = once(child, "close").then(() => []);
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  assert.ok(line, `it does not listen: ${said}`);
  return { child, port: Number(/:(\d+)$/.exec(line)?.[1]), said: () => said };
}

test("requests that nobody should send do not end the process, nor hold up those of others", async () => {
  const { child, port, said } = await example();
  try {
    for (const seed of seeds(40)) {
      const luck = dice(seed);
      const drawn = Array.from({ length: 10 }, () => drawRequest(luck));
      await Promise.all(drawn.map((request) => sendRaw(port, request)));
      assert.equal(child.exitCode, null, `SEED=${seed}: the process has ended: ${said()}`);
      const health = await fetch(`http://127.0.0.1:${port}/healthz`);
      assert.deepEqual(await health.json(), { status: "ok" }, `SEED=${seed}`);
    }
    const line = (text: string) => raw(port, `${text}\r\nHost: a\r\nConnection: close\r\n\r\n`);
    assert.match(await line("GET // HTTP/1.1"), /^HTTP\/1.1 404 /);
    assert.equal(said(), "");
  } finally {
    child.kill();
  }
});
