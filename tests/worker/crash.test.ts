// workerd is killed in the middle of an upload. Started again, it goes on from the checkpoint, and does nothing twice.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sha256OfFile, startOrigin } from "../support/origin.ts";
import { assertNothingOpen, partsStored, startService, storedObjects } from "../support/service.ts";
import {
  ingestEnd,
  postIngest,
  type RunningWorker,
  viewIngest,
  type WorkerOptions,
} from "../support/worker.ts";

const MIB = 1024 * 1024;
/** Parts at once in workerd, unless told otherwise. */
const IN_FLIGHT = 3;
const linux = process.platform === "linux" ? false : "children are found through /proc";

/** A Worker that can be killed as a power cut would. */
async function startVictim(options: WorkerOptions): Promise<RunningWorker> {
  const script = fileURLToPath(new URL("../support/worker-process.ts", import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { url, token } = JSON.parse(line.toString("utf8")) as { url: string; token: string };
  return {
    url,
    token,
    async close() {
      const pid = child.pid ?? 0;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
      const gone = once(child, "close");
      for (const one of [...children.map(Number), pid]) process.kill(one, "SIGKILL");
      await gone;
    },
  };
}

test("an ingest whose Worker was killed goes on where it was", {
  skip: linux,
}, async () => {
  const service = await startService();
  const origin = await startOrigin({
    routes: { "/slow.mp4": { size: 40 * MIB + 7, bytesPerSecond: 8 * MIB } },
  });
  const persist = await mkdtemp(join(tmpdir(), "vodlift-crash-"));
  const options = {
    service: asData(service),
    persist,
    token: "a-token",
    settings: { VODLIFT_STALE_SECONDS: "3" },
  };
  let worker = await startVictim(options);
  try {
    const id = await postIngest(worker, { url: `${origin.url}/slow.mp4`, partSize: MIB });
    for (const served of [10, 25]) {
      while (origin.bytesServed() < served * MIB) {
        await viewIngest(worker, id);
        await sleep(50);
      }
      await worker.close();
      worker = await startVictim(options);
    }
    const view = await ingestEnd(worker, id);
    assert.equal(view.state, "done", JSON.stringify(view.error));
    assert.deepEqual([view.size, view.bytes], [40 * MIB + 7, 40 * MIB + 7]);
    const [stored = "", ...more] = await storedObjects(service);
    assert.deepEqual(more, []);
    assert.equal(await sha256OfFile(stored), await origin.sha256("/slow.mp4"));
    const creates = service.log.filter(({ operation }) => operation === "CreateUploadVideo");
    assert.equal(creates.length, 1);
    const parts = partsStored(service);
    const twice = parts.length - new Set(parts).size;
    assert.ok(twice <= 2 * IN_FLIGHT, `${twice} parts were sent again after two kills`);
    await assertNothingOpen(service);
  } finally {
    await worker.close();
    await origin.close();
    await service.close();
    await rm(persist, { recursive: true, force: true });
  }
});

function asData({ endpoint, accessKeyId, accessKeySecret, region }: WorkerOptions["service"]) {
  return { endpoint, accessKeyId, accessKeySecret, region };
}
