import { deepEqual, equal } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import { until } from "../support/until.ts";
import {
  completeBody,
  initiate,
  ossV1,
  ossV4,
  type Reply,
  uploadTarget,
  vodAcs3,
  xmlText,
} from "./client.ts";

let emulator: Emulator;
const arrived: string[] = [];
before(async () => {
  emulator = await startEmulator({
    onArrival: ({ operation }) => void arrived.push(operation),
  });
});
after(() => emulator.close());

const film = { Title: "t", FileName: "f.mp4" };

function outcome(reply: Reply): string {
  return `${reply.status} ${xmlText(reply.text, "Code")}`.trim();
}

test("a credential of its own writes its own key, and nothing else", async (context) => {
  const emulator = await startEmulator({ habits: { credentials: "fresh" } });
  context.after(() => emulator.close());
  const { key, keys } = await uploadTarget(emulator, "CreateUploadVideo", film);
  const body = "x";
  const uploadId = await initiate(emulator, key, keys);
  const allowed: [method: string, query: Record<string, string>][] = [
    ["PUT", { partNumber: "1", uploadId }],
    ["GET", { uploadId }],
    ["DELETE", { uploadId }],
    ["PUT", {}],
  ];
  for (const [method, query] of allowed) {
    const reply = await ossV4(emulator, {
      method,
      key,
      query,
      keys,
      ...(method === "PUT" ? { body } : {}),
    });
    equal(reply.status < 300, true, `${method} ${outcome(reply)}`);
  }
  const denied: [method: string, key: string | undefined, query: Record<string, string>][] = [
    ["PUT", "another/key", {}],
    ["PUT", `${key}x`, {}],
    ["POST", "another/key", { uploads: "" }],
    ["GET", key, {}],
    ["DELETE", key, {}],
    ["GET", undefined, { uploads: "" }],
    ["GET", undefined, {}],
  ];
  for (const [method, other, query] of denied) {
    const call = { method, query, keys, ...(other === undefined ? {} : { key: other }) };
    equal(outcome(await ossV4(emulator, call)), "403 AccessDenied", `${method} ${other}`);
  }
  const head = await ossV4(emulator, { method: "HEAD", key, keys });
  equal(head.status, 403);
});

test("an upload credential cannot call the VOD API", async () => {
  const { keys } = await uploadTarget(emulator, "CreateUploadVideo", film);
  const reply = await vodAcs3(emulator, { action: "CreateUploadVideo", parameters: film, keys });
  equal(reply.status, 403);
  equal(JSON.parse(reply.text).Code, "Forbidden.RAM");
});

test("reading is allowed where the emulator is told so", async () => {
  const lenient = await startEmulator({ habits: { credentialReads: "objects" } });
  const { key, keys } = await uploadTarget(lenient, "CreateUploadVideo", film);
  await ossV4(lenient, { method: "PUT", key, keys, body: "x" });
  equal((await ossV4(lenient, { method: "HEAD", key, keys })).status, 200);
  equal((await ossV4(lenient, { method: "GET", key, keys })).text, "x");
  equal((await ossV4(lenient, { method: "DELETE", key, keys })).status, 403);
  await lenient.close();
});

test("a playlist's own credential covers its segments", async (context) => {
  const emulator = await startEmulator({ habits: { credentials: "fresh" } });
  context.after(() => emulator.close());
  const { key, keys } = await uploadTarget(emulator, "CreateUploadVideo", {
    ...film,
    FileName: "l.m3u8",
  });
  const folder = key.slice(0, key.lastIndexOf("/") + 1);
  equal(
    (await ossV4(emulator, { method: "PUT", key: `${folder}1.ts`, keys, body: "x" })).status,
    200,
  );
  equal(
    outcome(await ossV4(emulator, { method: "PUT", key: "sv/1.ts", keys, body: "x" })),
    "403 AccessDenied",
  );
});

test("a short-lived credential expires, and the upload goes on with a refreshed one", async () => {
  emulator.setCredentialLife(600);
  const first = await uploadTarget(emulator, "CreateUploadVideo", film);
  const { key, videoId } = first;
  const uploadId = await initiate(emulator, key, first.keys);
  const put = (number: number, keys = first.keys) =>
    ossV4(emulator, {
      method: "PUT",
      key,
      keys,
      query: { partNumber: String(number), uploadId },
      body: Buffer.alloc(102_400, number),
    });
  const one = await put(1);
  equal(one.status, 200);
  emulator.setClockOffset(601_000);
  equal(outcome(await put(2)), "403 SecurityTokenExpired");
  for (const sign of [ossV1, ossV4]) {
    const reply = await sign(emulator, { method: "PUT", key, keys: first.keys, body: "x" });
    equal(outcome(reply), "403 SecurityTokenExpired");
  }
  emulator.setCredentialLife(3000);
  const second = await uploadTarget(emulator, "RefreshUploadVideo", { VideoId: videoId });
  equal(second.key, key);
  const two = await put(2, second.keys);
  equal(two.status, 200);
  const parts = [one, two].map((reply, index) => ({
    number: index + 1,
    etag: reply.headers.etag ?? "",
  }));
  const done = await ossV4(emulator, {
    method: "POST",
    key,
    keys: second.keys,
    query: { uploadId },
    body: completeBody(parts),
  });
  equal(done.status, 200);
  emulator.setClockOffset(0);
});

test("a part under way when the credential expires may finish", async () => {
  emulator.setCredentialLife(600);
  const { key, keys } = await uploadTarget(emulator, "CreateUploadVideo", film);
  emulator.setCredentialLife(3000);
  const { hostname, port } = new URL(emulator.endpoint);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  const data = randomBytes(1000);
  const known = arrived.length;
  await ossV4(emulator, {
    method: "PUT",
    key,
    keys,
    headers: { "content-length": "1000" },
    tamper: (call) => {
      const lines = Object.entries(call.headers ?? {}).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      socket.write(
        `PUT ${call.target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines.join("")}\r\n`,
      );
      socket.write(data.subarray(0, 500));
      call.method = "GET";
      call.target = "/";
      call.headers = {};
    },
  });
  await until(() => arrived.slice(known).includes("PutObject"));
  emulator.setClockOffset(601_000);
  socket.write(data.subarray(500));
  await new Promise((resolve) => socket.once("close", resolve));
  emulator.setClockOffset(0);
  equal(answer.startsWith("HTTP/1.1 200 "), true, answer);
});

test("the server's clock may be wrong: dates and expiry follow it, and Date tells it", async () => {
  const skewed = await startEmulator({ clockOffsetMs: 20 * 60_000 });
  const call = { method: "PUT", key: "x", body: "x" };
  const refused = await ossV4(skewed, call);
  equal(outcome(refused), "403 RequestTimeTooSkewed");
  const serverTime = new Date(refused.headers.date ?? "");
  equal((await ossV4(skewed, { ...call, date: serverTime })).status, 200);
  skewed.setClockOffset(0);
  equal((await ossV4(skewed, call)).status, 200);
  await skewed.close();
});

test("neither secrets nor tokens nor signatures are in the log", async () => {
  const { key, keys } = await uploadTarget(emulator, "CreateUploadVideo", film);
  await ossV4(emulator, { method: "PUT", key, keys, body: "x" });
  const text = JSON.stringify(emulator.log);
  const secrets = [emulator.accessKeySecret, keys.accessKeySecret, keys.securityToken ?? ""];
  deepEqual(
    secrets.filter((secret) => text.includes(secret)),
    [],
  );
  equal(/Signature=|authorization/i.test(text), false);
});
