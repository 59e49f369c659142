// Large files through Node: whole, in parts of 16 MiB, in little memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { vodlift } from "../support/cli.ts";
import { startOrigin } from "../support/origin.ts";
import { assertNothingOpen, startService, storedSha256 } from "../support/service.ts";

const GIB = 1024 ** 3;

for (const { gib, options } of [
  { gib: 1, options: ["--verify", "crc64"] },
  { gib: 5, options: [] },
]) {
  test(`${gib} GiB by URL through Node, peak memory under 160 MB`, async (t) => {
    const service = await startService();
    const origin = await startOrigin({ routes: { "/large.mp4": { size: gib * GIB } } });
    try {
      const began = performance.now();
      const { code, json, stderr, peakKib } = await vodlift(
        [
          "upload",
          `${origin.url}/large.mp4`,
          "--allow-private",
          "--json",
          "--part-size",
          "16MiB",
          ...options,
        ],
        { service, hangsMs: 1_200_000 },
      );
      const seconds = (performance.now() - began) / 1000;
      assert.equal(code, 0, stderr);
      t.diagnostic(`${gib} GiB in ${seconds.toFixed(1)} s, peak ${Math.round(peakKib / 1024)} MiB`);
      assert.deepEqual([json.bytes, json.parts], [gib * GIB, gib * 64]);
      assert.ok(peakKib * 1024 < 160e6, `peak ${peakKib} KiB`);
      await assertNothingOpen(service);
      assert.equal(await storedSha256(service, json.objectKey), await origin.sha256("/large.mp4"));
    } finally {
      await origin.close();
      await service.close();
    }
  });
}
