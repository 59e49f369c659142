// For keyboards, screen readers, dark rooms and small screens.
import assert from "node:assert/strict";
import {
  checkAccess,
  logIn,
  paste,
  row,
  until,
  type WorldVisit,
  withBrowser,
  withWorld,
} from "./harness.ts";

const error = { code: "SourceGone", message: "The source answers 404.", hint: "Check the URL." };

function seed({ world }: WorldVisit): void {
  const size = 4_000_000_000;
  const url = `https://media.example.com/slow/${"a-long-name-".repeat(20)}.mp4`;
  world.seed({
    title: "Good one",
    state: "ready",
    size,
    bytes: size,
    mediaId: "ab".repeat(16),
  });
  world.seed({ title: "Stopped one", state: "canceled", size, bytes: 1e9, resumable: true });
  world.seed({ id: "failed", title: "Bad one", state: "failed", size, bytes: 1e9, error });
  world.seed({ id: "running", url, state: "running", size, bytes: 2e9, rate: 5e7 });
}

/** Every screen, one after the other. */
async function everyScreen(
  visit: WorldVisit,
  check: (what: string) => Promise<void>,
): Promise<void> {
  const { page, target, expected } = visit;
  expected.push(/401/);
  await page.goto(target.url);
  await page.getByLabel("Token").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("not known").waitFor();
  await check("login");
  await logIn(visit);
  await check("empty");
  seed(visit);
  await row(page, "Bad one").waitFor();
  await page.getByLabel("Added").selectOption("days");
  await check("list");
  for (const name of ["Bad one", "Good one", "a-long-name"]) {
    await row(page, name).getByRole("link").click();
    await page.locator("#detail-timeline li").first().waitFor();
    await settled(visit);
    await check(`detail of ${name}`);
    await page.keyboard.press("Escape");
  }
  await page.locator("#pause").click();
  await settled(visit);
  await check("question");
  await page.locator("#confirm-yes").click();
  await page.getByText("All is paused.").waitFor();
  await check("paused");
  await page.locator("#add-open").click();
  const buffer = Buffer.from(
    `url,title,description\n${"https://a.example/1.mp4,x,long text,\n".repeat(3)}x,y,z\nhttps://a.example/2.mp4,x,${"long ".repeat(50)}`,
  );
  await page
    .locator("#file")
    .setInputFiles({ name: `${"long".repeat(40)}.csv`, mimeType: "text/csv", buffer });
  await page.locator("#preview").waitFor();
  await settled(visit);
  await check("add");
  await page.locator("#add-send").click();
  await page.getByText("1 added.").waitFor();
  await check("results");
}

/** Contrast is only what it will be once a dialog has faded in. */
async function settled({ page }: WorldVisit): Promise<void> {
  await page.evaluate(() =>
    Promise.all(
      document
        .querySelector("dialog[open]")
        ?.getAnimations()
        .map((one) => one.finished) ?? [],
    ),
  );
}

const axe = (visit: WorldVisit) => everyScreen(visit, (what) => checkAccess(visit.page, what));

withWorld([
  ["axe finds nothing serious on any screen in light", axe, { colorScheme: "light" }],
  ["axe finds nothing serious on any screen in dark", axe, { colorScheme: "dark" }],
  [
    "no screen scrolls sideways on a phone",
    (visit) =>
      everyScreen(visit, async (what) => {
        const wide = await visit.page.evaluate(() =>
          [document.documentElement, ...document.querySelectorAll("dialog[open], dialog[open] > *")]
            .filter(
              (one) =>
                one.scrollWidth > one.clientWidth + 1 ||
                one.getBoundingClientRect().right > innerWidth + 1,
            )
            .map((one) => `${one.tagName} ${one.id} ${one.className}`),
        );
        assert.deepEqual(wide, [], what);
      }),
    { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true },
  ],
  [
    "the keyboard alone is enough",
    async (visit) => {
      const { page, target } = visit;
      const focused = () => page.evaluate(() => document.activeElement?.id);
      await page.goto(target.url);
      await until(page, async () => (await focused()) === "token");
      await page.keyboard.type(target.token);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Nothing has been added yet" }).waitFor();
      await page.keyboard.press("n");
      assert.equal(await focused(), "urls");
      await page.keyboard.type(`${target.media("slow", "keys.mp4")}, By keys`);
      for (let n = 0; n < 12 && (await focused()) !== "add-send"; n += 1)
        await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.getByText("1 added.").waitFor();
      assert.equal(await focused(), "add-title");
      await page.keyboard.press("Escape");
      await row(page, "By keys").waitFor();
      await page.locator("#skip").focus();
      await page.keyboard.press("Enter");
      assert.equal(await focused(), "list-heading");
      assert.equal(new URL(page.url()).hash, "");
      await page.keyboard.press("/");
      assert.equal(await focused(), "search");
      await page.keyboard.type("keys");
      await page.keyboard.press("Escape");
      const link = row(page, "By keys").getByRole("link");
      for (
        let n = 0;
        n < 12 && !(await link.evaluate((one) => one === document.activeElement));
        n += 1
      ) {
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("Enter");
      await page.locator("#detail[open]").waitFor();
      assert.equal(await focused(), "detail-title");
      await page.keyboard.press("Escape");
      await until(page, async () => (await page.locator("dialog[open]").count()) === 0);
      assert.equal(await link.evaluate((one) => one === document.activeElement), true);
    },
  ],
  [
    "what happens is said to those who do not see it",
    async (visit) => {
      const { page, target } = visit;
      await logIn(visit);
      await paste(page, [target.media("queued", "a.mp4")]);
      await page.locator("#add-cancel").click();
      await row(page, "a.mp4").waitFor();
      await page.getByRole("button", { name: /^Queued/ }).click();
      await page
        .getByRole("status")
        .filter({ hasText: "Showing 1 ingest" })
        .waitFor({ state: "attached" });
      await page.getByRole("button", { name: "Cancel a.mp4" }).click();
      await page.getByRole("button", { name: "Cancel ingest" }).click();
      await page.getByRole("status").filter({ hasText: "Canceled: a.mp4" }).waitFor();
      const chart = page.getByRole("img", { name: /Throughput of the last 10 minutes: now/ });
      await chart.waitFor();
    },
  ],
]);

withBrowser([
  [
    "the theme can be chosen, and is kept",
    async (visit) => {
      const { page } = visit;
      await logIn(visit);
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await page.getByRole("button", { name: "Theme: system" }).click();
      await page.getByRole("button", { name: "Theme: light" }).click();
      await page.getByRole("button", { name: "Theme: dark" }).waitFor();
      const dark = await ground();
      assert.notEqual(dark, light);
      await page.reload();
      await page.getByRole("button", { name: "Theme: dark" }).waitFor();
      assert.equal(await ground(), dark);
    },
    { colorScheme: "light" },
  ],
]);
