// What one caller of the handler may have under way, and how long a body may take. No request here leaves this process.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { readObject } from "../../pkg/src/handler/body.ts";
import { createIngestHandler, ingestOptions } from "../../pkg/src/handler/index.ts";
import { VodliftError } from "../../pkg/src/index.ts";
import { SEAL_KEY } from "../support/ingest.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A body of which nothing comes until it is ended. */
function held() {
  let end = () => {};
  let canceled = false;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      end = () => controller.close();
    },
    cancel() {
      canceled = true;
    },
  });
  return { body, end: () => end(), wasCanceled: () => canceled };
}

function post(body: ReadableStream<Uint8Array> | string, token = "one", path = "") {
  const headers = { authorization: `Bearer ${token}` };
  const init = { method: "POST", headers, body, duplex: "half" };
  return new Request(`http://handler.test/v1/ingests${path}`, init as RequestInit);
}

const handler = (runningPerCaller?: number) =>
  createIngestHandler({
    ...{ accessKeyId: "id", accessKeySecret: SEAL_KEY, sealKey: SEAL_KEY },
    tokens: ["one", "two"].map((name) => ({ sha256: sha256(name) })),
    ...(runningPerCaller !== undefined && { runningPerCaller }),
  });

for (const [most, given] of [
  [2, 2],
  [10, undefined],
] as const) {
  test(`a caller has ${most} requests under way, and others find room, ${given ? "as told" : "untold"}`, async () => {
    const ask = handler(given);
    const bodies = Array.from({ length: most }, held);
    const open = bodies.map(({ body }) => ask(post(body)));
    const refused = await ask(post(held().body));
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("retry-after"), "5");
    assert.equal((await refused.json()).code, "quota_exceeded");
    assert.equal((await ask(post("{}", "two"))).status, 400);
    // What gives room is let in.
    assert.equal((await ask(post("{}", "one", "/abort"))).status, 400);
    bodies[0]?.end();
    assert.equal((await open[0])?.status, 400);
    assert.equal((await ask(post("{}"))).status, 400);
    for (const { end } of bodies.slice(1)) end();
    await Promise.all(open);
  });
}

test("a body that does not come is not waited for, and what still comes of it is not taken", async () => {
  const { body, wasCanceled } = held();
  const answer = await readObject(post(body), 1_000, 1);
  assert.deepEqual("code" in answer && [answer.status, answer.code], [408, "body_too_slow"]);
  assert.ok(wasCanceled());
});

test("how many is a whole number above 0, in code and in the environment", () => {
  assert.equal(ingestOptions({ VODLIFT_RUNNING_PER_CALLER: "3" }).runningPerCaller, 3);
  for (const wrong of [0, -1, 1.5, Number.NaN]) {
    assert.throws(
      () => handler(wrong),
      (error) => error instanceof VodliftError && error.message.includes("runningPerCaller"),
    );
  }
});

test("refusals come late to a caller that hears many, and to no other", async (t) => {
  // No time passes but what the test lets pass: an answer that is late would never come.
  t.mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000_000 });
  const ask = handler();
  const refused = async (token: string) => assert.equal((await ask(post("{}", token))).status, 400);
  for (let n = 0; n < 50; n += 1) await refused("one");
  let come = false;
  const late = refused("one").then(() => {
    come = true;
  });
  for (let n = 0; n < 10; n += 1) await refused("two");
  assert.ok(!come);
  t.mock.timers.tick(1_000);
  await late;
  // Once a second one of them is at once again: each may have cost a source's whole mischief.
  await refused("one");
  let after = 0;
  const more = Array.from({ length: 5 }, () => refused("one").then(() => (after += 1)));
  for (let n = 0; n < 10; n += 1) await refused("two");
  assert.equal(after, 0);
  t.mock.timers.tick(1_000);
  await Promise.all(more);
});
