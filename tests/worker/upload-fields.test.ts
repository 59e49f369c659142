// PUT /v1/uploads: the fields of a video as a query, one upload under one key, and bodies that are coded.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { sha256OfFile } from "../support/origin.ts";
import { mediaMade, storedFile, storedObjects } from "../support/service.ts";
import { until } from "../support/until.ts";
import { type Answer, callWorker, listAll, sha256, viewIngest } from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

const { service, worker } = await startWorld();
const FILM = randomBytes(300_000);

function put(
  query: Record<string, string> | string,
  body: Uint8Array | ReadableStream = FILM,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const asked = typeof query === "string" ? query : new URLSearchParams(query);
  const init = { method: "PUT", body, headers, duplex: "half" } as RequestInit;
  return callWorker(worker, `/v1/uploads?${asked}`, init);
}

test("all fields of a video are taken, by the rules of POST", async () => {
  const { status, body } = await put({
    title: "Film",
    fileName: "film.mp4",
    description: "About it",
    tags: "a, b",
    cateId: "7",
    coverUrl: "https://example.com/cover.jpg",
    templateGroupId: "VOD_NO_TRANSCODE",
    appId: "app-1000000",
    userData: '{"Extend":{"localId":"1"}}',
    referenceId: "put-fields-1",
    enableFirstFrameCover: "true",
    generateThumbnail: "false",
    objectHeaders: '{"Cache-Control":"no-store"}',
    partSize: "128KiB",
    serviceTimeoutMs: "1m",
    concurrency: "2",
    verify: "crc64",
  });
  assert.equal(status, 201, JSON.stringify(body));
  const media = (await mediaMade(service)).find(({ id }) => id === body.mediaId);
  const { Title, Description, Tags, CateId, CoverURL, TemplateGroupId, UserData } =
    media?.parameters ?? {};
  assert.deepEqual(
    [Title, Description, Tags, CateId, CoverURL, TemplateGroupId, UserData],
    [
      "Film",
      "About it",
      "a,b",
      "7",
      "https://example.com/cover.jpg",
      "VOD_NO_TRANSCODE",
      '{"Extend":{"localId":"1"}}',
    ],
  );
  assert.equal(media?.parameters.EnableFirstFrameCover, "true");
  const { timeline } = await viewIngest(worker, body.id);
  assert.match(timeline.at(-1)?.text ?? "", /CRC-64 of what was sent/);
  const repeated = await put("title=Film&tags=x&tags=y");
  const tags = (await mediaMade(service)).find(({ id }) => id === repeated.body.mediaId);
  assert.equal(tags?.parameters.Tags, "x,y");
  const json = await put(`title=Film&tags=${encodeURIComponent('["x", "y z"]')}`);
  const listed = (await mediaMade(service)).find(({ id }) => id === json.body.mediaId);
  assert.equal(listed?.parameters.Tags, "x,y z");
});

test("what is not known is refused by name, with what was meant", async () => {
  const objects = await storedObjects(service);
  for (const [query, field, words] of [
    ["title=a&userdata=%7B%7D", "userdata", /did you mean `userData`\?/],
    ["title=a&reference_id=abcdef", "reference_id", /did you mean `referenceId`\?/],
    ["titel=a", "titel", /did you mean `title`\?/],
    ["title=a&tag=a", "tag", /did you mean `tags`\?/],
    ["title=a&webhookUrl=https://example.com", "webhookUrl", /is not known/],
    ["title=a&url=https://example.com/a.mp4", "url", /is not known/],
    ["title=a&__proto__=1", "__proto__", /is not known/],
    ["title=a&cateId=1.5", "cateId", /number/],
    ["title=a&cateId=0x10", "cateId", /number/],
    ["title=a&enableFirstFrameCover=yes", "enableFirstFrameCover", /must be true or false/],
    ["title=a&objectHeaders=x", "objectHeaders", /./],
    ["title=a&title=b", "title", /string/],
    ["description=a", "title", /is needed, or `fileName`/],
  ] as const) {
    const { status, body } = await put(query);
    assert.deepEqual([status, body.code, body.field], [400, "invalid_argument", field], query);
    assert.match(body.detail, words, query);
  }
  assert.deepEqual(await storedObjects(service), objects);
  const { body } = await callWorker(worker, "/v1/ingests", {
    method: "POST",
    body: JSON.stringify({ url: "https://example.com/a.mp4", referenceID: "abcdef" }),
  });
  assert.match(body.detail, /`referenceID` is not known; did you mean `referenceId`\?/);
});

