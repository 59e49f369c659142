// The ingest handler's answers: who may call, what a body may hold, how slices end.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, afterEach, before, beforeEach, test } from "node:test";
import {
  createIngestHandler,
  type IngestHandlerOptions,
  type IngestScope,
  ingestOptions,
  seal,
  sealingKey,
  unseal,
} from "../../pkg/src/handler/index.ts";
import { Vodlift, VodliftError } from "../../pkg/src/index.ts";
import {
  type Answer,
  assertArrived,
  assertSealed,
  ingest,
  SEAL_KEY,
  type Send,
  sender,
  signed,
  TOKEN_SHA256,
} from "../support/ingest.ts";
import { type Origin, type Route, startOrigin } from "../support/origin.ts";
import {
  assertNothingStored,
  type Emulator,
  startService,
  storedObjects,
  storedSha256,
} from "../support/service.ts";

const MIB = 1024 * 1024;

let service: Emulator;
let origin: Origin;
let send: Send;

before(async () => {
  origin = await startOrigin();
});
after(() => origin.close());
beforeEach(async () => {
  service = await startService();
  send = handler();
});
afterEach(() => service.close());

/** A handler with these options beside the usual ones. */
function handler(options: IngestHandlerOptions = {}): Send {
  return sender(service, createIngestHandler(usual(options)));
}

function usual(options: IngestHandlerOptions = {}): IngestHandlerOptions {
  const { endpoint, region, accessKeyId, accessKeySecret } = service;
  const account = { endpoint, region, accessKeyId, accessKeySecret };
  const tokens = [TOKEN_SHA256];
  return { ...account, tokens, allowPrivateSources: true, budget: { parts: 3 }, ...options };
}

function film(path: string, route: Route): { url: string; partSize: number } {
  return { url: signed(origin.add(path, route)), partSize: MIB };
}

function assertProblem(answer: Answer, status: number, code: string, field?: string): void {
  const { body } = answer;
  assert.deepEqual(
    [answer.status, body.status, body.code, body.field],
    [status, status, code, field],
  );
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(body.type, "about:blank");
  assert.ok(body.title && body.detail && body.hint, JSON.stringify(body));
}

test("a film in slices: each answer says how far it is, the last one what became of it", async () => {
  const source = film("/film.mp4", { size: 8 * MIB + 5 });
  const answers = await ingest(send, { ...source, title: "Film", tags: ["a", "b"] });
  await assertArrived(service, answers, await origin.sha256("/film.mp4"));
  assert.deepEqual(
    answers.map(({ body }) => [body.state, body.bytes]),
    [
      ["running", 3 * MIB],
      ["running", 6 * MIB],
      ["done", 8 * MIB + 5],
    ],
  );
  const [first] = answers;
  assert.ok(first);
  await assertSealed(service, first, service.accessKeySecret, source.url);
  assert.ok(first.body.resume.length < 3072, `${first.body.resume.length} characters`);
});

test("the longest body there may be makes a token that is taken back", async () => {
  const sourceHeaders = { "x-token": "h".repeat(7_000) };
  const source = film(`/${"p".repeat(5_000)}.mp4`, { size: 2 * MIB });
  const options = { budget: { parts: 1 } };
  const description = "d".repeat(1024);
  const answers = await ingest(handler(options), {
    ...source,
    sourceHeaders,
    description,
    title: "x",
  });
  assert.deepEqual(
    answers.map(({ status }) => status),
    [202, 200],
    JSON.stringify(answers.at(-1)?.body),
  );
  assert.equal(origin.log.at(-1)?.headers["x-token"], sourceHeaders["x-token"]);
});

test("a resume token of a version that had the headers beside the URL goes on with them", async () => {
  const film1 = film("/old.mp4", { size: 2 * MIB });
  const first = await handler({ budget: { parts: 1 } })("/v1/ingests", film1);
  assert.equal(first.status, 202);
  const key = await sealingKey(service.accessKeySecret);
  const { ticket, ...token } = (await unseal(key, first.body.resume)) as { ticket: object };
  const old = { ...ticket, headers: { "x-token": "old" } };
  const resume = await seal(key, { ...token, ticket: old });
  assert.equal((await send("/v1/ingests/resume", { resume })).status, 200);
  assert.equal(origin.log.at(-1)?.headers["x-token"], "old");
});

