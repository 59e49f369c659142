// One browser for a file of tests, and a page a test that reports what no page of ours may do: fail in its console,
// break its own content policy, talk to another origin.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { CHROMIUM_ARGS, findChromium } from "../support/chromium.ts";
import { startFakeService } from "./fake-service.ts";
import type { FakeWorld } from "./fake-world.ts";

/** Where the dashboard is, and URLs that behave as a test needs it. */
export interface Target {
  readonly url: string;
  readonly token: string;
  /** Soon done; runs for long; fails first and works when retried; waits for ever. */
  media(kind: "quick" | "slow" | "broken" | "queued", name: string): string;
  /** What lies behind a service that pretends. */
  readonly world: FakeWorld;
  close(): Promise<void>;
}

async function startTarget(): Promise<Target> {
  const service = await startFakeService();
  return { ...service, media: (kind, name) => `https://media.example.com/${kind}/${name}` };
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  target: Target;
  /** Console errors that this test brings about on purpose. */
  expected: RegExp[];
}

const found = findChromium();
/** Longer than anything takes on a busy machine: no test waits for it unless it fails. */
const PATIENCE = 30_000;
/** The page asks for a session, and there is none yet: browsers report every such answer. */
const FIRST_LOOK = /\/session: .*401/;

/** Declares the tests of a file; each gets a page and an empty service. */
export function withBrowser(
  tests: readonly [
    name: string,
    body: (visit: Visit) => Promise<void>,
    options?: BrowserContextOptions,
  ][],
): void {
  let browser: Browser;
  let target: Target;
  const skip = "missing" in found ? found.missing : false;
  before(async () => {
    if ("missing" in found) return;
    target = await startTarget();
    browser = await chromium.launch({ executablePath: found.path, args: CHROMIUM_ARGS });
  });
  after(async () => {
    await browser?.close();
    await target?.close();
  });
  for (const [name, body, options] of tests) {
    test(name, { skip }, async () => {
      target.world.clear();
      const context = await browser.newContext({ locale: "en", ...options });
      context.setDefaultTimeout(PATIENCE);
      try {
        await watched(await context.newPage(), context, target, body);
      } finally {
        await context.close();
      }
    });
  }
}

async function watched(
  page: Page,
  context: BrowserContext,
  target: Target,
  body: (visit: Visit) => Promise<void>,
): Promise<void> {
  const faults: string[] = [];
  const expected = [FIRST_LOOK];
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    faults.push(`${new URL(message.location().url || "none:/").pathname}: ${message.text()}`);
  });
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    const own = origin === target.url || protocol === "data:" || protocol === "blob:";
    if (!own) faults.push(`a request to ${request.url()}`);
  });
  await page.exposeFunction("violated", (what: string) => faults.push(`policy violated: ${what}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      (globalThis as unknown as { violated(what: string): void }).violated(event.violatedDirective);
    });
  });
  await body({ page, context, target, expected });
  const unexpected = faults.filter((fault) => !expected.some((pattern) => pattern.test(fault)));
  assert.deepEqual(unexpected, []);
}

export async function logIn({ page, target }: Visit, at = "/"): Promise<void> {
  await page.goto(target.url + at);
  await page.getByLabel("Token").fill(target.token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("#rows .row, #empty:not([hidden])").first().waitFor();
}

/** Waits until it is so. */
export async function until(page: Page, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error("it has not come to be so");
    await page.waitForTimeout(50);
  }
}

/** Pastes lines into the sheet and sends them. */
export async function paste(page: Page, lines: readonly string[]): Promise<void> {
  await page.locator("#add-open").click();
  await page.getByLabel("URLs, one a line").fill(lines.join("\n"));
  await page.locator("#add-send").click();
}

/** The row with this name. */
export const row = (page: Page, name: string) => page.locator(".row", { hasText: name });

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Fails on what axe calls serious or critical. */
export async function checkAccess(page: Page, what: string): Promise<void> {
  await page.evaluate(await readFile(axe, "utf8"));
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: Violation[] }> };
    };
    return (await axe.run()).violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }));
  });
  const grave = found.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(grave, [], what);
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}