test("under one key a file is uploaded once", async () => {
  const key = { "idempotency-key": "a-key" };
  const made = (await mediaMade(service)).length;
  const first = await put({ title: "Once", tags: "a,b" }, FILM, key);
  assert.equal(first.status, 201);
  for (const query of ["title=Once&tags=a,b", "tags=a,b&title=Once", "tags=a&tags=b&title=Once"]) {
    const again = await put(query, FILM, key);
    assert.deepEqual([again.status, again.body], [200, first.body], query);
  }
  assert.equal((await mediaMade(service)).length, made + 1);
  for (const [query, body] of [
    ["title=Twice&tags=a,b", FILM],
    ["title=Once&tags=b,a", FILM],
    ["title=Once&tags=a,b", FILM.subarray(1)],
  ] as const) {
    const other = await put(query, body, key);
    assert.deepEqual([other.status, other.body.code], [422, "idempotency_conflict"], query);
  }
  // POST has keys of its own.
  const { status } = await callWorker(worker, "/v1/ingests", {
    method: "POST",
    headers: key,
    body: JSON.stringify({ url: "http://127.0.0.1:1/a.mp4" }),
  });
  assert.equal(status, 202);
  assert.equal(
    (await put({ title: "a" }, FILM, { "idempotency-key": "x".repeat(256) })).status,
    400,
  );
  assert.equal(
    (await mediaMade(service)).filter(({ parameters }) => parameters.Title === "Once").length,
    1,
  );
});

test("at the same time one is uploaded, and the other hears so", async () => {
  const key = { "idempotency-key": "slow-key" };
  let go = () => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = new ReadableStream({
    async start(controller) {
      controller.enqueue(FILM);
      await held;
      controller.close();
    },
  });
  const first = put({ title: "Slow" }, slow, key);
  await until(async () => (await listAll(worker)).some(({ title }) => title === "Slow"));
  const second = await put({ title: "Slow" }, FILM, key);
  assert.deepEqual([second.status, second.body.code], [409, "upload_under_way"]);
  assert.match(second.headers.get("retry-after") ?? "", /^\d+$/);
  go();
  const { status, body } = await first;
  assert.equal(status, 201);
  assert.equal((await put({ title: "Slow" }, FILM, key)).body.id, body.id);
});

test("after a failure the same key tries again, with the same id and media", async () => {
  const key = { "idempotency-key": "again-key" };
  const refused = { kind: "answer", status: 403, code: "AccessDenied" } as const;
  service.setFaults([{ operation: "PutObject", action: refused }]);
  const made = (await mediaMade(service)).length;
  const failed = await put({ title: "Again" }, FILM, key);
  service.setFaults([]);
  assert.equal(failed.status, 403, JSON.stringify(failed.body));
  const row = (await listAll(worker)).find(({ title }) => title === "Again");
  assert.equal(row?.state, "failed");
  await until(async () => !(await viewIngest(worker, row?.id ?? "")).resumable);
  let again = await put({ title: "Again" }, FILM, key);
  // What the first has left may still be in removal.
  while (again.status === 409) {
    await sleep(100);
    again = await put({ title: "Again" }, FILM, key);
  }
  assert.deepEqual([again.status, again.body.id], [201, row?.id], JSON.stringify(again.body));
  assert.equal((await mediaMade(service)).length, made + 1);
  const view = await viewIngest(worker, again.body.id);
  assert.deepEqual([view.state, view.attempts, view.error], ["done", 2, undefined]);
});

