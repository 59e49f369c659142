// The Worker's HTTP API in real workerd: who may call it, and what it answers to what it does not understand.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Answer,
  callWorker,
  NOWHERE,
  type RunningWorker,
  startWorker,
} from "../support/worker.ts";

let worker: RunningWorker;
before(async () => {
  worker = await startWorker({ service: NOWHERE });
});
after(() => worker.close());

const call = (path: string, init: RequestInit = {}, token = worker.token): Promise<Answer> =>
  callWorker({ ...worker, token }, path, init);

const post = (body: unknown): Promise<Answer> =>
  call("/v1/ingests", {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

test("/healthz needs no token", async () => {
  const response = await fetch(`${worker.url}/healthz`);
  assert.deepEqual([response.status, await response.json()], [200, { status: "ok" }]);
});

test("/v1 is closed without the token, and with a wrong one", async () => {
  for (const path of ["/v1/ingests", "/v1/ingests/abc", "/v1/anything"]) {
    const none = await fetch(worker.url + path);
    assert.equal(none.status, 401, path);
    assert.equal(none.headers.get("www-authenticate"), "Bearer");
    assert.equal(((await none.json()) as Answer["body"]).code, "unauthorized");
    for (const wrong of [worker.token.slice(1), `${worker.token}x`, "", "undefined"]) {
      assert.equal((await call(path, {}, wrong)).status, 401, `${path} with ${wrong}`);
    }
  }
});

test("a token in another scheme or in the query opens nothing", async () => {
  const basic = { headers: { authorization: `Basic ${worker.token}` } };
  assert.equal((await fetch(`${worker.url}/v1/ingests/abc`, basic)).status, 401);
  assert.equal((await fetch(`${worker.url}/v1/ingests/abc?token=${worker.token}`)).status, 401);
});

test("a body that breaks a rule is refused with the field and the rule", async () => {
  const url = "https://example.com/film.mp4";
  const refusals: [unknown, string, RegExp][] = [
    ["{", "the body", /must be JSON/],
    [[], "the body", /must hold 1 to 1000/],
    [5, "the body", /expected object/],
    [{ title: "T" }, "url", /expected string/],
    [{ url: "film.mp4" }, "url", /invalid URL/],
    [{ url: "ftp://example.com/film.mp4" }, "url", /invalid URL/],
    [{ url, title: 5 }, "title", /must be a string, got number/],
    [{ url, title: "" }, "title", /must not be empty/],
    [{ url, tags: [5] }, "tags", /must be a string/],
    [{ url, partSize: 0 }, "partSize", /at least 1/],
    [{ url, partSize: "16 parsecs" }, "partSize", /a text such as "16MiB"/],
    [{ url, partSize: "99KiB" }, "partSize", /102400/],
    [{ url, sourceTimeoutMs: "soon" }, "sourceTimeoutMs", /a text such as "30s"/],
    [{ url, concurrency: 6 }, "concurrency", /at most 5/],
    [{ url, shards: 17 }, "shards", /at most 16/],
    [{ url, referenceId: "vodlift-1" }, "referenceId", /must not begin with vodlift-/],
    [{ url, replace: { referenceId: "VODLIFT-1" } }, "replace", /must not begin with vodlift-/],
    [{ url, verify: "md5" }, "verify", /"length" or "crc64"/],
    [{ url, sourceHeaders: { a: [] } }, "sourceHeaders", /must have texts as values/],
    [{ url, coverUrl: "cover.png" }, "coverUrl", /must be an absolute http or https URL/],
    [{ url, allowPrivateSources: true }, "allowPrivateSources", /is not known/],
    [{ url, constructor: "x" }, "constructor", /is not known/],
    [{ url, referenceId: "film-1", adopt: true }, "adopt", /is not known/],
    [{ url, as: "attached", businessType: "logo" }, "businessType", /"watermark"/],
    [{ url, title: "x".repeat(129) }, "title", /128/],
    [{ url, headers: {} }, "headers", /`objectHeaders` are stored .* `sourceHeaders` are sent/],
    [{ url, sourceHeaders: { Host: "other.example.com" } }, "sourceHeaders", /must not hold host/],
    [{ url, as: "playlist", fileName: "a.mp4" }, "fileName", /m3u8/],
    [{ url, userData: "{" }, "userData", /JSON/],
  ];
  for (const [body, field, rule] of refusals) {
    const { status, body: answer } = await post(body);
    assert.deepEqual([status, answer.code, answer.field], [400, "invalid_argument", field]);
    assert.match(answer.detail, rule);
  }
});

test("a body that is not UTF-8 is refused, not stored with letters that it never had", async () => {
  const text = JSON.stringify({ url: "https://example.com/film.mp4", title: "café 电影" });
  const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
  const bodies = [
    Buffer.from(text, "latin1"),
    utf16,
    Buffer.from(utf16).swap16(),
    Buffer.from(text.slice(0, -4)),
    Buffer.concat([Buffer.from(text), Buffer.from([0xc0, 0x80])]),
    Buffer.from('{"url":"https://example.com/film.mp4","title":"\xed\xa0\x80"}', "latin1"),
  ];
  for (const [n, body] of bodies.entries()) {
    const { status, body: answer } = await call("/v1/ingests", { method: "POST", body });
    assert.deepEqual([status, answer.field], [400, "the body"], `${n}`);
    assert.match(answer.detail, n === 3 ? /must be JSON/ : /must be UTF-8/, `${n}`);
  }
  await call("/v1/pause", { method: "POST" });
  const marked = Buffer.from(`\ufeff${text}`);
  const { status, body: answer } = await call("/v1/ingests", { method: "POST", body: marked });
  assert.equal(status, 202, JSON.stringify(answer));
  assert.equal((await call(`/v1/ingests/${answer.id}`)).body.title, "café 电影");
});

test("a request that is too large for a row is refused, naming what takes most", async () => {
  const url = "https://example.com/film.mp4";
  const tags = ["t".repeat(40_000), "u".repeat(40_000)];
  const hosts = Object.fromEntries(
    Array.from({ length: 900 }, (_, n) => [`${n}.example`, { query: "q".repeat(90) }]),
  );
  for (const [field, body] of [
    ["tags", { url, tags }],
    ["hosts", { url, as: "playlist", hosts }],
    ["description", { url, description: "d".repeat(2_000_000) }],
  ] as const) {
    const { status, body: answer } = await post(body);
    assert.deepEqual([status, answer.field], [400, field]);
    assert.match(answer.detail, /is too large: a request has at most 65536 characters/);
  }
  // More mistakes than a stack holds: none of them is looked at one by one.
  const names = Array.from({ length: 400_000 }, (_, n) => [n.toString(36), 5]);
  const many = await post({ url, hosts: Object.fromEntries(names) });
  assert.deepEqual([many.status, many.body.field], [400, "hosts"]);
  const { body } = await post(Array.from({ length: 50 }, () => ({ url, tags })));
  assert.ok(body.results.every((one: { error: { field: string } }) => one.error.field === "tags"));
});

test("a body that is too large is refused", async () => {
  const { status, body } = await post({ url: `https://example.com/${"x".repeat(9_000_000)}` });
  assert.deepEqual([status, body.code], [413, "body_too_large"]);
});

test("what is not there is 404, and a wrong method is 405 and tells the right one", async () => {
  for (const path of ["/v1/ingests/abc", `/v1/ingests/${"0".repeat(64)}`, "/v1/nothing"]) {
    const { status, body } = await call(path);
    assert.deepEqual([status, body.code], [404, "not_found"], path);
  }
  const wrong: [string, string, string][] = [
    ["/v1/ingests", "PUT", "GET, HEAD, POST"],
    ["/v1/ingests/abc", "POST", "DELETE, GET, HEAD"],
    ["/v1/ingests/abc/stop", "GET", "POST"],
    ["/v1/ingests/abc/checkpoint", "PUT", "GET, HEAD"],
    ["/healthz", "POST", "GET, HEAD"],
    ["/v1/uploads", "POST", "PUT"],
  ];
  for (const [path, method, allow] of wrong) {
    for (const size of method === "GET" ? [0] : [0, 5, 100_000]) {
      const sent = size === 0 ? {} : { body: "x".repeat(size) };
      const { status, headers, body } = await call(path, { method, ...sent });
      assert.deepEqual([status, headers.get("allow")], [405, allow], `${path} ${size}`);
      assert.equal(body.code, "method_not_allowed");
    }
  }
});

test("without a configured token /v1 stays closed, whatever is sent", async () => {
  const open = await startWorker({ service: NOWHERE, token: null });
  try {
    for (const authorization of ["Bearer ", "Bearer undefined", "Bearer null", ""]) {
      const response = await fetch(`${open.url}/v1/ingests/abc`, { headers: { authorization } });
      assert.equal(response.status, 503);
      assert.equal(((await response.json()) as Answer["body"]).code, "token_not_configured");
    }
    const health = await fetch(`${open.url}/healthz`);
    const { code } = (await health.json()) as Answer["body"];
    assert.deepEqual([health.status, code], [503, "closed"], "nobody takes it for healthy");
  } finally {
    await open.close();
  }
});

test("without keys no ingest is accepted", async () => {
  const keyless = await startWorker({ service: { ...NOWHERE, accessKeySecret: "" } });
  try {
    const response = await fetch(`${keyless.url}/v1/ingests`, {
      method: "POST",
      headers: { authorization: `Bearer ${keyless.token}` },
      body: JSON.stringify({ url: "https://example.com/film.mp4" }),
    });
    assert.equal(response.status, 503);
    assert.equal(((await response.json()) as Answer["body"]).code, "credentials_missing");
    assert.equal((await fetch(`${keyless.url}/healthz`)).status, 503);
  } finally {
    await keyless.close();
  }
});
