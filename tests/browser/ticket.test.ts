// examples/browser in Chromium: a large file is paused, the page reloaded, and the upload finished; and no key of the account is in
// anything that the page loads or sends.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM_ARGS, findChromium } from "../support/chromium.ts";
import type { EmulatorOptions } from "../support/emulator.ts";
import { partsStored, startService, storedSha256 } from "../support/service.ts";

const found = findChromium();
const skip = "missing" in found ? found.missing : false;
const MIB = 1024 * 1024;
/** Longer than anything takes on a busy machine: no test waits for it unless it fails. */
const PATIENCE = 300_000;

/** A file of random bytes, and its SHA-256. */
async function film(t: TestContext, mib: number): Promise<{ path: string; sha256: string }> {
  const folder = await mkdtemp(join(tmpdir(), "vodlift-browser-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "film.mp4");
  const [file, hash] = [createWriteStream(path), createHash("sha256")];
  for (let n = 0; n < mib; n += 1) {
    const piece = crypto.getRandomValues(new Uint8Array(65_536));
    for (let at = 0; at < MIB; at += piece.length) {
      hash.update(piece);
      if (!file.write(piece)) await once(file, "drain");
    }
  }
  file.end();
  await once(file, "finish");
  return { path, sha256: hash.digest("hex") };
}

/** The example's server, as a user starts it. */
async function startServer(t: TestContext, port: number, env: Record<string, string>) {
  const script = fileURLToPath(new URL("../../examples/browser/server.ts", import.meta.url));
  const server: ChildProcess = spawn(process.execPath, [script], {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => server.kill());
  assert.ok(server.stdout);
  for await (const line of createInterface(server.stdout)) {
    const [, url] = /listening on (\S+)/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  assert.fail("the server has not begun to listen");
}

/** A port that is free now: the emulator has to know the page's origin before the server knows the emulator. */
async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function world(t: TestContext, options: EmulatorOptions = {}) {
  assert.ok("path" in found);
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const emulator = await startService({ allowOrigins: [origin], ...options });
  t.after(() => emulator.close());
  await startServer(t, port, {
    ALIBABA_CLOUD_ACCESS_KEY_ID: emulator.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: emulator.accessKeySecret,
    VODLIFT_REGION: emulator.region,
    VODLIFT_ENDPOINT: emulator.endpoint,
  });
  const browser: Browser = await chromium.launch({
    executablePath: found.path,
    args: CHROMIUM_ARGS,
  });
  t.after(() => browser.close());
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  return { emulator, page, origin };
}

/** A promise, and who resolves it. */
function gate() {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, resolve: () => open() };
}

const state = (page: Page) => page.locator("#state");

test("200 MiB are dropped on the page, paused, and finished after a reload, and no key comes near it", {
  skip,
}, async (t) => {
  // The fifth part waits at the door until the user has paused, so that there is a rest to go on with.
  const [fifth, paused] = [gate(), gate()];
  let arrived = 0;
  const onArrival = async ({ operation }: { operation: string }) => {
    if (operation !== "UploadPart") return;
    arrived += 1;
    if (arrived < 5) return;
    fifth.resolve();
    await paused.promise;
  };
  const { emulator, page, origin } = await world(t, { onArrival });
  const { path, sha256 } = await film(t, 200);
  // All that goes over its wire, but for the bytes of the parts: those are the file's.
  const seen: string[] = [];
  const reading: Promise<unknown>[] = [];
  page.on("request", (request) => {
    const body = request.method() === "PUT" ? "" : (request.postData() ?? "");
    seen.push(request.url(), JSON.stringify(request.headers()), body);
  });
  page.on("response", (response) => {
    seen.push(JSON.stringify(response.headers()));
    const text = response.text().then((body) => seen.push(body));
    reading.push(text.catch(() => {}));
  });
  const called = new Set<string>();
  page.on("request", (request) => called.add(new URL(request.url()).origin));
  await page.goto(origin);
  await page.setInputFiles("#file", path);
  await fifth.promise;
  await page.click("#pause");
  paused.resolve();
  await state(page).filter({ hasText: "Paused" }).waitFor();
  const before = partsStored(emulator).length;
  assert.ok(before >= 5);
  const percent = Number(await page.locator("#bar").getAttribute("value"));
  assert.ok(percent > 0 && percent < 1, `${percent}`);
  assert.equal(
    emulator.log.some(({ operation }) => operation === "CompleteMultipartUpload"),
    false,
  );
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  await page.reload();
  await page.setInputFiles("#file", path);
  await state(page).filter({ hasText: "Uploaded: media id" }).waitFor();

  const asked = emulator.log.filter(({ service }) => service === "vod");
  const operations = asked.map(({ operation }) => operation);
  assert.deepEqual(operations, ["CreateUploadVideo", "RefreshUploadVideo"]);
  const object = emulator.log.find(({ operation }) => operation === "CompleteMultipartUpload");
  assert.equal(await storedSha256(emulator, object?.key ?? ""), sha256);
  const parts = partsStored(emulator);
  assert.equal(parts.length, new Set(parts).size, "no part went up twice");
  t.diagnostic(`${before} of ${parts.length} parts were there before the reload`);

  await Promise.all(reading);
  assert.ok(
    seen.some((text) => text.includes("uploadAuth")),
    "tickets were seen",
  );
  assert.ok(seen.some((text) => text.includes("uploadWithTicket") || text.length > 100_000));
  for (const [what, secret] of [
    ["the AccessKey secret", emulator.accessKeySecret],
    ["the AccessKey id", emulator.accessKeyId],
  ] as const) {
    const where = seen.find((text) => text.includes(secret) || text.includes(btoa(secret)));
    assert.equal(where, undefined, `${what} is in what the page loads or sends`);
    assert.equal(kept.includes(secret), false, what);
  }
  for (const secret of emulator.issuedSecrets) assert.equal(kept.includes(secret), false);
  assert.equal(kept.includes("uploadAuth"), false);
  // Its own server and OSS, and nobody else.
  assert.equal(called.size, 2, [...called].join(" "));
});

test("a bucket that exposes nothing to the page is told with what it must expose", {
  skip,
}, async (t) => {
  const { page, origin } = await world(t, { habits: { exposedHeaders: "none" } });
  const { path } = await film(t, 2);
  await page.goto(origin);
  await page.setInputFiles("#file", path);
  await state(page).filter({ hasText: "`ETag`" }).waitFor();
  const text = (await state(page).textContent()) ?? "";
  for (const needed of [
    origin,
    "ETag",
    "x-oss-hash-crc64ecma",
    "x-oss-request-id",
    "PUT",
    "CORS",
  ]) {
    assert.ok(text.includes(needed), `${needed}: ${text}`);
  }
});
