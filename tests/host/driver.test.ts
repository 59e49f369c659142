// The driver, with a test that plays the core: every effect ends in exactly one event, and nothing outlives the upload.
import assert from "node:assert/strict";
import { getActiveResourcesInfo } from "node:process";
import { after, before, test } from "node:test";
import { VodliftError } from "../../pkg/src/core.ts";
import { type Drive, drive } from "../../pkg/src/driver.ts";
import { createHost } from "../../pkg/src/hosts/node.ts";
import { bytesSource } from "../../pkg/src/sources/bytes.ts";
import type { LocalSource } from "../../pkg/src/sources/source.ts";
import { streamSource } from "../../pkg/src/sources/stream.ts";
import type { Effect, Event, Outcome } from "../../pkg/src/wasm/core.js";
import { madeUp, type Origin, startOrigin } from "../support/origin.ts";
import { type Sink, startSink } from "../support/sink.ts";
import { anyAddress, request } from "../support/transfer.ts";

const MIB = 1024 * 1024;
const host = createHost(anyAddress);
let origin: Origin;
let sink: Sink;

before(async () => {
  origin = await startOrigin({
    routes: {
      "/film.mp4": { size: MIB },
      "/dribbles.mp4": { size: MIB, seed: "film.mp4", dribbles: 40 },
      "/cut.mp4": { size: MIB, dieAfter: 100_000 },
      "/cut-early.mp4": { size: MIB, dieAfter: 100 },
      "/short.mp4": { size: 100, seed: "film.mp4" },
      "/none.mp4": { size: 5, status: 404 },
    },
  });
  sink = await startSink();
});

after(async () => {
  await origin.close();
  sink.close();
});

const outcome: Outcome = {
  mediaId: "m",
  kind: "video",
  bucket: "b",
  objectKey: "k",
  bytes: 1,
  parts: 1,
  compared: "length",
  resumed: false,
  refreshes: 0,
  restarts: 0,
  retries: 0,
};
const done: Effect = { type: "done", outcome };

type Answer = (event: Event) => Effect[];

/** Plays the core: `answer` says what follows an event. */
function play(answer: Answer, options: Partial<Drive> = {}) {
  const events: Event[] = [];
  let freed = 0;
  const result = drive({
    machine: {
      handle(event) {
        events.push(event);
        return answer(event);
      },
      free() {
        freed += 1;
      },
    },
    host,
    local: undefined,
    signal: undefined,
    onProgress() {},
    onSent() {},
    ...options,
  });
  return { result, events, freed: () => freed };
}

/** One round of effects, then done as soon as `count` of them have answered. */
function once(effects: Effect[], count: number): Answer {
  let answers = -1;
  return (event) => {
    answers += 1;
    if (event.type === "start") return effects;
    return answers === count ? [done] : [];
  };
}

function slices(size: number): LocalSource {
  const bytes = Uint8Array.from({ length: size }, (_, index) => index % 251);
  return { type: "slices", slices: bytesSource(bytes) };
}

function transfer(id: number, body: Extract<Effect, { type: "transfer" }>["body"], length: number) {
  const put = request("PUT", sink.url);
  return { type: "transfer", id, part: id, body, length, request: put, checksum: true } as const;
}

test("a request comes back with its whole reply", async () => {
  const { result, events, freed } = play(
    once([{ type: "send", id: 1, to: "vod", request: request("PUT", sink.url) }], 1),
  );
  assert.deepEqual(await result, outcome);
  const [, replied] = events;
  assert.ok(replied?.type === "replied");
  assert.deepEqual([replied.id, replied.status, replied.body], [1, 200, "stored"]);
  assert.equal(freed(), 1);
});

test("a slice is sent, counted and summed", async () => {
  const counts: (number | undefined)[] = [];
  const { result, events } = play(once([transfer(7, { type: "slice", offset: 100 }, 1000)], 1), {
    local: slices(5000),
    onSent: (_, bytes) => counts.push(bytes),
  });
  await result;
  const [, transferred] = events;
  assert.ok(transferred?.type === "transferred");
  assert.equal(transferred.sent, 1000);
  assert.match(transferred.crc64 ?? "", /^\d+$/);
  assert.deepEqual(counts, [1000, undefined]);
});

test("a range that is not what was asked for moves no byte", async () => {
  const get = {
    ...request("GET", `${origin.url}/film.mp4`),
    headers: [["Range", "bytes=0-99"]] as [string, string][],
  };
  const expect = { first: 0, last: 199, total: MIB, validator: {} };
  const body = { type: "range", request: get, expect, allowPrivate: true } as const;
  const arrivals = sink.arrivals.length;
  const { result, events } = play(once([transfer(1, body, 200)], 1));
  await result;
  const [, failed] = events;
  assert.ok(failed?.type === "failed");
  assert.equal(failed.failure.kind, "source_reply");
  assert.equal(failed.failure.status, 206);
  assert.ok(failed.failure.headers?.some(([name]) => name.toLowerCase() === "content-range"));
  assert.equal(sink.arrivals.length, arrivals);
});

