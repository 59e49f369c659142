import { deepEqual, equal, match, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { crc64 } from "../../pkg/src/emulator/crc64.ts";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import { until } from "../support/until.ts";
import { completeBody, initiate, ossV1, ossV4, type Reply, xmlText } from "./client.ts";

let emulator: Emulator;
/** What has begun to arrive: the operation, and the part. */
const arrived: string[] = [];
before(async () => {
  emulator = await startEmulator({
    onArrival: ({ operation, partNumber }) => void arrived.push(`${operation} ${partNumber}`),
  });
});
after(() => emulator.close());

const KIB = 1024;
const MIN = 100 * KIB;

function outcome(reply: Reply): string {
  return `${reply.status} ${xmlText(reply.text, "Code")}`;
}

type Sent = { number: number; etag: string; data: Buffer };

async function sendPart(
  key: string,
  uploadId: string,
  number: number,
  data: Buffer,
): Promise<Sent> {
  const reply = await ossV4(emulator, {
    method: "PUT",
    key,
    query: { partNumber: String(number), uploadId },
    body: data,
  });
  equal(reply.status, 200, reply.text);
  equal(reply.headers["x-oss-hash-crc64ecma"], crc64(data).toString());
  return { number, etag: reply.headers.etag ?? "", data };
}

function complete(
  key: string,
  uploadId: string,
  parts: readonly { number: number; etag: string }[],
) {
  return ossV4(emulator, { method: "POST", key, query: { uploadId }, body: completeBody(parts) });
}

async function completeAndCompare(
  key: string,
  uploadId: string,
  parts: readonly Sent[],
): Promise<Reply> {
  const ordered = parts.toSorted((a, b) => a.number - b.number);
  const whole = Buffer.concat(ordered.map((part) => part.data));
  const reply = await complete(key, uploadId, ordered);
  equal(reply.status, 200, reply.text);
  equal(reply.headers["x-oss-hash-crc64ecma"], crc64(whole).toString());
  ok((await readFile(join(emulator.dir, emulator.bucket, key))).equals(whole), "content");
  equal(existsSync(join(emulator.dir, ".vodlift-emulator", "uploads", uploadId)), false);
  return reply;
}

test("parts sent in any order become the object, in the order of their numbers", async () => {
  const uploadId = await initiate(emulator, "any-order");
  const sizes: [number, number][] = [
    [3, 200 * KIB],
    [1, 200 * KIB],
    [4, 17],
    [2, 200 * KIB],
  ];
  const parts: Sent[] = [];
  for (const [number, size] of sizes) {
    parts.push(await sendPart("any-order", uploadId, number, randomBytes(size)));
  }
  const reply = await completeAndCompare("any-order", uploadId, parts);
  match(xmlText(reply.text, "ETag"), /^"[0-9A-F]{32}-4"$/);
  const head = await ossV4(emulator, { method: "HEAD", key: "any-order" });
  equal(head.headers["x-oss-object-type"], "Multipart");
});

const layouts: [name: string, parts: [number: number, size: number][]][] = [
  ["one part alone", [[1, 5]]],
  [
    "numbers with gaps",
    [
      [2, MIN],
      [5, MIN],
      [9, 3],
    ],
  ],
  [
    "the short last part first",
    [
      [3, 1000],
      [1, 300 * KIB],
      [2, 300 * KIB],
    ],
  ],
  [
    "a long last part first",
    [
      [3, MIN],
      [1, 300 * KIB],
      [2, 300 * KIB],
    ],
  ],
  [
    "growing parts",
    [
      [1, MIN],
      [2, 2 * MIN],
      [3, 3 * MIN],
      [4, 1],
    ],
  ],
  [
    "shrinking parts",
    [
      [1, 3 * MIN],
      [2, 2 * MIN],
      [3, MIN],
      [4, 0],
    ],
  ],
  [
    "an odd one in the middle",
    [
      [1, 2 * MIN],
      [2, MIN],
      [3, 2 * MIN],
      [4, 2 * MIN],
    ],
  ],
];
for (const [name, sizes] of layouts) {
  test(`the bytes are right with ${name}`, async () => {
    const key = `layout/${name}`;
    const uploadId = await initiate(emulator, key);
    const parts: Sent[] = [];
    for (const [number, size] of sizes) {
      parts.push(await sendPart(key, uploadId, number, randomBytes(size)));
    }
    await completeAndCompare(key, uploadId, parts);
  });
}

test("equal parts lie at their final place while the upload is open", async () => {
  const uploadId = await initiate(emulator, "slots");
  const data = randomBytes(MIN);
  await sendPart("slots", uploadId, 1, data);
  await sendPart("slots", uploadId, 3, data);
  const folder = join(emulator.dir, ".vodlift-emulator", "uploads", uploadId);
  deepEqual((await readdir(folder)).toSorted(), ["data", "parts.jsonl", "upload.json"]);
  equal((await stat(join(folder, "data"))).size, 3 * MIN);
});

test("a part sent again replaces the first, whatever its size", async () => {
  const uploadId = await initiate(emulator, "again");
  await sendPart("again", uploadId, 1, randomBytes(MIN));
  await sendPart("again", uploadId, 2, randomBytes(MIN));
  const first = await sendPart("again", uploadId, 1, randomBytes(2 * MIN));
  await sendPart("again", uploadId, 2, randomBytes(MIN));
  const second = await sendPart("again", uploadId, 2, randomBytes(MIN));
  await completeAndCompare("again", uploadId, [first, second]);
});

test("a part that breaks off midway loses neither the part before nor the upload", async () => {
  const uploadId = await initiate(emulator, "breaks");
  const good = await sendPart("breaks", uploadId, 1, randomBytes(MIN));
  await breakOff("breaks", uploadId, 1);
  await breakOff("breaks", uploadId, 2);
  const listed = await ossV4(emulator, { method: "GET", key: "breaks", query: { uploadId } });
  equal(listed.text.match(/<Part>/g)?.length, 1);
  equal(xmlText(listed.text, "ETag"), good.etag);
  const second = await sendPart("breaks", uploadId, 2, randomBytes(10));
  await completeAndCompare("breaks", uploadId, [good, second]);
});

/** Announces a part of 100 KB, sends half of it, and hangs up. */
async function breakOff(key: string, uploadId: string, number: number): Promise<void> {
  const { hostname, port } = new URL(emulator.endpoint);
  const seen = emulator.log.length;
  const known = arrived.length;
  const begins = () => arrived.slice(known).includes(`UploadPart ${number}`);
  await ossV4(emulator, {
    method: "PUT",
    key,
    query: { partNumber: String(number), uploadId },
    headers: { "content-length": String(MIN) },
    tamper: (call) => {
      const lines = Object.entries(call.headers ?? {}).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      const socket = connect(Number(port), hostname);
      socket.write(`PUT ${call.target} HTTP/1.1\r\nHost: localhost\r\n${lines.join("")}\r\n`);
      socket.write(randomBytes(MIN / 2));
      void until(begins).then(() => socket.destroy());
      call.method = "GET";
      call.target = "/";
      call.headers = {};
    },
  });
  await until(() => emulator.log.slice(seen).some((info) => info.operation === "UploadPart"));
}

test("a part still arriving when the upload completes can harm nothing", async () => {
  const uploadId = await initiate(emulator, "late");
  const parts = [
    await sendPart("late", uploadId, 1, randomBytes(MIN)),
    await sendPart("late", uploadId, 2, randomBytes(MIN)),
  ];
  arrived.length = 0;
  const { hostname, port } = new URL(emulator.endpoint);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  await ossV4(emulator, {
    method: "PUT",
    key: "late",
    query: { partNumber: "3", uploadId },
    headers: { "content-length": String(4 * 1024 * KIB) },
    tamper: (call) => {
      const lines = Object.entries(call.headers ?? {}).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      socket.write(
        `PUT ${call.target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines.join("")}\r\n`,
      );
      socket.write(randomBytes(1024 * KIB));
      call.method = "GET";
      call.target = "/";
      call.headers = {};
    },
  });
  await until(() => arrived.includes("UploadPart 3"));
  await completeAndCompare("late", uploadId, parts);
  socket.end(randomBytes(3 * 1024 * KIB));
  await new Promise((resolve) => socket.once("close", resolve));
  match(answer, /404 .*NoSuchUpload/s);
  equal((await stat(join(emulator.dir, emulator.bucket, "late"))).size, 2 * MIN);
});

test("Complete refuses what OSS refuses, and the upload stays open", async () => {
  const uploadId = await initiate(emulator, "refused");
  const one = await sendPart("refused", uploadId, 1, randomBytes(MIN - 1));
  const two = await sendPart("refused", uploadId, 2, randomBytes(10));
  const lists: [Parameters<typeof complete>[2], string][] = [
    [[one, two], "400 EntityTooSmall"],
    [[two, one], "400 InvalidPartOrder"],
    [[two, two], "400 InvalidPartOrder"],
    [[{ ...two, etag: one.etag }], "400 InvalidPart"],
    [[{ ...two, number: 7 }], "400 InvalidPart"],
    [[], "400 MalformedXML"],
  ];
  for (const [list, expected] of lists) {
    equal(outcome(await complete("refused", uploadId, list)), expected);
  }
  for (const body of ["", "no xml", "<Complete", "<Other></Other>"]) {
    const reply = await ossV4(emulator, {
      method: "POST",
      key: "refused",
      query: { uploadId },
      body,
    });
    equal(outcome(reply), "400 MalformedXML", body);
  }
  equal((await complete("refused", uploadId, [two])).status, 200);
});

test("ETags are compared without regard to quotes and case", async () => {
  const uploadId = await initiate(emulator, "etag");
  const part = await sendPart("etag", uploadId, 1, randomBytes(10));
  const etag = part.etag.replaceAll('"', "").toLowerCase();
  equal((await complete("etag", uploadId, [{ number: 1, etag }])).status, 200);
});

test("complete-all takes every part there is, and no list beside", async () => {
  const uploadId = await initiate(emulator, "all");
  const parts = [randomBytes(MIN), randomBytes(5)];
  await sendPart("all", uploadId, 1, parts[0] ?? Buffer.alloc(0));
  await sendPart("all", uploadId, 2, parts[1] ?? Buffer.alloc(0));
  const headers = { "x-oss-complete-all": "yes" };
  const call = { method: "POST", key: "all", query: { uploadId }, headers };
  const both = await ossV4(emulator, { ...call, body: completeBody([{ number: 1, etag: "x" }]) });
  equal(outcome(both), "400 InvalidArgument");
  equal((await ossV4(emulator, call)).status, 200);
  ok((await readFile(join(emulator.dir, emulator.bucket, "all"))).equals(Buffer.concat(parts)));
});

test("after Complete the upload is gone: a second one meets NoSuchUpload", async () => {
  const uploadId = await initiate(emulator, "twice");
  const part = await sendPart("twice", uploadId, 1, randomBytes(10));
  const replies = await Promise.all([1, 2].map(() => complete("twice", uploadId, [part])));
  deepEqual(replies.map((reply) => reply.status).toSorted(), [200, 404]);
  equal(outcome(await complete("twice", uploadId, [part])), "404 NoSuchUpload");
});

test("a Complete that cannot be stored leaves the upload as it was", async () => {
  const uploadId = await initiate(emulator, "blocked/below");
  const parts = [
    await sendPart("blocked/below", uploadId, 1, randomBytes(MIN)),
    await sendPart("blocked/below", uploadId, 2, randomBytes(MIN)),
  ];
  await ossV4(emulator, { method: "PUT", key: "blocked", body: "x" });
  const refused = await complete("blocked/below", uploadId, parts);
  equal(outcome(refused), "409 ObjectPathConflict");
  await ossV4(emulator, { method: "DELETE", key: "blocked" });
  await completeAndCompare("blocked/below", uploadId, parts);
});

test("an abort beside the very first part is no fault of the service's", async () => {
  for (let n = 0; n < 60; n += 1) {
    const key = `beside-${n}`;
    const uploadId = await initiate(emulator, key);
    const part = ossV4(emulator, {
      method: "PUT",
      key,
      query: { partNumber: "1", uploadId },
      body: randomBytes(MIN),
    });
    const abort = ossV4(emulator, { method: "DELETE", key, query: { uploadId } });
    const [sent, ended] = await Promise.all([part, abort]);
    ok(sent.status === 200 || outcome(sent) === "404 NoSuchUpload", outcome(sent));
    equal(ended.status, 204);
  }
});

test("an aborted upload is gone with everything it stored", async () => {
  const uploadId = await initiate(emulator, "aborted");
  await sendPart("aborted", uploadId, 1, randomBytes(MIN));
  const abort = () => ossV4(emulator, { method: "DELETE", key: "aborted", query: { uploadId } });
  equal((await abort()).status, 204);
  equal(outcome(await abort()), "404 NoSuchUpload");
  equal(existsSync(join(emulator.dir, ".vodlift-emulator", "uploads", uploadId)), false);
  equal(existsSync(join(emulator.dir, emulator.bucket, "aborted")), false);
});

test("an upload belongs to its key", async () => {
  const uploadId = await initiate(emulator, "mine");
  const call = { method: "PUT", key: "yours", query: { partNumber: "1", uploadId }, body: "x" };
  equal(outcome(await ossV4(emulator, call)), "404 NoSuchUpload");
});

test("part numbers are 1 to 10000", async () => {
  const uploadId = await initiate(emulator, "numbers");
  for (const partNumber of ["0", "10001", "-1", "1.5", "x", ""]) {
    const call = { method: "PUT", key: "numbers", query: { partNumber, uploadId }, body: "x" };
    equal(outcome(await ossV4(emulator, call)), "400 InvalidArgument", partNumber);
  }
  await sendPart("numbers", uploadId, 10_000, Buffer.from("x"));
});

test("a part must announce its length: chunks are refused, and so are more than 5 GB", async () => {
  const uploadId = await initiate(emulator, "length");
  const call = { method: "PUT", key: "length", query: { partNumber: "1", uploadId } };
  const chunked = await ossV4(emulator, {
    ...call,
    body: "x",
    headers: { "transfer-encoding": "chunked" },
    tamper: (wire) => {
      delete wire.headers?.["content-length"];
    },
  });
  equal(outcome(chunked), "411 MissingContentLength");
  const huge = await ossV4(emulator, {
    ...call,
    tamper: (wire) => {
      wire.headers = {
        ...wire.headers,
        "content-length": String(5 * 1024 ** 3 + 1),
        expect: "100-continue",
      };
    },
  });
  equal(outcome(huge), "400 EntityTooLarge");
});

test("a part with a wrong Content-MD5 is not stored", async () => {
  const uploadId = await initiate(emulator, "md5");
  const headers = { "content-md5": Buffer.alloc(16).toString("base64") };
  const call = {
    method: "PUT",
    key: "md5",
    query: { partNumber: "1", uploadId },
    body: "x",
    headers,
  };
  equal(outcome(await ossV4(emulator, call)), "400 InvalidDigest");
  const listed = await ossV4(emulator, { method: "GET", key: "md5", query: { uploadId } });
  equal(listed.text.includes("<Part>"), false);
});

test("ListParts pages through all parts, in either signature version", async () => {
  const key = "list parts/ü+&";
  const uploadId = await initiate(emulator, key);
  for (const number of [9, 2, 5, 7, 1]) await sendPart(key, uploadId, number, randomBytes(number));
  for (const sign of [ossV1, ossV4]) {
    const numbers: string[] = [];
    let marker = "0";
    for (;;) {
      const query = {
        uploadId,
        "max-parts": "2",
        "part-number-marker": marker,
        "encoding-type": "url",
      };
      const { text } = await sign(emulator, { method: "GET", key, query });
      equal(xmlText(text, "Key"), "list%20parts/%C3%BC%2B%26");
      for (const [, number] of text.matchAll(/<PartNumber>(\d+)</g)) numbers.push(number ?? "");
      marker = xmlText(text, "NextPartNumberMarker");
      if (xmlText(text, "IsTruncated") === "false") break;
    }
    deepEqual(numbers, ["1", "2", "5", "7", "9"]);
  }
  const query = { uploadId, "max-parts": "1001" };
  equal(outcome(await ossV4(emulator, { method: "GET", key, query })), "400 InvalidArgument");
});

test("open uploads are listed with prefix, delimiter and pages, and by the emulator itself", async () => {
  const other = await startEmulator();
  for (const key of ["v/a", "v/b", "v/sub/1", "v/sub/2", "w/c"]) await initiate(other, key);
  const list = async (query: Record<string, string>) => {
    const reply = await ossV4(other, { method: "GET", query: { uploads: "", ...query } });
    return reply.text;
  };
  const grouped = await list({ prefix: "v/", delimiter: "/" });
  deepEqual(
    [...grouped.matchAll(/<Key>([^<]*)</g)].map((match) => match[1]),
    ["v/a", "v/b"],
  );
  match(grouped, /<CommonPrefixes>\s*<Prefix>v\/sub\/</);
  const seen: (string | undefined)[] = [];
  let markers: Record<string, string> = {};
  for (;;) {
    const text = await list({ "max-uploads": "2", ...markers });
    seen.push(...[...text.matchAll(/<Key>([^<]*)</g)].map((match) => match[1]));
    if (xmlText(text, "IsTruncated") === "false") break;
    markers = {
      "key-marker": xmlText(text, "NextKeyMarker"),
      "upload-id-marker": xmlText(text, "NextUploadIdMarker"),
    };
  }
  deepEqual(seen, ["v/a", "v/b", "v/sub/1", "v/sub/2", "w/c"]);
  const open = await other.openUploads();
  deepEqual(
    open.map(({ key, parts, bytes }) => [key, parts, bytes]),
    seen.map((key) => [key, 0, 0]),
  );
  await other.close();
});

test("the headers of Initiate are those of the object", async () => {
  const headers = { "content-type": "video/mp4", "x-oss-meta-a": "b" };
  const started = await ossV4(emulator, {
    method: "POST",
    key: "headers",
    query: { uploads: "" },
    headers,
  });
  const uploadId = xmlText(started.text, "UploadId");
  const part = await sendPart("headers", uploadId, 1, randomBytes(3));
  await complete("headers", uploadId, [part]);
  const head = await ossV4(emulator, { method: "HEAD", key: "headers" });
  deepEqual([head.headers["content-type"], head.headers["x-oss-meta-a"]], ["video/mp4", "b"]);
});

test("forbid-overwrite holds at Initiate and at Complete", async () => {
  const headers = { "x-oss-forbid-overwrite": "true" };
  const uploadId = await initiate(emulator, "kept");
  const part = await sendPart("kept", uploadId, 1, randomBytes(3));
  await ossV4(emulator, { method: "PUT", key: "kept", body: "meanwhile" });
  const body = completeBody([part]);
  const late = await ossV4(emulator, {
    method: "POST",
    key: "kept",
    query: { uploadId },
    headers,
    body,
  });
  equal(outcome(late), "409 FileAlreadyExists");
  const again = await ossV4(emulator, {
    method: "POST",
    key: "kept",
    query: { uploads: "" },
    headers,
  });
  equal(outcome(again), "409 FileAlreadyExists");
});