test("canceled while it is sent, it is canceled and leaves nothing", async () => {
  const objects = await storedObjects(service);
  const sent = put(
    { title: "Canceled", partSize: "102400" },
    new ReadableStream({
      async pull(controller) {
        controller.enqueue(FILM);
        await sleep(100);
      },
    }),
  ).catch(() => undefined);
  const row = async () => (await listAll(worker)).find(({ title }) => title === "Canceled");
  await until(async () => (await row())?.parts);
  const id = (await row())?.id;
  const answer = await callWorker(worker, `/v1/ingests/${id}`, { method: "DELETE" });
  assert.deepEqual(
    [answer.status, answer.body.state],
    [200, "canceled"],
    JSON.stringify(answer.body),
  );
  await sent;
  assert.equal((await row())?.state, "canceled");
  assert.deepEqual(await service.openUploads(), []);
  assert.deepEqual(await storedObjects(service), objects);
});

test("a coded body is stored as what it was before", async () => {
  const pack = { gzip: gzipSync(FILM), deflate: deflateSync(FILM) };
  for (const [coding, body] of [
    ["gzip", pack.gzip],
    ["GZIP", pack.gzip],
    ["x-gzip", pack.gzip],
    ["deflate", pack.deflate],
    ["identity", FILM],
    ["identity, gzip", pack.gzip],
  ] as const) {
    const sent = await put({ title: coding.slice(0, 5) }, body, { "content-encoding": coding });
    assert.deepEqual([sent.status, sent.body.bytes], [201, FILM.length], JSON.stringify(sent.body));
    assert.equal(
      await sha256OfFile(storedFile(service, sent.body.mediaId)),
      sha256Of(FILM),
      coding,
    );
  }
});

test("a coding that is not known is 415, a broken one no file", async () => {
  const objects = await storedObjects(service);
  for (const coding of ["br", "zstd", "compress", "gzip, br", "gzip;q=1", "deflate, gzip"]) {
    const sent = await put({ title: "a" }, brotliCompressSync(FILM), {
      "content-encoding": coding,
    });
    assert.deepEqual([sent.status, sent.body.code], [415, "content_encoding_unsupported"], coding);
  }
  const packed = gzipSync(FILM);
  for (const [name, body] of [
    ["cut", packed.subarray(0, packed.length - 10)],
    ["cut in its trailer", packed.subarray(0, packed.length - 4)],
    ["a head alone", packed.subarray(0, 10)],
    ["nothing", Buffer.alloc(0)],
    ["with a wrong sum", packed.with(packed.length - 6, (packed.at(-6) ?? 0) ^ 1)],
    ["not gzip", FILM],
    ["with more behind", Buffer.concat([packed, Buffer.from("more")])],
  ] as const) {
    const sent = await put({ title: name }, body, { "content-encoding": "gzip" });
    const { code, field } = sent.body;
    const told = [sent.status, code, field];
    assert.deepEqual(told, [400, "source_encoded", "Content-Encoding"], name);
    const { ingests } = (await callWorker(worker, "/v1/ingests?limit=1")).body;
    assert.equal(ingests[0].error.code, "source_encoded", name);
  }
  assert.deepEqual(await storedObjects(service), objects);
  assert.deepEqual(await service.openUploads(), []);
  const posted = await callWorker(worker, "/v1/ingests", {
    method: "POST",
    headers: { "content-encoding": "gzip" },
    body: gzipSync(JSON.stringify({ url: "https://example.com/a.mp4" })),
  });
  assert.equal(posted.status, 415);
});

