// Adding many at once: tables, what is wrong in them, and what the service refuses.
import assert from "node:assert/strict";
import { logIn, until, type Visit, withBrowser, withWorld } from "./harness.ts";

async function choose({ page }: Visit, text: string): Promise<void> {
  await page.locator("#add-open").click();
  const buffer = Buffer.from(text);
  await page.locator("#file").setInputFiles({ name: "list.csv", mimeType: "text/csv", buffer });
}

withWorld([
  [
    "10,000 rows of CSV are sent in batches, and the page stays awake",
    async (visit) => {
      const { page, target } = visit;
      await logIn(visit);
      const sizes: number[] = [];
      page.on("request", (request) => {
        if (request.method() !== "POST" || !request.url().endsWith("/v1/ingests")) return;
        sizes.push((JSON.parse(request.postData() ?? "[]") as unknown[]).length);
      });
      const rows = Array.from({ length: 10_000 }, (_, n) => {
        const url = n === 7 ? "nonsense" : target.media("queued", `${n}.mp4`);
        return `${url},"Film ""${n}"", uncut","a,b"`;
      });
      await choose(visit, ["url,title,tags", ...rows].join("\r\n"));
      await page.getByText("Line 9: url must be an absolute").waitFor();
      await page.getByRole("cell", { name: 'Film "0", uncut' }).waitFor();
      await page.getByRole("button", { name: "Add 9,999" }).click();
      await page.getByText("9,999 added.").waitFor();
      assert.deepEqual(sizes, [...Array<number>(9).fill(1_000), 999]);
      assert.equal(await page.locator("#results li").count(), 100);
      await page.locator("#results-more").click();
      assert.equal(await page.locator("#results li").count(), 200);
      await page.locator("#add-cancel").click();
      await until(page, async () => /9,999/.test(await page.locator("#states").innerText()));
      await page.getByRole("link", { name: 'Film "9999", uncut' }).waitFor();
      // Scrolling on brings the next pages, each row once.
      await until(page, async () => {
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        return (await page.locator(".row").count()) >= 1_000;
      });
      const ids = await page
        .locator(".row")
        .evaluateAll((all) => all.map((one) => one.getAttribute("data-id")));
      assert.equal(new Set(ids).size, ids.length);
    },
  ],
  [
    "what the service refuses is listed with its reason, beside what it took",
    async (visit) => {
      const { page, target } = visit;
      await logIn(visit);
      await page.locator("#add-open").click();
      const refused = "https://media.example.com/refused/x.mp4";
      await page
        .getByLabel("URLs, one a line")
        .fill(`${target.media("quick", "y.mp4")}\n${refused}`);
      await page.locator("#add-send").click();
      await page.getByText("1 added, 1 refused.").waitFor();
      await page.locator("#results li", { hasText: "Line 2: x.mp4" }).getByText("denied").waitFor();
    },
  ],
  [
    "a connection that is lost midway leaves the rest to be sent again",
    async (visit) => {
      const { page, target, expected } = visit;
      expected.push(/ERR_FAILED|ERR_CONNECTION/);
      await logIn(visit);
      const keys: (string | undefined)[] = [];
      let lost = false;
      await page.route("**/v1/ingests", async (route) => {
        const request = route.request();
        if (request.method() !== "POST") return route.continue();
        keys.push(request.headers()["idempotency-key"]);
        lost = keys.length === 2;
        return lost ? route.abort() : route.continue();
      });
      const rows = Array.from({ length: 1_500 }, (_, n) => target.media("queued", `${n}.mp4`));
      await choose(visit, ["url", ...rows].join("\n"));
      await page.getByRole("button", { name: "Add 1,500" }).click();
      await page.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor();
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("1,500 added.").waitFor();
      assert.equal(keys.length, 3);
      assert.equal(keys[1], keys[2]);
      assert.notEqual(keys[0], keys[1]);
    },
  ],
  [
    "closing the sheet midway asks first, then says how many were sent",
    async (visit) => {
      const { page, target } = visit;
      await logIn(visit);
      let release = (): void => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      let posts = 0;
      await page.route("**/v1/ingests", async (route) => {
        if (route.request().method() === "POST") posts += 1;
        if (posts === 2) await released;
        return route.continue();
      });
      const rows = Array.from({ length: 2_500 }, (_, n) => target.media("queued", `${n}.mp4`));
      await choose(visit, ["url", ...rows].join("\n"));
      await page.getByRole("button", { name: "Add 2,500" }).click();
      await page.getByText("Sending: 1,000 of 2,500").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Stop adding" }).click();
      release();
      await page.getByText("Stopped: 2,000 of 2,500 were sent.").waitFor();
      assert.equal(posts, 2);
      await page.locator("#add-open").click();
      await page.getByLabel("URLs, one a line").waitFor();
    },
  ],
]);

withBrowser([
  [
    "a line that is no URL is named, and nothing is sent before it is mended",
    async (visit) => {
      const { page, target } = visit;
      await logIn(visit);
      await page.locator("#add-open").click();
      const urls = page.getByLabel("URLs, one a line");
      await urls.fill(`${target.media("quick", "y.mp4")}\nnonsense`);
      await page.locator("#add-send").click();
      await page.getByText("Line 2: url must be an absolute").waitFor();
      await urls.fill(target.media("quick", "y.mp4"));
      await page.locator("#add-send").click();
      await page.getByText("1 added.").waitFor();
    },
  ],
  [
    "tables that are none, or of other columns, are refused with the reason",
    async (visit) => {
      const { page } = visit;
      await logIn(visit);
      const cases: [string, string][] = [
        ["link,title\nhttps://a.example/1.mp4,x", "column “link” that is not known"],
        ["title\nx", "no column “url”"],
        ['url,title\nhttps://a.example/1.mp4,"x', "Line 2: opens a quote that is never closed"],
        ['url,title\nhttps://a.example/1.mp4,"x"y', "Line 2: has text after a closing quote"],
        ["url,title\nhttps://a.example/1.mp4,x,y", "Line 2: has 3 cells, and the header 2"],
        ["url,concurrency\nhttps://a.example/1.mp4,many", "concurrency must be a whole number"],
        ["url\n", "has no rows"],
      ];
      await page.locator("#add-open").click();
      for (const [text, reason] of cases) {
        const buffer = Buffer.from(text);
        await page.locator("#file").setInputFiles({ name: "x.csv", mimeType: "text/csv", buffer });
        await page.locator("#add-problems", { hasText: reason }).waitFor();
      }
      await page.getByRole("button", { name: "Remove the file" }).click();
      await page.getByLabel("URLs, one a line").waitFor();
    },
  ],
]);
