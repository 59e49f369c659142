// workerd is killed in the middle of an upload. The ingest must not hang, and must not be done twice in silence.
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
import { startOrigin } from "../support/origin.ts";
import { startService } from "../support/service.ts";
import {
  ingestEnd,
  postIngest,
  type RunningWorker,
  startWorker,
  viewIngest,
  type WorkerOptions,
} from "../support/worker.ts";

const MIB = 1024 * 1024;
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

test("an ingest whose Worker was killed says so, and is not started again", {
  skip: linux,
}, async () => {
  const service = await startService();
  const origin = await startOrigin({
    routes: { "/slow.mp4": { size: 40 * MIB, bytesPerSecond: 8 * MIB } },
  });
  const persist = await mkdtemp(join(tmpdir(), "vodlift-crash-"));
  const options = { service: asData(service), persist, token: "a-token" };
  let worker = await startVictim(options);
  try {
    const id = await postIngest(worker, { url: `${origin.url}/slow.mp4`, partSize: MIB });
    while (((await viewIngest(worker, id)).size ?? 0) === 0 || origin.bytesServed() < 10 * MIB) {
      await sleep(50);
    }
    // The state is written once a second at the most.
    await sleep(1200);
    await worker.close();
    worker = await startWorker(options);
    const view = await ingestEnd(worker, id);
    assert.deepEqual([view.state, view.error?.code], ["failed", "cut_short"]);
    assert.match(view.error?.message ?? "", new RegExp(`Media ${view.mediaId} was begun`));
    const creates = service.log.filter(({ operation }) => operation === "CreateUploadVideo");
    assert.equal(creates.length, 1);
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
