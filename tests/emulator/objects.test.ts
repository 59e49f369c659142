import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { crc64 } from "../../pkg/src/emulator/crc64.ts";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import { until } from "../support/until.ts";
import { ossV1, ossV4, type Reply, send, xmlText } from "./client.ts";

let emulator: Emulator;
/** The keys that requests have named. */
const arrived: string[] = [];
before(async () => {
  emulator = await startEmulator({
    onArrival: ({ key = "" }) => void arrived.push(key),
    hostNames: ["127.0.0.1.example"],
    allowOrigins: ["https://example.com"],
  });
});
after(() => emulator.close());

function outcome(reply: Reply): string {
  return `${reply.status} ${xmlText(reply.text, "Code")}`;
}

function file(key: string): string {
  return join(emulator.dir, emulator.bucket, ...key.split("/"));
}

const put = (key: string, body: Buffer | string, headers: Record<string, string> = {}) =>
  ossV4(emulator, { method: "PUT", key, body, headers });
const get = (key: string, headers: Record<string, string> = {}) =>
  ossV4(emulator, { method: "GET", key, headers });

test("a put object is a plain file, and its answer carries MD5 and CRC-64", async () => {
  const data = randomBytes(1_500_000);
  const reply = await put("dir/film 1.mp4", data, { "content-type": "video/mp4" });
  const md5 = createHash("md5").update(data);
  const digest = md5.digest();
  equal(reply.headers.etag, `"${digest.toString("hex").toUpperCase()}"`);
  equal(reply.headers["content-md5"], digest.toString("base64"));
  equal(reply.headers["x-oss-hash-crc64ecma"], crc64(data).toString());
  match(String(reply.headers["x-oss-request-id"]), /^[0-9A-F]{24}$/);
  ok((await readFile(file("dir/film 1.mp4"))).equals(data));
});

test("what was stored beside the bytes comes back on GET and HEAD", async () => {
  const headers = {
    "content-type": "video/mp4",
    "cache-control": "no-cache",
    "x-oss-meta-title": Buffer.from("Größe").toString("latin1"),
  };
  await put("meta.mp4", "x", headers);
  const head = await ossV4(emulator, { method: "HEAD", key: "meta.mp4" });
  equal(head.status, 200);
  equal(head.headers["content-length"], "1");
  equal(head.headers["content-type"], "video/mp4");
  equal(head.headers["cache-control"], "no-cache");
  equal(head.headers["x-oss-object-type"], "Normal");
  ok(head.headers["last-modified"]);
});

test("ranges are exact, and impossible ones follow OSS: everything, or 416 when asked for", async () => {
  await put("range", "0123456789");
  const cases: [range: string, status: number, text: string, contentRange: string | undefined][] = [
    ["bytes=0-0", 206, "0", "bytes 0-0/10"],
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=5-100", 206, "56789", "bytes 5-9/10"],
    ["bytes=10-", 200, "0123456789", undefined],
    ["bytes=4-2", 200, "0123456789", undefined],
    ["lines=1-2", 200, "0123456789", undefined],
  ];
  for (const [range, status, text, contentRange] of cases) {
    const reply = await get("range", { range });
    deepEqual(
      [reply.status, reply.text, reply.headers["content-range"]],
      [status, text, contentRange],
    );
  }
  const strict = await get("range", { range: "bytes=10-", "x-oss-range-behavior": "standard" });
  equal(outcome(strict), "416 InvalidRange");
});

test("conditions are kept: 304 and 412", async () => {
  const { headers } = await put("condition", "x");
  const etag = headers.etag ?? "";
  equal((await get("condition", { "if-none-match": etag })).status, 304);
  equal((await get("condition", { "if-none-match": '"other"' })).status, 200);
  equal(outcome(await get("condition", { "if-match": '"other"' })), "412 PreconditionFailed");
  equal((await get("condition", { "if-match": etag })).status, 200);
  const later = new Date(Date.now() + 5000).toUTCString();
  const earlier = new Date(Date.now() - 5000).toUTCString();
  equal((await get("condition", { "if-modified-since": later })).status, 304);
  equal((await get("condition", { "if-unmodified-since": earlier })).status, 412);
});

test("a missing object is 404, and HEAD says why in a header", async () => {
  equal(outcome(await get("nothing")), "404 NoSuchKey");
  const head = await ossV4(emulator, { method: "HEAD", key: "nothing" });
  equal(head.status, 404);
  const document = Buffer.from(String(head.headers["x-oss-err"]), "base64").toString();
  equal(xmlText(document, "Code"), "NoSuchKey");
  equal(xmlText(document, "RequestId"), head.headers["x-oss-request-id"]);
});

