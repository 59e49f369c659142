import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Crc64 } from "../../pkg/src/emulator/crc64.ts";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import {
  call,
  completeBody,
  decode,
  initiate,
  keysOf,
  ossV1,
  ossV4,
  type Reply,
  xmlText,
} from "./client.ts";

let emulator: Emulator;
before(async () => {
  emulator = await startEmulator();
});
after(() => emulator.close());

function stored(key: string): Promise<Buffer> {
  return readFile(join(emulator.dir, emulator.bucket, ...key.split("/")));
}

function crcOf(data: Buffer): string {
  const crc = new Crc64();
  crc.update(data);
  return crc.digest().toString();
}

function append(
  key: string,
  position: number,
  body: Buffer | string,
  headers = {},
): Promise<Reply> {
  const query = { append: "", position: String(position) };
  return ossV4(emulator, { method: "POST", key, query, body, headers });
}

const codeOf = (reply: Reply) => [reply.status, xmlText(reply.text, "Code")];

test("AppendObject grows an object, and says where to go on and what the whole hashes to", async () => {
  const [first, second] = [randomBytes(150_000), randomBytes(7)];
  const key = "log/growing.bin";
  const begun = await append(key, 0, first, { "content-type": "text/x-log" });
  deepEqual([begun.status, begun.headers["x-oss-next-append-position"]], [200, "150000"]);
  equal(begun.headers["x-oss-hash-crc64ecma"], crcOf(first));
  const more = await append(key, 150_000, second);
  deepEqual([more.status, more.headers["x-oss-next-append-position"]], [200, "150007"]);
  const whole = Buffer.concat([first, second]);
  equal(more.headers["x-oss-hash-crc64ecma"], crcOf(whole));
  deepEqual(await stored(key), whole);
  const head = await ossV4(emulator, { method: "HEAD", key });
  equal(head.headers["x-oss-object-type"], "Appendable");
  equal(head.headers["content-type"], "text/x-log");
  equal(head.headers["x-oss-hash-crc64ecma"], crcOf(whole));
  const v1 = { method: "POST", key, query: { append: "", position: "150007" }, body: "v1" };
  equal((await ossV1(emulator, v1)).status, 200);
});

test("a wrong position is refused with the right one, and nothing is added", async () => {
  await append("position", 0, "12345");
  for (const position of [0, 4, 6]) {
    const reply = await append("position", position, "x");
    deepEqual(codeOf(reply), [409, "PositionNotEqualToLength"]);
    equal(reply.headers["x-oss-next-append-position"], "5");
  }
  deepEqual(codeOf(await append("position-new", 1, "x")), [409, "PositionNotEqualToLength"]);
  equal((await stored("position")).toString(), "12345");
});

test("of two appends to one position only one wins", async () => {
  await append("race", 0, "");
  const replies = await Promise.all(["a", "b", "c", "d"].map((text) => append("race", 0, text)));
  deepEqual(replies.map((reply) => reply.status).toSorted(), [200, 409, 409, 409]);
  equal((await stored("race")).length, 1);
});

test("an ordinary object is not appendable; a put makes one of it again", async () => {
  await ossV4(emulator, { method: "PUT", key: "normal", body: "x" });
  deepEqual(codeOf(await append("normal", 1, "y")), [409, "ObjectNotAppendable"]);
  await append("replaced", 0, "long text");
  await ossV4(emulator, { method: "PUT", key: "replaced", body: "new" });
  equal((await stored("replaced")).toString(), "new");
  deepEqual(codeOf(await append("replaced", 3, "y")), [409, "ObjectNotAppendable"]);
});

test("Content-MD5, forbid-overwrite and a missing position are seen by AppendObject, too", async () => {
  const md5 = createHash("md5").update("other").digest("base64");
  deepEqual(codeOf(await append("a/md5", 0, "x", { "content-md5": md5 })), [400, "InvalidDigest"]);
  equal((await ossV4(emulator, { method: "HEAD", key: "a/md5" })).status, 404);
  const forbid = { "x-oss-forbid-overwrite": "true" };
  equal((await append("a/forbid", 0, "x", forbid)).status, 200);
  deepEqual(codeOf(await append("a/forbid", 0, "x", forbid)), [409, "FileAlreadyExists"]);
  const query = { append: "", position: "first" };
  const reply = await ossV4(emulator, { method: "POST", key: "a/x", query, body: "x" });
  deepEqual(codeOf(reply), [400, "InvalidArgument"]);
});

const SOURCE = randomBytes(400_000);

async function copyPart(
  uploadId: string,
  number: number,
  headers: Record<string, string>,
  key = "copied",
) {
  const query = { partNumber: String(number), uploadId };
  return ossV4(emulator, { method: "PUT", key, query, headers });
}

