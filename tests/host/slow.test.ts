// Slow requests are told once, while they still run, and without anything that may be secret. No timing decides: a delay is
// at least as long as it says, a threshold of 0 tells of everything, and one of hours of nothing.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, mock, test } from "node:test";
import { slowLine } from "../../pkg/src/cli/slow.ts";
import { memoryCheckpoint, type SlowRequest, Vodlift } from "../../pkg/src/index.ts";
import { SLOW_REQUEST_MS, watched } from "../../pkg/src/slow.ts";
import { vodlift } from "../support/cli.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, startService } from "../support/service.ts";
import { request } from "../support/transfer.ts";
import { listenIn, type Wire } from "../support/wire.ts";

const HOURS = 36_000_000;
const PARTS = { partSize: 102_400, allowPrivateSources: true };

let service: Emulator;
let wire: Wire;
let vod: Vodlift;
let origin: Origin;
let film: string;
let slow: SlowRequest[];
const onSlowRequest = (one: SlowRequest) => void slow.push(one);

before(async () => {
  origin = await startOrigin();
  film = `${origin.add("/secret-path.mp4", { size: 250_000 })}?token=not-to-be-told`;
});
after(() => origin.close());
beforeEach(async () => {
  slow = [];
  service = await startService({
    faults: [{ operation: "UploadPart", partNumber: 2, action: { kind: "delay", ms: 300 } }],
  });
  wire = listenIn(service.endpoint);
  vod = new Vodlift(service);
  origin.log.splice(0);
});
afterEach(async () => {
  wire.stop();
  await service.close();
});

/** A reply that is still to come. */
function pending() {
  let resolve: (status: number) => void = () => {};
  const promise = new Promise<number>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const ofPart = (part: number) => slow.filter(({ partNumber }) => partNumber === part);

test("a request that hangs is told once, when the threshold passes", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const hanging = pending();
  const watch = { threshold: SLOW_REQUEST_MS, tell: onSlowRequest };
  const url = "https://user:password@example.com:8443/path?query";
  const asked = { kind: "source", request: request("GET", url), part: 7 } as const;
  const work = watched(watch, asked, hanging.promise, (status) => status);
  t.mock.timers.tick(299_999);
  assert.deepEqual(slow, []);
  t.mock.timers.tick(2);
  const told = { kind: "source", method: "GET", host: "example.com:8443", partNumber: 7 };
  assert.deepEqual(slow, [{ ...told, ms: 300_001 }]);
  t.mock.timers.tick(HOURS);
  hanging.resolve(200);
  assert.equal(await work, 200);
  assert.equal(slow.length, 1);
});

test("where timers are late it is told at the end, with the status, or the failure goes on", async () => {
  mock.timers.enable({ apis: ["Date"] });
  try {
    const watch = { threshold: 1000, tell: onSlowRequest };
    const asked = { kind: "vod", request: request("POST", "https://example.com/") } as const;
    const late = pending();
    const works = [
      watched(watch, asked, late.promise, (status) => status),
      watched(
        watch,
        asked,
        late.promise.then(() => Promise.reject(new Error("broken"))),
        Number,
      ),
    ];
    mock.timers.tick(1500);
    late.resolve(503);
    const [ended, failed] = await Promise.allSettled(works);
    assert.deepEqual([ended?.status, failed?.status], ["fulfilled", "rejected"]);
    const told = { kind: "vod", method: "POST", host: "example.com", ms: 1500 };
    assert.deepEqual(slow, [{ ...told, status: 503 }, told]);
  } finally {
    mock.timers.reset();
  }
});

test("a part that takes longer is told, by its number", async () => {
  await vod.upload(film, { ...PARTS, onSlowRequest, slowRequestMs: 100 });
  const [one, ...more] = ofPart(2).filter(({ kind }) => kind === "oss");
  assert.deepEqual(more, []);
  assert.deepEqual([one?.method, one?.host], ["PUT", new URL(service.endpoint).host]);
  assert.ok(one !== undefined && one.ms >= 100);
});

