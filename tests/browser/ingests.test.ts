// What becomes of an ingest, as somebody who looks sees it.
import assert from "node:assert/strict";
import { logIn, paste, row, until, withBrowser } from "./harness.ts";

withBrowser([
  [
    "pasted URLs are added, move before one's eyes and are done",
    async (visit) => {
      const { page, target } = visit;
      await logIn(visit);
      await paste(page, [
        `${target.media("quick", "one,two.mp4")}, First film`,
        "",
        target.media("slow", "second.mp4"),
      ]);
      await page.getByText("2 added.").waitFor();
      await page.locator("#add-cancel").click();
      await row(page, "First film").getByText("Done", { exact: true }).waitFor();
      const slow = row(page, "second.mp4");
      const value = async () => Number(await slow.locator("progress").getAttribute("value"));
      await until(page, async () => (await value()) > 0);
      const earlier = await value();
      await until(page, async () => (await value()) > earlier);
      assert.match((await slow.locator(".c-rate").textContent()) ?? "", /MiB\/s/);
      assert.notEqual(await page.locator("#rate").textContent(), "0");
    },
  ],
  [
    "an open ingest is live: progress, timeline and the media's id, without a reload",
    async (visit) => {
      const { page, context, target } = visit;
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      await logIn(visit);
      await paste(page, [target.media("quick", "live.mp4")]);
      await page.locator("#results a").click();
      await page.locator("#detail-state", { hasText: "Done" }).waitFor();
      await page.locator("#detail-timeline li[data-type=done]").waitFor();
      await page.getByRole("button", { name: "Copy media id" }).click();
      await page.locator("#toasts", { hasText: "Copied" }).waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(
        copied,
        await page.locator("#detail-facts .copyable span").first().textContent(),
      );
    },
  ],
  [
    "a failed ingest says what to do, and a retry works",
    async (visit) => {
      const { page, target } = visit;
      await logIn(visit);
      await paste(page, [target.media("broken", "to-fail.mp4")]);
      await page.locator("#add-cancel").click();
      await row(page, "to-fail.mp4").getByText("Failed", { exact: true }).waitFor();
      await page.getByRole("link", { name: "to-fail.mp4" }).click();
      await page.getByRole("heading", { name: "What to do" }).waitFor();
      assert.notEqual(await page.locator("#detail-error-hint").textContent(), "");
      await page.getByRole("button", { name: "Retry", exact: true }).click();
      await page.locator("#detail-state", { hasText: "Done" }).waitFor();
      await until(page, () => page.locator("#detail-error").isHidden());
      await page.locator("#detail-timeline li[data-type=retried]").waitFor();
    },
  ],
  [
    "canceling asks first; stopping keeps the checkpoint; both can be retried",
    async (visit) => {
      const { page, target } = visit;
      await logIn(visit);
      await paste(page, [
        target.media("slow", "to-cancel.mp4"),
        target.media("slow", "to-stop.mp4"),
      ]);
      await page.locator("#add-cancel").click();
      await row(page, "to-cancel.mp4").getByText("Running").waitFor();
      const cancel = page.getByRole("button", { name: "Cancel to-cancel.mp4" });
      await cancel.click();
      await page.getByRole("button", { name: "No" }).click();
      assert.equal(await row(page, "to-cancel.mp4").getByText("Running").count(), 1);
      await cancel.click();
      await page.getByRole("button", { name: "Cancel ingest" }).click();
      await row(page, "to-cancel.mp4").getByText("Canceled", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Retry to-cancel.mp4" }).click();
      await row(page, "to-cancel.mp4").getByText("Running").waitFor();
      await page.getByRole("link", { name: "to-stop.mp4" }).click();
      await page.getByRole("button", { name: "Stop", exact: true }).click();
      await page.getByRole("button", { name: "Stop ingest" }).click();
      await page.locator("#detail-facts", { hasText: "Kept" }).waitFor();
    },
  ],
  [
    "all can be paused, after a question, and go on",
    async (visit) => {
      const { page, target } = visit;
      await logIn(visit);
      await page.getByRole("button", { name: "Pause all" }).click();
      await page.locator("#confirm-yes").click();
      await page.getByText("All is paused.").waitFor();
      await paste(page, [target.media("quick", "later.mp4")]);
      await page.locator("#add-cancel").click();
      await row(page, "later.mp4").getByText("Queued").waitFor();
      await page.getByRole("button", { name: "Resume all" }).click();
      await row(page, "later.mp4").getByText("Done", { exact: true }).waitFor();
      await until(page, () => page.locator("#paused").isHidden());
    },
  ],
  [
    "a lost connection is said, and found again by itself",
    async (visit) => {
      const { page, context, target, expected } = visit;
      expected.push(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK/);
      await logIn(visit);
      await context.setOffline(true);
      await page.getByText("Connection lost.").waitFor();
      await context.setOffline(false);
      await until(page, () => page.locator("#trouble").isHidden());
      await paste(page, [target.media("quick", "again.mp4")]);
      await page.locator("#add-cancel").click();
      await row(page, "again.mp4").waitFor();
    },
  ],
]);
