// Functions are called with whatever a gateway makes of a request, and by whoever may invoke them with anything at all:
// each event is answered.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createIngestHandler,
  type FetchHandler,
  type FunctionResult,
  toFunctionCompute,
  toLambda,
} from "../../pkg/src/handler/index.ts";
import { type Drawn, drawn, seeds } from "../support/drawn.ts";
import { SEAL_KEY, TOKEN, TOKEN_SHA256 } from "../support/ingest.ts";

const ingest = createIngestHandler({
  accessKeyId: "id",
  accessKeySecret: "secret",
  sealKey: SEAL_KEY,
  tokens: [TOKEN_SHA256],
});
const lambdaContext = { getRemainingTimeInMillis: () => 60_000 };
const credentials = { accessKeyId: "id", accessKeySecret: "secret", securityToken: "token" };
const functionContext = { credentials, function: { timeout: 60 } };

type Ask = (event: unknown) => Promise<FunctionResult>;
const lambda =
  (handler: FetchHandler): Ask =>
  (event) =>
    toLambda(() => handler)(event as never, lambdaContext);
const functionCompute =
  (handler: FetchHandler): Ask =>
  (event) => {
    const bytes = new TextEncoder().encode(JSON.stringify(event) ?? "");
    return toFunctionCompute(() => handler)(bytes, functionContext);
  };
const PLATFORMS = { lambda, functionCompute };

/** Says what it was asked. */
const echo: FetchHandler = async (request) =>
  Response.json({
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    body: Buffer.from(await request.arrayBuffer()).toString("hex"),
  });

const get = (more: object = {}) => ({
  version: "2.0",
  rawPath: "/healthz",
  headers: { host: "example.com" },
  requestContext: { domainName: "example.com", http: { method: "GET" } },
  ...more,
});
const of = (method: unknown, more: object = {}) =>
  get({ requestContext: { http: { method } }, ...more });

const REFUSED: readonly [what: string, event: unknown, status: number, says: RegExp][] = [
  ["nothing", undefined, 400, /no HTTP request/],
  ["null", null, 400, /no HTTP request/],
  ["a list", [], 400, /event/],
  ["a text", "hello", 400, /event/],
  ["one of a timer", { source: "aws.events" }, 400, /no HTTP request/],
  ["no method", get({ requestContext: { http: {} } }), 400, /method/],
  ["a method that is none", of("GE T"), 400, /method/],
  ["an empty method", of(""), 400, /method/],
  ["a number as the method", of(5), 400, /method/],
  ["TRACE", of("TRACE"), 405, /TRACE/],
  ["CONNECT", of("connect"), 405, /CONNECT/],
  ["bad base64", of("POST", { body: "%%%", isBase64Encoded: true }), 400, /base64/],
  ["base64 cut short", of("POST", { body: "QUJDR", isBase64Encoded: true }), 400, /base64/],
  ["an object as the body", of("POST", { body: { url: "x" } }), 400, /body/],
  ["a list of headers", get({ headers: ["a", "b"] }), 400, /headers/],
  ["a name that no header has", get({ headers: { "a b": "c" } }), 400, /headers/],
  ["a line in a header", get({ headers: { a: "b\r\nc: d" } }), 400, /headers/],
  ["an object in a header", get({ headers: { a: {} } }), 400, /headers/],
  ["a number as the path", get({ rawPath: 5 }), 400, /path/],
  ["a list as the query", get({ queryParameters: [1] }), 400, /query/],
];