test("/openapi.json names every field and answer of it", async () => {
  const spec = (await (await fetch(`${worker.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { parameters: { name: string }[]; responses: object }>>;
  };
  const { parameters, responses } = spec.paths["/v1/uploads"]?.put ?? {
    parameters: [],
    responses: {},
  };
  const names = parameters.map(({ name }) => name);
  for (const name of ["userData", "referenceId", "tags", "idempotency-key", "content-encoding"]) {
    assert.ok(names.includes(name), `${name} of ${names}`);
  }
  for (const status of ["200", "201", "409", "415", "422"]) assert.ok(status in responses, status);
});

test("what failed is answered by whose it is to mend", async () => {
  for (const [query, status, code] of [
    ["title=a&storageLocation=nowhere.oss-cn-shanghai.aliyuncs.com", 400, "storage_not_found"],
    ["title=a.mp4&replace=0123456789abcdef0123456789abcdef", 404, "media_not_found"],
    [`title=${"x".repeat(129)}`, 400, "invalid_argument"],
  ] as const) {
    const { body, ...answer } = await put(query.replace("title=a.mp4&", ""));
    assert.deepEqual([answer.status, body.code], [status, code], JSON.stringify(body));
    assert.equal(body.field, code === "invalid_argument" ? "title" : undefined);
  }
  const objects = await storedObjects(service);
  for (const [operation, action, status] of [
    ["CreateUploadVideo", { kind: "answer", status: 403, code: "Forbidden.RAM" }, 403],
    [
      "CreateUploadVideo",
      { kind: "answer", status: 404, code: "InvalidAccessKeyId.NotFound" },
      502,
    ],
  ] as const) {
    service.setFaults([{ operation, action }]);
    const answer = await put("title=a");
    service.setFaults([]);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
  }
  assert.deepEqual(await storedObjects(service), objects);
  assert.equal((await put("title=a", new Uint8Array(0))).status, 400);
});

test("what is no video by its type is stored as none, unless that is meant", async () => {
  const objects = await storedObjects(service);
  const page = Buffer.from("<!doctype html><title>Log in</title>");
  for (const [type, status, code] of [
    ["text/html; charset=utf-8", 400, "source_is_page"],
    ["application/json", 400, "source_is_page"],
    ["image/jpeg", 400, "source_is_image"],
    ["application/vnd.apple.mpegurl", 400, "source_is_playlist"],
    ["multipart/form-data; boundary=x", 415, "content_type_unsupported"],
  ] as const) {
    const { body, ...answer } = await put("fileName=a.mp4", page, { "content-type": type });
    assert.deepEqual([answer.status, body.code], [status, code], JSON.stringify(body));
  }
  assert.deepEqual(await storedObjects(service), objects);
  const meant = { "content-type": "text/html" };
  assert.equal((await put("title=a&anyContentType=true", FILM, meant)).status, 201);
  for (const type of ["application/x-www-form-urlencoded", "text/plain", "x", ""]) {
    assert.equal((await put("title=a", FILM, { "content-type": type })).status, 201, type);
  }
});

test("a file that is sent takes the place of another's, by either id", async () => {
  const first = await put("title=Old&referenceId=put-replaced-1");
  assert.equal(first.status, 201);
  const { mediaId } = first.body;
  const made = (await mediaMade(service)).length;
  for (const replace of [
    mediaId,
    JSON.stringify({ mediaId }),
    JSON.stringify({ referenceId: "put-replaced-1" }),
  ]) {
    const film = randomBytes(200_000);
    const { status, body } = await put({ replace, partSize: "102400" }, film);
    assert.deepEqual(
      [status, body.mediaId, body.bytes],
      [201, mediaId, film.length],
      JSON.stringify(body),
    );
    assert.equal(await sha256OfFile(storedFile(service, mediaId)), sha256Of(film));
  }
  const [media] = (await mediaMade(service)).filter(({ id }) => id === mediaId);
  assert.equal(media?.parameters.Title, "Old");
  assert.equal((await mediaMade(service)).length, made);
  for (const [query, words] of [
    [{ replace: mediaId, title: "New" }, /`title` cannot/],
    [{ replace: "{}" }, /replace/],
    [{ replace: "" }, /replace/],
  ] as const) {
    const { status, body } = await put(query);
    assert.equal(status, 400, JSON.stringify(body));
    assert.match(body.detail, words);
  }
  assert.deepEqual(await service.openUploads(), []);
});

function sha256Of(bytes: Buffer): string {
  return sha256(bytes as unknown as string);
}