test("deleting removes the file, its empty folders, and is quiet about what is not there", async () => {
  await put("deep/down/here", "x");
  equal((await ossV4(emulator, { method: "DELETE", key: "deep/down/here" })).status, 204);
  equal((await ossV4(emulator, { method: "DELETE", key: "deep/down/here" })).status, 204);
  equal(existsSync(file("deep")), false);
  equal((await put("deep", "now an object")).status, 200);
});

test("no key leads out of the bucket", async () => {
  const raw = [
    "/../../etc/evil",
    "/%2e%2e/%2e%2e/evil",
    "/a/../../../evil",
    "/a%2F..%2F..%2F..%2Fevil",
  ];
  for (const path of raw) {
    const key = decodeURIComponent(path.slice(1));
    const reply = await ossV4(emulator, {
      method: "PUT",
      key,
      body: "x",
      tamper: (call) => {
        call.target = `/${emulator.bucket}${path}`;
      },
    });
    equal(outcome(reply), "400 InvalidObjectName", path);
  }
  for (const key of [
    "a//b",
    "a/",
    "./a",
    "back\\slash",
    "nul\0",
    "x".repeat(1024),
    "y".repeat(256),
  ]) {
    equal(outcome(await put(key, "x")), "400 InvalidObjectName", key.slice(0, 20));
  }
  deepEqual(
    (await readdir(dirname(emulator.dir))).filter((name) => name === "evil"),
    [],
  );
});

test("a key cannot be both an object and a folder of objects", async () => {
  await put("both", "x");
  equal(outcome(await put("both/below", "x")), "409 ObjectPathConflict");
  await put("tree/leaf", "x");
  equal(outcome(await put("tree", "x")), "409 ObjectPathConflict");
});

test("another bucket does not exist", async () => {
  const swap = (bucket: string) => ossV4({ ...emulator, bucket }, { method: "GET", key: "x" });
  equal(outcome(await swap("somebody-else")), "404 NoSuchBucket");
  equal(outcome(await swap("Not_A_Bucket")), "400 InvalidBucketName");
});

test("Content-MD5 is checked, and a mismatch stores nothing", async () => {
  const right = createHash("md5").update("body").digest("base64");
  equal((await put("md5", "body", { "content-md5": right })).status, 200);
  const wrong = createHash("md5").update("other").digest("base64");
  equal(outcome(await put("md5-wrong", "body", { "content-md5": wrong })), "400 InvalidDigest");
  equal(outcome(await put("md5-wrong", "body", { "content-md5": "short" })), "400 InvalidDigest");
  equal(outcome(await get("md5-wrong")), "404 NoSuchKey");
});

test("forbid-overwrite keeps what is there", async () => {
  await put("first", "first");
  const reply = await put("first", "second", { "x-oss-forbid-overwrite": "true" });
  equal(outcome(reply), "409 FileAlreadyExists");
  equal((await get("first")).text, "first");
});

test("more than 5 GB are refused before they are read", async () => {
  const tamper = (call: { headers?: Record<string, string> }) => {
    call.headers = {
      ...call.headers,
      "content-length": String(5 * 1024 ** 3 + 1),
      expect: "100-continue",
    };
  };
  const reply = await ossV4(emulator, { method: "PUT", key: "huge", tamper });
  equal(outcome(reply), "400 EntityTooLarge");
});

test("a body shorter than announced stores nothing and leaves the old object", async () => {
  await put("broken", "old");
  const { hostname, port } = new URL(emulator.endpoint);
  const before = emulator.log.length;
  arrived.length = 0;
  await ossV4(emulator, {
    method: "PUT",
    key: "broken",
    headers: { "content-length": "1000" },
    tamper: (call) => {
      const socket = connect(Number(port), hostname);
      const lines = Object.entries(call.headers ?? {}).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      socket.write(
        `PUT ${call.target} HTTP/1.1\r\nHost: ${hostname}\r\n${lines.join("")}\r\npartial`,
      );
      void until(() => arrived.includes("broken")).then(() => socket.destroy());
      // The real request of the helper must not count: make it an innocent one.
      call.method = "GET";
      call.target = "/";
      call.headers = {};
    },
  });
  await until(() => emulator.log.slice(before).some((info) => info.operation === "PutObject"));
  const info = emulator.log.slice(before).find((entry) => entry.operation === "PutObject");
  deepEqual([info?.status, info?.bytesReceived], [0, 7]);
  equal((await get("broken")).text, "old");
  deepEqual(await readdir(join(emulator.dir, ".vodlift-emulator", "incoming")), []);
});

