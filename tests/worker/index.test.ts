// The job index under load: many rows, many readers. The times are for whoever reads the report; what is asserted is that
// every answer is right. `VODLIFT_ROWS=1000000` fills it with a million.
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  callWorker,
  listAll,
  NOWHERE,
  type RunningWorker,
  startWorker,
} from "../support/worker.ts";

const ROWS = Number(process.env.VODLIFT_ROWS ?? 20_000);
const BATCH = 1_000;
const READS = 5_000;
const CONNECTIONS = 50;

let worker: RunningWorker;
before(async () => {
  // As fast as the index can: who asks too often is refused elsewhere.
  const settings = { VODLIFT_CALLS_PER_CALLER: "0", VODLIFT_ROWS_PER_CALLER: "0" };
  worker = await startWorker({ service: NOWHERE, settings });
  await callWorker(worker, "/v1/pause", { method: "POST" });
});
after(() => worker.close());

async function timed<T>(t: TestContext, what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  t.diagnostic(`${what}: ${(performance.now() - began).toFixed(0)} ms`);
  return result;
}

async function fill(from: number): Promise<string[]> {
  const batch = Array.from({ length: BATCH }, (_, n) => ({
    url: `https://host-${(from + n) % 97}.example/films/${from + n}.mp4`,
    title: `Film number ${from + n}`,
  }));
  for (;;) {
    const init = { method: "POST", body: JSON.stringify(batch) };
    const { status, body } = await callWorker(worker, "/v1/ingests", init);
    if (status === 202) return body.results.map(({ id }: { id: string }) => id);
    assert.equal(status, 429, JSON.stringify(body));
    await sleep(5_000);
  }
}

test("a long list is found through, by page, state, time and text", async (t) => {
  const ids: string[] = [];
  await timed(t, `${ROWS} rows`, async () => {
    while (ids.length < ROWS) ids.push(...(await fill(ids.length)));
  });
  const [oldest = "", second = ""] = ids;
  for (const id of [oldest, second])
    await callWorker(worker, `/v1/ingests/${id}`, { method: "DELETE" });
  const middle = (await callWorker(worker, `/v1/ingests/${ids[ROWS / 2]}`)).body.created;
  const get = async (path: string) => (await callWorker(worker, `/v1/ingests${path}`)).body;
  const first = (page: { ingests: { id: string }[] }) => page.ingests[0]?.id;

  const page = await timed(t, "newest 50", () => get("?limit=50"));
  assert.equal(first(page), ids.at(-1));
  // All but the oldest 50 of the first batch.
  const { created } = (await callWorker(worker, `/v1/ingests/${ids[BATCH]}`)).body;
  let cursor = "";
  for (const limit of [200, 200, 200, 200, BATCH - 850]) {
    cursor = `&cursor=${(await get(`?until=${created}&limit=${limit}${cursor}`)).cursor}`;
  }
  const last = await timed(t, "oldest 50", () => get(`?limit=50${cursor}`));
  assert.deepEqual([last.ingests.at(-1).id, last.cursor], [oldest, null]);
  const canceled = await timed(t, "two of one state", () => get("?state=canceled"));
  assert.deepEqual(
    canceled.ingests.map(({ id }: { id: string }) => id),
    [second, oldest],
  );
  const several = await timed(t, "two of three states", () => get("?state=canceled,failed,done"));
  assert.equal(several.ingests.length, 2);
  const early = await timed(t, "the older half", () => get(`?until=${middle}&limit=50`));
  assert.ok(early.ingests.every(({ created }: { created: string }) => created < middle));
  const none = await timed(t, "older than all", () => get("?until=2020-01-01T00:00:00Z"));
  assert.deepEqual(none.ingests, []);
  const late = await timed(t, "younger than all", () => get("?since=2100-01-01T00:00:00Z"));
  assert.deepEqual(late.ingests, []);
  const needle = `number ${ROWS - 1}`;
  const found = await timed(t, "rare text", () => get(`?q=${encodeURIComponent(needle)}`));
  assert.equal(first(found), ids.at(-1));
  const common = await timed(t, "text of every row", () => get("?q=film&limit=50"));
  assert.equal(common.ingests.length, 50);
  const missing = await timed(t, "text of no row", () => get("?q=nowhere-at-all"));
  assert.deepEqual(missing.ingests, []);
  const both = await timed(t, "text and state", () => get("?q=film&state=canceled"));
  assert.equal(both.ingests.length, 2);
  const stats = await timed(t, "totals", () => callWorker(worker, "/v1/stats"));
  assert.deepEqual([stats.body.counts.queued, stats.body.counts.canceled], [ROWS - 2, 2]);
  const lines = await timed(t, "all as CSV", async () => {
    const headers = { authorization: `Bearer ${worker.token}` };
    const response = await fetch(`${worker.url}/v1/ingests.csv`, { headers });
    return (await response.text()).trimEnd().split("\r\n").length;
  });
  assert.equal(lines, ROWS + 1);
  if (ROWS <= 50_000) assert.equal(new Set((await listAll(worker)).map(({ id }) => id)).size, ROWS);
});

test(`${READS} status reads over ${CONNECTIONS} connections`, async (t) => {
  const ids = (await callWorker(worker, "/v1/ingests?limit=100")).body.ingests.map(
    ({ id }: { id: string }) => id,
  );
  const began = performance.now();
  let left = READS;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, n) => {
      while (left > 0) {
        left -= 1;
        const id = ids[(n + left) % ids.length];
        const { status, body } = await callWorker(worker, `/v1/ingests/${id}`);
        assert.deepEqual([status, body.id, body.state], [200, id, "queued"]);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  t.diagnostic(`${(READS / seconds).toFixed(0)} reads a second`);
});
