// The Node host against real servers: exact lengths, early replies, guarded addresses, and the faults of Node that
// each of its measures answers.
import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { type AddressInfo, createServer as createRawServer, isIP } from "node:net";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { Attempt } from "../../pkg/src/hosts/attempt.ts";
import { HostFailure } from "../../pkg/src/hosts/failure.ts";
import { createHost } from "../../pkg/src/hosts/node.ts";
import { bodySide, put, send } from "../../pkg/src/transfer.ts";
import type { FailureKind } from "../../pkg/src/wasm/core.js";
import { dice, seeds } from "../support/dice.ts";
import { type Sink, type SinkOptions, startSink } from "../support/sink.ts";
import {
  anyAddress,
  noLoopback,
  noLoopbackAtAll,
  readerOf,
  request,
  upload,
} from "../support/transfer.ts";

const host = createHost(anyAddress);
const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

async function sink(options?: SinkOptions): Promise<Sink> {
  const made = await startSink(options);
  closers.push(() => made.close());
  return made;
}

/** Runs a step like the driver does: whatever it has opened is closed in the end. */
async function attempt<T>(step: (attempt: Attempt) => Promise<T>): Promise<T> {
  const one = new Attempt();
  try {
    return await step(one);
  } finally {
    one.end();
  }
}

function failsWith(kind: FailureKind) {
  return (error: unknown) => {
    assert.ok(error instanceof HostFailure, String(error));
    assert.equal(error.kind, kind, error.message);
    return true;
  };
}

test("a part is sent with its exact length, and the reply comes back whole", async () => {
  const { url, ended } = await sink();
  const source = readerOf(100_000, 50_000, 1);
  const { sent, reply } = await attempt((a) => put(a, host, upload(url, 150_001, source)));
  assert.equal(sent, 150_001);
  assert.deepEqual([reply.status, reply.body], [200, "stored"]);
  const [arrival] = await ended(1);
  assert.equal(arrival?.contentLength, "150001");
  assert.equal(arrival?.chunked, false);
  assert.equal(arrival?.bytes, 150_001);
  assert.ok(arrival?.body.every((byte) => byte === 7));
});

test("a small request carries its text, and says the length of none", async () => {
  const { url, ended } = await sink();
  const post = { ...request("POST", url), body: "Größe=1" };
  assert.equal((await attempt((a) => send(a, host, post))).body, "stored");
  await attempt((a) => send(a, host, request("POST", url)));
  await attempt((a) => send(a, host, request("GET", url)));
  const [withText, empty, get] = await ended(3);
  assert.equal(withText?.body.toString(), "Größe=1");
  assert.equal(empty?.contentLength, "0");
  assert.equal(get?.contentLength, undefined);
});

// Measure: the length is counted before the last chunk goes out. Without it the server would acknowledge a part
// whose source did not end where it should.
test("a source that gives one byte too many never looks complete to the server", async () => {
  const { url, began, ended } = await sink();
  for (const [count, chunks] of [
    [60_000, 40_001],
    [60_000, 40_000, 1],
  ].entries()) {
    const source = readerOf(chunks[0] ?? 0, () => began(count + 1), ...chunks.slice(1));
    await assert.rejects(
      attempt((a) => put(a, host, upload(url, 100_000, source))),
      failsWith("source_long"),
    );
  }
  const arrivals = await ended(2);
  assert.deepEqual(
    arrivals.map(({ complete }) => complete),
    [false, false],
  );
});

test("a source that ends early never looks complete to the server", async () => {
  const { url, began, ended } = await sink();
  const source = readerOf(60_000, () => began(1));
  await assert.rejects(
    attempt((a) => put(a, host, upload(url, 100_000, source))),
    failsWith("source_short"),
  );
  const [arrival] = await ended(1);
  assert.equal(arrival?.complete, false);
});

test("a source that breaks is blamed, not the service", async () => {
  const { url } = await sink();
  const source = readerOf(10, new Error("connection lost at https://secret.example/?sig=1"));
  const error = await attempt((a) =>
    put(a, host, upload(url, 100, source, bodySide(30_000))),
  ).catch((error) => error);
  assert.ok(failsWith("source_short")(error));
  assert.equal(error.message, "connection lost at (url)");
});

test("a service that cannot be reached is blamed, not the source", async () => {
  const gone = await startSink();
  gone.close();
  const source = readerOf(1000, 1000);
  await assert.rejects(
    attempt((a) => put(a, host, upload(gone.url, 2000, source))),
    failsWith("network"),
  );
});

