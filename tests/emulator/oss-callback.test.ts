// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so OSS writes its variables
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import {
  call,
  completeBody,
  decode,
  initiate,
  keysOf,
  ossV1Url,
  ossV4,
  ossV4Url,
  xmlText,
} from "./client.ts";

type Asked = { url: string; headers: IncomingHttpHeaders; body: string };
let asked: Asked[] = [];
let answer: (response: ServerResponse) => void;
const content = (response: ServerResponse) => void response.writeHead(200).end('{"Status":"OK"}');

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  asked.push({ url: request.url ?? "", headers: request.headers, body });
  if (request.url === "/broken") response.writeHead(500).end();
  else answer(response);
});

let emulator: Emulator;
let application: string;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  application = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  emulator = await startEmulator({ allowPrivate: true });
});
beforeEach(() => {
  asked = [];
  answer = content;
});
after(async () => {
  await emulator.close();
  server.closeAllConnections();
  server.close();
});

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}

const FORM_BODY =
  "b=${bucket}&o=${object}&e=${etag}&s=${size}&m=${mimeType}&mine=${x:mine}&none=${x:none}";
const VARIABLES = encode({ "x:mine": "a & b" });

function stored(key: string): Promise<string> {
  return readFile(join(emulator.dir, emulator.bucket, key), "utf8");
}

test("a put asks the application with the variables filled in, and passes its answer on", async () => {
  const callback = encode({ callbackUrl: `${application}/done?a=b`, callbackBody: FORM_BODY });
  const reply = await ossV4(emulator, {
    method: "PUT",
    key: "dir/film ü.mp4",
    headers: {
      "content-type": "video/mp4",
      "x-oss-callback": callback,
      "x-oss-callback-var": VARIABLES,
    },
    body: "12345",
  });
  deepEqual([reply.status, reply.text], [200, '{"Status":"OK"}']);
  equal(reply.headers["content-type"], "application/json");
  ok(reply.headers["x-oss-hash-crc64ecma"]);
  const [post] = asked;
  equal(post?.url, "/done?a=b");
  equal(post?.headers["content-type"], "application/x-www-form-urlencoded");
  deepEqual(Object.fromEntries(new URLSearchParams(post?.body)), {
    b: emulator.bucket,
    o: "dir/film ü.mp4",
    e: "827CCB0EEA8A706C4C34A16891F84E7B",
    s: "5",
    m: "video/mp4",
    mine: "a & b",
    none: "",
  });
});

test("a JSON body takes its values as JSON, and callbackHost becomes the Host", async () => {
  const callback = encode({
    callbackUrl: application.replace("http://", ""),
    callbackHost: "app.example.com",
    callbackBody: '{"object":${object},"size":${size},"mine":${x:mine},"fixed":"$"}',
    callbackBodyType: "application/json",
  });
  const headers = { "x-oss-callback": callback, "x-oss-callback-var": encode({ "x:mine": 'q"' }) };
  const reply = await ossV4(emulator, { method: "PUT", key: 'k"', headers, body: "123" });
  equal(reply.status, 200);
  equal(asked[0]?.headers.host, "app.example.com");
  deepEqual(JSON.parse(asked[0]?.body ?? ""), { object: 'k"', size: 3, mine: 'q"', fixed: "$" });
});

test("completing a multipart upload asks as well, with a credential of VOD too", async () => {
  const { reply } = await call(emulator, "CreateUploadVideo", { Title: "t", FileName: "f.mp4" });
  const { FileName: key = "" } = decode(reply.UploadAddress);
  const keys = keysOf(reply);
  const uploadId = await initiate(emulator, key, keys);
  const query = { partNumber: "1", uploadId };
  const part = await ossV4(emulator, { method: "PUT", key, keys, query, body: "part" });
  const done = await ossV4(emulator, {
    method: "POST",
    key,
    keys,
    query: { uploadId },
    headers: {
      "x-oss-callback": encode({ callbackUrl: application, callbackBody: "s=${size}" }),
    },
    body: completeBody([{ number: 1, etag: part.headers.etag ?? "" }]),
  });
  deepEqual([done.status, done.text, asked[0]?.body], [200, '{"Status":"OK"}', "s=4"]);
});