test("a small film is done in one request", async () => {
  const answers = await ingest(send, film("/small.mp4", { size: 1000 }));
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.state, body.bytes]),
    [[200, "done", 1000]],
  );
});

test("a media that exists gets new bytes in slices, also where an answer was lost", async () => {
  const made = { fileName: "a.mp4", referenceId: "my-film-1" };
  const old = await new Vodlift(service).upload(Buffer.alloc(9), made);
  const source = film("/better.mp4", { size: 5 * MIB });
  const answers = await ingest(send, { ...source, replace: { referenceId: "my-film-1" } });
  const [first, done] = answers;
  const again = await send("/v1/ingests/resume", { resume: first?.body.resume });
  for (const answer of [done, again]) {
    assert.deepEqual(
      [answer?.status, answer?.body.mediaId, answer?.body.objectKey],
      [200, old.mediaId, old.objectKey],
    );
  }
  assert.equal(await storedSha256(service, old.objectKey), await origin.sha256("/better.mp4"));
  assert.equal((await storedObjects(service)).length, 1);
  assertProblem(
    await send("/v1/ingests", { ...source, replace: 7 }),
    400,
    "invalid_argument",
    "replace",
  );
  const titled = await send("/v1/ingests", { ...source, replace: old.mediaId, title: "New" });
  assert.equal(titled.status, 400);
  // What the body names and VOD does not have is the client's to correct.
  const unknown = await send("/v1/ingests", { ...source, replace: "0".repeat(32) });
  assertProblem(unknown, 404, "media_not_found");
});

test("a lost answer is asked for again with the token before, also after the end", async () => {
  const answers = await ingest(send, film("/lost.mp4", { size: 5 * MIB }));
  const [first, done] = answers;
  const again = await send("/v1/ingests/resume", { resume: first?.body.resume });
  assert.equal(again.status, 200, JSON.stringify(again.body));
  assert.deepEqual([again.body.mediaId, again.body.bytes], [done?.body.mediaId, done?.body.bytes]);
  assert.equal((await storedObjects(service)).length, 1);
});

test("whoever may not call gets nothing done", async () => {
  const body = film("/who.mp4", { size: 10 });
  const none = await send("/v1/ingests", body, { headers: { authorization: "" } });
  assertProblem(none, 401, "unauthorized");
  assert.equal(none.headers.get("www-authenticate"), "Bearer");
  for (const authorization of [
    "Bearer wrong",
    `Bearer ${TOKEN_SHA256}`,
    "Basic d3Jvbmc6",
    "Bearer",
  ]) {
    const wrong = await send("/v1/ingests", body, { headers: { authorization } });
    assertProblem(wrong, 401, "unauthorized");
  }
  assertProblem(await handler({ tokens: [] })("/v1/ingests", body), 503, "token_not_configured");
  assert.equal(service.log.length, 0);
});

test("a token is good for its scopes only", async () => {
  const two = handler({
    tokens: [
      { sha256: createHash("sha256").update("another").digest("hex"), owner: "ops" },
      { sha256: TOKEN_SHA256.toUpperCase(), scopes: ["create", "resume"], owner: "ops" },
    ],
  });
  const { body } = await two("/v1/ingests", film("/scopes.mp4", { size: 5 * MIB }));
  const refused = await two("/v1/ingests/abort", { resume: body.resume });
  assertProblem(refused, 403, "forbidden");
  assert.match(refused.body.detail, /`abort`/);
  const headers = { authorization: "bearer another" };
  assert.equal((await two("/v1/ingests/abort", { resume: body.resume }, { headers })).status, 200);
});

test("health needs no token, and other addresses and methods are told apart", async () => {
  const get = { method: "GET", body: null, headers: { authorization: "" } };
  const health = await send("/healthz", {}, get);
  assert.deepEqual([health.status, health.body], [200, { status: "ok" }]);
  for (const path of ["/", "/v1", "/v1/ingests/", "/v1/ingests/toString", "/constructor"]) {
    assertProblem(await send(path, {}), 404, "not_found");
  }
  const answer = await send("/v1/ingests", {}, get);
  assertProblem(answer, 405, "method_not_allowed");
  assert.equal(answer.headers.get("allow"), "POST");
});

