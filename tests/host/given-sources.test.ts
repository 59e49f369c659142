// Sources that come with a head: replies of fetch, requests, Node's messages, objects of R2. Files by URL. And options that
// there are not.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { fromFile, memoryCheckpoint, type UploadSource, Vodlift } from "../../pkg/src/index.ts";
import { type Emulator, mediaMade, startService, storedSha256 } from "../support/service.ts";

const SIZE = 250_000;
const content = randomBytes(SIZE);
const sha256 = createHash("sha256").update(content).digest("hex");
let service: Emulator;
let vod: Vodlift;
let url: string;
let close: () => void;

before(async () => {
  service = await startService();
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
  const server = createServer((request, response) => {
    if (request.url === "/gone") return void response.writeHead(404).end("<h1>gone</h1>");
    response.writeHead(200, {
      "content-type": "video/mp4",
      "content-length": SIZE,
      "content-disposition": "attachment; filename*=UTF-8''%E7%89%87.mp4",
    });
    response.end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => server.close().closeAllConnections();
});

after(async () => {
  close();
  await service.close();
});

async function arrives(source: UploadSource, title: string): Promise<void> {
  const { mediaId, bytes, objectKey } = await vod.upload(source, { partSize: 102_400 });
  assert.equal(bytes, SIZE);
  assert.equal(await storedSha256(service, objectKey), sha256);
  const made = (await mediaMade(service)).find(({ id }) => id === mediaId);
  assert.equal(made?.parameters.Title, title);
}

async function message(path = "/get"): Promise<IncomingMessage> {
  const [reply] = (await once(get(url + path), "response")) as [IncomingMessage];
  return reply;
}

const stored = (more: object) => ({
  key: "films/r2.mp4",
  size: SIZE,
  httpEtag: '"e"',
  body: new Blob([content]).stream() as ReadableStream<Uint8Array>,
  ...more,
});

test("a Response is a stream with size, name and type", async () => {
  await arrives(await fetch(`${url}/get`), "片");
  await arrives(
    new Response(content, { headers: { "content-disposition": 'inline; filename="a.mp4"' } }),
    "a",
  );
});

test("a message of Node's is one, too", async () => {
  await arrives((await message()) as UploadSource, "片");
});

test("a Request gives its body", async () => {
  const headers = {
    "content-type": "video/mp4",
    "content-disposition": 'inline; filename="b.mp4"',
  };
  await arrives(
    new Request("https://example.com/in", { method: "POST", body: content, headers }),
    "b",
  );
});

test("an object of R2 is named by its key, or by what it says of itself", async () => {
  await arrives(stored({}), "r2");
  const httpMetadata = { contentDisposition: 'attachment; filename="named.mp4"' };
  await arrives(stored({ httpMetadata }), "named");
});

test("a file is found by its URL", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vodlift-given-"));
  try {
    await writeFile(join(folder, "a film.mp4"), content);
    await arrives(fromFile(pathToFileURL(join(folder, "a film.mp4"))), "a film");
    for (const wrong of [new URL("https://example.com/a.mp4"), 5, "", undefined]) {
      assert.throws(() => fromFile(wrong as string), { code: "invalid_argument" });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("what is no success, has no body or is encoded is refused", async () => {
  const calls = service.log.length;
  for (const [source, code] of [
    [await fetch(`${url}/gone`), "source_not_found"],
    [(await message("/gone")) as UploadSource, "source_not_found"],
    [new Response(null, { status: 204 }), "invalid_argument"],
    [new Request("https://example.com/a.mp4"), "invalid_argument"],
    [stored({ httpMetadata: { contentEncoding: "gzip" } }), "source_encoded"],
    [{ key: "a.mp4", size: 5, httpEtag: "e" } as unknown as UploadSource, "invalid_argument"],
  ] as const) {
    await assert.rejects(vod.upload(source, { fileName: "a.mp4" }), { code });
  }
  await assert.rejects(vod.uploadPlaylist(new Response("") as never), { code: "invalid_argument" });
  assert.equal(service.log.length, calls);
});

test("the body of a Response that is refused is closed", async () => {
  let closed = false;
  const body = new ReadableStream<Uint8Array>({
    cancel() {
      closed = true;
    },
  });
  await assert.rejects(vod.upload(new Response(body, { status: 500 })), { code: "source_status" });
  assert.ok(closed);
});

test("options that there are not are refused, with what may have been meant", async () => {
  const blob = new Blob([content]);
  for (const [field, meant] of [
    ["titel", "title"],
    ["part_size", "partSize"],
    ["Tags", "tags"],
    ["colour", undefined],
  ] as const) {
    const refused = (error: { code: string; message: string }) => {
      assert.equal(error.code, "invalid_argument");
      assert.ok(error.message.includes(`\`${field}\``), error.message);
      assert.equal(error.message.includes("did you mean"), meant !== undefined, error.message);
      return meant === undefined || error.message.includes(`\`${meant}\``);
    };
    const options = { fileName: "a.mp4", [field]: "x" };
    await assert.rejects(vod.upload(blob, options), refused);
    await assert.rejects(vod.uploadImage(blob, options), refused);
    await assert.rejects(vod.check("video", blob, options), refused);
  }
  await assert.rejects(vod.upload(blob, { fileName: "a.mp4", segments: [] } as object), {
    code: "invalid_argument",
  });
  // The lines that the emulator and `make dev` print are passed as they are.
  const line = { bucket: "b", dir: "/d", caFile: "/d/ca.pem", worker: "http://w", token: "t" };
  new Vodlift({ accessKeyId: "a", accessKeySecret: "b", ...line });
  assert.throws(() => new Vodlift({ accessKeyId: "a", accesKeySecret: "b" } as object), {
    message: /did you mean `accessKeySecret`/,
  });
  assert.throws(
    () => new Vodlift({ accessKeyId: "a", accessKeySecret: "b", colour: 1 } as object),
    {
      message: /`colour` is no option here/,
    },
  );
  const slip = { singal: AbortSignal.abort() } as object;
  const calls: readonly Promise<unknown>[] = [
    vod.call("GetVideoInfo", { VideoId: "a" }, slip),
    vod.waitUntilReady("a", slip),
    vod.videoInfo("a", slip),
    vod.mezzanineInfo("a", slip),
    vod.deleteVideos("a", slip),
    vod.uploadMediaByUrl("https://example.com/a.mp4", slip),
    vod.getUrlUploadInfos({ jobIds: ["a"] }, slip),
    vod.waitForUrlUploads({ jobIds: ["a"] }, slip),
    vod.cancelUrlUploadJobs({ jobIds: ["a"] }, slip),
    vod.abortMedia("a", slip),
    vod.resume(memoryCheckpoint(), slip),
  ];
  for (const call of calls) await assert.rejects(call, { message: /did you mean `signal`/ });
  const many = vod.uploadAll([{ source: blob }], { job: 2 } as object);
  await assert.rejects(many.next(), { message: /did you mean `jobs`/ });
});

test("items of many uploads keep fields of the caller's own, but no slips of the pen", async () => {
  const items = [
    { source: new Blob([content]), fileName: "a.mp4", rowId: 7 },
    { source: new Blob([content]), fileName: "a.mp4", titel: "x" },
  ];
  const codes: (string | undefined)[] = [];
  for await (const { error } of vod.uploadAll(items, { jobs: 1 })) codes.push(error?.code);
  assert.deepEqual(codes, [undefined, "invalid_argument"]);
});

test("what is no checkpoint is refused before anything is sent, and named", async () => {
  const calls = service.log.length;
  for (const [from, said] of [
    [{ name: "film", version: "1.0.0", dependencies: {} }, /`version` must be a whole number/],
    [[1], /JSON object/],
    [5, /JSON object/],
    [undefined, /whole JSON/],
    [{ version: 2 }, /version 2, this build reads version 1/],
    [{ version: 1 }, /lacks `media`/],
    [{ load: async () => ({ version: "1" }) }, /whole number/],
  ] as const) {
    for (const call of [vod.resume(from as never), vod.abort(from as never)]) {
      await assert.rejects(call, { code: "checkpoint_invalid", message: said });
    }
  }
  assert.equal(service.log.length, calls);
});

test("an empty file is called empty, whatever it is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vodlift-empty-"));
  const empty = { code: "empty_source" };
  for (const name of ["film.m3u8", "cover.jpg", "film.mp4"]) {
    const path = join(folder, name);
    await writeFile(path, "");
    await assert.rejects(vod.upload(fromFile(path)), empty, name);
    await assert.rejects(vod.upload(new File([], name)), empty, name);
  }
  await rm(folder, { recursive: true });
});

test("what says that it is a page or a picture is no video, whoever has opened it", async () => {
  const made = (await mediaMade(service)).length;
  const typed = (type: string) => ({ headers: { "content-type": type } });
  for (const [type, code] of [
    ["text/html; charset=utf-8", "source_is_page"],
    ["application/problem+json", "source_is_page"],
    ["image/png", "source_is_image"],
  ] as const) {
    for (const source of [
      () => new Response("words", typed(type)),
      () => new Request("https://example.com/", { method: "PUT", body: "words", ...typed(type) }),
      () => new Blob(["words"], { type }),
    ]) {
      const options = { fileName: "film.mp4" };
      await assert.rejects(vod.upload(source(), options), { code }, type);
      await vod.upload(source(), { ...options, anyContentType: true });
    }
  }
  assert.equal((await mediaMade(service)).length, made + 9);
});
