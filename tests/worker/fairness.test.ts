// Attackers of each kind at work, and another caller's ingest beside them: it goes on as if it were alone. Nothing here is
// decided by a clock; what it took is only told.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import {
  callWorker,
  type IngestView,
  ingestEnd,
  postIngest,
  type RunningWorker,
  sha256,
  startWorker,
} from "../support/worker.ts";

const MIB = 1024 * 1024;
const STREAMS = 4;

let service: Emulator;
let origin: Origin;
/** A source of 16 bytes a second. */
const trickler = createServer((_, response) => {
  response.writeHead(200, { "content-length": "100000000", "content-type": "video/mp4" });
  const timer = setInterval(() => response.write("0123456789abcdef"), 1_000);
  response.on("close", () => clearInterval(timer));
});
let attacker: RunningWorker;
let victim: RunningWorker;
before(async () => {
  service = await startService();
  origin = await startOrigin();
  await once(trickler.listen(0, "127.0.0.1"), "listening");
  const tokens = ["attacker", "victim"].map((name) => ({
    ...{ name, sha256: sha256(name), scopes: ["create", "read", "cancel", "own"] },
  }));
  const settings = {
    VODLIFT_TOKENS: JSON.stringify(tokens),
    VODLIFT_RUNNING: "4",
    // All of the attacker's sources lie on one loopback address.
    VODLIFT_PER_HOST: "1000",
    VODLIFT_STREAMS_PER_CALLER: String(STREAMS),
    // A sixtieth of it is more than the attacker sends, and far less than the victim's 64 MiB on the busiest machine.
    VODLIFT_LEAST_RATE: "1024",
    VODLIFT_LEAST_RATE_SECONDS: "15",
  };
  attacker = await startWorker({ service, token: "attacker", settings });
  victim = { ...attacker, token: "victim" };
});
after(async () => {
  await attacker.close();
  trickler.closeAllConnections();
  trickler.close();
  await origin.close();
  await service.close();
});

/** Sends bytes of a body one by one, and says what it is answered with at last. */
function trickle(path: string): { status: Promise<number>; stop(): void } {
  const { hostname, port, host } = new URL(attacker.url);
  const socket = connect(Number(port), hostname);
  const head = [`PUT ${path} HTTP/1.1`, `host: ${host}`, "content-length: 100000000"];
  const bearer = "authorization: Bearer attacker";
  socket.write([...head, bearer, "content-type: video/mp4", "", ""].join("\r\n"));
  const timer = setInterval(() => socket.write("0123456789abcdef"), 1_000);
  const status = new Promise<number>((resolve) => {
    socket.once("data", (data: Buffer) => resolve(Number(data.toString("latin1").slice(9, 12))));
    socket.on("error", () => resolve(0));
    socket.on("close", () => resolve(0));
  });
  const stop = () => {
    clearInterval(timer);
    socket.destroy();
  };
  void status.finally(stop);
  return { status, stop };
}

/** A call on a connection of its own, whatever becomes of it. */
function shout(path: string, headers: Record<string, string>, body: string): Promise<void> {
  return new Promise((resolve) => {
    const call = request(attacker.url + path, { method: "POST", headers, agent: false });
    call.on("response", (response) => response.resume()).on("error", () => resolve());
    call.on("close", () => resolve());
    call.end(body);
  });
}

/** On a busy machine a connection that was kept may have been closed by the time it is used again. */
async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await read().catch(() => undefined);
    if (answer !== undefined) return answer;
    await sleep(100);
  }
}

async function lift(name: string): Promise<number> {
  const began = performance.now();
  const url = origin.add(`/${name}.mp4`, { size: 64 * MIB });
  const id = await postIngest(victim, { url });
  const { state, error } = await patiently(() => ingestEnd(victim, id));
  assert.equal(state, "done", JSON.stringify(error));
  return performance.now() - began;
}

test("another caller's 64 MiB arrive while each kind of attack is at work", async (t) => {
  const alone = await lift("alone");
  const slow = `http://127.0.0.1:${(trickler.address() as AddressInfo).port}/trickle.mp4`;
  const urls = Array.from({ length: 1_000 }, (_, n) => ({ url: `${slow}?${n}` }));
  const init = { method: "POST", body: JSON.stringify(urls) };
  assert.equal((await callWorker(attacker, "/v1/ingests", init)).status, 202);
  const states = () => patiently(async () => (await callWorker(attacker, "/v1/stats")).body.counts);
  await until(async () => (await states()).running >= 4);
  const puts = Array.from({ length: 20 }, (_, n) => trickle(`/v1/uploads?title=slow-${n}`));
  let over = false;
  const flood = async (path: string, headers: Record<string, string>, text: string) => {
    while (!over) {
      await shout(path, headers, text);
      await sleep(20);
    }
  };
  const floods = [
    flood("/session", {}, JSON.stringify({ token: "wrong" })),
    flood("/v1/ingests", { authorization: "Bearer wrong" }, "[]"),
    flood("/session", {}, "a".repeat(8 * MIB)),
  ];
  const crowded = await lift("crowded");
  over = true;
  await Promise.all(floods);
  const counts = await states();
  t.diagnostic(
    `alone ${(alone / 1000).toFixed(2)} s, beside the attacks ${(crowded / 1000).toFixed(2)} s: ` +
      `${(crowded / alone).toFixed(2)} times`,
  );
  assert.equal(counts.done, 0);
  assert.ok(counts.queued > 900, `${counts.queued} of the attacker's still wait`);
  // Uploads beyond what one caller may have are refused, and the others end for being slow.
  const answers = await Promise.all(puts.map(({ status }) => status));
  assert.equal(answers.filter((status) => status === 429).length, 20 - STREAMS, `${answers}`);
  const failed = async () =>
    (await callWorker(attacker, "/v1/ingests?state=failed")).body.ingests as IngestView[];
  const byRequest = (view: IngestView) => view.url === "upload:";
  for (;;) {
    const views = await patiently(failed);
    for (const { error } of views) assert.equal(error?.code, "too_slow", JSON.stringify(error));
    if (views.filter(byRequest).length === STREAMS && !views.every(byRequest)) return;
    await sleep(200);
  }
});
