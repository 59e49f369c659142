// What one caller may have, in real workerd: beyond it is 429 with the setting's name, and other callers find room.
// The rules themselves, on a clock that the test moves: quota-rules.test.ts.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, before, test } from "node:test";
import { type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import {
  type Answer,
  callWorker,
  ingestEnd,
  postIngest,
  type RunningWorker,
  sha256,
  startWorker,
  viewIngest,
} from "../support/worker.ts";

const MIB = 1024 * 1024;
const CALLERS = ["admin", "queuer", "hoarder", "mover", "listener", "dawdler", "other"] as const;
type Caller = (typeof CALLERS)[number];
const STORED = 60_000;

let service: Emulator;
let origin: Origin;
let worker: RunningWorker;
/** Another, under which nothing may take long. */
let hasty: RunningWorker;
/** A source that never ends, a few bytes a second. */
const trickler = createServer((_, response) => {
  response.writeHead(200, { "content-length": "100000000", "content-type": "video/mp4" });
  const timer = setInterval(() => response.write("0123456789abcdef"), 500);
  response.on("close", () => clearInterval(timer));
});
before(async () => {
  service = await startService();
  origin = await startOrigin();
  await once(trickler.listen(0, "127.0.0.1"), "listening");
  const tokens = CALLERS.map((name) => ({
    ...{ name, sha256: sha256(tokenOf(name)) },
    scopes: ["create", "read", "cancel", ...(name === "admin" ? ["all", "admin"] : ["own"])],
  }));
  const settings = {
    VODLIFT_TOKENS: JSON.stringify(tokens),
    VODLIFT_QUEUED_PER_CALLER: "3",
    VODLIFT_STORED_PER_CALLER: String(STORED),
    VODLIFT_BYTES_PER_CALLER: String(4 * MIB),
    VODLIFT_LISTENERS_PER_CALLER: "2",
  };
  worker = await startWorker({ service, token: tokenOf("admin"), settings });
  hasty = await startWorker({
    service,
    token: tokenOf("dawdler"),
    settings: { ...settings, VODLIFT_LONGEST_SECONDS: "10", VODLIFT_STALE_SECONDS: "10" },
  });
});
after(async () => {
  await hasty.close();
  await worker.close();
  trickler.closeAllConnections();
  trickler.close();
  await origin.close();
  await service.close();
});

function tokenOf(name: Caller): string {
  return `token-of-the-${name}`;
}

const as = (name: Caller): RunningWorker => ({ ...worker, token: tokenOf(name) });
const call = (name: Caller, method: string, path: string, body?: unknown): Promise<Answer> =>
  callWorker(as(name), path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
const post = (name: Caller, body: unknown) => call(name, "POST", "/v1/ingests", body);
const film = (path: string, size = 100) => ({ url: origin.add(path, { size }) });

/** A refusal that says which setting it is, and when to come back. */
function assertFull(
  { status, headers, body }: Pick<Answer, "status" | "headers" | "body">,
  name: string,
) {
  assert.equal(status, 429, JSON.stringify(body));
  assert.equal(headers.get("content-type"), "application/problem+json");
  assert.ok(Number(headers.get("retry-after")) > 0);
  assert.deepEqual([body.status, body.code], [429, "quota_exceeded"]);
  assert.ok(body.detail.includes(name), body.detail);
}

test("beyond a caller's queue, one more, a batch or a retry is refused whole; others find room", async () => {
  assert.equal((await call("admin", "POST", "/v1/pause")).status, 200);
  const batch = [1, 2, 3, 4].map((n) => film(`/queue-${n}.mp4`));
  assertFull(await post("queuer", batch), "VODLIFT_QUEUED_PER_CALLER");
  assert.deepEqual((await call("queuer", "GET", "/v1/ingests")).body.ingests, [], "all or none");
  const { status, body } = await post("queuer", batch.slice(0, 3));
  assert.equal(status, 202);
  assertFull(await post("queuer", film("/one-more.mp4")), "VODLIFT_QUEUED_PER_CALLER");
  assert.equal((await post("other", film("/other.mp4"))).status, 202);
  const [{ id }] = body.results;
  assert.equal((await call("queuer", "DELETE", `/v1/ingests/${id}`)).status, 200);
  assert.equal((await post("queuer", film("/in-its-place.mp4"))).status, 202);
  assertFull(await call("queuer", "POST", `/v1/ingests/${id}/retry`), "VODLIFT_QUEUED_PER_CALLER");
});

test("beyond what may be stored for a caller, no request is taken", async () => {
  // No two have the same headers, or they would count once.
  const large = (n: number) => ({
    ...film(`/stored-${n}.mp4`),
    sourceHeaders: { "x-film": String(n).repeat(7_000 / String(n).length) },
  });
  let taken = 0;
  for (;;) {
    const answer = await post("hoarder", { ...large(taken) });
    if (answer.status !== 202) {
      assertFull(answer, "VODLIFT_STORED_PER_CALLER");
      break;
    }
    taken += 1;
    // It is stored as long as it is remembered, queued or not.
    await call("hoarder", "DELETE", `/v1/ingests/${answer.body.id}`);
  }
  assert.ok(taken > 3 && taken * 7_000 < STORED, `${taken} of at least 7,000 bytes`);
  assert.equal((await post("other", { ...large(99) })).status, 202);
});

test("beyond the streams of events that a caller may hold, one more is refused until one has ended", async () => {
  const one = (await post("listener", film("/followed.mp4"))).body.id;
  const two = (await post("listener", film("/followed-too.mp4"))).body.id;
  const follow = (name: Caller, id: string) =>
    fetch(`${worker.url}/v1/ingests/${id}/events`, {
      headers: { authorization: `Bearer ${tokenOf(name)}` },
    });
  const open = [await follow("listener", one), await follow("listener", one)];
  assert.deepEqual(
    open.map(({ status }) => status),
    [200, 200],
  );
  const path = `/v1/ingests/${two}/events`;
  assertFull(await call("listener", "GET", path), "VODLIFT_LISTENERS_PER_CALLER");
  const others = (await post("other", film("/followed-by-another.mp4"))).body.id;
  const another = await follow("other", others);
  assert.equal(another.status, 200);
  assert.equal((await call("listener", "DELETE", `/v1/ingests/${one}`)).status, 200);
  for (const response of open) assert.match(await response.text(), /event: end/);
  const now = await follow("listener", two);
  assert.equal(now.status, 200);
  for (const response of [another, now]) await response.body?.cancel();
  assert.equal((await call("admin", "POST", "/v1/resume")).status, 200);
});

test("a caller that has moved its bytes waits with all it has, and its uploads are refused", async () => {
  const slow = {
    url: origin.add("/slow.mp4", {
      // So slow that the other has begun long before this one has moved all that is left.
      ...{ size: 64 * MIB, bytesPerSecond: MIB / 8, isSlow: (offset: number) => offset >= MIB },
    }),
    partSize: MIB,
  };
  const running = (await post("mover", slow)).body.id;
  await until(async () => (await viewIngest(as("mover"), running)).bytes >= MIB);
  const first = (await post("mover", film("/moved.mp4", 4 * MIB))).body.id;
  assert.equal((await ingestEnd(as("mover"), first)).state, "done");
  await until(async () => {
    const { state, timeline } = await viewIngest(as("mover"), running);
    assert.ok(state === "running" || state === "queued", state);
    const held = timeline.find(({ type }) => type === "held");
    return state === "queued" && held?.text.includes("VODLIFT_BYTES_PER_CALLER");
  });
  const waits = (await post("mover", film("/waits.mp4"))).body.id;
  const other = (await post("other", film("/goes-on.mp4"))).body.id;
  assert.equal((await ingestEnd(as("other"), other)).state, "done");
  assert.equal((await viewIngest(as("mover"), waits)).state, "queued", "though it came before");
  const init = { method: "PUT", body: "a film" };
  const refused = await callWorker(as("mover"), "/v1/uploads?title=a.mp4", init);
  assertFull(refused, "VODLIFT_BYTES_PER_CALLER");
  assert.ok(Number(refused.headers.get("retry-after")) <= 3_600);
});

/** Sends bytes of a body one by one, and says what it is answered with at last. */
async function trickle(method: string, path: string): Promise<{ status: number; body: string }> {
  const { hostname, port, host } = new URL(hasty.url);
  const socket = connect(Number(port), hostname);
  const bearer = `authorization: Bearer ${tokenOf("dawdler")}`;
  const head = [`${method} ${path} HTTP/1.1`, `host: ${host}`, "content-length: 1000000"];
  const type = `content-type: ${method === "PUT" ? "video/mp4" : "application/json"}`;
  socket.write([...head, bearer, type, "connection: close", "", ""].join("\r\n"));
  const timer = setInterval(() => socket.write("0123456789abcdef"), 500);
  let text = "";
  socket.on("data", (data: Buffer) => {
    text += data.toString("latin1");
  });
  socket.on("error", () => {});
  await until(() => text.includes("}") || socket.closed);
  clearInterval(timer);
  socket.destroy();
  return { status: Number(text.slice(9, 12)), body: text };
}

test("what takes too long ends, whether its bytes come by URL, with the request, or are the request", async () => {
  const url = `http://127.0.0.1:${(trickler.address() as AddressInfo).port}/endless.mp4`;
  const id = await postIngest(hasty, { url });
  const [view, sent, asked] = await Promise.all([
    ingestEnd(hasty, id),
    trickle("PUT", "/v1/uploads?title=endless.mp4"),
    trickle("POST", "/v1/ingests"),
  ]);
  assert.deepEqual([view.state, view.error?.code], ["failed", "too_long"]);
  assert.match(view.error?.message ?? "", /VODLIFT_LONGEST_SECONDS/);
  assert.ok(sent.status >= 400 && sent.body.includes('"too_long"'), sent.body);
  assert.equal(asked.status, 408, asked.body);
  assert.ok(asked.body.includes('"body_too_slow"'), asked.body);
});
