import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type Emulator, type FaultAction, startEmulator } from "../support/emulator.ts";
import { until } from "../support/until.ts";
import { initiate, ossV4, type Reply, vodAcs3, xmlText } from "./client.ts";

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

function on(operation: string, action: FaultAction): void {
  emulator.setFaults([{ operation, action }]);
}

const put = (key: string, body: Buffer | string = "body") =>
  ossV4(emulator, { method: "PUT", key, body });

function stored(key: string): boolean {
  return existsSync(join(emulator.dir, emulator.bucket, key));
}

function outcome(reply: Reply): string {
  return `${reply.status} ${xmlText(reply.text, "Code")}`;
}

test("answer: the service's own error shape, with Retry-After, and nothing stored", async () => {
  on("PutObject", { kind: "answer", status: 503, code: "ServiceUnavailable", retryAfter: 2 });
  const reply = await put("x");
  equal(outcome(reply), "503 ServiceUnavailable");
  equal(reply.headers["retry-after"], "2");
  equal(stored("x"), false);
  on("CreateUploadVideo", { kind: "answer", status: 400, code: "Throttling.User" });
  const vod = await vodAcs3(emulator, { action: "CreateUploadVideo" });
  deepEqual([vod.status, JSON.parse(vod.text).Code], [400, "Throttling.User"]);
});

test("early-close: the error comes over an unread body, and the connection ends", async () => {
  on("PutObject", { kind: "early-close", status: 403, code: "SecurityTokenExpired" });
  const { hostname, port } = new URL(emulator.endpoint);
  const socket = connect(Number(port), hostname);
  const answer = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
  });
  socket.write(
    `PUT /${emulator.bucket}/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n`,
  );
  match(await answer, /^HTTP\/1.1 403 .*Connection: close.*<Code>SecurityTokenExpired</s);
  equal(emulator.log.at(-1)?.bytesReceived, 0);
});

test("reset-before: the connection breaks and nothing is stored", async () => {
  on("PutObject", { kind: "reset-before" });
  await rejects(put("x"), { code: "ECONNRESET" });
  equal(stored("x"), false);
});

test("reset-after: the connection breaks, yet the object is there", async () => {
  on("PutObject", { kind: "reset-after" });
  await rejects(put("x"), { code: "ECONNRESET" });
  equal(stored("x"), true);
});

test("the log tells what a request came to, also where its answer was lost", async () => {
  const came = () => [emulator.log.at(-1)?.status, emulator.log.at(-1)?.result];
  await put("told");
  deepEqual(came(), [200, 200]);
  on("PutObject", { kind: "reset-after" });
  await rejects(put("untold"));
  deepEqual(came(), [0, 200]);
  on("PutObject", { kind: "reset-before" });
  await rejects(put("undone"));
  deepEqual(came(), [0, undefined]);
});

test("a request is looked at when `onArrival` has let it go, and not before", async () => {
  const order: string[] = [];
  let go = () => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const patient = await startEmulator({
    onArrival: async ({ key }) => {
      order.push(`${key} arrived`);
      if (key === "first") await held;
    },
    onRequest: ({ key }) => void order.push(`${key} answered`),
  });
  const first = ossV4(patient, { method: "PUT", key: "first", body: "x" });
  await until(() => order.length > 0);
  await ossV4(patient, { method: "PUT", key: "second", body: "x" });
  go();
  equal((await first).status, 200);
  deepEqual(order, ["first arrived", "second arrived", "second answered", "first answered"]);
  await patient.close();
});

test("reset-mid-body: the connection breaks after that many bytes", async () => {
  on("PutObject", { kind: "reset-mid-body", afterBytes: 500_000 });
  await rejects(put("x", randomBytes(5_000_000)));
  equal(stored("x"), false);
  const received = emulator.log.at(-1)?.bytesReceived ?? 0;
  equal(received >= 500_000 && received < 1_000_000, true, String(received));
  equal((await put("y", randomBytes(400_000))).status, 200);
});

test("truncate-answer: less arrives than was announced", async () => {
  await put("x", "0123456789");
  on("GetObject", { kind: "truncate-answer" });
  await rejects(ossV4(emulator, { method: "GET", key: "x" }), { code: "ECONNRESET" });
  equal(emulator.log.at(-1)?.bytesSent, 5);
});

test("wrong-crc: only the header lies", async () => {
  const good = (await put("x")).headers["x-oss-hash-crc64ecma"];
  on("PutObject", { kind: "wrong-crc" });
  const bad = (await put("x")).headers["x-oss-hash-crc64ecma"];
  equal(BigInt(String(bad)), BigInt(String(good)) + 1n);
});

test("clock-skew: only the Date header lies", async () => {
  on("PutObject", { kind: "clock-skew", ms: 3_600_000 });
  const began = Math.floor(Date.now() / 1000) * 1000;
  const reply = await put("x");
  equal(reply.status, 200);
  const told = Date.parse(reply.headers.date ?? "") - 3_600_000;
  equal(told >= began && told <= Date.now(), true);
});

test("delay, latency and bandwidth take their time", async () => {
  on("PutObject", { kind: "delay", ms: 120 });
  const started = performance.now();
  await put("x");
  equal(performance.now() - started >= 119, true);
  const slow = await startEmulator({ latencyMs: 60, bandwidth: 1_000_000 });
  const sending = performance.now();
  await ossV4(slow, { method: "PUT", key: "x", body: randomBytes(200_000) });
  const receiving = performance.now();
  equal(receiving - sending >= 240, true, `${receiving - sending} ms to send`);
  await ossV4(slow, { method: "GET", key: "x" });
  equal(performance.now() - receiving >= 240, true, `${performance.now() - receiving} ms to read`);
  await slow.close();
});

test("a rule strikes only its operation, its part and its turns", async () => {
  const action: FaultAction = { kind: "answer", status: 500, code: "InternalError" };
  emulator.setFaults([
    { operation: "UploadPart", partNumber: 2, nth: 2, action },
    { operation: "PutObject", from: 2, count: 2, action },
  ]);
  const statuses: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) statuses.push((await put("x")).status);
  deepEqual(statuses, [200, 500, 500, 200]);
  const uploadId = await initiate(emulator, "parts");
  const part = async (number: number) => {
    const query = { partNumber: String(number), uploadId };
    const reply = await ossV4(emulator, { method: "PUT", key: "parts", query, body: "x" });
    return reply.status;
  };
  deepEqual(
    [await part(1), await part(2), await part(1), await part(2), await part(2)],
    [200, 200, 200, 500, 200],
  );
  equal(emulator.log.filter((info) => info.faults?.includes("answer")).length, 3);
});

test("an ordinary refusal reads a moderate body first, so that a keep-alive client sees the answer", async () => {
  const reply = await ossV4(emulator, {
    method: "PUT",
    key: "x",
    body: randomBytes(8_000_000),
    keys: { accessKeyId: "nobody", accessKeySecret: "x" },
  });
  equal(outcome(reply), "403 InvalidAccessKeyId");
  equal(emulator.log.at(-1)?.bytesReceived, 8_000_000);
});