test("a callback that fails is 203 CallbackFailed, and the object is stored all the same", async () => {
  const put = (key: string, callbackUrl: string) =>
    ossV4(emulator, {
      method: "PUT",
      key,
      headers: { "x-oss-callback": encode({ callbackUrl, callbackBody: "x=1" }) },
      body: "stored",
    });
  const cases: [string, (response: ServerResponse) => void, RegExp][] = [
    [application, (response) => response.writeHead(500).end("{}"), /Error status : 500/],
    [application, (response) => response.writeHead(200).end("thanks"), /not valid json/],
    [application, (response) => response.destroy(), /502/],
    ["http://127.0.0.1:1/", content, /502/],
  ];
  for (const [index, [url, reaction, message]] of cases.entries()) {
    answer = reaction;
    const reply = await put(`failed-${index}`, url);
    equal(reply.status, 203);
    equal(xmlText(reply.text, "Code"), "CallbackFailed");
    match(xmlText(reply.text, "Message"), message);
    equal(await stored(`failed-${index}`), "stored");
  }
  equal(emulator.log.at(-1)?.code, "CallbackFailed");
});

test("several URLs are asked in turn, until one is content", async () => {
  const callbackUrl = ["broken", "good", "never"].map((name) => `${application}/${name}`).join(";");
  const headers = { "x-oss-callback": encode({ callbackUrl, callbackBody: "x=1" }) };
  const reply = await ossV4(emulator, { method: "PUT", key: "turns", headers, body: "x" });
  equal(reply.status, 200);
  deepEqual(
    asked.map(({ url }) => url),
    ["/broken", "/good"],
  );
});

test("a presigned URL may carry the callback in its query, under either signature", async () => {
  const callback = encode({ callbackUrl: application, callbackBody: "o=${object}&v=${x:mine}" });
  const query = { callback, "callback-var": VARIABLES };
  for (const [key, presigned] of [
    ["by-v1", ossV1Url],
    ["by-v4", ossV4Url],
  ] as const) {
    const reply = await presigned(emulator, { method: "PUT", key, query, body: "x" });
    equal(reply.status, 200, reply.text);
    equal(asked.at(-1)?.body, `o=${key}&v=a%20%26%20b`);
  }
});

test("a callback in header and query, or one that cannot be read, is refused and nothing is stored", async () => {
  const good = encode({ callbackUrl: application, callbackBody: "x=1" });
  const cases: [Record<string, string>, Record<string, string>][] = [
    [{ "x-oss-callback": good }, { callback: good }],
    [{ "x-oss-callback": good, "x-oss-callback-var": VARIABLES }, { "callback-var": VARIABLES }],
    [{ "x-oss-callback": "not base64!" }, {}],
    [{ "x-oss-callback": Buffer.from("no json").toString("base64") }, {}],
    [{ "x-oss-callback": encode({ callbackUrl: application }) }, {}],
    [{ "x-oss-callback": encode({ callbackBody: "x" }) }, {}],
    [{ "x-oss-callback": encode({ callbackUrl: 7, callbackBody: "x" }) }, {}],
    [
      {
        "x-oss-callback": encode({
          callbackUrl: application,
          callbackBody: "x",
          callbackBodyType: "text/plain",
        }),
      },
      {},
    ],
    [
      {
        "x-oss-callback": encode({
          callbackUrl: Array(6).fill(application).join(";"),
          callbackBody: "x",
        }),
      },
      {},
    ],
    [{ "x-oss-callback": good, "x-oss-callback-var": encode({ "x:Upper": "1" }) }, {}],
    [{ "x-oss-callback": good, "x-oss-callback-var": encode({ mine: "1" }) }, {}],
  ];
  for (const [headers, query] of cases) {
    const reply = await ossV4(emulator, {
      method: "PUT",
      key: "refused",
      headers,
      query,
      body: "x",
    });
    deepEqual([reply.status, xmlText(reply.text, "Code")], [400, "InvalidArgument"]);
  }
  equal((await ossV4(emulator, { method: "HEAD", key: "refused" })).status, 404);
  equal(asked.length, 0);
});