test("UploadPartCopy makes parts of another object's ranges", async () => {
  const key = "source dir/ü & 1.bin";
  await ossV4(emulator, { method: "PUT", key, body: SOURCE });
  const source = `/${emulator.bucket}/${encodeURIComponent(key)}`;
  const uploadId = await initiate(emulator, "copied");
  const ranges = ["bytes=0-199999", "bytes=200000-399999"];
  const parts = [];
  for (const [index, range] of ranges.entries()) {
    const headers = { "x-oss-copy-source": source, "x-oss-copy-source-range": range };
    const reply = await copyPart(uploadId, index + 1, headers);
    equal(reply.status, 200, reply.text);
    match(reply.text, /<CopyPartResult>/);
    // Official clients read the header.
    equal(reply.headers.etag, xmlText(reply.text, "ETag"));
    parts.push({ number: index + 1, etag: xmlText(reply.text, "ETag") });
  }
  const half = createHash("md5").update(SOURCE.subarray(0, 200_000)).digest("hex").toUpperCase();
  equal(parts[0]?.etag, `"${half}"`);
  // Without a range the whole object.
  const whole = await copyPart(uploadId, 3, { "x-oss-copy-source": source });
  parts.push({ number: 3, etag: xmlText(whole.text, "ETag") });
  const body = completeBody(parts);
  const done = await ossV4(emulator, { method: "POST", key: "copied", query: { uploadId }, body });
  equal(done.status, 200);
  deepEqual(await stored("copied"), Buffer.concat([SOURCE, SOURCE]));
  equal(done.headers["x-oss-hash-crc64ecma"], crcOf(Buffer.concat([SOURCE, SOURCE])));
});

test("a part copy is refused without its source, outside of it, and when a condition fails", async () => {
  await ossV4(emulator, { method: "PUT", key: "small", body: "12345" });
  const uploadId = await initiate(emulator, "copied");
  const source = `/${emulator.bucket}/small`;
  const cases: [Record<string, string>, number, string][] = [
    [{ "x-oss-copy-source": `/${emulator.bucket}/nothing` }, 404, "NoSuchKey"],
    [{ "x-oss-copy-source": "/other-bucket/small" }, 404, "NoSuchBucket"],
    [{ "x-oss-copy-source": "small" }, 400, "InvalidArgument"],
    [
      { "x-oss-copy-source": source, "x-oss-copy-source-range": "bytes=0-5" },
      400,
      "InvalidArgument",
    ],
    [
      { "x-oss-copy-source": source, "x-oss-copy-source-range": "bytes=3-" },
      400,
      "InvalidArgument",
    ],
    [
      { "x-oss-copy-source": source, "x-oss-copy-source-if-match": '"00"' },
      412,
      "PreconditionFailed",
    ],
    [
      { "x-oss-copy-source": source, "x-oss-copy-source-if-none-match": "*" },
      412,
      "PreconditionFailed",
    ],
    [
      {
        "x-oss-copy-source": source,
        "x-oss-copy-source-if-unmodified-since": new Date(0).toUTCString(),
      },
      412,
      "PreconditionFailed",
    ],
    [
      {
        "x-oss-copy-source": source,
        "x-oss-copy-source-if-modified-since": new Date(Date.now() + 5000).toUTCString(),
      },
      412,
      "PreconditionFailed",
    ],
  ];
  for (const [headers, status, code] of cases) {
    deepEqual(
      codeOf(await copyPart(uploadId, 1, headers)),
      [status, code],
      JSON.stringify(headers),
    );
  }
  deepEqual(await emulator.openUploads().then((open) => open.at(-1)?.parts), 0);
  equal(
    (await ossV4(emulator, { method: "PUT", key: "c", headers: { "x-oss-copy-source": source } }))
      .status,
    501,
  );
});

test("VOD's upload credential can neither append nor copy", async () => {
  const { reply } = await call(emulator, "CreateUploadVideo", { Title: "t", FileName: "f.mp4" });
  const { FileName: key = "" } = decode(reply.UploadAddress);
  const keys = keysOf(reply);
  const query = { append: "", position: "0" };
  const appended = await ossV4(emulator, { method: "POST", key, keys, query, body: "x" });
  deepEqual(codeOf(appended), [403, "AccessDenied"]);
  const uploadId = await initiate(emulator, key, keys);
  const copied = await ossV4(emulator, {
    method: "PUT",
    key,
    keys,
    query: { partNumber: "1", uploadId },
    headers: { "x-oss-copy-source": `/${emulator.bucket}/small` },
  });
  deepEqual(codeOf(copied), [403, "AccessDenied"]);
});

test("a sequential upload takes parts in their order only, and one again while it is the last", async () => {
  const key = "sequential";
  const query = { uploads: "", sequential: "" };
  const begun = await ossV4(emulator, { method: "POST", key, query });
  const uploadId = xmlText(begun.text, "UploadId");
  const part = (number: number) =>
    ossV4(emulator, {
      method: "PUT",
      key,
      query: { partNumber: `${number}`, uploadId },
      body: "x",
    });
  deepEqual(codeOf(await part(2)), [409, "PartNotSequential"]);
  for (const number of [1, 2, 2, 3]) equal((await part(number)).status, 200);
  deepEqual(codeOf(await part(1)), [409, "PartNotSequential"]);
  deepEqual(codeOf(await part(5)), [409, "PartNotSequential"]);
});

test("x-oss-traffic-limit slows a body down, and has its limits", async () => {
  const body = Buffer.alloc(51_200);
  const put = (limit: string) =>
    ossV4(emulator, {
      method: "PUT",
      key: "slow",
      headers: { "x-oss-traffic-limit": limit },
      body,
    });
  const started = performance.now();
  equal((await put("819200")).status, 200);
  ok(performance.now() - started > 400, "102,400 bytes a second");
  for (const limit of ["819199", "838860801", "fast"]) {
    deepEqual(codeOf(await put(limit)), [400, "InvalidArgument"]);
  }
});