// The fault: aborting an upload leaves its source running, since a locked stream cannot be cancelled. Measure: the
// source hangs on a controller of its own, which the attempt aborts in the end.
test("the source stops when its upload is called off", async () => {
  const { url, began } = await sink({ handle: (request) => void request.resume() });
  const endless = await endlessSource();
  const one = new Attempt();
  const incoming = await host.open(request("GET", endless.url), true, one.signal);
  const pumping = put(one, host, upload(url, 2 ** 40, incoming.body));
  await began(1);
  one.stop(new HostFailure("canceled", "called off"));
  await assert.rejects(pumping, failsWith("canceled"));
  await endless.closed;
});

test("control: with plain fetch the source runs on after the upload is aborted", async () => {
  const { url, began } = await sink({ handle: (request) => void request.resume() });
  const endless = await endlessSource();
  const abort = new AbortController();
  const { body } = await fetch(endless.url);
  const init = { method: "PUT", body, duplex: "half", signal: abort.signal };
  const putting = fetch(url, init as RequestInit).catch((error) => error);
  await began(1);
  abort.abort();
  await putting;
  // 64 MiB are far more than any buffer on the way: somebody still reads them.
  await endless.served(endless.bytes() + 64 * 1024 * 1024);
});

// The fault: a server answers 403 and hangs up while we still write; the failed write tears down the connection
// together with the answer. Measure: a failed write is reported a moment later, so that what arrived is read first.
for (const measure of [true, false]) {
  const title = measure
    ? "an early refusal is heard although the server hangs up in the middle of the body"
    : "control: without waiting for last words the refusal is lost";
  test(title, async () => {
    const refusing = await hastyServer();
    try {
      const outcome = measure ? await refusedByHost(refusing) : await refusedPlainly(refusing);
      if (measure) assert.deepEqual(outcome, [403, "<Code>AccessDenied</Code>"]);
      else assert.match(String(outcome), /^(EPIPE|ECONNRESET)$/);
    } finally {
      await refusing.close();
    }
  });
}

async function refusedByHost(server: HastyServer): Promise<unknown> {
  const source = readerOf(...Array<number>(128).fill(65_536));
  const read = source.read.bind(source);
  let chunks = 0;
  source.read = async () => {
    // The first chunk is on its way by now; the answer and the reset arrive while nothing here can look.
    if (++chunks === 4) server.waitUntilHungUp();
    return read();
  };
  const { reply } = await attempt((a) => put(a, host, upload(server.url, 128 * 65_536, source)));
  return [reply.status, reply.body];
}

async function refusedPlainly(server: HastyServer): Promise<unknown> {
  const request = httpRequest(server.url, {
    method: "PUT",
    headers: { "Content-Length": 128 * 65_536 },
  });
  const outcome = new Promise((resolve) => {
    request.on("response", (response) => resolve(response.statusCode));
    request.on("error", (error) => resolve((error as NodeJS.ErrnoException).code));
  });
  const chunk = Buffer.alloc(65_536);
  if (!request.write(chunk)) await once(request, "drain");
  server.waitUntilHungUp();
  request.write(chunk);
  return outcome;
}

test("what the server says before it has the whole body ends the upload", async () => {
  const { url } = await sink({
    handle(request, response) {
      request.resume();
      response.writeHead(409).end("conflict");
    },
  });
  let reads = 0;
  const source = {
    // Without end: only the answer can end this.
    async read() {
      reads += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return new Uint8Array(1024);
    },
    close() {},
  };
  const { sent, reply } = await attempt((a) => put(a, host, upload(url, 2 ** 40, source)));
  assert.deepEqual([reply.status, reply.body], [409, "conflict"]);
  assert.equal(sent, reads * 1024);
});

test("a success before the whole body was sent is not believed", async () => {
  const { url } = await sink({
    handle(request, response) {
      request.resume();
      response.end("thanks");
    },
  });
  const source = {
    async read() {
      await new Promise((resolve) => setImmediate(resolve));
      return new Uint8Array(1024);
    },
    close() {},
  };
  await assert.rejects(
    attempt((a) => put(a, host, upload(url, 2 ** 40, source))),
    failsWith("network"),
  );
});

test("who does not move for too long is named: the service", async () => {
  const { url } = await sink({ handle: () => {} });
  await assert.rejects(
    attempt((a) => send(a, host, request("GET", url, 1_000))),
    failsWith("timeout"),
  );
});

