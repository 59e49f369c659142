/** The emulator in a process of its own, so that its memory is its own. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { combineCrc64, crc64 } from "../../pkg/src/emulator/crc64.ts";
import type { Emulator } from "../../pkg/src/emulator/index.ts";
import { call, completeBody, initiate, ossV4, type Send } from "./client.ts";

const MIB = 1024 * 1024;
const script = fileURLToPath(new URL("memory-child.ts", import.meta.url));

let child: ChildProcess;
let emulator: Emulator;
before(async () => {
  child = fork(script, { execArgv: [] });
  emulator = await nextMessage<Emulator>();
});
after(() => {
  child.kill();
});

function nextMessage<T>(): Promise<T> {
  return new Promise((resolve) => child.once("message", (message) => resolve(message as T)));
}

/** Peak resident memory of the emulator's process so far, in MiB. */
async function peak(): Promise<number> {
  const answer = nextMessage<number>();
  child.send("peak");
  return answer;
}

const block = Buffer.alloc(MIB);
for (let at = 0; at < block.length; at += 1) block[at] = (at * 31 + (at >> 8)) & 0xff;

/** A signed PUT whose body is `blocks` times the same MiB. */
async function putBlocks(
  key: string,
  query: Record<string, string>,
  blocks: number,
): Promise<string> {
  let wire: Send | undefined;
  await ossV4(emulator, {
    method: "PUT",
    key,
    query,
    headers: { "content-length": String(blocks * MIB) },
    tamper: (call) => {
      wire = { ...call };
      call.method = "GET";
      call.target = "/";
      call.headers = {};
    },
  });
  const { hostname, port } = new URL(emulator.endpoint);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, method: "PUT", path: wire?.target, headers: wire?.headers ?? {} },
      (response) => {
        response.resume();
        response.on("end", () => resolve(`${response.statusCode} ${response.headers.etag}`));
      },
    );
    outgoing.on("error", reject);
    let left = blocks;
    const more = () => {
      while (left > 0) {
        left -= 1;
        if (!outgoing.write(block)) return void outgoing.once("drain", more);
      }
      outgoing.end();
    };
    more();
  });
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: MIB })) hash.update(chunk);
  return hash.digest("hex");
}

function expected(blocks: number): { sha256: string; crc64: string } {
  const hash = createHash("sha256");
  const one = crc64(block);
  let crc = 0n;
  for (let index = 0; index < blocks; index += 1) {
    hash.update(block);
    crc = combineCrc64(crc, one, MIB);
  }
  return { sha256: hash.digest("hex"), crc64: crc.toString() };
}

test("memory stays flat: 768 MiB in parallel parts and one put of 256 MiB need no more than a warm-up", async () => {
  const warmup = await initiate(emulator, "warm");
  await Promise.all(
    [1, 2, 3, 4].map((n) => putBlocks("warm", { partNumber: String(n), uploadId: warmup }, 16)),
  );
  await putBlocks("warm-put", {}, 16);
  const warm = await peak();

  const uploadId = await initiate(emulator, "large");
  const parts: { number: number; etag: string }[] = [];
  const lane = async (first: number) => {
    for (let number = first; number <= 12; number += 4) {
      const reply = await putBlocks("large", { partNumber: String(number), uploadId }, 64);
      parts.push({ number, etag: reply.slice(4) });
    }
  };
  await Promise.all([1, 2, 3, 4].map(lane));
  const body = completeBody(parts.toSorted((a, b) => a.number - b.number));
  const data = join(emulator.dir, ".vodlift-emulator", "uploads", uploadId, "data");
  const { ino } = await stat(data);
  const done = await ossV4(emulator, { method: "POST", key: "large", query: { uploadId }, body });
  equal(done.status, 200, done.text);
  match(await putBlocks("put", {}, 256));
  const after = await peak();

  const want = expected(768);
  equal(done.headers["x-oss-hash-crc64ecma"], want.crc64);
  equal(await sha256(join(emulator.dir, emulator.bucket, "large")), want.sha256);
  equal(await sha256(join(emulator.dir, emulator.bucket, "put")), expected(256).sha256);
  equal((await stat(join(emulator.dir, emulator.bucket, "large"))).ino, ino, "a rename, no copy");
  // Twice what is usual: when the collector runs is its own affair. A tenth of what was sent is the point.
  ok(after - warm < 100, `peak memory grew from ${warm} to ${after} MiB`);
  ok(after < 320, `peak memory ${after} MiB`);
});