for (const [platform, adapter] of Object.entries(PLATFORMS)) {
  test(`on ${platform}, what is no request is answered as that`, async () => {
    for (const [what, event, status, says] of REFUSED) {
      const asked = await adapter(() => assert.fail("the handler is not asked"))(event);
      const place = `${what}: ${asked.body}`;
      assert.equal(asked.statusCode, status, place);
      assert.equal(asked.headers["content-type"], "application/problem+json", place);
      assert.equal(asked.isBase64Encoded, false);
      const { detail, hint, code } = JSON.parse(asked.body);
      assert.match(detail, says, place);
      assert.ok(hint.length > 10 && code !== undefined, place);
      if (status === 405) assert.match(asked.headers.allow ?? "", /POST/);
    }
  });

  test(`on ${platform}, what an event may lack is taken as not said`, async () => {
    const ask = async (event: unknown) => {
      const { statusCode, body } = await adapter(echo)(event);
      assert.equal(statusCode, 200, body);
      return JSON.parse(body);
    };
    const bare = await ask({ requestContext: { http: { method: "GET" } } });
    assert.deepEqual([bare.method, bare.url, bare.body], ["GET", "https://localhost/", ""]);
    for (const domainName of [undefined, null, "", "a b", "user@host/x?", "h:99999", "[::1", 5]) {
      const { url } = await ask(get({ requestContext: { domainName, http: { method: "GET" } } }));
      assert.equal(url, "https://localhost/healthz", String(domainName));
    }
    const odd = { a: null, b: ["1", "2"], c: 3, d: true };
    const { headers } = await ask(get({ headers: odd, cookies: ["x=1", "y=2"] }));
    assert.deepEqual(headers, { b: "1, 2", c: "3", d: "true", cookie: "x=1; y=2" });
    assert.equal(
      (await ask(get({ headers: null, rawPath: "//evil/x" }))).url,
      "https://localhost//evil/x".replace("localhost", "example.com"),
    );
    // A body that no GET has.
    assert.equal((await ask(of("get", { body: "%%%", isBase64Encoded: true }))).body, "");
    for (const isBase64Encoded of [undefined, null, false]) {
      assert.equal((await ask(of("PUT", { body: "ab", isBase64Encoded }))).body, "6162");
    }
  });
}

test("an event that throws where it is read is answered", async () => {
  const event = get();
  Object.defineProperty(event, "headers", {
    get() {
      throw new Error("no");
    },
  });
  for (const odd of [event, new Proxy({}, { get: () => assert.fail("read") }), Symbol("x")]) {
    assert.equal((await lambda(echo)(odd)).statusCode, 400);
    const { statusCode } = await toFunctionCompute(() => echo)(odd as never, functionContext);
    assert.equal(statusCode, 400);
  }
});

test("payload version 1.0 is understood, too", async () => {
  const event = {
    version: "1.0",
    httpMethod: "POST",
    path: "/v1/ingests",
    headers: { a: "2" },
    multiValueHeaders: { a: ["1", "2"], b: ["3"] },
    queryStringParameters: { q: "2" },
    multiValueQueryStringParameters: { q: ["1", "2"] },
    requestContext: { domainName: "api.example.com", stage: "prod" },
    body: "aGk=",
    isBase64Encoded: true,
  };
  const { body } = await lambda(echo)(event);
  assert.deepEqual(JSON.parse(body), {
    method: "POST",
    url: "https://api.example.com/v1/ingests?q=1&q=2",
    headers: { a: "1, 2", b: "3" },
    body: "6869",
  });
  const single = { ...event, multiValueHeaders: null, multiValueQueryStringParameters: null };
  const { url, headers } = JSON.parse((await lambda(echo)(single)).body);
  assert.deepEqual([url, headers], ["https://api.example.com/v1/ingests?q=2", { a: "2" }]);
});

test("a body of 32 MiB is refused as too large", async () => {
  const body = "A".repeat(32 * 1024 * 1024);
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const event = of("POST", { rawPath: "/v1/ingests", headers, body, isBase64Encoded: true });
  for (const adapter of [lambda, functionCompute]) {
    const { statusCode, body: said } = await adapter(ingest)(event);
    assert.equal(statusCode, 413, said);
  }
});

