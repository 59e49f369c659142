// Requests that take the caller's way: through a proxy, by a `fetch` of the caller's, by a whole host.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { passedOn, proxies } from "../../pkg/src/hosts/proxy.ts";
import { fromFile, type Host, Vodlift, type VodliftOptions } from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { startProxy } from "../support/proxy.ts";
import { type Emulator, startService, storedSha256 } from "../support/service.ts";

const NAME = "cloud.test";
const content = randomBytes(350_000);
const sha256 = createHash("sha256").update(content).digest("hex");
const PARTS = { title: "Film", fileName: "film.mp4", partSize: 100 * 1024 };
const source = createServer((_, response) => {
  response.setHeader("content-type", "video/mp4").end(content);
});
let plain: Emulator;
let secure: Emulator;
let folder: string;
let film: string;
let url: string;

before(async () => {
  plain = await startService({ hostNames: [NAME] });
  secure = await startService({ hostNames: [NAME], tls: true });
  folder = await mkdtemp(join(tmpdir(), "vodlift-way-"));
  film = join(folder, "film.mp4");
  await writeFile(film, content);
  await writeFile(join(folder, "ca.pem"), secure.ca ?? "");
  await new Promise<void>((resolve) => source.listen(0, "127.0.0.1", resolve));
  url = `http://film.test:${(source.address() as AddressInfo).port}/film.mp4`;
});
after(async () => {
  source.close();
  await plain.close();
  await secure.close();
  await rm(folder, { recursive: true, force: true });
});

/** The emulator by a name that only a proxy can resolve. */
function named({ endpoint, accessKeyId, accessKeySecret, region }: Emulator) {
  const there = endpoint.replace("127.0.0.1", NAME);
  const trustedHosts = [there];
  return {
    accessKeyId,
    accessKeySecret,
    region,
    endpoint: there,
    ossEndpoint: there,
    ossRegion: region,
    trustedHosts,
  };
}

async function arrives(
  service: Emulator,
  options: VodliftOptions,
  what: string | Uint8Array = content,
) {
  const more = typeof what === "string" ? { allowPrivateSources: true } : {};
  const { objectKey } = await new Vodlift(options).upload(what, { ...PARTS, ...more });
  assert.equal(await storedSha256(service, objectKey), sha256);
}

test("plain HTTP is passed on by a proxy, with user and password", async (t) => {
  const proxy = await startProxy({ user: "me:secret" });
  t.after(() => proxy.close());
  await arrives(plain, { ...named(plain), proxy: proxy.url });
  assert.ok(proxy.asked.some((line) => line.startsWith("PUT http://")));
  assert.ok(proxy.asked.some((line) => line.startsWith(`POST http://${NAME}`)));
});

test("a source goes round the proxy, unless its caller takes what that does to the guard", async (t) => {
  const proxy = await startProxy();
  t.after(() => proxy.close());
  const options = { ...named(plain), proxy: new URL(proxy.url) };
  await assert.rejects(arrives(plain, options, url), { code: "source_unreachable" });
  assert.ok(!proxy.asked.some((line) => line.includes("film.test")));
  await arrives(plain, { ...options, routeSources: true }, url);
  assert.ok(proxy.asked.some((line) => line.startsWith("GET http://film.test")));
  const literal = "http://169.254.169.254/latest/meta-data";
  await assert.rejects(arrives(plain, { ...options, routeSources: true }, literal), {
    code: "address_refused",
  });
});

