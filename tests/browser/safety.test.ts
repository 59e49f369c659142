// What strangers wrote is text, whatever it looks like; and nothing leaves the page but to its own service.
import assert from "node:assert/strict";
import { logIn, paste, row, until, withBrowser, withWorld } from "./harness.ts";

const ATTACK = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

withWorld([
  [
    "markup in a title, URL, error, hint or timeline stays text",
    async (visit) => {
      const { page, world } = visit;
      const error = { code: ATTACK, message: ATTACK, hint: ATTACK };
      const url = `javascript:document.title='owned'//${ATTACK}`;
      world.seed({ id: "x", title: ATTACK, url, state: "failed", error, phase: ATTACK }, [
        ["failed", ATTACK],
      ]);
      await logIn(visit);
      await row(page, "onerror").first().waitFor();
      await page.locator(".row .title").click();
      await page.locator("#detail-timeline li[data-type=failed]").waitFor();
      assert.equal(await page.locator("#detail-error-hint").textContent(), ATTACK);
      assert.equal(
        await page.locator("#app img, dialog img, #app script, dialog script").count(),
        0,
      );
      await page.keyboard.press("Escape");
      await paste(page, [`https://media.example.com/queued/${ATTACK}, ${ATTACK}`]);
      await page.getByText("1 added.").waitFor();
      assert.equal(await page.locator("#add img").count(), 0);
      assert.equal(await page.title(), "vodlift");
    },
  ],
  [
    "one person's ingests are not shown to the next",
    async (visit) => {
      const { page, world, expected } = visit;
      expected.push(/401/);
      world.seed({ title: "Private film", state: "ready" });
      await logIn(visit);
      await row(page, "Private film").waitFor();
      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByLabel("Token").waitFor();
      await until(page, async () => !(await page.content()).includes("Private film"));
    },
  ],
]);

withBrowser([
  [
    "the page comes with a policy that allows no inline script, no frame and no stranger",
    async ({ page, target }) => {
      const headers = (await page.goto(target.url))?.headers() ?? {};
      const policy = headers["content-security-policy"] ?? "";
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]) {
        assert.ok(policy.includes(rule), rule);
      }
      assert.equal(policy.includes("unsafe"), false);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.equal(headers["access-control-allow-origin"], undefined);
      await page.getByLabel("Token").waitFor();
      assert.equal(await page.locator("[style], [onclick], script:not([src]), style").count(), 0);
    },
  ],
]);