test("an open body is read bit by bit, skips what it is told, and tells its end", async () => {
  const seen: [number, boolean][] = [];
  const read = (id: number, skip: number, limit: number): Effect[] => [
    { type: "read", id, open: 1, part: id, skip, limit, least: limit, firmMs: 0, idleMs: 30_000 },
  ];
  const get = request("GET", `${origin.url}/film.mp4`);
  const { result } = play((event) => {
    if (event.type === "start") {
      return [{ type: "open", id: 1, request: get, allowPrivate: true }];
    }
    if (event.type === "opened") return read(2, 10, 100_000);
    if (event.type !== "filled") return [];
    seen.push([event.length, event.ended]);
    if (event.id === 2) return read(3, MIB - 100_010 - 50, 50);
    return [{ type: "close", id: 1 }, done];
  });
  await result;
  // The second read ends exactly where the body does, and says so.
  assert.deepEqual(seen, [
    [100_000, false],
    [50, true],
  ]);
});

test("the first bytes are told as they are asked for, and the body is still whole", async () => {
  const told: (string | undefined)[] = [];
  const chunks: Uint8Array[] = [];
  for await (const chunk of madeUp(MIB, "film.mp4").read(0, MIB)) chunks.push(chunk);
  const film = Buffer.concat(chunks);
  for (const path of ["/film.mp4", "/dribbles.mp4", "/none.mp4", "/short.mp4"]) {
    const get = request("GET", origin.url + path);
    const arrivals = sink.arrivals.length;
    const { result } = play((event) => {
      if (event.type === "start") {
        return [{ type: "open", id: 1, request: get, peek: 512, allowPrivate: true }];
      }
      if (event.type !== "opened") return [done];
      told.push(event.head);
      if (path === "/none.mp4") return [done];
      const length = path === "/short.mp4" ? 100 : MIB;
      return [transfer(2, { type: "opened", open: 1, idleMs: 30_000 }, length)];
    });
    await result;
    const [arrived] = sink.arrivals.slice(arrivals);
    const size = path === "/short.mp4" ? 100 : MIB;
    if (path !== "/none.mp4") assert.ok(arrived?.body.equals(film.subarray(0, size)), path);
  }
  const head = film.subarray(0, 512).toString("latin1");
  // A refusal has none.
  assert.deepEqual(told, [head, head, "", head.slice(0, 100)]);
});

test("a buffer is sent as often as it takes, until it is released", async () => {
  async function* film() {
    for await (const chunk of madeUp(300_000).read(0, 300_000)) yield chunk;
  }
  const arrivals = sink.arrivals.length;
  const { result, events } = play(
    (event) => {
      if (event.type === "start") return [{ type: "open", id: 1, allowPrivate: false }];
      if (event.type === "opened") {
        const read = {
          open: 1,
          part: 9,
          skip: 0,
          limit: 500_000,
          least: 500_000,
          firmMs: 0,
          idleMs: 0,
        };
        return [{ type: "read", id: 2, ...read }];
      }
      const send = (id: number): Effect => ({
        ...transfer(id, { type: "buffer" }, 300_000),
        part: 9,
      });
      if (event.type === "filled") return [send(3)];
      if (event.type === "transferred" && event.id === 3) return [send(4)];
      if (event.type === "transferred") return [{ type: "release", part: 9 }, send(5)];
      return [done];
    },
    { local: { type: "stream", once: streamSource(film(), undefined) } },
  );
  await result;
  const bodies = sink.arrivals.slice(arrivals).map(({ body }) => body);
  assert.equal(bodies.length, 2);
  assert.ok(bodies[0]?.equals(bodies[1] as Buffer));
  const crcs = events.flatMap((event) => (event.type === "transferred" ? [event.crc64] : []));
  assert.equal(crcs[0], crcs[1]);
  const last = events.at(-1);
  assert.ok(last?.type === "failed" && last.failure.kind === "internal");
});

test("what is canceled answers once, as canceled, and what has answered stays", async () => {
  const silent = await startSink({ handle: () => {} });
  const { result, events } = play((event) => {
    if (event.type === "start") {
      return [
        { type: "wait", id: 1, until: Date.now() + 3_600_000 },
        { type: "send", id: 2, to: "oss", request: request("GET", silent.url) },
        { type: "send", id: 3, to: "oss", request: request("PUT", sink.url) },
      ];
    }
    if (event.type === "replied") return [1, 2, 3].map((id) => ({ type: "cancel", id }));
    return events.length === 4 ? [done] : [];
  });
  await result;
  silent.close();
  const kinds = events.map((event) => (event.type === "failed" ? event.failure.kind : event.type));
  assert.deepEqual(kinds, ["start", "replied", "canceled", "canceled"]);
});

