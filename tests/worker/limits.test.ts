// How many run at once, overall and at one host; and what waits can be stopped, canceled, paused and tried again.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { type Origin, startOrigin } from "../support/origin.ts";
import { startReceiver } from "../support/receiver.ts";
import { assertNothingOpen, type Emulator, partsStored, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import {
  type Answer,
  allEnded,
  callWorker,
  ingestEnd,
  listAll,
  postIngest,
  type RunningWorker,
  startWorker,
  viewIngest,
} from "../support/worker.ts";

const MIB = 1024 * 1024;
const RUNNING = 5;
const PER_HOST = 3;

let service: Emulator;
let worker: RunningWorker;
let origins: Origin[];
before(async () => {
  service = await startService();
  origins = await Promise.all([startOrigin(), startOrigin(), startOrigin()]);
  // It is asked how many run as fast as it answers, which is more than one caller may.
  const settings = {
    ...{ VODLIFT_RUNNING: String(RUNNING), VODLIFT_PER_HOST: String(PER_HOST) },
    VODLIFT_CALLS_PER_CALLER: "0",
  };
  worker = await startWorker({ service, settings });
});
after(async () => {
  await worker.close();
  await Promise.all(origins.map((origin) => origin.close()));
  await service.close();
});

const call = (path: string, method = "POST"): Promise<Answer> =>
  callWorker(worker, path, { method });

/** Says how many hold it at once, at most. */
class Gauge {
  readonly #held = new Map<string, number>();
  most = 0;

  change(name: string, by: number): void {
    this.#held.set(name, (this.#held.get(name) ?? 0) + by);
    this.most = Math.max(this.most, [...this.#held.values()].filter((n) => n > 0).length);
  }
}

test("never more run than may, overall and at one host", async () => {
  const all = new Gauge();
  const hosts = origins.map(() => new Gauge());
  // A source that sees who reads: a path is held from its first request to the end of its last one.
  const doors = await Promise.all(
    hosts.map(async (host) => {
      const server = createServer((request, response) => {
        const name = `${host} ${request.url}`;
        for (const gauge of [all, host]) gauge.change(request.url ?? name, 1);
        response.on("close", () => {
          for (const gauge of [all, host]) gauge.change(request.url ?? name, -1);
        });
        setTimeout(() => {
          response.writeHead(200, { "content-length": "1000" }).end(Buffer.alloc(1000, 7));
        }, 150);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  try {
    const urls = Array.from({ length: 30 }, (_, n) => {
      const address = doors[n % doors.length]?.address() as { port: number };
      return { url: `http://127.0.0.1:${address.port}/${n}.mp4` };
    });
    await callWorker(worker, "/v1/ingests", { method: "POST", body: JSON.stringify(urls) });
    while ((await call("/v1/stats", "GET")).body.counts.queued > 0) {
      const { counts } = (await call("/v1/stats", "GET")).body;
      assert.ok(counts.running <= RUNNING, `${counts.running} run`);
    }
    await allEnded(worker);
  } finally {
    for (const door of doors) door.close();
  }
  assert.equal((await call("/v1/stats", "GET")).body.counts.done, 30);
  assert.ok(all.most <= RUNNING && all.most > 1, `${all.most} at once`);
  for (const { most } of hosts) assert.ok(most <= PER_HOST, `${most} at one host`);
});

const FILM = 8 * MIB + 1;

/** Ingests of sources at one host, which are served as they ought to be once `hurry` is called: before, none can end. */
async function crowd(name: string, count: number): Promise<{ ids: string[]; hurry(): void }> {
  const [origin] = origins as [Origin];
  const paths = Array.from({ length: count }, (_, n) => `/${name}-${n}.mp4`);
  const slow = {
    ...{ size: FILM, bytesPerSecond: MIB / 4 },
    isSlow: (offset: number) => offset >= 2 * MIB,
  };
  const ids = paths.map((path) =>
    postIngest(worker, { url: origin.add(path, slow), partSize: MIB, concurrency: 1 }),
  );
  const hurry = () => {
    for (const path of paths) origin.add(path, { size: FILM });
  };
  return { ids: await Promise.all(ids), hurry };
}

const moved = (id: string) => until(async () => (await viewIngest(worker, id)).bytes >= MIB);

async function states(ids: readonly string[]): Promise<string[]> {
  return Promise.all(ids.map(async (id) => (await viewIngest(worker, id)).state));
}

test("what waits is stopped and canceled at once, and never begun", async () => {
  const { ids, hurry } = await crowd("waiting", PER_HOST + 2);
  await until(
    async () => (await states(ids)).filter((one) => one === "running").length === PER_HOST,
  );
  const now = await states(ids);
  const [first, second] = ids.filter((_, n) => now[n] === "queued");
  const created = () =>
    service.log.filter(({ operation }) => operation === "CreateUploadVideo").length;
  const canceled = await call(`/v1/ingests/${first}`, "DELETE");
  assert.deepEqual([canceled.status, canceled.body.state], [200, "canceled"]);
  const stopped = await call(`/v1/ingests/${second}/stop`);
  assert.deepEqual([stopped.status, stopped.body.state], [200, "canceled"]);
  const before = created();
  hurry();
  await allEnded(worker);
  assert.ok(created() - before <= PER_HOST);
  for (const id of [first, second]) {
    const view = await viewIngest(worker, id ?? "");
    assert.deepEqual([view.state, view.mediaId, view.started], ["canceled", undefined, undefined]);
    assert.ok(view.moved >= view.created, view.moved);
  }
  assert.equal((await call(`/v1/ingests/${first}/retry`)).status, 202);
  assert.equal((await ingestEnd(worker, first ?? "")).state, "done");
});

test("all is paused while slices run, and goes on where it was", async () => {
  const known = partsStored(service).length;
  const { ids, hurry } = await crowd("paused", PER_HOST + 1);
  await until(() => partsStored(service).length - known >= 4);
  assert.equal((await call("/v1/pause")).body.paused, true);
  await until(async () => !(await states(ids)).includes("running"));
  hurry();
  const stored = partsStored(service).length;
  const late = await postIngest(worker, {
    url: origins[0]?.add("/late.mp4", { size: 10 }),
  });
  // The look that would begin one of them sends out what is to be told, too: what is told has had such a look before it.
  const receiver = await startReceiver();
  const url = origins[0]?.add("/told.mp4", { size: 10 });
  const told = await postIngest(worker, { url, webhookUrl: `${receiver.url}/told` });
  await call(`/v1/ingests/${told}`, "DELETE");
  await receiver.deliveries("/told", 1);
  receiver.close();
  assert.equal(partsStored(service).length, stored, "nothing moves while all is paused");
  assert.deepEqual(
    await states([...ids, late]),
    [...ids, late].map(() => "queued"),
  );
  assert.equal((await call("/v1/resume")).body.paused, false);
  await allEnded(worker);
  assert.deepEqual(
    await states([...ids, late]),
    [...ids, late].map(() => "done"),
  );
  assert.equal(partsStored(service).length - known, ids.length * 9, "no part was sent twice");
  // What ran tells of both, and who did it; what only waited has nothing to tell.
  const halted = await Promise.all(
    [...ids, late].map(async (id) => {
      const { timeline } = await viewIngest(worker, id);
      const halts = timeline.filter(({ type }) => type === "paused" || type === "resumed");
      return halts.map(({ type, actor }) => `${type} by ${actor}`).join(", ");
    }),
  );
  const [ran, waited] = [halted.slice(0, PER_HOST), halted.slice(PER_HOST)];
  assert.deepEqual(new Set(ran), new Set(["paused by test, resumed by test"]), `${halted}`);
  assert.deepEqual(new Set(waited), new Set([""]), `${halted}`);
  await assertNothingOpen(service);
});

test("a pause that is over before a run hears of it stands in its timeline as one that is over", async () => {
  const { ids, hurry } = await crowd("brief", 1);
  const [id = ""] = ids;
  await moved(id);
  await call("/v1/pause");
  await call("/v1/resume");
  await call("/v1/resume");
  hurry();
  assert.equal((await ingestEnd(worker, id)).state, "done");
  const types = (await viewIngest(worker, id)).timeline.map(({ type }) => type);
  const halts = types.filter((type) => type === "paused" || type === "resumed");
  assert.deepEqual(halts, ["paused", "resumed"]);
});

test("what was stopped or has failed goes on from its checkpoint when it is tried again", async () => {
  const known = partsStored(service).length;
  const one = await crowd("again", 1);
  const [id = ""] = one.ids;
  await moved(id);
  assert.equal((await call(`/v1/ingests/${id}/stop`)).status, 200);
  one.hurry();
  const refused = { kind: "answer", status: 403, code: "AccessDenied" } as const;
  service.setFaults([{ operation: "UploadPart", from: 3, action: refused }]);
  assert.equal((await call(`/v1/ingests/${id}/retry`)).status, 202);
  const failed = await ingestEnd(worker, id);
  assert.deepEqual([failed.state, failed.attempts, failed.resumable], ["failed", 2, true]);
  service.setFaults([]);
  assert.equal((await call(`/v1/ingests/${id}/retry`)).status, 202);
  assert.equal((await call(`/v1/ingests/${id}/retry`)).status, 409, "it is queued already");
  const done = await ingestEnd(worker, id);
  assert.deepEqual([done.state, done.attempts, done.mediaId], ["done", 3, failed.mediaId]);
  const parts = partsStored(service).slice(known);
  assert.deepEqual([parts.length, new Set(parts).size], [9, 9]);
  assert.equal((await call(`/v1/ingests/${id}/retry`)).body.code, "not_retryable");
  // After a cancel there is nothing to go on from: it begins anew.
  const second = await crowd("anew", 1);
  const [other = ""] = second.ids;
  await moved(other);
  await call(`/v1/ingests/${other}`, "DELETE");
  second.hurry();
  await call(`/v1/ingests/${other}/retry`);
  assert.equal((await ingestEnd(worker, other)).state, "done");
  await assertNothingOpen(service);
  assert.equal((await listAll(worker, "&state=failed")).length, 0);
});