const VALUES = [
  ...[
    undefined,
    null,
    true,
    false,
    0,
    -1,
    Number.MAX_VALUE,
    "",
    " ",
    "GET",
    "POST",
    "TRACE",
    "\0",
    "\r\n",
  ],
  ...["%%%", "AAAA", "//", "/../..", "?#", "\ud800", "x".repeat(70_000), "{}", "::", "1.0", "v1"],
  ...[[], [null], ["a", "b"], [[]], {}, { a: {} }, { "": "" }, { "a b": "c" }, { a: ["b", 5] }],
  JSON.parse('{"__proto__":"x","constructor":null}'),
];
const NAMES = [
  ...["version", "rawPath", "path", "rawQueryString", "headers", "multiValueHeaders", "cookies"],
  ...["queryParameters", "queryStringParameters", "multiValueQueryStringParameters", "body"],
  ...["isBase64Encoded", "requestContext", "httpMethod"],
];

function oddEvent(draw: Drawn): unknown {
  const event: Record<string, unknown> = structuredClone(
    draw.of([get(), of("POST", { body: "{}" }), { httpMethod: "POST", path: "/v1/ingests" }, {}]),
  );
  for (let times = draw.upTo(3); times >= 0; times -= 1) {
    const value = draw.of(VALUES);
    const context = { domainName: draw.of(VALUES), http: { method: draw.of(VALUES) } };
    const spot = draw.of([...NAMES, "header", "context"]);
    if (spot === "context") event.requestContext = draw.of([context, { http: value }]);
    else if (spot === "header") event.headers = { [String(draw.of(VALUES))]: value };
    else event[spot] = value;
  }
  return draw.upTo(30) === 0 ? draw.of(VALUES) : event;
}

const SEEDS = seeds(20);

test(`events drawn by seeds ${SEEDS[0]} to ${SEEDS.at(-1)} are all answered`, async () => {
  const statuses = new Map<number, number>();
  for (const seed of SEEDS) {
    const draw = drawn(seed);
    for (let turn = 0; turn < 150; turn += 1) {
      const event = oddEvent(draw);
      for (const adapter of [lambda, functionCompute]) {
        for (const handler of [ingest, echo]) {
          const place = `seed ${seed}, turn ${turn}: ${JSON.stringify(event)?.slice(0, 400)}`;
          const asked = await adapter(handler)(event).catch((error) =>
            assert.fail(`${place}: ${error}`),
          );
          const { statusCode, headers, body } = asked;
          assert.ok(statusCode === 200 || (statusCode >= 400 && statusCode < 500), place);
          assert.equal(typeof headers["content-type"], "string", place);
          const said = JSON.parse(body);
          assert.equal(
            typeof (statusCode === 200 ? said : said.hint),
            statusCode === 200 ? "object" : "string",
            place,
          );
          statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
        }
      }
    }
  }
  for (const status of process.env.SEED === undefined ? [200, 400, 404, 405, 401] : []) {
    assert.ok((statuses.get(status) ?? 0) > 20, `${status} is met: ${[...statuses]}`);
  }
});

test("Function Compute, whose answers hold one cookie, loses none without a word", async () => {
  const answer = (...cookies: string[]) => {
    const handler = async () =>
      new Response("", { headers: cookies.map((cookie) => ["set-cookie", cookie]) });
    const event = {
      version: "v1",
      rawPath: "/",
      headers: {},
      requestContext: { http: { method: "GET" } },
    };
    return toFunctionCompute(() => handler)(JSON.stringify(event), undefined as never);
  };
  assert.equal((await answer("a=1; Path=/")).headers["set-cookie"], "a=1; Path=/");
  assert.equal((await answer()).headers["set-cookie"], undefined);
  await assert.rejects(answer("a=1", "b=2"), /`set-cookie` must come once, got 2/);
});

test("a Lambda sends every cookie that a handler sets", async () => {
  const set = ["a=1; Path=/", "b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT"];
  const handler: FetchHandler = () =>
    new Response("", { headers: set.map((cookie) => ["set-cookie", cookie]) });
  const http = { method: "GET" };
  const second = { rawPath: "/", headers: { host: "example.com" }, requestContext: { http } };
  assert.deepEqual((await lambda(handler)(second)).cookies, set);
  const first = { httpMethod: "GET", path: "/", headers: { host: "example.com" } };
  assert.deepEqual((await lambda(handler)(first)).multiValueHeaders, { "set-cookie": set });
});