test("a wait ends when its time has come, not before", async () => {
  const until = Date.now() + 30;
  const { result, events } = play(once([{ type: "wait", id: 1, until }], 1));
  await result;
  assert.ok(Date.now() >= until);
  assert.equal(events.at(-1)?.type, "woke");
});

test("an abort reaches the core once, and its reason reaches the caller", async () => {
  const abort = new AbortController();
  const reason = new Error("the tab was closed");
  const error = {
    code: "aborted",
    class: "interrupted",
    message: "aborted",
    hint: "",
    retryable: true,
  } as const;
  const { result, events } = play(
    (event) => {
      if (event.type === "start") return [{ type: "wait", id: 1, until: Date.now() + 3_600_000 }];
      return event.type === "abort" ? [{ type: "failed", error }] : [];
    },
    { signal: abort.signal },
  );
  abort.abort(reason);
  await assert.rejects(result, (thrown) => {
    assert.ok(thrown instanceof VodliftError);
    assert.deepEqual([thrown.code, thrown.cause], ["aborted", reason]);
    return true;
  });
  assert.deepEqual(
    events.map(({ type }) => type),
    ["start", "abort"],
  );
});

test("an abort from within a progress callback comes after the effects before it", async () => {
  const abort = new AbortController();
  const progress = {
    phase: "probing",
    bytesAccepted: 0,
    partsAccepted: 0,
    retries: 0,
    refreshes: 0,
    restarts: 0,
  } as const;
  const { result, events } = play(
    (event) => {
      const wait: Effect = { type: "wait", id: 1, until: Date.now() + 3_600_000 };
      if (event.type === "start") return [{ type: "progress", progress }, wait];
      // Had it come before the wait, there would be nothing to cancel yet.
      return event.type === "abort" ? [{ type: "cancel", id: 1 }] : [done];
    },
    { signal: abort.signal, onProgress: () => abort.abort() },
  );
  await result;
  assert.deepEqual(
    events.map(({ type }) => type),
    ["start", "abort", "failed"],
  );
});

test("nothing outlives the upload: no timer, no connection under way, no open body", async () => {
  const silent = await startSink({ handle: () => {} });
  const before = timers();
  const { result, events } = play((event) => {
    if (event.type === "start") {
      return [
        { type: "wait", id: 1, until: Date.now() + 3_600_000 },
        { type: "send", id: 2, to: "oss", request: request("GET", silent.url) },
        {
          type: "open",
          id: 3,
          request: request("GET", `${origin.url}/film.mp4`),
          allowPrivate: true,
        },
      ];
    }
    return event.type === "opened" ? [done] : [];
  });
  await result;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(timers(), before);
  silent.close();
  assert.equal(events.length, 2);
});

test("a fault of the core ends the upload with that fault", async () => {
  const fault = new Error("a fault");
  const { result, freed } = play(() => {
    throw fault;
  });
  await assert.rejects(result, fault);
  assert.equal(freed(), 1);
});

test("a body that is cut off is told as too short, however it is read", async () => {
  for (const [path, first] of [
    ["/cut.mp4", "opened"],
    ["/cut-early.mp4", "failed"],
  ]) {
    const get = request("GET", origin.url + path);
    const range = {
      request: { ...get, headers: [["range", "bytes=0-999999"]] as [string, string][] },
      expect: { first: 0, last: 999_999, validator: {} },
      allowPrivate: true,
    };
    let answers = 0;
    const { result, events } = play((event) => {
      if (event.type === "start") {
        return [
          { type: "open", id: 1, request: get, peek: 512, allowPrivate: true },
          transfer(2, { type: "range", ...range }, 1_000_000),
        ];
      }
      answers += 1;
      if (event.type === "opened") {
        const read = {
          open: 1,
          part: 1,
          skip: 0,
          limit: MIB,
          least: MIB,
          firmMs: 0,
          idleMs: 30_000,
        };
        return [{ type: "read", id: 3, ...read }];
      }
      return answers === (first === "opened" ? 3 : 2) ? [done] : [];
    });
    await result;
    const failed = events.flatMap((event) => (event.type === "failed" ? [event.failure.kind] : []));
    assert.deepEqual(failed, ["source_short", "source_short"], path);
    assert.equal(
      events.some(({ type }) => type === "opened"),
      first === "opened",
    );
  }
});

function timers(): number {
  return getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