const cli = (args: string[], env: Record<string, string>) =>
  vodlift(
    [
      ...args,
      "--json",
      "--endpoint",
      named(secure).endpoint,
      "--oss-endpoint",
      named(secure).endpoint,
      "--oss-region",
      secure.region,
    ],
    {
      service: secure,
      env: { NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"), ...env },
    },
  );

test("the environment names a proxy, and TLS goes through it in a tunnel", async (t) => {
  const proxy = await startProxy();
  t.after(() => proxy.close());
  const done = await cli(["upload", film, "--part-size", "100KiB"], { HTTPS_PROXY: proxy.url });
  assert.equal(done.code, 0, done.stderr);
  assert.equal(await storedSha256(secure, done.json.objectKey), sha256);
  const port = new URL(secure.endpoint).port;
  const through = new RegExp(`^CONNECT ([a-z0-9-]+\\.)?${NAME}:${port}$`);
  for (const line of proxy.asked) assert.match(line, through);
  const around = await cli(["upload", film], { HTTPS_PROXY: proxy.url, NO_PROXY: ".test" });
  assert.equal(around.json.error.code, "vod_unreachable");
});

test("a proxy that refuses ends it at once, and says what to do", async (t) => {
  for (const [options, status] of [
    [{ user: "me:right" }, 407],
    [{ status: 403 }, 403],
  ] as const) {
    const proxy = await startProxy(options);
    t.after(() => proxy.close());
    const { json } = await cli(["upload", film], {
      HTTPS_PROXY: proxy.url.replace("right", "wrong"),
    });
    assert.equal(json.error.code, "proxy_refused");
    assert.match(json.error.message, new RegExp(`answered ${status} for cloud.test`));
    assert.ok(!JSON.stringify(json).includes("wrong"));
    assert.equal(proxy.asked.length, 1);
  }
});

test("which proxy, and for whom", () => {
  const by = (env: Record<string, string>, target: string, told?: URL | false) =>
    proxies(told, () => env)(new URL(target))?.href;
  const HTTPS_PROXY = "http://a:1";
  assert.equal(by({ HTTPS_PROXY }, "https://x.example"), "http://a:1/");
  assert.equal(by({ https_proxy: "b:2", HTTPS_PROXY }, "https://x.example"), "http://b:2/");
  assert.equal(by({ HTTPS_PROXY }, "http://x.example"), undefined);
  assert.equal(by({ HTTP_PROXY: "http://a:1" }, "http://x.example"), undefined, "a CGI's header");
  assert.equal(by({ http_proxy: "http://a:1" }, "http://x.example"), "http://a:1/");
  assert.equal(by({ ALL_PROXY: "http://a:1" }, "https://x.example"), "http://a:1/");
  assert.equal(by({ HTTPS_PROXY }, "https://x.example", false), undefined);
  assert.equal(by({}, "https://x.example", new URL("http://c:3")), "http://c:3/");
  for (const target of ["https://localhost", "https://127.0.0.9:1", "https://[::1]"]) {
    assert.equal(by({ HTTPS_PROXY }, target), undefined, target);
  }
  for (const [list, skipped] of [
    ["x.example", true],
    [".example", true],
    ["*.example", true],
    ["example", true],
    ["ample", false],
    ["*", true],
    ["x.example:443", true],
    ["x.example:444", false],
    ["a, x.EXAMPLE ,b", true],
    ["", false],
    [" , ", false],
    [".", false],
    [":443", false],
    ["x.example.", true],
    ["10.0.0.0/8", false],
  ] as const) {
    const NO_PROXY = list;
    assert.equal(by({ HTTPS_PROXY, NO_PROXY }, "https://x.example") === undefined, skipped, list);
  }
  for (const [list, host, skipped] of [
    ["10.0.0.0/8", "10.1.2.3", true],
    ["10.0.0.0/8", "11.1.2.3", false],
    ["10.0.0.0/99", "10.0.0.0", true],
    ["10.0.0.0/99", "10.0.0.1", false],
    ["0.0.0.1", "10.0.0.1", false],
    ["10.0.0.1:443", "10.0.0.1", true],
    ["10.0.0.1:444", "10.0.0.1", false],
    ["fd00::5", "[fd00::5]", true],
    ["FD00:0::5", "[fd00::5]", true],
    ["[fd00::5]", "[fd00::5]", true],
    ["[fd00::5]:443", "[fd00::5]", true],
    ["[fd00::5]:444", "[fd00::5]", false],
    ["fd00::/8", "[fd12::5]", true],
    ["fd00::/8", "[fe00::5]", false],
    ["example", "x.example.", true],
    ["a/b/8,x.example", "x.example", true],
  ] as const) {
    const NO_PROXY = list;
    const way = by({ HTTPS_PROXY, NO_PROXY }, `https://${host}`);
    assert.equal(way === undefined, skipped, `${list} for ${host}`);
  }
  // To go round a proxy that cannot be used would tell those on the way what it was to keep from them.
  for (const wrong of ["socks5://me:hush@a:1", "http://me:hush@a:99999", "http://", "http://a b"]) {
    const message = /^the proxy in the environment is (?!.*hush)/;
    assert.throws(() => by({ HTTPS_PROXY: wrong }, "https://x.example"), { message }, wrong);
    assert.equal(by({ HTTPS_PROXY: wrong, NO_PROXY: "*" }, "https://x.example"), undefined);
    assert.equal(by({ HTTPS_PROXY: wrong }, "https://x.example", false), undefined);
  }
  const refused = () => {
    throw new Error("not allowed");
  };
  assert.equal(proxies(undefined, refused)(new URL("https://x.example")), undefined);
});

test("user and password are those of the proxy's URL, and a % in them may stand for itself", () => {
  const told = (proxy: string) => {
    const { headers } = passedOn(new URL("http://x.example/a"), new URL(proxy));
    const [, pair = ""] = /^Basic (.*)$/.exec(Object(headers)["Proxy-Authorization"]) ?? [];
    return atob(pair);
  };
  assert.equal(told("http://me:p%40ss@a:1"), "me:p@ss");
  assert.equal(told("http://me:100%@a:1"), "me:100%");
  assert.equal(told("http://a:1"), "");
});

test("a caller's fetch sends to VOD and OSS, and to sources where that is wanted", async () => {
  const { accessKeyId, accessKeySecret, region, endpoint } = plain;
  const called: string[] = [];
  const counted: typeof fetch = (input, init) => {
    called.push(`${init?.method} ${String(input)}`);
    return fetch(input, init);
  };
  const options = { accessKeyId, accessKeySecret, region, endpoint, fetch: counted };
  const there = url.replace("film.test", "127.0.0.1");
  await arrives(plain, options, there);
  assert.ok(called.some((line) => line.startsWith("PUT ")));
  assert.ok(!called.some((line) => line.includes(there)));
  await arrives(plain, { ...options, routeSources: true }, there);
  assert.ok(called.some((line) => line === `GET ${there}`));
});

test("a host of the caller's moves everything", async () => {
  const { accessKeyId, accessKeySecret, region, endpoint } = plain;
  const asked: string[] = [];
  const reply = (response: Response) => {
    const reader = response.body?.getReader();
    return {
      status: response.status,
      headers: [...response.headers] as [string, string][],
      body: { read: async () => (await reader?.read())?.value, close: () => void reader?.cancel() },
    };
  };
  const host: Host = {
    limits: { concurrency: 2, maxConcurrency: 4, bufferBytes: 8 << 20, buffersParts: true },
    async open({ url, headers }, _allowPrivate, signal) {
      asked.push("open");
      return reply(await fetch(url, { headers, redirect: "manual", signal }));
    },
    put({ url, method, headers }, length, signal) {
      asked.push(`${method} ${length}`);
      const chunks: Uint8Array[] = [];
      return {
        answered: false,
        write: (chunk) => void chunks.push(chunk.slice()),
        finish: async () =>
          reply(
            await fetch(url, {
              method,
              headers,
              body: length ? Buffer.concat(chunks) : null,
              signal,
            }),
          ),
      };
    },
  };
  await arrives(
    plain,
    { accessKeyId, accessKeySecret, region, endpoint, host },
    url.replace("film.test", "127.0.0.1"),
  );
  assert.ok(asked.includes("open") && asked.includes(`PUT ${100 * 1024}`));
});

test("ways that do not go together, or are none, are refused by the field's name", () => {
  const { accessKeyId, accessKeySecret } = plain;
  const odd: [object, RegExp][] = [
    [{ proxy: "socks5://a:1" }, /`proxy` must be an http/],
    [{ proxy: "nonsense" }, /`proxy` must be an http/],
    [{ proxy: 5 }, /`proxy`/],
    [{ proxy: true }, /`proxy`/],
    [{ fetch: {} }, /`fetch` must be a function/],
    [{ host: {} }, /`host` must be a Host/],
    [{ routeSources: "yes" }, /`routeSources`/],
    [{ proxy: "http://a:1", fetch }, /`proxy` does not go with `fetch`/],
    [{ fetch, host: { limits: {}, open() {}, put() {} } }, /`host` does not go with/],
  ];
  for (const [more, message] of odd) {
    const make = () => new Vodlift({ accessKeyId, accessKeySecret, ...more });
    assert.throws(make, { code: "invalid_argument", message });
  }
});

test("a file goes through a proxy as bytes do", async (t) => {
  const proxy = await startProxy();
  t.after(() => proxy.close());
  const vod = new Vodlift({ ...named(plain), proxy: proxy.url });
  const { objectKey } = await vod.upload(fromFile(film), PARTS);
  assert.equal(await storedSha256(plain, objectKey), sha256);
});
