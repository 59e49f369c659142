// The example Worker in Rust, in real workerd: the same core on a driver in Rust lifts the same bytes, and tells as well why
// it could not.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Route } from "../support/origin.ts";
import { type Outcome, type RustWorker, startRustWorker } from "../support/rust-worker.ts";
import { assertNothingOpen, partsStored, storedObjects, storedSha256 } from "../support/service.ts";

const MIB = 1024 * 1024;

let world: RustWorker;
let count = 0;

before(async () => {
  world = await startRustWorker();
});
after(() => world.close());

function serve(route: Route): { path: string; url: string } {
  count += 1;
  const path = `/film-${count}.mp4`;
  return { path, url: `${world.origin.add(path, route)}?token=not-to-be-shown` };
}

/** Ingests what a route serves, and compares what is stored with it. */
async function lifts(route: Route, fields: object = {}): Promise<Outcome> {
  const { path, url } = serve(route);
  const { outcome, error } = await world.ingest({ url, title: "Film", ...fields });
  assert.ok(outcome, JSON.stringify(error));
  const stored = await storedSha256(world.service, outcome.objectKey);
  assert.equal(stored, await world.origin.sha256(path));
  assert.equal(outcome.bytes, route.size);
  await assertNothingOpen(world.service);
  return outcome;
}

async function fails(body: object, code: string): Promise<void> {
  const known = await storedObjects(world.service);
  const { error } = await world.ingest(body);
  assert.equal(error?.code, code, error?.message);
  assert.ok(error.message && error.hint);
  assert.doesNotMatch(JSON.stringify(error), /not-to-be-shown/);
  assert.deepEqual(await storedObjects(world.service), known);
  await assertNothingOpen(world.service);
}

test("a small file goes up in one piece", async () => {
  const { parts } = await lifts({ size: 300_001 });
  assert.equal(parts, 1);
});

test("64 MiB go up in parallel parts", async () => {
  const { parts } = await lifts({ size: 64 * MIB + 17 }, { partSize: 4 * MIB });
  assert.equal(parts, 17);
});

test("a source without ranges is cut into buffered parts", async () => {
  const { parts } = await lifts({ size: 5 * MIB + 1, noRanges: true }, { partSize: MIB });
  assert.equal(parts, 6);
});

test("a source of unknown length goes up", async () => {
  await lifts({ size: 3 * MIB + 5, noLength: true }, { partSize: MIB });
});

test("a part whose source breaks is read again", async () => {
  const before = partsStored(world.service).length;
  await lifts({ size: 4 * MIB, dieAfter: 300_000, dieTimes: 2 }, { partSize: MIB });
  assert.equal(partsStored(world.service).length, before + 4);
});

test("an upload credential that ends on the way is renewed", async () => {
  world.service.setCredentialLife(2);
  const route = { size: 12 * MIB, bytesPerSecond: 3 * MIB };
  try {
    const { refreshes } = await lifts(route, { partSize: MIB });
    assert.ok(refreshes >= 1, `${refreshes} refreshes`);
  } finally {
    world.service.setCredentialLife(3000);
  }
});

test("a CRC-64 of every byte is compared with that of the server", async () => {
  const fields = { partSize: MIB, verify: "crc64" };
  const wrong = { operation: "UploadPart", count: 1, action: { kind: "wrong-crc" } } as const;
  world.service.setFaults([wrong]);
  const { retries } = await lifts({ size: 3 * MIB + 1 }, fields);
  assert.equal(retries, 1);
});

test("a source that gives too few bytes is read again, and no short part is stored", async () => {
  const before = partsStored(world.service).length;
  const { outcome } = await world.ingest({ url: await dishonest(2 * MIB, -1, 1), partSize: MIB });
  assert.deepEqual([outcome?.bytes, outcome?.retries], [2 * MIB, 1]);
  assert.equal(partsStored(world.service).length, before + 2);
});

test("a source that gives too many bytes is refused, and no part of it is stored", async () => {
  const before = partsStored(world.service).length;
  await fails({ url: await dishonest(2 * MIB, 1), partSize: MIB }, "source_too_long");
  assert.equal(partsStored(world.service).length, before);
});

/** A source that announces its ranges rightly and gives more or fewer bytes, some times or always. */
async function dishonest(size: number, extra: number, times = Infinity): Promise<string> {
  let lies = 0;
  const server = createServer((request, response) => {
    const { range } = request.headers;
    const [first = 0, last = size - 1] = (range ?? "").match(/\d+/g)?.map(Number) ?? [];
    const length = last - first + 1;
    const said = range === undefined ? {} : { "content-range": `bytes ${first}-${last}/${size}` };
    response.writeHead(range === undefined ? 200 : 206, { ...said, etag: '"same"' });
    // Chunked: there is no Content-Length to hold it to.
    response.flushHeaders();
    const lie = length > 1 && lies < times;
    if (lie) lies += 1;
    response.end(Buffer.alloc(lie ? length + extra : length));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/film.mp4`;
}

test("what is wrong with a source is told by its code", async () => {
  await fails({ url: `${world.origin.url}/nothing?token=not-to-be-shown` }, "source_not_found");
  await fails({ url: serve({ size: 9, status: 403 }).url }, "source_forbidden");
  await fails({ url: serve({ size: MIB, compressed: true }).url }, "source_encoded");
});

test("what is wrong with a request is told by its field", async () => {
  await fails({ url: "nowhere" }, "invalid_argument");
  await fails({ url: serve({ size: 9 }).url, titel: "Film" }, "invalid_argument");
  await fails({ url: "ftp://example.com/film.mp4" }, "url_refused");
});

test("nothing is done without the token", async () => {
  const { url } = serve({ size: 9 });
  const { status } = await world.post({ url }, { headers: {} });
  assert.equal(status, 401);
});