test("mounted below a path, it answers there only", async () => {
  const mounted = handler({ basePath: "/media" });
  assert.equal((await mounted("/media/v1/ingests", film("/m.mp4", { size: 9 }))).status, 200);
  assertProblem(await mounted("/v1/ingests", {}), 404, "not_found");
});

test("a body that breaks a rule is refused, naming the field, before anything is sent", async () => {
  const { url } = film("/body.mp4", { size: 10 });
  for (const [body, field] of [
    [{}, "url"],
    [{ url: "film.mp4" }, "url"],
    [{ url: "ftp://example.com/film.mp4" }, "url"],
    [{ url, title: "" }, "title"],
    [{ url, tags: [1] }, "tags"],
    [{ url, imageExt: "png" }, "imageExt"],
    [{ url, sourceTimeoutMs: "soon" }, "sourceTimeoutMs"],
    [{ url, headers: {} }, "headers"],
    [{ url, sourceHeaders: { a: {} } }, "sourceHeaders"],
    [{ url, sourceHeaders: { "a b": "c" } }, "sourceHeaders"],
    [{ url, sourceHeaders: { Host: "another.example" } }, "sourceHeaders"],
    [{ url, sourceHeaders: { "transfer-encoding": "chunked" } }, "sourceHeaders"],
    [{ url, sourceHeaders: { "If-Range": '"x"' } }, "sourceHeaders"],
    [{ url, cateId: -1 }, "cateId"],
    [{ url, verify: "md5" }, "verify"],
    [{ url, partSize: 1 }, "partSize"],
    [{ url, title: "t".repeat(129) }, "title"],
    [{ url, credentials: {} }, "credentials"],
    [{ url, __proto__: null, toString: "x" }, "toString"],
    [[url], undefined],
  ] as [object, string | undefined][]) {
    assertProblem(await send("/v1/ingests", body), 400, "invalid_argument", field);
  }
  const init = { body: "{" };
  assertProblem(await send("/v1/ingests", {}, init), 400, "invalid_argument");
  assertProblem(await send("/v1/ingests", {}, { body: "x".repeat(40_000) }), 413, "body_too_large");
  const coded = { "content-encoding": "gzip" };
  assertProblem(
    await send("/v1/ingests", { url }, { headers: coded }),
    415,
    "content_encoding_unsupported",
  );
  assertProblem(await send("/v1/ingests/resume", {}), 400, "invalid_argument", "resume");
  const both = { resume: "v1.x", url };
  assertProblem(await send("/v1/ingests/resume", both), 400, "invalid_argument", "url");
  assert.equal(service.log.length, 0);
});

test("a resume token that was tampered with, or is another service's, is refused", async () => {
  const { body } = await send("/v1/ingests", film("/token.mp4", { size: 5 * MIB }));
  const foreign = sender(service, createIngestHandler(usual({ sealKey: SEAL_KEY })));
  for (const path of ["/v1/ingests/resume", "/v1/ingests/abort"]) {
    for (const resume of [`${body.resume}A`, body.resume.replace(/.$/, "!"), "nonsense"]) {
      assertProblem(await send(path, { resume }), 400, "resume_token_invalid", "resume");
    }
    const refused = await foreign(path, { resume: body.resume });
    assertProblem(refused, 400, "resume_token_invalid", "resume");
  }
  assert.equal((await service.openUploads()).length, 1, "what was begun is left alone");
});

test("a resume token is good for who began it, and for a while", async (t) => {
  const other = createHash("sha256").update("another").digest("hex");
  const tokens = [TOKEN_SHA256, other];
  const send = handler({ tokens });
  const { body } = await send("/v1/ingests", film("/whose.mp4", { size: 9 * MIB }));
  const headers = { authorization: "Bearer another" };
  for (const path of ["/v1/ingests/resume", "/v1/ingests/abort"]) {
    const refused = await send(path, { resume: body.resume }, { headers });
    assertProblem(refused, 400, "resume_token_invalid", "resume");
  }
  assert.equal((await service.openUploads()).length, 1, "what was begun is left alone");
  const brief = handler({ tokens, resumeMs: 60_000 });
  const next = await send("/v1/ingests/resume", { resume: body.resume });
  assert.equal(next.status, 202);
  const now = Date.now();
  t.mock.method(Date, "now", () => now + 61_000);
  const late = await brief("/v1/ingests/resume", { resume: next.body.resume });
  assertProblem(late, 400, "resume_token_expired", "resume");
  t.mock.method(Date, "now", () => now + 25 * 3_600_000);
  const older = await send("/v1/ingests/resume", { resume: next.body.resume });
  assertProblem(older, 400, "resume_token_expired", "resume");
  t.mock.restoreAll();
  assert.equal((await send("/v1/ingests/abort", { resume: next.body.resume })).status, 200);
});

