// What the command line can lift, byte for byte.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type CliResult, vodlift } from "../support/cli.ts";
import { type Origin, type Route, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  partsStored,
  startService,
  storedSha256,
} from "../support/service.ts";

const MIB = 1024 * 1024;
const PART = 256 * 1024;

let service: Emulator;
let origin: Origin;
let folder: string;
let count = 0;

before(async () => {
  service = await startService();
  origin = await startOrigin();
  folder = await mkdtemp(join(tmpdir(), "vodlift-cli-"));
});
after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

/** Uploads what a route serves, and compares what is stored with it. */
async function lift(route: Route, ...options: string[]): Promise<CliResult["json"]> {
  count += 1;
  const path = `/film-${count}.mp4`;
  const url = `${origin.add(path, route)}?token=not-to-be-shown`;
  const args = ["upload", url, "--allow-private", "--json", "--part-size", "256KiB", ...options];
  const result = await vodlift(args, { service });
  assert.equal(result.code, 0, result.stderr);
  assert.equal(await storedSha256(service, result.json.objectKey), await origin.sha256(path));
  await assertNothingOpen(service);
  return result.json;
}

test("a URL with ranges goes up in parallel parts", async () => {
  const before = partsStored(service).length;
  const json = await lift({ size: 3 * MIB + 17 });
  assert.deepEqual(
    { kind: json.kind, bytes: json.bytes, parts: json.parts, bucket: json.bucket },
    { kind: "video", bytes: 3 * MIB + 17, parts: 13, bucket: service.bucket },
  );
  assert.deepEqual([json.resumed, json.refreshes, json.retries], [false, 0, 0]);
  assert.match(json.crc64, /^\d+$/);
  assert.match(json.mediaId, /./);
  assert.match(json.requestId, /./);
  const numbers = partsStored(service).slice(before);
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 13 }, (_, i) => i + 1),
  );
});

test("--json has exactly the promised fields", async () => {
  const fields =
    "mediaId kind bucket objectKey bytes parts crc64 compared vouched resumed refreshes retries restarts requestId";
  assert.deepEqual(Object.keys(await lift({ size: 1000 })), fields.split(" "));
});

test("a client-side CRC-64 of every part agrees", async () => {
  assert.equal((await lift({ size: 2 * MIB }, "--verify", "crc64")).parts, 8);
});

test("a source that ignores Range is read once, as a stream", async () => {
  const json = await lift({ size: 2 * MIB + 5, noRanges: true });
  assert.equal(json.bytes, 2 * MIB + 5);
});

test("a source without a length is read to its end", async () => {
  const json = await lift({ size: 2 * MIB + 5, noLength: true });
  assert.equal(json.bytes, 2 * MIB + 5);
});

test("one byte is a whole file", async () => {
  assert.deepEqual([(await lift({ size: 1 })).bytes, (await lift({ size: 1 })).parts], [1, 1]);
});

test("exactly one part, and one byte more", async () => {
  assert.equal((await lift({ size: PART })).parts, 1);
  const more = await lift({ size: PART + 1 });
  assert.deepEqual([more.bytes, more.parts], [PART + 1, 2]);
});

test("a source that dies now and then is read on where it broke", async () => {
  const json = await lift({ size: 2 * MIB, dieAfter: 100_000, dieTimes: 3 });
  assert.ok(json.retries >= 1, `${json.retries} retries`);
});

test("a source that is busy at first is asked again", async () => {
  await lift({ size: MIB, status: 503, statusTimes: 2 });
});

test("redirects are followed, and HEAD is not needed", async () => {
  await lift({ size: MIB, redirects: 3, refuseHead: true });
});

test("a source without any validator, or with a weak one, is lifted as well", async () => {
  await lift({ size: MIB, noEtag: true });
  await lift({ size: MIB, weakEtag: true });
});

test("a header goes to the source", async () => {
  await lift({ size: 10 }, "--header", "X-Film-Token: abc-not-to-be-shown");
  assert.equal(origin.log.at(-1)?.headers["x-film-token"], "abc-not-to-be-shown");
});

test("a local file, by name", async () => {
  const file = join(folder, "local film.mp4");
  await writeFile(file, Buffer.alloc(MIB + 3, 7));
  const result = await vodlift(["upload", file, "--json", "--part-size", "256KiB"], { service });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual([result.json.bytes, result.json.parts], [MIB + 3, 5]);
  assert.equal(
    await storedSha256(service, result.json.objectKey),
    await origin.sha256(addBytes("/same", Buffer.alloc(MIB + 3, 7))),
  );
});

test("standard input, of a length nobody knows", async () => {
  const file = join(folder, "piped.mp4");
  await writeFile(file, Buffer.alloc(MIB + 3, 9));
  const args = ["upload", "-", "--file-name", "piped.mp4", "--json", "--part-size", "256KiB"];
  const result = await vodlift(args, { service, stdin: createReadStream(file) });
  assert.equal(result.code, 0, result.stderr);
  assert.equal(
    await storedSha256(service, result.json.objectKey),
    await origin.sha256(addBytes("/piped", Buffer.alloc(MIB + 3, 9))),
  );
});

test("without --json the result is for people, and with --quiet it is only the media id", async () => {
  const url = origin.add("/plain.mp4", { size: MIB });
  const plain = await vodlift(["upload", url, "--allow-private"], { service });
  assert.match(
    plain.stdout,
    /^media id {2}\S+\nobject {4}\S+\nbytes {5}1048576\nparts {5}1\ncrc64 {5}\d+\n$/,
  );
  assert.match(plain.stderr, /plain\.mp4: 1\.0 MiB uploaded/);
  const quiet = await vodlift(["upload", url, "--allow-private", "--quiet"], { service });
  assert.match(quiet.stdout, /^\S+\n$/);
  assert.equal(quiet.stderr, "");
});

function addBytes(path: string, data: Buffer): string {
  const content = {
    size: data.length,
    async *read(from: number, to: number) {
      yield data.subarray(from, to);
    },
    sha256: async () =>
      (await import("node:crypto")).createHash("sha256").update(data).digest("hex"),
  };
  origin.add(path, { content });
  return path;
}
