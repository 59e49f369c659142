// The Workers host in real workerd. The faults it answers: a JavaScript stream as a body loses its length, and when it
// breaks, or gives too little or too much, the server sees a clean end and answers 200. Measure: FixedLengthStream.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Sink, startSink } from "../support/sink.ts";
import { startWorkerd, type Workerd } from "../support/workerd.ts";
import type { Report, Scenario } from "../support/workerd-script.ts";

let workerd: Workerd;
const sinks: Sink[] = [];

before(async () => {
  workerd = await startWorkerd(
    fileURLToPath(new URL("../support/workerd-script.ts", import.meta.url)),
    { wasm: fileURLToPath(new URL("../../pkg/src/wasm/core.wasm", import.meta.url)) },
  );
});

after(async () => {
  for (const sink of sinks) sink.close();
  await workerd.close();
});

async function sink(): Promise<Sink> {
  const made = await startSink();
  sinks.push(made);
  return made;
}

async function run(scenario: Scenario): Promise<Report> {
  const body = JSON.stringify(scenario);
  const response = await fetch(workerd.url, { method: "POST", body });
  return (await response.json()) as Report;
}

const MIB = 1024 * 1024;

test("a part is sent with its exact length, and the reply comes back whole", async () => {
  const { url, ended } = await sink();
  const report = await run({ by: "host", sink: url, length: 150_001, source: [100_000, 50_001] });
  assert.deepEqual(report, { status: 200, body: "stored", sent: 150_001 });
  const [arrival] = await ended(1);
  assert.deepEqual(
    [arrival?.contentLength, arrival?.chunked, arrival?.bytes],
    ["150001", false, 150_001],
  );
});

test("a body of one chunk, and one of none, are sent with their length too", async () => {
  const { url, ended } = await sink();
  await run({ by: "host", sink: url, length: 5, source: [5] });
  await run({ by: "host", sink: url, length: 0, source: [] });
  const arrivals = await ended(2);
  assert.deepEqual(
    arrivals.map(({ contentLength }) => contentLength),
    ["5", "0"],
  );
});

test("a range of a URL flows through", async () => {
  const { url, ended } = await sink();
  const source = await serve((_, response) => void response.end(Buffer.alloc(3 * MIB, 7)));
  const report = await run({ by: "host", sink: url, length: 3 * MIB, source });
  assert.deepEqual(report, { status: 200, body: "stored", sent: 3 * MIB });
  const [arrival] = await ended(1);
  assert.equal(arrival?.bytes, 3 * MIB);
  assert.ok(arrival?.body.every((byte) => byte === 7));
});

test("a source that breaks midway leaves a broken request, not a short object", async () => {
  const { url, began, ended } = await sink();
  const source = await serve(async (_, response) => {
    response.writeHead(200, { "Content-Length": "100000" }).write(Buffer.alloc(49_152));
    await began(1);
    response.destroy();
  });
  const report = await run({ by: "host", sink: url, length: 100_000, source });
  assert.deepEqual(report, { failure: "source_short" });
  const [arrival] = await ended(1);
  assert.equal(arrival?.complete, false);
});

test("control: by a JavaScript stream the server sees a clean end and stores a short object", async () => {
  const { url, ended } = await sink();
  const scenario = { sink: url, length: 100_000, source: [49_152], breaks: true };
  assert.equal((await run({ by: "naive", ...scenario })).status, 200);
  const [arrival] = await ended(1);
  assert.deepEqual([arrival?.complete, arrival?.bytes], [true, 49_152]);
});

for (const [what, source, failure] of [
  ["few", [50_000, 49_999], "source_short"],
  ["many", [50_000, 50_001], "source_long"],
] as const) {
  test(`a source that gives too ${what} bytes leaves a broken request`, async () => {
    const { url, began, ended } = await sink();
    const stream = await serve(async (_, response) => {
      response.write(Buffer.alloc(source[0]));
      await began(1);
      response.end(Buffer.alloc(source[1]));
    });
    const report = await run({ by: "host", sink: url, length: 100_000, source: stream });
    assert.deepEqual(report, { failure });
    const [arrival] = await ended(1);
    assert.equal(arrival?.complete, false);
  });

  test(`control: by a JavaScript stream too ${what} bytes are a success`, async () => {
    const { url, ended } = await sink();
    const scenario = { sink: url, length: 100_000, source: [...source] };
    assert.equal((await run({ by: "naive", ...scenario })).status, 200);
    const [arrival] = await ended(1);
    assert.deepEqual([arrival?.contentLength, arrival?.complete], [undefined, true]);
  });
}

test("the source stops when its upload is called off", async () => {
  const stalled = await serve((request) => void request.on("error", () => {}));
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const endless = await serve((_, response) => {
    response.on("close", close);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(MIB)));
    };
    response.on("drain", more);
    more();
  });
  const scenario = { sink: stalled, length: 2 ** 40, source: endless, stopAfterMs: 100 };
  assert.deepEqual(await run({ by: "host", ...scenario }), { failure: "canceled" });
  await closed;
});

test("who does not move for too long is named: the source", async () => {
  const { url } = await sink();
  const silent = await serve((_, response) => void response.writeHead(200).write("x"));
  const scenario = { sink: url, length: 100, source: silent, idleMs: 2_000 };
  assert.deepEqual(await run({ by: "host", ...scenario }), { failure: "source_timeout" });
});

test("who does not move for too long is named: the service", async () => {
  const deaf = await serve(() => {});
  const scenario = { sink: deaf, length: 100, source: [50, 50], idleMs: 2_000 };
  assert.deepEqual(await run({ by: "host", ...scenario }), { failure: "timeout" });
});

// Measured: workerd drops a reply that comes while it still sends, if the connection is then closed. So the core asks
// ListParts after every failure of this kind; what matters here is that the source is not blamed for it.
test("an early refusal is heard, or at least not blamed on the source", async () => {
  const refusing = await serve((request, response) => {
    response.writeHead(403, { Connection: "close" }).end("<Code>AccessDenied</Code>");
    request.on("error", () => {});
  });
  const source = Array<number>(128).fill(65_536);
  const report = await run({ by: "host", sink: refusing, length: 128 * 65_536, source });
  assert.ok(report.status === 403 || report.failure === "network", JSON.stringify(report));
});

type Handler = Parameters<typeof createServer>[1];

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