test("while the sealing key is replaced, both open and the new one seals", async () => {
  const next = "b6f0c3a9d2e84715902c7de1f8a35b64";
  const before = handler({ sealKey: SEAL_KEY });
  const first = await before("/v1/ingests", film("/rotated.mp4", { size: 12 * MIB }));
  const both = handler({ sealKey: [next, SEAL_KEY] });
  const second = await both("/v1/ingests/resume", { resume: first.body.resume });
  assert.equal(second.status, 202, JSON.stringify(second.body));
  const after = handler({ sealKey: next });
  const third = await after("/v1/ingests/resume", { resume: second.body.resume });
  assert.equal(third.status, 202, JSON.stringify(third.body));
  const old = await after("/v1/ingests/resume", { resume: first.body.resume });
  assertProblem(old, 400, "resume_token_invalid", "resume");
  await after("/v1/ingests/abort", { resume: third.body.resume });
});

test("replacing a media of the account is a scope of its own", async () => {
  const scoped = (scopes: IngestScope[]) => handler({ tokens: [{ sha256: TOKEN_SHA256, scopes }] });
  const source = film("/replaced.mp4", { size: MIB });
  const body = { ...source, replace: "0123456789abcdef" };
  for (const adopt of [true, "if-possible"]) {
    const adopting = { ...source, referenceId: "film-1", adopt };
    assertProblem(await scoped(["create"])("/v1/ingests", adopting), 403, "forbidden");
  }
  assertProblem(await scoped(["create", "resume"])("/v1/ingests", body), 403, "forbidden");
  assert.equal(service.log.length, 0);
  const { status } = await scoped(["create", "replace"])("/v1/ingests", body);
  assert.notEqual(status, 403);
});

for (const method of ["POST", "DELETE"]) {
  test(`given up by ${method}, the parts are removed`, async () => {
    const { body } = await send("/v1/ingests", film(`/abort-${method}.mp4`, { size: 5 * MIB }));
    assert.equal((await service.openUploads()).length, 1);
    const gone = await send("/v1/ingests/abort", { resume: body.resume }, { method });
    assert.deepEqual([gone.status, gone.body], [200, { state: "canceled", mediaId: body.mediaId }]);
    await assertNothingStored(service);
    assert.equal((await send("/v1/ingests/abort", { resume: body.resume })).status, 200, "twice");
  });
}

test("what the source does wrong is told by its own code, and leaves nothing", async () => {
  assertProblem(
    await send("/v1/ingests", film("/gone.mp4", { status: 404 })),
    400,
    "source_not_found",
  );
  assertProblem(await send("/v1/ingests", film("/empty.mp4", { size: 0 })), 400, "empty_source");
  await assertNothingStored(service);
});

test("a source that changes between two slices is refused, and what there is can be given up", async () => {
  const source = film("/changed.mp4", { size: 6 * MIB, changeAfter: 4 });
  const answers = await ingest(send, source);
  const last = answers.at(-1);
  assert.ok(last);
  assertProblem(last, 400, "source_changed");
  assert.equal(last.body.retryable, false);
  assert.equal((await send("/v1/ingests/abort", { resume: last.body.resume })).status, 200);
  await assertNothingStored(service);
});

test("a slice that fails for a while leaves a token that goes on", async () => {
  const source = film("/flaky.mp4", { size: 5 * MIB });
  const { body: first } = await send("/v1/ingests", source);
  const action = { kind: "answer", status: 403, code: "Forbidden.RAM" } as const;
  service.setFaults([{ operation: "RefreshUploadVideo", action }]);
  const failed = await send("/v1/ingests/resume", { resume: first.resume });
  assertProblem(failed, 403, "permission_denied");
  service.setFaults([]);
  const done = await send("/v1/ingests/resume", { resume: failed.body.resume });
  assert.deepEqual([done.status, done.body.mediaId], [200, first.mediaId]);
});

