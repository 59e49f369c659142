// Many uploads by the library: a few at a time, each told as it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type UploadItem, Vodlift } from "../../pkg/src/index.ts";
import { startService, storedObjects } from "../support/service.ts";

test("a list is uploaded as it comes, and one that fails does not stop the others", async () => {
  const service = await startService();
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
  let asked = 0;
  async function* items(): AsyncGenerator<UploadItem & { row: number }> {
    for (let row = 0; row < 20; row += 1) {
      asked += 1;
      const source = new Uint8Array(row === 7 ? 0 : 1000 + row);
      yield { row, source, fileName: `${row}.mp4`, title: `Film ${row}` };
    }
  }
  try {
    const sizes = new Map<number, number | string>();
    for await (const { item, outcome, error } of vod.uploadAll(items(), { jobs: 3 })) {
      sizes.set(item.row, outcome?.bytes ?? error?.code ?? "");
      assert.ok(asked <= sizes.size + 6, "no more is asked for than is under way");
    }
    const wanted = Array.from({ length: 20 }, (_, row) =>
      row === 7 ? "empty_source" : 1000 + row,
    );
    assert.deepEqual(
      [...sizes].toSorted(([a], [b]) => a - b).map(([, size]) => size),
      wanted,
    );
    assert.equal((await storedObjects(service)).length, 19);
    await assert.rejects(async () => {
      for await (const _ of vod.uploadAll([], { jobs: 0 }));
    }, /`jobs` must be a whole number of at least 1/);
  } finally {
    await service.close();
  }
});

test("one that comes to rest at its budget or stop is told with its checkpoint, and goes on from there", async () => {
  const service = await startService();
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
  const source = new Uint8Array(350_000).fill(7);
  const stopped = new AbortController();
  stopped.abort();
  const common = { source, fileName: "film.mp4", partSize: 102_400 };
  const items = [
    { ...common, budget: { parts: 1 } },
    { ...common, stop: stopped.signal },
    { ...common },
  ];
  try {
    const ends: string[] = [];
    for await (const { suspended, outcome, error } of vod.uploadAll(items)) {
      assert.equal(error, undefined);
      ends.push(suspended ? "suspended" : "done");
      const whole = suspended ? await vod.resume(suspended.checkpoint, { source }) : outcome;
      assert.equal(whole?.bytes, 350_000);
    }
    assert.deepEqual(ends.toSorted(), ["done", "suspended", "suspended"]);
  } finally {
    await service.close();
  }
});