test("who does not move for too long is named: the source", async () => {
  const { url } = await sink();
  const source = { read: () => new Promise<undefined>(() => {}), close() {} };
  await assert.rejects(
    attempt((a) => put(a, host, upload(url, 10, source, bodySide(1_000)))),
    failsWith("source_timeout"),
  );
});

test("a name that resolves to a refused address is not contacted", async () => {
  const guarded = createHost(noLoopback);
  const private_ = await sink();
  const url = private_.url.replace("127.0.0.1", "localhost");
  const one = new Attempt();
  await assert.rejects(
    async () => guarded.open(request("GET", url), false, one.signal),
    failsWith("address_refused"),
  );
  assert.equal(private_.arrivals.length, 0);
});

test("a refused address in the URL itself is not contacted", async () => {
  const guarded = createHost(noLoopback);
  const { url, arrivals } = await sink();
  const { port } = new URL(url);
  for (const literal of [url, `http://[::1]:${port}/`, `http://0x7f.1:${port}/`]) {
    await assert.rejects(
      async () => guarded.open(request("GET", literal), false, new Attempt().signal),
      failsWith("address_refused"),
    );
  }
  assert.equal(arrivals.length, 0);
});

test("a name that resolves to what is refused in any case is not contacted, allowed to be private or not", async () => {
  const guarded = createHost(noLoopbackAtAll);
  const { url, arrivals } = await sink();
  for (const place of [url, url.replace("127.0.0.1", "localhost")]) {
    await assert.rejects(
      async () => guarded.open(request("GET", place), true, new Attempt().signal),
      failsWith("address_refused"),
    );
  }
  assert.equal(arrivals.length, 0);
});

test("neither is a service of that name", async () => {
  const guarded = createHost(noLoopbackAtAll);
  const { url, arrivals } = await sink();
  for (const place of [url, url.replace("127.0.0.1", "localhost")]) {
    const to = request("PUT", place);
    await assert.rejects(
      attempt((a) => send(a, guarded, to)),
      failsWith("service_refused"),
    );
    const part = upload(place, 3, readerOf(3), bodySide(0));
    await assert.rejects(
      attempt((a) => put(a, guarded, part)),
      failsWith("service_refused"),
    );
  }
  assert.equal(arrivals.length, 0);
});

test("a connection opened with leave to private addresses is not lent to anybody without it", async () => {
  const guarded = createHost(noLoopback);
  const { url, ended } = await sink();
  const local = request("GET", url.replace("127.0.0.1", "localhost"));
  const { body } = await guarded.open(local, true, new Attempt().signal);
  while ((await body.read()) !== undefined);
  await ended(1);
  await assert.rejects(
    async () => guarded.open(local, false, new Attempt().signal),
    failsWith("address_refused"),
  );
});