test("the guard refuses private sources and other hosts than those allowed", async () => {
  const source = film("/guard.mp4", { size: 10 });
  const strict = handler({ allowPrivateSources: false });
  assertProblem(await strict("/v1/ingests", source), 400, "address_refused");
  const elsewhere = handler({ allowHosts: ["media.example.com", "*.example.org"] });
  for (const url of [source.url, "https://example.org/a.mp4", "https://example.com/a.mp4"]) {
    assertProblem(await elsewhere("/v1/ingests", { url }), 400, "source_host_refused");
  }
  const here = handler({ allowHosts: [new URL(origin.url).host.toUpperCase()] });
  assert.equal((await here("/v1/ingests", source)).status, 200);
  const away = film("/away.mp4", { redirectTo: "http://localhost:1/film.mp4" });
  assertProblem(await here("/v1/ingests", away), 400, "source_host_refused");
  const there = handler({ denyHosts: ["localhost"] });
  assertProblem(await there("/v1/ingests", away), 400, "source_host_refused");
});

test("hosts beyond ASCII are judged as what is fetched is spelled", async () => {
  const hosts = { allowHosts: ["*.电影.example"], denyHosts: ["XN--FIQS8S.电影.example"] };
  const lists = handler(hosts);
  for (const host of ["电影.example", "中国.电影.example", "xn--fiqs8s.xn--p3t879b.example"]) {
    const answer = await lists("/v1/ingests", { url: `https://${host}/film.mp4` });
    assertProblem(answer, 400, "source_host_refused");
    assert.match(String(answer.body.detail), /xn--p3t879b\.example/);
  }
  // One that is taken is only judged: to look its name up takes as long as the machine's resolver likes.
  const { endpoint, region, accessKeyId, accessKeySecret } = service;
  const vod = new Vodlift({ endpoint, region, accessKeyId, accessKeySecret });
  await vod.check("video", { url: "https://a.电影.example/film.mp4" }, hosts);
});

test("a source beyond maxBytes is refused before VOD hears of it, or removed where it did not say so", async () => {
  const small = handler({ maxBytes: "2MiB", budget: {} });
  const told = await small("/v1/ingests", film("/big.mp4", { size: 2 * MIB + 1 }));
  assertProblem(told, 413, "too_large");
  assert.equal(service.log.length, 0);
  const untold = await small(
    "/v1/ingests",
    film("/endless.mp4", { size: 9 * MIB, noLength: true }),
  );
  assertProblem(untold, 413, "too_large");
  await assertNothingStored(service);
  assert.equal((await small("/v1/ingests", film("/fits.mp4", { size: 2 * MIB }))).status, 200);
});

test("an ingest that no slice gets further with is not tried for ever", async () => {
  const late = handler({ sliceMs: 0 });
  const answers = await ingest(late, film("/late.mp4", { size: 9 * MIB }));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [202, 409],
  );
  const last = answers.at(-1);
  assert.ok(last);
  assertProblem(last, 409, "cut_short");
  assert.equal((await send("/v1/ingests/abort", { resume: last.body.resume })).status, 200);
  await assertNothingStored(service);
});

test("a client that goes away during the first slice leaves nothing behind", async () => {
  const gone = new AbortController();
  const source = film("/leaves.mp4", { size: 8 * MIB });
  // The film cannot be over before the client has gone.
  origin.hold("/leaves.mp4", (offset) => offset >= 2 * MIB);
  const watch = setInterval(() => {
    const begun = service.log.some(({ operation }) => operation === "InitiateMultipartUpload");
    if (begun && origin.bytesServed("/leaves.mp4") > 1) gone.abort();
  }, 1);
  const answer = await handler({ budget: {} })("/v1/ingests", source, { signal: gone.signal });
  clearInterval(watch);
  assertProblem(answer, 409, "aborted");
  await assertNothingStored(service);
});

test("a client that goes away later finds everything with the token it has", async () => {
  const source = film("/later.mp4", { size: 8 * MIB });
  const { body: first } = await send("/v1/ingests", source);
  const init = { signal: AbortSignal.abort() };
  const path = "/v1/ingests/resume";
  await send(path, { resume: first.resume }, init);
  assert.equal((await service.openUploads()).length, 1);
  const next = await send(path, { resume: first.resume });
  assert.deepEqual([next.status, next.body.bytes], [202, 6 * MIB]);
});

