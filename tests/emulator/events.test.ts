import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { type EmulatorOptions, startEmulator } from "../support/emulator.ts";
import { until } from "../support/until.ts";
import { call, completeBody, decode, initiate, keysOf, ossV4 } from "./client.ts";

type Notice = { path: string; headers: IncomingHttpHeaders; body: Record<string, unknown> };

/** An application that is told; `status` decides what the n-th post is answered with. */
async function application(context: TestContext, status: (nth: number) => number = () => 200) {
  const notices: Notice[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    notices.push({ path: request.url ?? "", headers: request.headers, body });
    response.writeHead(status(notices.length)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, notices };
}

async function start(context: TestContext, options: EmulatorOptions) {
  const emulator = await startEmulator({ allowPrivate: true, ...options });
  context.after(() => emulator.close());
  return emulator;
}

test("each kind of media tells with its own event that it has arrived, signed as VOD signs", async (context) => {
  const app = await application(context);
  const url = `${app.url}/vod?a=b`;
  const emulator = await start(context, {
    callback: { url, privateKey: "secret key" },
    habits: { transcoding: "none" },
  });
  const cases = [
    ["CreateUploadVideo", { Title: "t", FileName: "f.mp4" }, "FileUploadComplete", "VideoId"],
    ["CreateUploadImage", { ImageType: "default" }, "ImageUploadComplete", "ImageId"],
    [
      "CreateUploadAttachedMedia",
      { BusinessType: "subtitle", MediaExt: "srt" },
      "AttachedMediaUploadComplete",
      "AttachedMediaId",
    ],
  ] as const;
  for (const [index, [action, parameters, type, idName]] of cases.entries()) {
    const { reply } = await call(emulator, action, parameters);
    const { FileName: key = "" } = decode(reply.UploadAddress);
    const began = Math.floor(Date.now() / 1000);
    await ossV4(emulator, { method: "PUT", key, keys: keysOf(reply), body: "12345" });
    await until(() => app.notices.length > index);
    const { path, headers, body } = app.notices[index] as Notice;
    equal(path, "/vod?a=b");
    equal(body.EventType, type);
    equal(body[idName], reply.VideoId ?? reply.ImageId ?? reply.MediaId);
    equal(body.Size, 5);
    equal(body.FileUrl ?? body.FileURL, `${emulator.endpoint}/${emulator.bucket}/${key}`);
    match(String(body.EventTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(:\d{3})?Z$/);
    const timestamp = String(headers["x-vod-timestamp"]);
    ok(Number(timestamp) >= began && Number(timestamp) <= Date.now() / 1000);
    const expected = createHash("md5").update(`${url}|${timestamp}|secret key`).digest("hex");
    equal(headers["x-vod-signature"], expected);
  }
  equal(emulator.events.length, 3);
  await until(() => emulator.events.every((event) => event.delivered && event.attempts === 1));
});

test("a media file's own CallbackURL wins, and Extend comes along; without a key nothing is signed", async (context) => {
  const app = await application(context);
  const emulator = await start(context, { callback: { url: `${app.url}/global` } });
  const userData = {
    MessageCallback: { CallbackType: "http", CallbackURL: `${app.url}/own` },
    Extend: { id: 7 },
  };
  const { reply } = await call(emulator, "CreateUploadVideo", {
    Title: "t",
    FileName: "f.mp4",
    UserData: JSON.stringify(userData),
  });
  const { FileName: key = "" } = decode(reply.UploadAddress);
  const keys = keysOf(reply);
  const uploadId = await initiate(emulator, key, keys);
  const query = { partNumber: "1", uploadId };
  const part = await ossV4(emulator, { method: "PUT", key, keys, query, body: "part" });
  const body = completeBody([{ number: 1, etag: part.headers.etag ?? "" }]);
  equal(app.notices.length, 0);
  const done = await ossV4(emulator, { method: "POST", key, keys, query: { uploadId }, body });
  equal(done.status, 200);
  await until(() => app.notices.length > 0);
  const [notice] = app.notices;
  deepEqual([notice?.path, notice?.body.Extend], ["/own", '{"id":7}']);
  equal(notice?.headers["x-vod-signature"], undefined);
});

test("a notification is tried three times, and only 200 counts as delivered", async (context) => {
  const app = await application(context, (nth) => (nth === 5 ? 200 : nth % 2 ? 500 : 204));
  const callback = { url: app.url, retryDelayMs: 5 };
  const emulator = await start(context, { callback });
  const upload = async () => {
    const { reply } = await call(emulator, "CreateUploadImage", { ImageType: "default" });
    const { FileName: key = "" } = decode(reply.UploadAddress);
    await ossV4(emulator, { method: "PUT", key, keys: keysOf(reply), body: "x" });
  };
  await upload();
  await until(() => app.notices.length === 3);
  await upload();
  await until(() => emulator.events[1]?.delivered === true);
  deepEqual(
    emulator.events.map(({ type, attempts, delivered }) => ({ type, attempts, delivered })),
    [
      { type: "ImageUploadComplete", attempts: 3, delivered: false },
      { type: "ImageUploadComplete", attempts: 2, delivered: true },
    ],
  );
});

test("without a URL an event is only listed; an ordinary object is none", async (context) => {
  const emulator = await start(context, {});
  await ossV4(emulator, { method: "PUT", key: "plain", body: "x" });
  const { reply } = await call(emulator, "CreateUploadVideo", { Title: "t", FileName: "l.m3u8" });
  const { FileName: key = "", ObjectPrefix = "" } = decode(reply.UploadAddress);
  const keys = keysOf(reply);
  await ossV4(emulator, { method: "PUT", key: `${ObjectPrefix}1.ts`, keys, body: "x" });
  equal(emulator.events.length, 0);
  await ossV4(emulator, { method: "PUT", key, keys, body: "#EXTM3U" });
  await until(() => emulator.events.length > 0);
  const event = emulator.events[0];
  deepEqual([event?.type, event?.url, event?.attempts], ["FileUploadComplete", undefined, 0]);
});

test("closing does not wait for an application that never answers", async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const emulator = await startEmulator({ callback: { url } });
  const { reply } = await call(emulator, "CreateUploadImage", { ImageType: "default" });
  const { FileName: key = "" } = decode(reply.UploadAddress);
  await ossV4(emulator, { method: "PUT", key, keys: keysOf(reply), body: "x" });
  await until(() => emulator.events[0]?.attempts === 1);
  // The application answers nothing before this is over.
  await emulator.close();
  server.closeAllConnections();
  server.close();
});
