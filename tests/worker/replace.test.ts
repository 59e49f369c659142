// The Worker gives new bytes to a media that exists, in slices, too.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Vodlift } from "../../pkg/src/index.ts";
import { assertNothingOpen, mediaMade, storedSha256 } from "../support/service.ts";
import { ingestEnd, postIngest, viewIngest } from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

const { service, origin, worker } = await startWorld({ settings: { VODLIFT_SUBREQUESTS: "50" } });
const made = { title: "Film", fileName: "a.mp4", referenceId: "my-film-1" };

test("an ingest replaces a media by either id, and waits for the new size", async () => {
  const old = await new Vodlift(service).upload(Buffer.alloc(9), made);
  for (const [name, replace] of [
    ["/one.mp4", old.mediaId],
    ["/two.mp4", { mediaId: old.mediaId }],
    ["/three.mp4", { referenceId: "my-film-1" }],
  ] as const) {
    const from = service.log.length;
    const url = origin.add(name, { size: 3_000_000 + name.length });
    const body = { url, replace, partSize: 102_400, wait: true };
    const id = await postIngest(worker, body);
    let view = await ingestEnd(worker, id);
    while (view.state === "done") view = await viewIngest(worker, id);
    const asked = service.log.slice(from).filter((one) => one.operation === "RefreshUploadVideo");
    assert.ok(asked.length >= 2, "in slices");
    assert.deepEqual([view.state, view.mediaId], ["ready", old.mediaId], JSON.stringify(view));
    assert.equal(await storedSha256(service, old.objectKey), await origin.sha256(name));
  }
  const [media, ...others] = await mediaMade(service);
  assert.deepEqual([media?.parameters.Title, others.length], ["Film", 0]);
  await assertNothingOpen(service);
});

test("what a replacement cannot change is refused at once", async () => {
  const url = origin.add("/four.mp4", { size: 1000 });
  for (const [fields, words] of [
    [{ replace: "abc", title: "New" }, /`title` cannot/],
    [{ replace: {} }, /replace/],
    [{ replace: { mediaId: "abc", referenceId: "my-film-1" } }, /replace/],
    [{ replace: "abc", as: "image" }, /is for video and audio/],
  ] as const) {
    const reply = await fetch(`${worker.url}/v1/ingests`, {
      method: "POST",
      headers: { Authorization: `Bearer ${worker.token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ url, ...fields }),
    });
    const { detail } = (await reply.json()) as { detail: string };
    assert.equal(reply.status, 400, detail);
    assert.match(detail, words);
  }
});