test("temporary keys sign, and seal nothing", async () => {
  const { endpoint, region } = service;
  const { expires, ...keys } = service.issueTemporaryCredential();
  const options = { endpoint, region, credentials: async () => keys };
  const base = { tokens: [TOKEN_SHA256], allowPrivateSources: true, budget: { parts: 3 } };
  assert.throws(() => createIngestHandler({ ...base, ...options }), named("sealKey"));
  const temporary = { ...base, endpoint, region, ...keys };
  assert.throws(() => createIngestHandler(temporary), named("sealKey"));
  const role = sender(service, createIngestHandler({ ...base, ...options, sealKey: SEAL_KEY }));
  const answers = await ingest(role, film("/role.mp4", { size: 8 * MIB }));
  await assertArrived(service, answers, await origin.sha256("/role.mp4"));
});

test("what fails is told to the log, and of a stranger's error nothing to the client", async () => {
  const told: unknown[] = [];
  const onError = (error: unknown) => told.push(error);
  const failing = handler({ onError, allowPrivateSources: false });
  assertProblem(
    await failing("/v1/ingests", film("/log.mp4", { size: 1 })),
    400,
    "address_refused",
  );
  assert.ok(told[0] instanceof VodliftError);
  const strange = new ReadableStream({
    pull() {
      throw new Error("never tell this");
    },
  });
  const init = { body: strange, duplex: "half" } as RequestInit;
  const answer = await failing("/v1/ingests", {}, init);
  assertProblem(answer, 500, "internal");
  assert.doesNotMatch(JSON.stringify(answer.body), /never/);
  assert.match(String(told[1]), /never tell this/);
});

test("options that break a rule are refused at once, naming the field", () => {
  const refused = (options: IngestHandlerOptions, field: string) =>
    assert.throws(() => createIngestHandler(usual(options)), named(field));
  refused({ accessKeyId: "" }, "accessKeyId");
  refused({ tokens: ["never-print-this-bearer-token"] }, "tokens");
  refused({ tokens: [{ sha256: TOKEN_SHA256, scopes: ["all" as never] }] }, "tokens");
  for (const sealKey of [
    ...["", "short", "x".repeat(64), "abc".repeat(20), "0123456789abcdef".repeat(4)],
    ...["abcdefghijklmnopqrstuvwxyz0123456789", "password password password password"],
    ...["zyxwvutsrqponmlkjihgfedcba9876543210", "3".repeat(31), " ".repeat(40)],
    ...[[], [SEAL_KEY, "short"], [5 as never], 5 as never],
  ]) {
    refused({ sealKey }, "sealKey");
  }
  for (let n = 0; n < 1_000; n += 1) {
    const drawn = randomBytes(32);
    const good = [drawn.toString("hex"), drawn.toString("base64"), drawn.toString("hex", 0, 16)];
    createIngestHandler(usual({ sealKey: good }));
  }
  const none = { VODLIFT_SEAL_KEY: " , " };
  assert.throws(() => createIngestHandler(usual(ingestOptions(none))), named("sealKey"));
  refused({ resumeMs: 0 }, "resumeMs");
  refused({ sliceMs: Number.NaN }, "sliceMs");
  refused({ basePath: "/media/" }, "basePath");
  assert.throws(() => ingestOptions({ VODLIFT_SLICE_MS: "soon" }), named("VODLIFT_SLICE_MS"));
});

test("a list that holds separators alone is a mistake, not the absence of one", () => {
  for (const name of ["VODLIFT_ALLOW_HOSTS", "VODLIFT_DENY_HOSTS", "VODLIFT_TOKEN_SHA256"]) {
    for (const text of [",", " , ", ",,"]) {
      assert.throws(() => ingestOptions({ [name]: text }), named(name));
    }
  }
  assert.throws(() => ingestOptions({ VODLIFT_ALLOW_HOSTS: " " }), named("VODLIFT_ALLOW_HOSTS"));
  assert.equal(ingestOptions({ VODLIFT_ALLOW_HOSTS: "" }).allowHosts, undefined);
});

