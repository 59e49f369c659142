// Who may look: the login, its session, and its end.
import assert from "node:assert/strict";
import { logIn, paste, row, until, withBrowser } from "./harness.ts";

withBrowser([
  [
    "a wrong token is refused in plain words, and the right one opens the page",
    async ({ page, target, expected }) => {
      expected.push(/\/session: .*40[13]/);
      await page.goto(target.url);
      const token = page.getByLabel("Token");
      await token.fill("not the token");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").filter({ hasText: "not known" }).waitFor();
      assert.equal(await token.evaluate((field) => field === document.activeElement), true);
      await token.fill(target.token);
      await page.keyboard.press("Enter");
      await page.locator("#rows .row, #empty:not([hidden])").first().waitFor();
    },
  ],
  [
    "the session lives in a cookie that no script can read, and a reload keeps it",
    async (visit) => {
      const { page, context, target } = visit;
      await logIn(visit);
      const [cookie] = await context.cookies(target.url);
      assert.equal(cookie?.httpOnly, true);
      assert.equal(cookie?.sameSite, "Strict");
      const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
      assert.equal(stored.includes(target.token), false);
      await page.reload();
      await page.locator("#rows .row, #empty:not([hidden])").first().waitFor();
    },
  ],
  [
    "a session that has ended asks for a login, and then shows what was looked at",
    async (visit) => {
      const { page, context, target, expected } = visit;
      expected.push(/401/);
      await logIn(visit);
      await paste(page, [target.media("slow", "a.mp4")]);
      await page.locator("#results a").click();
      await page.locator("#detail-state", { hasText: "Running" }).waitFor();
      await context.clearCookies();
      await page.getByText("Your session has ended").waitFor();
      assert.equal(await page.locator("dialog[open]").count(), 0);
      await page.getByLabel("Token").fill(target.token);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.locator("#detail-state", { hasText: "Running" }).waitFor();
      await page.keyboard.press("Escape");
      await row(page, "a.mp4").waitFor();
    },
  ],
  [
    "who may only read is offered nothing else",
    async (visit) => {
      const { page } = visit;
      await page.route("**/session", async (route) => {
        if (route.request().method() !== "GET") return route.continue();
        const response = await route.fetch();
        const json = response.ok() ? { name: "reader", scopes: ["read"] } : {};
        return route.fulfill({ response, json });
      });
      await logIn(visit);
      for (const name of ["#add-open", "#pause"]) {
        assert.equal(await page.locator(name).isVisible(), false, name);
      }
      await page.keyboard.press("n");
      assert.equal(await page.locator("dialog[open]").count(), 0);
    },
  ],
  [
    "logging out ends the session for good",
    async (visit) => {
      const { page, expected } = visit;
      expected.push(/401/);
      await logIn(visit);
      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByRole("heading", { name: "Log in to vodlift" }).waitFor();
      const status = () => page.evaluate(async () => (await fetch("/session")).status);
      await until(page, async () => (await status()) === 401);
    },
  ],
]);