function match(reply: string): void {
  deepEqual(reply.slice(0, 4), "200 ");
}

test("parts of odd sizes are joined without stalling other requests", async () => {
  const uploadId = await initiate(emulator, "joined");
  const sizes = [64, 32, 64, 96, 64];
  const parts: { number: number; etag: string }[] = [];
  for (const [index, blocks] of sizes.entries()) {
    const number = index + 1;
    const reply = await putBlocks("joined", { partNumber: String(number), uploadId }, blocks);
    parts.push({ number, etag: reply.slice(4) });
  }
  let answered = 0;
  let working = true;
  const watch = async () => {
    while (working) {
      await ossV4(emulator, { method: "HEAD", key: "nothing" });
      answered += 1;
    }
  };
  const watching = watch();
  const body = completeBody(parts);
  const done = await ossV4(emulator, { method: "POST", key: "joined", query: { uploadId }, body });
  working = false;
  await watching;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  equal(done.headers["x-oss-hash-crc64ecma"], expected(total).crc64);
  equal(await sha256(join(emulator.dir, emulator.bucket, "joined")), expected(total).sha256);
  ok(answered > 1, `${answered} other requests were answered meanwhile`);
});

test("memory stays flat: 256 MiB pulled and copied, and an object appended to", async (context) => {
  const server = createServer((message, response) => {
    const blocks = Number(/(\d+)\.mp4/.exec(message.url ?? "")?.[1]);
    response.writeHead(200, { "content-length": blocks * MIB });
    Readable.from(Array.from({ length: blocks }, () => block)).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const pull = async (blocks: number): Promise<string> => {
    const UploadURLs = encodeURIComponent(`${origin}/${blocks}.mp4`);
    const { reply } = await call(emulator, "UploadMediaByURL", { UploadURLs });
    for (;;) {
      const JobIds = reply.UploadJobs[0].JobId;
      const infos = await call(emulator, "GetURLUploadInfos", { JobIds });
      const [{ Status, MediaId }] = infos.reply.URLUploadInfoList;
      if (Status === "SUCCESS") return `sv/${MediaId}/${MediaId}.mp4`;
      ok(!Status.endsWith("FAIL"), Status);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const copy = async (source: string, key: string): Promise<string> => {
    const query = { partNumber: "1", uploadId: await initiate(emulator, key) };
    const headers = { "x-oss-copy-source": `/${emulator.bucket}/${source}` };
    const reply = await ossV4(emulator, { method: "PUT", key, query, headers });
    equal(reply.status, 200);
    return String(reply.headers["x-oss-hash-crc64ecma"]);
  };
  const append = async (key: string, position: number) => {
    const query = { append: "", position: String(position) };
    const reply = await ossV4(emulator, { method: "POST", key, query, body: block });
    equal(reply.status, 200);
  };
  await copy(await pull(16), "warm-copy");
  const warm = await peak();

  const key = await pull(256);
  const whole = expected(256);
  equal(await sha256(join(emulator.dir, emulator.bucket, key)), whole.sha256);
  equal(await copy(key, "copied"), whole.crc64);
  await append("appended", 0);
  for (let position = MIB; position < 16 * MIB; position += MIB) await append("appended", position);
  const most = await peak();
  context.diagnostic(`${warm.toFixed(0)} MiB warm, ${most.toFixed(0)} MiB after`);
  // As above: less than half of what passed through, wherever the collector stood.
  ok(most < warm + 100, `peak ${most.toFixed(0)} MiB after ${warm.toFixed(0)} MiB warm`);
});
