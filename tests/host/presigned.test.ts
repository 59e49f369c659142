// A URL that `presignOss` has made, and every step of `ossRequest`, against the emulator, which verifies signatures by code of
// its own. `SEED=7` draws that one alone.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import {
  Crc64,
  type Credentials,
  crc64Combine,
  type OssAsk,
  type OssObject,
  ossRequest,
  planParts,
  presignOss,
  signOss,
  VodliftError,
} from "../../pkg/src/core.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import { storedSha256 } from "../support/service.ts";

let emulator: Emulator;
before(async () => {
  emulator = await startEmulator();
});
after(() => emulator.close());

const WAYS = ["v4", "v1"] as const;
type Way = (typeof WAYS)[number];

function object(key: string, signature: Way): OssObject {
  const { endpoint, bucket, region } = emulator;
  return { endpoint, bucket, key, region, signature };
}

async function send<T>(ask: OssAsk<T>, body: Uint8Array | null = null): Promise<T> {
  const { method, url, headers, read } = ask;
  const response = await fetch(url, { method, headers, body: (body ?? ask.body) as BodyInit });
  return read({
    status: response.status,
    headers: response.headers,
    body:
      method === "GET" && response.ok && !url.includes("uploadId") ? null : await response.text(),
  });
}

async function curl(url: string, file: string): Promise<{ status: number; body: string }> {
  const args = ["-sS", "-g", "--path-as-is", "-T", file, "-w", "\n%{http_code}", url];
  const { stdout } = await promisify(execFile)("curl", args);
  const at = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(at)), body: stdout.slice(0, at) };
}

/** Sends a path as it is, which `fetch` would not. */
function put(origin: string, path: string): Promise<number> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method: "PUT" }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    outgoing.on("error", reject).end("altered");
  });
}

function ownKeys(): Credentials {
  return { accessKeyId: emulator.accessKeyId, accessKeySecret: emulator.accessKeySecret };
}

const ODD = [..." +%#?&=!'()*~^`{}|<>[]\";:,@$-_.09azAZ/片é😀ü"];

const LETTERS = [..."abcxyzABCXYZ0189-_.~/=&%+"];

/** With another byte at `at`, one that means something else. */
function altered(text: string, at: number, luck: Dice): string {
  const other = LETTERS.filter((one) => one.toLowerCase() !== text[at]?.toLowerCase());
  return text.slice(0, at) + luck.pick(other) + text.slice(at + 1);
}

