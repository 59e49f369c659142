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
import type { FakeWorld } from "./fake-world.ts";
import { isReal, startTarget, type Target } from "./target.ts";

export interface Visit {
  page: Page;
  context: BrowserContext;
  target: Target;
  /** Console errors that this test brings about on purpose. */
  expected: RegExp[];
}

/** A visit to a service whose ingests the test makes up. */
export interface WorldVisit extends Visit {
  world: FakeWorld;
}

type Tests<V> = readonly [
  name: string,
  body: (visit: V) => Promise<void>,
  options?: BrowserContextOptions,
][];

const found = findChromium();
/** Longer than anything takes on a busy machine: no test waits for it unless it fails. */
const PATIENCE = 30_000;
/** The page asks for a session, and there is none yet: browsers report every such answer. */
const FIRST_LOOK = /\/session: .*401/;

/** Declares tests of any service; each gets a page. */
export function withBrowser(tests: Tests<Visit>): void {
  declare(tests, "missing" in found ? found.missing : false);
}

/** Declares tests that need ingests made up; each gets a page and an empty service. */
export function withWorld(tests: Tests<WorldVisit>): void {
  const skip = isReal ? "a real service cannot be brought into this state" : false;
  const seeded = tests.map(
    ([name, body, options]) =>
      [name, (visit: Visit) => body(withItsWorld(visit)), options] as const,
  );
  declare(seeded as unknown as Tests<Visit>, "missing" in found ? found.missing : skip);
}

function withItsWorld(visit: Visit): WorldVisit {
  const { world } = visit.target;
  assert.ok(world);
  return { ...visit, world };
}

function declare(tests: Tests<Visit>, skip: string | false): void {
  let browser: Browser;
  let target: Target;
  before(async () => {
    if (skip !== false || "missing" in found) return;
    target = await startTarget();
    browser = await chromium.launch({ executablePath: found.path, args: CHROMIUM_ARGS });
  });
  after(async () => {
    await browser?.close();
    await target?.close();
  });
  for (const [name, body, options] of tests) {
    test(name, { skip }, async () => {
      target.world?.clear();
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