test("an option that no request could go by closes it, and its health says so", async () => {
  for (const [field, options] of [
    ["allowHosts", { allowHosts: ["https://media.example.com/"] }],
    ["denyHosts", { denyHosts: ["evil.example;bad.example"] }],
    ["maxBytes", { maxBytes: "20 elephants" }],
    ["endpoint", { endpoint: "https://vod.example/path" }],
  ] as const) {
    const closed = handler(options);
    const asked = await closed("/v1/ingests", film("/closed.mp4", { size: 9 }));
    assertProblem(asked, 503, "setting_invalid");
    assert.ok(asked.body.detail.includes(`\`${field}\``), asked.body.detail);
    const get = { method: "GET", body: null, headers: { authorization: "" } };
    const health = await closed("/healthz", {}, get);
    assertProblem(health, 503, "closed");
    assert.ok(!JSON.stringify(health.body).includes(field), "strangers hear nothing of it");
  }
  // A list may leave out every host that there is.
  assert.equal(
    (await handler({ allowHosts: [] })("/healthz", {}, { method: "GET", body: null })).status,
    200,
  );
});

test("every answer says that its type is not to be guessed, and that https is to be kept", async () => {
  for (const [path, method] of [
    ["/healthz", "GET"],
    ["/nothing", "GET"],
    ["/v1/ingests", "POST"],
    ["/v1/ingests", "PUT"],
  ] as const) {
    const { headers } = await createIngestHandler(usual())(
      new Request(`https://x.example${path}`, { method }),
    );
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.match(headers.get("strict-transport-security") ?? "", /^max-age=\d{8}$/, path);
  }
});

test("options are read from the environment, and what is given wins", async () => {
  const env = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: "id",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "secret",
    ALIBABA_CLOUD_SECURITY_TOKEN: "",
    VODLIFT_TOKEN_SHA256: `${TOKEN_SHA256}, ${TOKEN_SHA256}:create+abort@ops,${TOKEN_SHA256}@ops`,
    VODLIFT_SEAL_KEY: "new old",
    VODLIFT_SUBREQUESTS: "40",
    VODLIFT_SLICE_MS: "9000",
    VODLIFT_ALLOW_HOSTS: "a.example, *.b.example",
    VODLIFT_DENY_HOSTS: " ",
    VODLIFT_MAX_BYTES: "1GiB",
    VODLIFT_MEMORY: "32MiB",
    VODLIFT_BASE_PATH: "/stage",
    VODLIFT_ALLOW_PRIVATE_SOURCES: "yes",
  };
  assert.deepEqual(ingestOptions(env, { sliceMs: 5 }), {
    accessKeyId: "id",
    accessKeySecret: "secret",
    tokens: [
      { sha256: TOKEN_SHA256 },
      { sha256: TOKEN_SHA256, scopes: ["create", "abort"], owner: "ops" },
      { sha256: TOKEN_SHA256, owner: "ops" },
    ],
    sealKey: ["new", "old"],
    budget: { subrequests: 40 },
    sliceMs: 5,
    allowHosts: ["a.example", "*.b.example"],
    maxBytes: "1GiB",
    memory: "32MiB",
    basePath: "/stage",
    allowPrivateSources: false,
  });
  const credentials = async () => ({ accessKeyId: "a", accessKeySecret: "b" });
  assert.equal(ingestOptions(env, { credentials }).accessKeyId, undefined);
});

function named(field: string) {
  return (error: unknown) => {
    assert.ok(error instanceof VodliftError);
    assert.equal(error.code, "invalid_argument");
    assert.match(error.message, new RegExp(`^\`${field}\``));
    assert.doesNotMatch(error.message, /never-print/);
    return true;
  };
}

test("what is declared for it is taken, spelled as everywhere", async () => {
  const { url } = film("/declared.mp4", { size: 300_000 });
  const said = { tags: "a, b", partSize: "128KiB", sourceTimeoutMs: "30s", trafficLimit: 819_200 };
  const objectHeaders = { "Cache-Control": "no-store" };
  const answer = await send("/v1/ingests", { url, ...said, objectHeaders, httpsOnly: false });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const refused = await send("/v1/ingests", { url, httpsOnly: true });
  assertProblem(refused, 400, "url_refused");
});
