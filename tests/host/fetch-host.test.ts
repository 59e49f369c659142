// The portable host, on Node's own fetch: a part is gathered first, so nothing can go out too short or too long.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Attempt } from "../../pkg/src/hosts/attempt.ts";
import { createHost } from "../../pkg/src/hosts/fetch.ts";
import { misplacedOn } from "../../pkg/src/hosts/runtime.ts";
import { bodySide, OpenBody, put, send } from "../../pkg/src/transfer.ts";
import { type Sink, startSink } from "../support/sink.ts";
import { anyAddress, readerOf, request, upload } from "../support/transfer.ts";

// On Node there is another host for sources, and this one knows; here it stands in for a platform that has none.
Object.assign(globalThis, { EdgeRuntime: "a test" });

const host = createHost(anyAddress);
let sink: Sink;

before(async () => {
  sink = await startSink();
});

after(() => sink.close());

test("parts are gathered, and sent with their exact length", async () => {
  const arrivals = sink.arrivals.length;
  const attempt = new Attempt();
  const gathered = upload(sink.url, 150_001, readerOf(100_000, 50_000, 1));
  const { sent, reply } = await put(attempt, host, gathered);
  assert.deepEqual([sent, reply.status, reply.body], [150_001, 200, "stored"]);
  const arrival = sink.arrivals[arrivals];
  assert.deepEqual([arrival?.contentLength, arrival?.bytes], ["150001", 150_001]);
  assert.ok(arrival?.body.every((byte) => byte === 7));
  attempt.end();
});

test("a source of another length reaches no server", async () => {
  const arrivals = sink.arrivals.length;
  for (const [source, kind] of [
    [readerOf(99), "source_short"],
    [readerOf(101), "source_long"],
    [readerOf(100, 1), "source_long"],
    [readerOf(50, new Error("gone")), "source_short"],
  ] as const) {
    const attempt = new Attempt();
    const uploading = put(attempt, host, upload(sink.url, 100, source, bodySide(1000)));
    await assert.rejects(uploading, { kind });
    attempt.end();
  }
  assert.equal(sink.arrivals.length, arrivals);
});

test("small requests carry their text; those without any carry none", async () => {
  const arrivals = sink.arrivals.length;
  for (const one of [{ ...request("POST", sink.url), body: "a=1" }, request("GET", sink.url)]) {
    const attempt = new Attempt();
    assert.equal((await send(attempt, host, one)).body, "stored");
    attempt.end();
  }
  const [post, get] = sink.arrivals.slice(arrivals);
  assert.deepEqual([post?.body.toString(), get?.bytes], ["a=1", 0]);
});

test("a redirect comes back as it is, and a body is read where it stands", async () => {
  const served = await startSink({
    handle: (_, response) => void response.writeHead(302, { Location: "/x" }).end("0123456789"),
  });
  const attempt = new Attempt();
  const incoming = await host.open(request("GET", served.url), false, attempt.signal);
  assert.equal(incoming.status, 302);
  const body = new OpenBody(incoming.body, bodySide);
  let read = "";
  const buffer = {
    size: 4,
    put(chunk: Uint8Array) {
      read += Buffer.from(chunk);
    },
  };
  assert.equal(await body.fill(attempt, buffer, { skip: 3, idleMs: 0 }), false);
  assert.equal(read, "3456");
  assert.equal(await body.fill(attempt, buffer, { skip: 0, idleMs: 0 }), true);
  assert.equal(read, "3456789");
  body.close();
  attempt.end();
  served.close();
});

test("where another host sees addresses, no source is opened without it", () => {
  const node = { process: { versions: { node: "24.0.0" } } };
  assert.equal(misplacedOn(node), "Node");
  assert.equal(misplacedOn({ ...node, Deno: { version: {} } }), "Deno");
  assert.equal(misplacedOn({ ...node, Bun: {} }), "Bun");
  assert.equal(misplacedOn({}), undefined, "a browser");
  assert.equal(misplacedOn({ process: { versions: {} } }), undefined, "a shim in a browser");
  assert.equal(misplacedOn({ ...node, EdgeRuntime: "edge-runtime" }), undefined);
  const worker = { ...node, navigator: { userAgent: "Cloudflare-Workers" } };
  assert.equal(misplacedOn(worker), undefined, "nodejs_compat");
  const electron = { process: { ...node.process, type: "renderer" } };
  assert.equal(misplacedOn(electron), undefined, "a window of Electron");
});
