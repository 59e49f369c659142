// 1 GiB through real workerd: whole, in parts of 16 MiB.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256OfFile, startOrigin } from "../support/origin.ts";
import { assertNothingOpen, partsStored, startService, storedObjects } from "../support/service.ts";
import { ingestEnd, postIngest, startWorker } from "../support/worker.ts";

const GIB = 1024 ** 3;
const PART_SIZE = 16 * 1024 * 1024;

test("1 GiB by URL through workerd", async (t) => {
  const service = await startService();
  const origin = await startOrigin({ routes: { "/large.mp4": { size: GIB } } });
  const worker = await startWorker({ service });
  try {
    const began = performance.now();
    const url = `${origin.url}/large.mp4`;
    const view = await ingestEnd(worker, await postIngest(worker, { url, partSize: PART_SIZE }));
    const seconds = (performance.now() - began) / 1000;
    assert.equal(view.state, "done", JSON.stringify(view.error));
    t.diagnostic(`1 GiB in ${seconds.toFixed(1)} s`);
    assert.equal(partsStored(service).length, 64);
    const [stored = "", ...more] = await storedObjects(service);
    assert.deepEqual(more, []);
    await assertNothingOpen(service);
    assert.equal(await sha256OfFile(stored), await origin.sha256("/large.mp4"));
  } finally {
    await worker.close();
    await origin.close();
    await service.close();
  }
});
