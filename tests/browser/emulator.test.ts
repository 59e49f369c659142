// A web page beside a running emulator: it must read nothing through it, neither across origins nor after its own name has
// been rebound to loopback. The attacker knows the keys here, which is more than one can expect to know.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { ossV1Target, rpcTarget } from "../emulator/client.ts";
import { CHROMIUM_ARGS, findChromium } from "../support/chromium.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "../support/emulator.ts";

const found = findChromium();
const skip = "missing" in found ? found.missing : false;
const SECRET = "the payroll, which only this machine may read";
const KEYS = { accessKeyId: "vodlift-emulator", accessKeySecret: "vodlift-emulator-secret" };

let browser: Browser;
let intranet: Server;
let asked = 0;
before(async () => {
  if ("missing" in found) return;
  intranet = await listening(() => {
    asked += 1;
    return SECRET;
  });
  const rules = "--host-resolver-rules=MAP rebound.example.com 127.0.0.1";
  browser = await chromium.launch({
    executablePath: found.path,
    args: [...CHROMIUM_ARGS, rules],
  });
});
after(async () => {
  await browser?.close();
  intranet?.close();
});

async function listening(answer: () => string): Promise<Server> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(answer());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** What a page learns that has VOD pull a URL and then reads the object. */
async function stolenBy(page: Page, emulator: Emulator, base: string): Promise<string> {
  const read = (target: string) =>
    page.evaluate(async (url) => {
      try {
        return await (await fetch(url)).text();
      } catch (error) {
        return `blocked: ${error}`;
      }
    }, base + target);
  const call = async (action: string, parameters: Record<string, string>) =>
    parsed(await read(rpcTarget({ ...emulator, ...KEYS }, { action, parameters })));
  const url = `http://127.0.0.1:${portOf(intranet)}/payroll.mp4`;
  const submitted = await call("UploadMediaByURL", { UploadURLs: encodeURIComponent(url) });
  const JobIds = submitted.UploadJobs?.[0]?.JobId;
  if (JobIds === undefined) return "nothing";
  for (;;) {
    const { URLUploadInfoList } = await call("GetURLUploadInfos", { JobIds });
    const { Status = "", MediaId } = URLUploadInfoList[0];
    if (Status.endsWith("_FAIL")) return "nothing";
    if (Status !== "SUCCESS") continue;
    const key = `sv/${MediaId}/${MediaId}.mp4`;
    return read(ossV1Target({ ...emulator, ...KEYS }, { method: "GET", key }));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: replies of the service, or what stands in their place
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

async function attack(
  options: EmulatorOptions,
  from: "another origin" | "a rebound name",
  context: { after(task: () => Promise<void>): void },
): Promise<string> {
  const emulator = await startEmulator(options);
  context.after(() => emulator.close());
  const visit = await browser.newContext();
  const page = await visit.newPage();
  const { port } = new URL(emulator.endpoint);
  if (from === "a rebound name") {
    const base = `http://rebound.example.com:${port}`;
    await page.goto(base);
    return stolenBy(page, emulator, base);
  }
  const attacker = await listening(() => "<!doctype html><title>harmless</title>");
  context.after(async () => void attacker.close());
  await page.goto(`http://127.0.0.1:${portOf(attacker)}/`);
  return stolenBy(page, emulator, emulator.endpoint);
}

test("an image or a link of a page has an emulator do nothing", { skip }, async (context) => {
  asked = 0;
  const emulator = await startEmulator({ ...KEYS, allowPrivate: true });
  context.after(() => emulator.close());
  const page = await (await browser.newContext()).newPage();
  const attacker = await listening(() => "<!doctype html><title>harmless</title>");
  context.after(() => attacker.close());
  await page.goto(`http://127.0.0.1:${portOf(attacker)}/`);
  const url = `http://127.0.0.1:${portOf(intranet)}/payroll.mp4`;
  const parameters = { UploadURLs: encodeURIComponent(url) };
  const target = () =>
    emulator.endpoint + rpcTarget(emulator, { action: "UploadMediaByURL", parameters });
  await page.evaluate(async (source) => {
    const image = new Image();
    const over = new Promise((resolve) => {
      image.onerror = resolve;
    });
    image.src = source;
    await over;
  }, target());
  const link = target();
  const followed = page.waitForURL((at) => at.href === link);
  await page.evaluate((to) => location.assign(to), link);
  await followed;
  assert.equal(emulator.log.filter(({ status }) => status === 200).length, 0);
  assert.equal(emulator.log.length >= 2, true);
  assert.equal(asked, 0, "nobody was asked");
});

for (const from of ["another origin", "a rebound name"] as const) {
  test(`a page of ${from} reads nothing through an emulator`, { skip }, async (context) => {
    asked = 0;
    assert.equal(await attack({}, from, context), "nothing");
    assert.equal(await attack(KEYS, from, context), "nothing", "with its keys known");
    assert.equal(asked, 0, "nobody was asked");
  });
}