for (const signature of WAYS) {
  for (const seed of seeds(1)) {
    const title = `a part by a presigned URL of ${signature} is taken from curl, and by none with a byte altered`;
    test(`${title} (seed ${seed})`, async (t) => {
      const luck = dice(seed);
      const film = object(`presigned/${signature} a+b%片.mp4`, signature);
      const keys: Credentials = emulator.issueTemporaryCredential();
      const { uploadId } = await send(ossRequest.initiate(film, keys, Date.now()));
      const query = { partNumber: "1", uploadId };
      const part = { ...film, method: "PUT", query, expiresIn: 600 };
      const url = presignOss(part, keys, Date.now());
      const bytes = randomBytes(150_000);
      const file = join(emulator.dir, `${signature}.part`);
      await writeFile(file, bytes);
      const taken = await curl(url, file);
      assert.equal(taken.status, 200, taken.body);

      const { origin } = new URL(url);
      const path = url.slice(origin.length);
      const accepted: string[] = [];
      // The first slash has to stay for it to be HTTP.
      for (let at = 1; at < path.length; at += 1) {
        const other = altered(path, at, luck);
        const status = await put(origin, other);
        if (status < 400) accepted.push(`${status} at ${at}: ${other}`);
      }
      assert.deepEqual(accepted, []);
      for (let drawn = 0; drawn < 20; drawn += 1) {
        const other = origin + altered(path, 1 + luck.below(path.length - 1), luck);
        const { status } = await curl(other, file);
        assert.ok(status >= 400, `${status}: ${other}`);
      }
      t.diagnostic(`${path.length - 1} bytes altered, one after the other; none was taken`);

      const upload = { ...film, uploadId };
      const { parts } = await send(ossRequest.listParts(upload, keys, Date.now()));
      assert.deepEqual(
        parts.map(({ partNumber, size }) => [partNumber, size]),
        [[1, bytes.length]],
      );
      await send(ossRequest.complete({ ...upload, parts }, keys, Date.now()));
      const sum = createHash("sha256").update(bytes).digest("hex");
      assert.equal(await storedSha256(emulator, film.key), sum);
    });
  }

  test(`whatever a key and a query hold, fetch sends what was signed, ${signature}`, async () => {
    for (const seed of seeds(60)) {
      const luck = dice(seed);
      const keys = luck.oneIn(2) ? emulator.issueTemporaryCredential() : ownKeys();
      const drawn = Array.from({ length: 1 + luck.below(40) }, () => luck.pick(ODD)).join("");
      // The emulator keeps objects as files: no backslash, and no segment is empty or stands for a folder.
      const key = `odd/${seed}${drawn}.`.replaceAll(/(?<=\/)\.*(?=\/)/g, "k");
      const film = object(key.replace(/\.+$/, ".bin"), signature);
      const url = (method: string, query = {}) =>
        presignOss({ ...film, method, query, expiresIn: 60 }, keys, Date.now());
      const said = `SEED=${seed}: ${film.key}`;
      const body = Buffer.from(said);
      assert.equal((await fetch(url("PUT"), { method: "PUT", body })).status, 200, said);
      const type = `text/${drawn.replaceAll(/[^ -~]/gu, "x")}`;
      const got = await fetch(url("GET", { "response-content-type": type }));
      assert.equal(await got.text(), said);
      assert.equal(emulator.log.at(-1)?.key, film.key);
      const { url: signed, headers } = signOss({ ...film, method: "HEAD" }, keys, Date.now());
      const head = await fetch(signed, { method: "HEAD", headers });
      assert.deepEqual([head.status, head.headers.get("content-length")], [200, `${body.length}`]);
      assert.equal((await fetch(url("DELETE"), { method: "DELETE" })).status, 204, said);
    }
  });

  test(`a URL goes with the headers that it was signed with, and until its end, ${signature}`, async () => {
    const film = object("headers.bin", signature);
    const headers = { "content-type": "video/mp4", "x-oss-meta-author": "alice", "x-mine": "1" };
    const additionalHeaders = signature === "v4" ? ["x-mine", "host"] : [];
    const url = (now: number) =>
      presignOss(
        { ...film, method: "PUT", headers, additionalHeaders, expiresIn: 60 },
        ownKeys(),
        now,
      );
    const put = async (now: number, headers: Record<string, string>) => {
      const response = await fetch(url(now), { method: "PUT", headers, body: "bytes" });
      return `${response.status} ${/<Code>(\w+)/.exec(await response.text())?.[1] ?? ""}`.trim();
    };
    assert.equal(await put(Date.now(), headers), "200");
    const { "x-oss-meta-author": _, ...less } = headers;
    assert.equal(await put(Date.now(), less), "403 SignatureDoesNotMatch");
    const other = { ...headers, "content-type": "text/plain" };
    assert.equal(await put(Date.now(), other), "403 SignatureDoesNotMatch");
    const further = { ...headers, "x-oss-forbid-overwrite": "false" };
    assert.equal(await put(Date.now(), further), "403 SignatureDoesNotMatch");
    const mine = signature === "v4" ? "403 SignatureDoesNotMatch" : "200";
    assert.equal(await put(Date.now(), { ...headers, "x-mine": "2" }), mine);
    assert.equal(await put(Date.now() - 62_000, headers), "403 AccessDenied");
    assert.equal(await put(Date.now() - 55_000, headers), "200");
  });

  test(`each step of an upload by ossRequest, ${signature}`, async () => {
    const film = object("steps/film ü.mp4", signature);
    const keys = emulator.issueTemporaryCredential();
    const bytes = randomBytes(350_000);
    const plan = planParts({ size: bytes.length, partSize: 102_400 });
    assert.deepEqual([plan.kind, plan.count], ["parts", 4]);
    const headers = { "content-type": "video/mp4", "x-oss-meta-author": "alice" };
    const begun = await send(ossRequest.initiate({ ...film, headers }, keys, Date.now()));
    assert.ok(begun.requestId);
    const upload = { ...film, uploadId: begun.uploadId };
    const sent = [];
    let whole: string | undefined;
    for (let partNumber = 1; partNumber <= 4; partNumber += 1) {
      const { offset, length } = plan.part(partNumber);
      const piece = bytes.subarray(offset, offset + length);
      const part = await send(
        ossRequest.uploadPart({ ...upload, partNumber }, keys, Date.now()),
        piece,
      );
      assert.equal(part.crc64, crcOf(piece));
      whole = whole === undefined ? part.crc64 : crc64Combine(whole, part.crc64 ?? "", length);
      sent.unshift(part);
    }
    const listed = await send(ossRequest.listParts(upload, keys, Date.now()));
    assert.equal(listed.isTruncated, false);
    assert.deepEqual(
      listed.parts.map(({ partNumber, etag, crc64 }) => ({ partNumber, etag, crc64 })),
      sent.toReversed().map(({ partNumber, etag, crc64 }) => ({ partNumber, etag, crc64 })),
    );
    const after = { ...upload, partNumberMarker: 2 };
    const rest = await send(ossRequest.listParts(after, keys, Date.now()));
    assert.deepEqual(
      rest.parts.map(({ partNumber }) => partNumber),
      [3, 4],
    );
    // They come in the order in which they happened to end: the last first.
    const done = await send(ossRequest.complete({ ...upload, parts: sent }, keys, Date.now()));
    assert.equal(done.crc64, whole);
    const head = await send(ossRequest.head(film, keys, Date.now()));
    assert.deepEqual([head.size, head.etag, head.crc64], [350_000, done.etag, done.crc64]);
    const stored = new Headers(head.headers);
    assert.equal(stored.get("x-oss-meta-author"), "alice");
    assert.equal(stored.get("content-type"), "video/mp4");
    const range = { ...film, headers: { range: "bytes=0-9" } };
    assert.equal((await send(ossRequest.get(range, keys, Date.now()))).size, 10);
    await send(ossRequest.delete(film, keys, Date.now()));
    await refused(send(ossRequest.head(film, keys, Date.now())), [
      "oss_rejected",
      "NoSuchKey",
      404,
    ]);
  });

  test(`an object at once, and an upload that is given up, ${signature}`, async () => {
    const small = object("small.bin", signature);
    const keys = ownKeys();
    const put = await send(ossRequest.put(small, keys, Date.now()), Buffer.from("small"));
    assert.equal(put.crc64, crcOf(Buffer.from("small")));
    const { uploadId } = await send(ossRequest.initiate(small, keys, Date.now()));
    const upload = { ...small, uploadId };
    await send(ossRequest.abort(upload, keys, Date.now()));
    const gone = send(ossRequest.listParts(upload, keys, Date.now()));
    await refused(gone, ["upload_gone", "NoSuchUpload", 404]);
  });

  test(`a signature that is wrong, late or of nobody is OSS's own error, ${signature}`, async () => {
    const film = object("x", signature);
    const { accessKeyId, accessKeySecret } = emulator;
    const wrong = { accessKeyId, accessKeySecret: "wrong" };
    const right = { accessKeyId, accessKeySecret };
    const at = (keys: Credentials, now: number) => send(ossRequest.put(film, keys, now));
    await refused(at(wrong, Date.now()), ["signature_mismatch", "SignatureDoesNotMatch", 403]);
    await refused(at(right, Date.now() - 3_600_000), ["clock_skew", "RequestTimeTooSkewed", 403]);
    const nobody = { accessKeyId: "nobody", accessKeySecret };
    await refused(at(nobody, Date.now()), ["access_key_unknown", "InvalidAccessKeyId", 403]);
  });
}

async function refused(call: Promise<unknown>, expected: [string, string, number]): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof VodliftError, String(error));
    assert.deepEqual([error.code, error.serviceCode, error.status], expected);
    assert.ok(error.requestId, "a request id");
    return true;
  });
}

function crcOf(bytes: Uint8Array): string {
  const crc = new Crc64();
  crc.update(bytes);
  const digest = crc.digest();
  crc.free();
  return digest;
}
