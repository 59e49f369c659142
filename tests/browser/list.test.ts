// Finding one among many: states, search, time, pages, and links that keep all that.
import assert from "node:assert/strict";
import { logIn, row, until, type WorldVisit, withWorld } from "./harness.ts";

function fill({ world }: WorldVisit, count: number): void {
  for (let n = 0; n < count; n += 1) {
    const created = new Date(Date.now() - (count - n) * 60_000).toISOString();
    world.seed({ title: `Film ${n}`, state: n % 10 === 0 ? "failed" : "ready", created });
  }
}

const shown = ({ page }: WorldVisit) => page.locator(".row").count();

withWorld([
  [
    "states narrow the list, several at once, and the back button undoes them",
    async (visit) => {
      const { page } = visit;
      fill(visit, 40);
      await logIn(visit);
      assert.equal(await shown(visit), 40);
      await page.getByRole("button", { name: /^Failed/ }).click();
      await until(page, async () => (await shown(visit)) === 4);
      await page.getByRole("button", { name: /^Ready/ }).click();
      await until(page, async () => (await shown(visit)) === 40);
      await page.goBack();
      await until(page, async () => (await shown(visit)) === 4);
      assert.equal(
        await page.getByRole("button", { name: /^Failed/ }).getAttribute("aria-pressed"),
        "true",
      );
      await page.reload();
      await until(page, async () => (await shown(visit)) === 4);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.locator("#csv").click(),
      ]);
      assert.equal(new URL(download.url()).searchParams.get("state"), "failed");
    },
  ],
  [
    "what was sent as a body is named by what it became, and no retry of it is offered",
    async (visit) => {
      const { page, world } = visit;
      world.seed({ title: undefined, url: "upload:", state: "done", mediaId: "media-of-a-body" });
      world.seed({ title: "Sent.mp4", url: "upload:", state: "failed" });
      world.seed({ title: "Fetched.mp4", state: "failed" });
      await logIn(visit);
      await row(page, "media-of-a-body").waitFor();
      const retry = (name: string) => page.getByRole("button", { name: `Retry ${name}` });
      await retry("Fetched.mp4").waitFor();
      assert.equal(await retry("Sent.mp4").count(), 0);
    },
  ],
  [
    "a search finds two characters, Han as well, and what fits nothing says that",
    async (visit) => {
      const { page } = visit;
      fill(visit, 12);
      await logIn(visit);
      const search = page.getByRole("searchbox");
      visit.world.seed({ title: "夜电影", state: "ready" });
      await search.fill("电影");
      await until(page, async () => (await shown(visit)) === 1);
      await search.fill("Fi");
      await until(page, async () => (await shown(visit)) === 12);
      await search.fill("Film 11");
      await until(page, async () => (await shown(visit)) === 1);
      await search.fill("no such film");
      await page.getByRole("heading", { name: "Nothing fits these filters" }).waitFor();
      await page.getByRole("button", { name: "Clear the filters" }).click();
      await until(page, async () => (await shown(visit)) === 13);
      assert.equal(await search.inputValue(), "");
    },
  ],
  [
    "what was lifted in all counts what is moving, and says so",
    async (visit) => {
      const { page, world } = visit;
      // Nothing moves by itself while it is looked at.
      world.paused = true;
      world.seed({ state: "ready", bytes: 3 * 1024 * 1024, size: 3 * 1024 * 1024 });
      const id = world.seed({ state: "running", bytes: 1024 * 1024, size: 4 * 1024 * 1024 });
      await logIn(visit);
      const lifted = page.locator("#lifted");
      await until(page, async () =>
        /, .* of it under way$/.test((await lifted.textContent()) ?? ""),
      );
      world.end(id, false);
      await until(page, async () => !/under way/.test((await lifted.textContent()) ?? "–"));
    },
  ],
  [
    "the time narrows it too",
    async (visit) => {
      const { page, world } = visit;
      fill(visit, 3);
      const created = new Date(Date.now() - 3 * 86_400_000).toISOString();
      world.seed({ title: "Of old", state: "ready", created });
      await logIn(visit);
      assert.equal(await shown(visit), 4);
      await page.getByLabel("Added").selectOption("24h");
      await until(page, async () => (await shown(visit)) === 3);
      await page.getByLabel("Added").selectOption("days");
      await page.getByLabel("to", { exact: true }).fill(created.slice(0, 10));
      await until(page, async () => (await shown(visit)) <= 1);
      await page.getByLabel("to", { exact: true }).fill("2001-01-01");
      await until(page, async () => (await shown(visit)) === 0);
    },
  ],
  [
    "pages follow by their cursor, new ones come in above, and focus and place stay",
    async (visit) => {
      const { page, world } = visit;
      fill(visit, 450);
      await logIn(visit);
      await until(page, async () => {
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        return (await shown(visit)) === 450;
      });
      const link = page.getByRole("link", { name: "Film 20", exact: true });
      await link.scrollIntoViewIfNeeded();
      await link.focus();
      const top = async () => (await link.boundingBox())?.y ?? 0;
      const before = await top();
      for (let n = 0; n < 5; n += 1) world.seed({ title: `New ${n}`, state: "ready" });
      await until(page, async () => (await shown(visit)) === 455);
      assert.ok(Math.abs((await top()) - before) <= 2, "the row has moved");
      assert.equal(await link.evaluate((one) => one === document.activeElement), true);
      const titles = await page.locator(".row .title").allTextContents();
      assert.equal(titles[0], "New 4");
      assert.equal(titles.at(-1), "Film 0");
      assert.equal(new Set(titles).size, 455);
      // Far below the first page it is alive as well.
      const far = page.locator(".row", { has: link });
      world.retry((await far.getAttribute("data-id")) ?? "");
      await far.getByText("Done", { exact: true }).waitFor();
    },
  ],
  [
    "what no longer fits the filter leaves the list",
    async (visit) => {
      const { page, world } = visit;
      for (const n of [1, 2, 3]) {
        world.seed({ title: `Film ${n}`, url: `https://media.example.com/queued/${n}.mp4` });
      }
      await logIn(visit, "/#state=queued");
      assert.equal(await shown(visit), 3);
      await page.getByRole("button", { name: "Cancel Film 2" }).click();
      await page.getByRole("button", { name: "Cancel ingest" }).click();
      await until(page, async () => (await shown(visit)) === 2);
      assert.equal(await row(page, "Film 2").count(), 0);
    },
  ],
  [
    "more new ones than a page holds do not tear a list that is being read",
    async (visit) => {
      const { page, world } = visit;
      fill(visit, 250);
      await logIn(visit);
      await until(page, async () => {
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        return (await shown(visit)) === 250;
      });
      for (let n = 0; n < 300; n += 1) world.seed({ title: `New ${n}`, state: "ready" });
      await page.getByRole("button", { name: "Show newer ingests" }).click();
      await row(page, "New 299").waitFor();
    },
  ],
  [
    "an ingest has an address of its own, and the back button closes it",
    async (visit) => {
      const { page, world } = visit;
      fill(visit, 5);
      const id = world.seed({ title: "The one", state: "ready" });
      await logIn(visit);
      await page.getByRole("link", { name: "The one" }).click();
      await page.locator("#detail[open]").waitFor();
      assert.match(page.url(), new RegExp(`job=${id}`));
      await page.goBack();
      await until(page, async () => (await page.locator("#detail[open]").count()) === 0);
      await page.goForward();
      await page.locator("#detail[open]").waitFor();
      await page.reload();
      await page.locator("#detail[open]").waitFor();
      await page.getByRole("button", { name: "Close" }).first().click();
      await until(page, async () => !page.url().includes("job="));
    },
  ],
  [
    "an ingest that is gone says so",
    async (visit) => {
      visit.expected.push(/404/);
      await logIn(visit, "/#job=never");
      await visit.page.getByText("There is no such ingest").waitFor();
    },
  ],
]);