test("a chunked body is taken by PutObject", async () => {
  const headers = { "transfer-encoding": "chunked" };
  const tamper = (call: { headers?: Record<string, string> }) => {
    delete call.headers?.["content-length"];
  };
  equal(
    (await ossV4(emulator, { method: "PUT", key: "chunked", body: "pieces", headers, tamper }))
      .status,
    200,
  );
  equal((await get("chunked")).text, "pieces");
});

test("neither a length nor chunks is 411", async () => {
  const { hostname, port } = new URL(emulator.endpoint);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
    void ossV1(emulator, {
      method: "PUT",
      key: "lengthless",
      tamper: (call) => {
        const { "content-length": _, ...headers } = call.headers ?? {};
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
        socket.write(
          `PUT ${call.target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines.join("")}\r\n`,
        );
        call.method = "GET";
        call.target = "/";
      },
    });
  });
  match(answer, /^HTTP\/1.1 411 /);
  match(answer, /<Code>MissingContentLength<\/Code>/);
});

test("a zero-byte object is an object", async () => {
  const reply = await put("empty", "");
  equal(reply.headers["x-oss-hash-crc64ecma"], "0");
  const read = await get("empty");
  deepEqual([read.status, read.headers["content-length"], read.text], [200, "0", ""]);
});

test("a file put into the folder by hand is an object with checksums", async () => {
  await mkdir(dirname(file("by/hand.mp4")), { recursive: true });
  await writeFile(file("by/hand.mp4"), "123456789");
  const head = await ossV4(emulator, { method: "HEAD", key: "by/hand.mp4" });
  equal(head.headers["x-oss-hash-crc64ecma"], 0x995dc9bbdf1939fan.toString());
  await writeFile(file("by/hand.mp4"), "changed");
  equal(
    (await get("by/hand.mp4")).headers.etag,
    `"${createHash("md5").update("changed").digest("hex").toUpperCase()}"`,
  );
});

test("a bucket in the host name is understood like one in the path", async () => {
  await put("hosted dir/äö.txt", "x");
  for (const suffix of ["localhost", "oss-cn-shanghai.aliyuncs.com", "127.0.0.1.example"]) {
    const reply = await ossV4(emulator, {
      method: "GET",
      key: "hosted dir/äö.txt",
      tamper: (call) => {
        call.target = call.target.replace(`/${emulator.bucket}`, "");
        call.headers = { ...call.headers, host: `${emulator.bucket}.${suffix}` };
      },
    });
    deepEqual([reply.status, reply.text], [200, "x"], suffix);
  }
});

test("what the emulator lacks says so instead of passing for something else", async () => {
  for (const query of [{ acl: "" }, { append: "", position: "0" }, { tagging: "" }]) {
    equal(
      outcome(await ossV4(emulator, { method: "PUT", key: "x", query, body: "x" })),
      "501 NotImplemented",
    );
  }
  const copy = { "x-oss-copy-source": "/a/b" };
  equal(outcome(await put("x", "", copy)), "501 NotImplemented");
});

test("a browser may ask before it uploads", async () => {
  const reply = await send(emulator.endpoint, {
    method: "OPTIONS",
    target: `/${emulator.bucket}/x`,
    headers: { origin: "https://example.com", "access-control-request-headers": "authorization" },
  });
  equal(reply.status, 200);
  equal(reply.headers["access-control-allow-headers"], "authorization");
  match(String(reply.headers["access-control-expose-headers"]), /ETag/);
  equal(reply.headers["access-control-allow-origin"], "https://example.com");
});

test("broken percent-encoding is refused, not guessed", async () => {
  const reply = await send(emulator.endpoint, { method: "GET", target: `/${emulator.bucket}/%zz` });
  equal(outcome(reply), "400 InvalidURI");
  const query = await send(emulator.endpoint, {
    method: "GET",
    target: `/${emulator.bucket}/x?a=%ff`,
  });
  equal(outcome(query), "400 InvalidURI");
});

test("closing drops connections that are in use", async () => {
  let reached = () => {};
  const stalls = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const other = await startEmulator({
    onArrival: () => reached(),
    faults: [{ operation: "GetObject", action: { kind: "stall" } }],
  });
  const pending = ossV4(other, { method: "GET", key: "x" });
  await stalls;
  await Promise.all([rejects(pending), other.close()]);
  equal(existsSync(other.dir), false);
});
