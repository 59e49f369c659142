// What else the Worker lifts: images, attached media, and HLS trees in slices.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { assertSameFilm, serveFilm } from "../support/hls.ts";
import { assertNothingOpen, storedObjects, storedSha256 } from "../support/service.ts";
import { startSite } from "../support/site.ts";
import { ingestEnd, postIngest } from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

// So few that the tree takes several instances.
const { service, origin, worker } = await startWorld({ settings: { VODLIFT_SUBREQUESTS: "50" } });

async function fetched(url: string): Promise<Uint8Array> {
  const reply = await fetch(url);
  assert.equal(reply.status, 200, url);
  return new Uint8Array(await reply.arrayBuffer());
}

test("an image and a subtitle", async () => {
  for (const [name, fields, operation] of [
    ["/cover.png", { as: "image", imageType: "cover" }, "CreateUploadImage"],
    ["/film.vtt", { as: "attached", businessType: "subtitle" }, "CreateUploadAttachedMedia"],
  ] as const) {
    const url = origin.add(name, { size: 30_000 });
    const view = await ingestEnd(worker, await postIngest(worker, { url, ...fields }));
    assert.deepEqual([view.state, view.kind], ["done", fields.as], JSON.stringify(view.error));
    assert.equal(service.log.filter((one) => one.operation === operation).length, 1);
    const key = service.log.findLast((one) => one.operation === "PutObject")?.key ?? "";
    assert.equal(await storedSha256(service, key), await origin.sha256(name));
  }
});

test("a master playlist with all it names, over several instances, each file once", async () => {
  const master = serveFilm(origin);
  const from = service.log.length;
  const id = await postIngest(worker, { url: master, as: "playlist", title: "Film" });
  const view = await ingestEnd(worker, id);
  assert.equal(view.state, "done", JSON.stringify(view.error));
  const log = service.log.slice(from);
  const puts = log.filter((one) => one.operation === "PutObject" && one.status === 200);
  const root = puts.at(-1)?.key ?? "";
  assert.match(root, /\.m3u8$/, "the root goes up last");
  await assertSameFilm(service, root, master, fetched);
  assert.equal(puts.length, new Set(puts.map(({ key }) => key)).size, "each file goes up once");
  assert.ok(puts.length > 20 && (await storedObjects(service)).length > 20);
  assert.equal(log.filter((one) => one.operation === "CreateUploadVideo").length, 1);
  assert.ok(log.filter((one) => one.operation === "RefreshUploadVideo").length >= 2, "in slices");
  await assertNothingOpen(service);
});

test("what is wanted of a playlist holds over several instances", async () => {
  const names = Array.from({ length: 60 }, (_, n) => `${n}.ts`);
  const lines = names.map((name) => `#EXTINF:1,\n${name}`).join("\n");
  const site = await startSite({
    "/i.m3u8":
      "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh.m3u8\n",
    "/high.m3u8": `#EXTM3U\n${lines}\n`,
  });
  try {
    const needs = { query: ["token", "t"] as [string, string] };
    for (const name of names) site.files.set(`/${name}`, { body: name, needs });
    site.files.delete("/33.ts");
    const wanted = { variants: ["best"], complete: true, missingSegments: "gap" };
    const hosts = { "127.0.0.1": { query: "token=t" } };
    const request = { url: `${site.url}/i.m3u8`, as: "playlist", ...wanted, hosts };
    const from = service.log.length;
    const view = await ingestEnd(worker, await postIngest(worker, request));
    assert.equal(view.state, "done", JSON.stringify(view.error));
    const log = service.log.slice(from);
    const puts = log.filter((one) => one.operation === "PutObject" && one.status === 200);
    assert.equal(new Set(puts.map(({ key }) => key)).size, names.length - 1 + 2);
    assert.ok(
      log.some((one) => one.operation === "RefreshUploadVideo"),
      "in slices",
    );
    assert.ok(!site.asked.some((at) => at.startsWith("/low")));
    const list = puts.findLast(({ key }) => key?.endsWith("high.m3u8"))?.key ?? "";
    const text = await readFile(join(service.dir, service.bucket, list), "utf8");
    assert.match(text, /#EXTINF:1,\n#EXT-X-GAP\n33\.ts\n/);
    assert.match(text, /#EXT-X-ENDLIST\n$/);
    const film = { ...request, as: "video" };
    await assert.rejects(postIngest(worker, film), /`variants` does not go with `as` video/);
  } finally {
    await site.close();
  }
});