for (const seed of seeds(20)) {
  test(`of a name's addresses the refused ones are never connected to, however often it is looked up, seed ${seed}`, async (t) => {
    const draw = dice(seed);
    const reached: (string | undefined)[] = [];
    const server = createServer(({ socket }, response) => {
      reached.push(socket.localAddress?.replace(/^::ffff:/, ""));
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const some = () => {
      const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1", "169.254.169.254"];
      return Array.from({ length: 1 + draw.below(4) }, () => draw.pick(addresses));
    };
    let answers: string[] = [];
    const { lookup } = dns;
    t.after(() => {
      dns.lookup = lookup;
      syncBuiltinESMExports();
    });
    const all = () => answers.map((address) => ({ address, family: isIP(address) }));
    const answering = (_name: string, _options: unknown, done: (...found: unknown[]) => void) =>
      setImmediate(() => done(null, all()));
    dns.lookup = answering as unknown as typeof lookup;
    syncBuiltinESMExports();
    const refusal = {
      code: "address_refused",
      class: "guard",
      hint: "",
      retryable: false,
    } as const;
    const guarded = createHost({
      checkAddress: (ip) => (ip === "127.0.0.1" ? undefined : { ...refusal, message: ip }),
    });
    const known = new Set<string>();
    for (let turn = 0; turn < 30; turn += 1) {
      answers = some();
      const allowPrivate = draw.oneIn(2);
      const name = `n${draw.below(10)}.example`;
      const end = await guarded
        .open(request("GET", `http://${name}:${port}/`), allowPrivate, new Attempt().signal)
        .then(async ({ status, body }) => {
          while ((await body.read()) !== undefined);
          return status;
        })
        .catch(({ kind }) => kind);
      const shown = `${name} is ${answers}`;
      if (answers.includes("127.0.0.1")) assert.equal(end, 200, shown);
      // A connection that was kept is to the address that was looked at.
      else if (!known.has(`${name} ${allowPrivate}`)) assert.equal(end, "address_refused", shown);
      if (end === 200) known.add(`${name} ${allowPrivate}`);
    }
    assert.ok(reached.length > 0);
    assert.deepEqual(new Set(reached), new Set(["127.0.0.1"]));
  });
}

test("a compressed answer is not inflated behind our back", async () => {
  const { url } = await sink({
    handle: (_, response) =>
      void response.writeHead(200, { "Content-Encoding": "gzip" }).end("zip"),
  });
  const incoming = await host.open(request("GET", url), true, new Attempt().signal);
  assert.ok(incoming.headers.some(([name]) => name.toLowerCase() === "content-encoding"));
  const bytes = await incoming.body.read();
  assert.equal(Buffer.from(bytes ?? []).toString(), "zip");
});

test("memory that the runtime has moved away already is given back without a fault", async () => {
  const { url } = await sink({ handle: (_, response) => void response.end("bytes") });
  const { body } = await host.open(request("GET", url), true, new Attempt().signal);
  // One that fills its buffer, as large reads do.
  const chunk = new Uint8Array(8);
  structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
  body.release?.(chunk);
  body.close();
});

/** Announces its reply so many times. */
async function announcing(times: number): Promise<string> {
  const server = createRawServer((socket) => {
    socket.on("error", () => {});
    let left = times;
    const more = () => {
      while (!socket.destroyed && left > 0) {
        left -= 1;
        const line = left % 2 === 0 ? "103 Early Hints" : "100 Continue";
        if (!socket.write(`HTTP/1.1 ${line}\r\n\r\n`)) return void socket.once("drain", more);
      }
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    };
    socket.once("data", more);
  });
  closers.push(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test("a reply may be announced, but not for ever", async () => {
  const open = (url: string) =>
    attempt(async (one) => {
      const side = { broken: "source_network", stalled: "source_timeout", idleMs: 60_000 } as const;
      return one.wait(host.open(request("GET", url), true, one.signal), side);
    });
  assert.equal((await open(await announcing(64))).status, 200);
  for (const times of [65, Number.POSITIVE_INFINITY]) {
    await assert.rejects(open(await announcing(times)), failsWith("source_malformed"));
  }
});

test("redirects come back as they are", async () => {
  const { url } = await sink({
    handle: (_, response) => void response.writeHead(302, { Location: "http://10.0.0.1/" }).end(),
  });
  const incoming = await host.open(request("GET", url), true, new Attempt().signal);
  assert.equal(incoming.status, 302);
  incoming.body.close();
});

/** Serves bytes as long as somebody takes them. */
async function endlessSource() {
  let bytes = 0;
  let look = () => {};
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const chunk = Buffer.alloc(256 * 1024);
  const server = createServer((_, response) => {
    response.on("close", close);
    const more = () => {
      while (!response.destroyed && response.write(chunk)) bytes += chunk.length;
      bytes += chunk.length;
      look();
    };
    response.on("drain", more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    closed,
    bytes: () => bytes,
    served: (wanted: number) =>
      new Promise<void>((resolve) => {
        look = () => {
          if (bytes >= wanted) resolve();
        };
        look();
      }),
  };
}

interface HastyServer {
  url: string;
  /** Blocks this thread until the server has answered and hung up. */
  waitUntilHungUp(): void;
  close(): Promise<number>;
}

/** Refuses at the first byte of a body and hangs up with the rest unread. In a thread of its own, so that we can be made to miss it. */
async function hastyServer(): Promise<HastyServer> {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { parentPort, workerData: flag } = require("node:worker_threads");
     const body = "<Code>AccessDenied</Code>";
     const head = "HTTP/1.1 403 Forbidden\\r\\nContent-Length: " + body.length + "\\r\\n\\r\\n";
     const server = require("node:net").createServer((socket) => {
       socket.on("error", () => {});
       socket.once("data", () => {
         socket.pause();
         socket.write(head + body, () => socket.resetAndDestroy ? socket.destroy() : 0);
         socket.once("close", () => { Atomics.store(flag, 0, 1); Atomics.notify(flag, 0); });
       });
     });
     server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: flag },
  );
  const [port] = await once(worker, "message");
  return {
    url: `http://127.0.0.1:${port}/`,
    waitUntilHungUp: () => void Atomics.wait(flag, 0, 0, 10_000),
    close: () => worker.terminate(),
  };
}
