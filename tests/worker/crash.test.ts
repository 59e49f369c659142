// workerd is killed three times while it moves twenty files. Started again with the same folder it goes on by itself, from
// the checkpoints, and does nothing twice; what came with a request is removed.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { madeUp, sha256OfFile, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  mediaMade,
  partsStored,
  startService,
  storedFile,
  storedObjects,
} from "../support/service.ts";
import { until } from "../support/until.ts";
import { cannotKill, SOON_STALE, startVictim } from "../support/victim.ts";
import { callWorker, listAll } from "../support/worker.ts";

const MIB = 1024 * 1024;
const COUNT = 20;
const SIZE = 12 * MIB + 7;
/** Parts at once in workerd, unless told otherwise. */
const IN_FLIGHT = 3;
const KILLS = [0.2, 0.45, 0.7];

test("twenty ingests whose Worker is killed three times", { skip: cannotKill }, async (t) => {
  const service = await startService();
  const origin = await startOrigin();
  const persist = await mkdtemp(join(tmpdir(), "vodlift-crash-"));
  const options = {
    service,
    persist,
    token: "a-token",
    settings: { ...SOON_STALE, VODLIFT_PER_HOST: "20" },
  };
  let worker = await startVictim(options);
  try {
    const paths = Array.from({ length: COUNT }, (_, n) => `/slow-${n}.mp4`);
    const { body } = await callWorker(worker, "/v1/ingests", {
      method: "POST",
      body: JSON.stringify(
        paths.map((path) => ({
          url: origin.add(path, { size: SIZE, bytesPerSecond: MIB }),
          partSize: MIB,
          concurrency: IN_FLIGHT,
        })),
      ),
    });
    const stored = () => service.log.filter(isStoredPart).length;
    for (const share of KILLS) {
      // Nothing is asked of the Worker: it has to find its work by itself.
      await until(() => stored() >= share * 13 * COUNT);
      await worker.close();
      worker = await startVictim(options);
    }
    await until(() => service.events.length >= COUNT);
    await until(async () => (await callWorker(worker, "/v1/stats")).body.counts.done >= COUNT);

    const views = new Map((await listAll(worker)).map((view) => [view.id, view]));
    for (const [n, path] of paths.entries()) {
      const { state, error, size, bytes, mediaId } = views.get(body.results[n].id) ?? {};
      assert.deepEqual([state, error, size, bytes], ["done", undefined, SIZE, SIZE]);
      assert.equal(await sha256OfFile(storedFile(service, mediaId)), await origin.sha256(path));
    }
    assert.equal((await storedObjects(service)).length, COUNT);
    assert.equal((await mediaMade(service)).length, COUNT);
    const twice = stored() - new Set(service.log.filter(isStoredPart).map(nameOf)).size;
    t.diagnostic(`${twice} of ${13 * COUNT} parts were sent again after ${KILLS.length} kills`);
    assert.ok(twice <= KILLS.length * IN_FLIGHT * COUNT, `${twice} parts were sent again`);
    await assertNothingOpen(service);
  } finally {
    await worker.close();
    await origin.close();
    await service.close();
    await rm(persist, { recursive: true, force: true });
  }
});

test("a request that was sending a file leaves nothing open either", {
  skip: cannotKill,
}, async () => {
  const service = await startService();
  const persist = await mkdtemp(join(tmpdir(), "vodlift-crash-"));
  const options = { service, persist, token: "a-token", settings: SOON_STALE };
  let worker = await startVictim(options);
  try {
    const body = Readable.from(
      (async function* () {
        yield* madeUp(60 * MIB, "cut").read(0, 60 * MIB);
        await new Promise(() => {});
      })(),
    );
    const sent = fetch(`${worker.url}/v1/uploads?title=cut.mp4`, {
      method: "PUT",
      headers: { authorization: "Bearer a-token" },
      body: Readable.toWeb(body) as unknown as BodyInit,
      duplex: "half",
    } as RequestInit);
    sent.catch(() => {});
    await until(() => partsStored(service).length > 0);
    assert.equal((await service.openUploads()).length, 1);
    await worker.close();
    await assert.rejects(sent);
    worker = await startVictim(options);
    await until(async () => (await service.openUploads()).length === 0);
    const [row] = await listAll(worker);
    assert.deepEqual(
      [row?.state, row?.error?.code, row?.resumable],
      ["failed", "interrupted", false],
    );
    assert.deepEqual(await storedObjects(service), []);
  } finally {
    await worker.close();
    await service.close();
    await rm(persist, { recursive: true, force: true });
  }
});

function isStoredPart({ operation, result }: { operation: string; result?: number }): boolean {
  return operation === "UploadPart" && result === 200;
}

function nameOf({ uploadId, partNumber }: { uploadId?: string; partNumber?: number }): string {
  return `${uploadId} ${partNumber}`;
}
