// The examples as they stand, on the platforms they are for: a film of 40 MiB in slices.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { FunctionHandler, FunctionResult } from "../../pkg/src/handler/index.ts";
import { serviceEnv } from "../support/cli.ts";
import {
  assertArrived,
  assertSealed,
  ingest,
  SEAL_KEY,
  type Send,
  sender,
  signed,
  TOKEN,
  TOKEN_SHA256,
} from "../support/ingest.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { assertNothingStored, type Emulator, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { startWorkerd } from "../support/workerd.ts";

const MIB = 1024 * 1024;
const root = fileURLToPath(new URL("../..", import.meta.url));
/** It ends a runtime that hangs, so that the test fails instead of hanging too. */
const HANGS_MS = 900_000;

let service: Emulator;
let origin: Origin;
let folder: string;
let film: { url: string; title: string; partSize: number };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vodlift-handler-"));
  origin = await startOrigin();
  const url = signed(origin.add("/film.mp4", { size: 40 * MIB }));
  film = { url, title: "Film", partSize: 2 * MIB };
});
after(async () => {
  await origin.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

/** What the examples read. */
function environment(): Record<string, string> {
  return {
    ...serviceEnv(service),
    VODLIFT_TOKEN_SHA256: TOKEN_SHA256,
    VODLIFT_SEAL_KEY: SEAL_KEY,
    VODLIFT_SUBREQUESTS: "24",
    VODLIFT_ALLOW_PRIVATE_SOURCES: "true",
    PORT: "0",
  };
}

async function lifts(send: Send): Promise<void> {
  const answers = await ingest(send, film);
  await assertArrived(service, answers, await origin.sha256("/film.mp4"));
  for (const answer of answers.slice(0, -1)) {
    await assertSealed(service, answer, SEAL_KEY, film.url);
  }
}

/** Runs a server until `work` is over; it says where it listens. */
async function serving(command: string[], work: (url: string) => Promise<void>): Promise<void> {
  const [program = "", ...args] = command;
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(program, args, {
    cwd: root,
    env: { PATH, HOME, ...environment() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const ended = once(child, "close");
  const hangs = setTimeout(() => child.kill("SIGKILL"), HANGS_MS);
  try {
    const lines = createInterface(child.stdout);
    const [line] = await Promise.race([once(lines, "line"), ended.then(() => [])]);
    const url = /^listening on (http:\S+)$/.exec(line)?.[1];
    assert.ok(url, `${program} does not listen: ${line} ${said}`);
    await work(url);
    assert.doesNotMatch(said, /never-print/);
  } finally {
    clearTimeout(hangs);
    child.kill();
    await ended;
  }
}

/** How each runs a file. */
const runtimes: Record<string, string[]> = {
  Node: ["node"],
  Deno: ["deno", "run", "--allow-all", "--node-modules-dir=manual"],
  Bun: ["bun"],
};
const examples: Record<string, string> = { Node: "node-server.ts", Deno: "deno.ts", Bun: "bun.ts" };

for (const [name, command] of Object.entries(runtimes)) {
  test(`on ${name}, in slices, and whoever may not call gets nothing`, async () => {
    await serving([...command, `examples/${examples[name]}`], async (url) => {
      const send = sender(service, fetch, url);
      const wrong = await send("/v1/ingests", film, { headers: { authorization: "Bearer no" } });
      assert.deepEqual([wrong.status, wrong.body.code], [401, "unauthorized"]);
      const health = await send("/healthz", {}, { method: "GET", body: null });
      assert.deepEqual(health.body, { status: "ok" });
      await lifts(send);
    });
  });

  test(`on ${name}, a name that leads to a refused address is never connected to`, async () => {
    assert.deepEqual(await guardedOn(command, {}), NEVER_CONNECTED);
  });

  test(`on ${name}, no proxy of the environment looks names up past the guard`, async () => {
    const proxy = `http://127.0.0.1:${await freePort()}`;
    const env = {
      ...Object.fromEntries(PROXIES.map((variable) => [variable, proxy])),
      NODE_USE_ENV_PROXY: "1",
      NO_PROXY: "",
      PROXY_PORT: new URL(proxy).port,
    };
    assert.deepEqual(await guardedOn(command, env), NEVER_CONNECTED);
  });
}

const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"];
const REFUSALS = ["address_refused", "address_refused", "service_refused", "private_address"];
const NEVER_CONNECTED = { ends: [...REFUSALS, ...REFUSALS, ...REFUSALS], requests: 0, asked: true };

async function guardedOn(command: string[], env: Record<string, string>): Promise<unknown> {
  const [program = "", ...args] = [...command, "tests/support/guarded-lookup.ts"];
  const options = { cwd: root, timeout: HANGS_MS, env: { ...process.env, ...env } };
  const { stdout } = await promisify(execFile)(program, args, options);
  return JSON.parse(stdout);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("on node:http, a client that hangs up during the first slice leaves nothing behind", async () => {
  await serving(["node", "examples/node-server.ts"], async (url) => {
    const slow = origin.add("/slow.mp4", { size: 40 * MIB });
    origin.hold("/slow.mp4", (offset) => offset >= 4 * MIB);
    const gone = new AbortController();
    const body = { url: slow, partSize: 2 * MIB };
    const request = sender(service, fetch, url)("/v1/ingests", body, { signal: gone.signal });
    const refused = assert.rejects(request, { name: "AbortError" });
    await seen("InitiateMultipartUpload");
    gone.abort();
    await refused;
    await seen("AbortMultipartUpload");
    await assertNothingStored(service);
  });
});

/** Waits until the service has answered such a request. */
async function seen(operation: string): Promise<void> {
  await until(() => service.log.some((one) => one.operation === operation));
}

test("in workerd, in slices", async () => {
  const entry = fileURLToPath(new URL("../support/workerd-ingest.ts", import.meta.url));
  const workerd = await startWorkerd(entry, {
    bindings: environment(),
    wasm: join(root, "pkg/src/wasm/core.wasm"),
  });
  try {
    await lifts(sender(service, fetch, workerd.url.replace(/\/$/, "")));
  } finally {
    await workerd.close();
  }
});

test("the loop that the README shows brings a film to its end", async () => {
  const readme = await readFile(`${root}/README.md`, "utf8");
  const shown = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  const loop = shown.find((code) => code.includes("/v1/ingests/resume"));
  assert.ok(loop);
  await serving(["node", "examples/node-server.ts"], async (base) => {
    const code = loop.replace("https://example.com/film.mp4", film.url);
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const run = new AsyncFunction("base", "token", `${code}; return answer;`);
    const answer = await run(base, TOKEN);
    assert.deepEqual([answer.state, answer.bytes], ["done", 40 * MIB]);
  });
});

// Functions: bundled as they are deployed, and called with events as the platforms document them.

async function load<Event, Context>(name: string): Promise<FunctionHandler<Event, Context>> {
  const outfile = join(folder, `${name}.mjs`);
  const entryPoints = [join(root, "examples", `${name}.ts`)];
  await build({ entryPoints, bundle: true, platform: "node", format: "esm", outfile });
  Object.assign(process.env, environment());
  return (await import(outfile)).handler;
}

function responseOf({ statusCode, headers, body, isBase64Encoded }: FunctionResult): Response {
  assert.deepEqual(
    Object.values(headers).map((value) => typeof value),
    Object.keys(headers).map(() => "string"),
  );
  return new Response(Buffer.from(body, isBase64Encoded ? "base64" : "utf8"), {
    status: statusCode,
    headers,
  });
}

/** As a function URL gives it, payload version 2.0. */
async function lambdaEvent(request: Request, base64: boolean) {
  const { pathname } = new URL(request.url);
  const time = { time: "12/Mar/2020:19:03:58 +0000", timeEpoch: 1583348638390 };
  const body = Buffer.from(await request.arrayBuffer()).toString(base64 ? "base64" : "utf8");
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: pathname,
    rawQueryString: "parameter1=value1&parameter1=value2",
    cookies: ["cookie1", "cookie2"],
    headers: Object.fromEntries(request.headers),
    queryStringParameters: { parameter1: "value1,value2" },
    requestContext: {
      accountId: "123456789012",
      apiId: "<urlid>",
      authentication: null,
      domainName: "abcdefg.lambda-url.us-west-2.on.aws",
      domainPrefix: "abcdefg",
      http: {
        method: request.method,
        path: pathname,
        protocol: "HTTP/1.1",
        sourceIp: "123.123.123.123",
        userAgent: "agent",
      },
      requestId: "id",
      routeKey: "$default",
      stage: "$default",
      ...time,
    },
    ...(body && { body }),
    isBase64Encoded: base64,
  };
}

test("as an AWS Lambda, in slices that end before its time does", async () => {
  const handler = await load("aws-lambda");
  let left = 60_000;
  let base64 = false;
  const send = sender(service, async (request) => {
    const event = await lambdaEvent(request, base64);
    return responseOf(await handler(event, { getRemainingTimeInMillis: () => left }));
  });
  assert.equal((await send("/healthz", {}, { method: "GET", body: null })).status, 200);
  await lifts(send);
  base64 = true;
  left = 0;
  const { body, status } = await send("/v1/ingests", film);
  assert.deepEqual([status, body.state, body.bytes], [202, "running", 0], "no time, no part");
  left = 60_000;
  const next = await send("/v1/ingests/resume", { resume: body.resume });
  assert.equal(next.status, 202);
  assert.ok(next.body.bytes > 0);
  const over = await send("/v1/ingests/abort", { resume: next.body.resume }, { method: "DELETE" });
  assert.deepEqual([over.status, over.body.state], [200, "canceled"]);
});

/** As an HTTP trigger of Function Compute 3.0 gives it. */
async function functionComputeEvent(request: Request, base64: boolean): Promise<Buffer> {
  const { pathname } = new URL(request.url);
  const event = {
    version: "v1",
    rawPath: pathname,
    body: Buffer.from(await request.arrayBuffer()).toString(base64 ? "base64" : "utf8"),
    isBase64Encoded: base64,
    headers: Object.fromEntries(request.headers),
    queryParameters: { parameter1: "value1", parameter2: "value1,value2" },
    requestContext: {
      accountId: "123456*********",
      domainName: "trigger-id.cn-shanghai.fcapp.run",
      domainPrefix: "trigger-id",
      http: {
        method: request.method,
        path: pathname,
        protocol: "HTTP/1.1",
        sourceIp: "11.11.11.11",
        userAgent: "PostmanRuntime/7.32.3",
      },
      requestId: "1-64f6cd87-0123456789abc",
      time: "2023-09-05T06:41:11Z",
      timeEpoch: "1693896071895",
    },
  };
  return Buffer.from(JSON.stringify(event));
}

test("as an Alibaba Cloud function, with the keys of its role", async () => {
  const handler = await load("alibaba-fc");
  const { expires, ...credentials } = service.issueTemporaryCredential();
  const context = {
    requestId: "1-64f6cd87-0123456789abc",
    credentials,
    function: { name: "ingest", handler: "index.handler", memory: 512, timeout: 60 },
    service: { name: "", logProject: "", logStore: "", qualifier: "LATEST", versionId: "" },
    region: "cn-shanghai",
    accountId: "123456*********",
  };
  let base64 = false;
  const send = sender(service, async (request) => {
    // Each time the body comes in the other form.
    base64 = !base64;
    const response = responseOf(
      await handler(await functionComputeEvent(request, base64), context),
    );
    const text = await response.text();
    for (const secret of [credentials.accessKeySecret, credentials.securityToken]) {
      assert.ok(!text.includes(secret));
    }
    return new Response(text, response);
  });
  await lifts(send);
  const keys = service.log.filter(({ operation }) => operation === "CreateUploadVideo");
  assert.deepEqual(
    keys.map(({ accessKeyId }) => accessKeyId),
    [credentials.accessKeyId],
  );
  const wrong = await send("/v1/ingests", { url: 1 });
  assert.deepEqual([wrong.status, wrong.body.field], [400, "url"]);
});