test("of every request each is told once, by whose it is, and nothing that may be secret", async () => {
  await vod.upload(film, { ...PARTS, onSlowRequest, slowRequestMs: 0 });
  const count = (kind: string) => slow.filter((one) => one.kind === kind).length;
  assert.deepEqual([count("vod"), count("source")], [1, origin.log.length]);
  assert.equal(count("vod") + count("oss"), wire.requests.length);
  assert.equal(ofPart(3).length, 2, "its range, and its PUT");
  const allowed = ["kind", "method", "host", "partNumber", "ms", "status"];
  for (const name of slow.flatMap(Object.keys)) assert.ok(allowed.includes(name), name);
  assert.doesNotMatch(JSON.stringify(slow), /secret-path|token|signature|\?|%/i);
});

test("nothing is told below the threshold, nor without one who listens", async () => {
  await vod.upload(film, { ...PARTS, onSlowRequest, slowRequestMs: HOURS });
  await vod.upload(film, { ...PARTS, slowRequestMs: 0 });
  assert.deepEqual(slow, []);
});

test("a resume tells, too", async () => {
  const store = memoryCheckpoint();
  const budget = { parts: 1 };
  const end = await vod.upload(film, { ...PARTS, concurrency: 1, checkpoint: store, budget });
  assert.ok("suspended" in end);
  await vod.resume(store, {
    source: film,
    allowPrivateSources: true,
    onSlowRequest,
    slowRequestMs: 0,
  });
  assert.equal(ofPart(2).filter(({ kind }) => kind === "oss").length, 1);
  assert.equal(ofPart(1).length, 0);
});

test("what the listener throws ends the upload, and what is no threshold is refused", async () => {
  const cause = new Error("enough");
  const onSlowRequest = () => {
    throw cause;
  };
  const options = { ...PARTS, onSlowRequest, slowRequestMs: 0 };
  await assert.rejects(vod.upload(film, options), { code: "aborted", cause });
  const wrong = vod.upload(film, { slowRequestMs: -1 });
  await assert.rejects(wrong, { code: "invalid_argument", message: /slowRequestMs/ });
});

const run = (...more: string[]) =>
  vodlift(["upload", film, "--allow-private", "--part-size", "100KiB", "--json", ...more], {
    service,
  });
const slowLines = (stderr: string) => stderr.split("\n").filter((line) => line.startsWith("slow:"));

test("the command prints a line each, beside --json", async () => {
  const { json, stderr } = await run("--slow-requests", "0.1");
  assert.equal(json.parts, 3);
  const host = new URL(service.endpoint).host;
  const lines = slowLines(stderr).filter((line) => line.includes("PUT of part 2 to OSS"));
  assert.equal(lines.length, 1, stderr);
  assert.match(
    lines[0] ?? "",
    new RegExp(`\\(${host}\\), \\d+(\\.\\d)? s( so far|, answered 200)$`),
  );
});

for (const quiet of [["--slow-requests", "0", "--quiet"], ["--slow-requests", "36000"], []]) {
  test(`the command prints none with \`${quiet.join(" ")}\``, async () => {
    const { code, stderr } = await run(...quiet);
    assert.equal(code, 0, stderr);
    assert.deepEqual(slowLines(stderr), []);
  });
}

test("the command says what is no number of seconds", async () => {
  const { code, stderr } = await run("--slow-requests", "5x");
  assert.equal(code, 2);
  assert.match(
    stderr,
    /--slow-requests must be a number of seconds or a text such as "30s", got 5x/,
  );
});

test("a manifest's rows are named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vodlift-slow-"));
  try {
    const manifest = join(folder, "films.csv");
    await writeFile(manifest, `source,title\n${film},A\n`);
    const args = ["--allow-private", "--part-size", "100KiB", "--slow-requests", "0"];
    const { stderr } = await vodlift(["ingest", manifest, ...args], { service });
    assert.match(stderr, /^line 2: slow: PUT of part 2 to OSS \(/m);
    assert.match(stderr, /^line 2: slow: POST to VOD \(/m);
    assert.doesNotMatch(stderr, /token/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a line says who, where, how long and how it ended", () => {
  const base = { kind: "oss", method: "PUT", host: "b.oss.com", ms: 300_001 } as const;
  assert.equal(
    slowLine({ ...base, partNumber: 2 }),
    "slow: PUT of part 2 to OSS (b.oss.com), 300 s so far",
  );
  const get = { ...base, kind: "source", method: "GET", ms: 1234, status: 206 } as const;
  assert.equal(slowLine(get), "slow: GET to the source (b.oss.com), 1.2 s, answered 206");
});
