// What one call and one caller may store, in real workerd. Ten calls of 400 requests, each with the same 15 kB of headers,
// once stored 94 MB; ten of 950 long URLs 715 MB, as an index of three letters each takes seven times their text.
// The rules themselves: quota-rules.test.ts.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { callWorker, ingestEnd, postIngest } from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

// It is checked with the dashboard's own types.
const { batchOf } = (await import(
  new URL("../../worker/public/app/sending.js", import.meta.url).href
)) as { batchOf: <T>(rows: readonly T[], start: number) => T[] };

const persist = mkdtempSync(join(tmpdir(), "vodlift-stored-"));
const { worker, origin } = await startWorld({
  persist,
  // What one caller may send in a second is for starvation.test.ts.
  settings: { VODLIFT_CALLS_PER_CALLER: "0" },
});
after(() => rmSync(persist, { recursive: true, force: true }));
const call = (method: string, path: string, body?: unknown) =>
  callWorker(worker, path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
const post = (body: unknown) => call("POST", "/v1/ingests", body);
const drawn = (length: number) => randomBytes(length / 2).toString("hex");
const many = <T>(count: number, one: (n: number) => T) =>
  Array.from({ length: count }, (_, n) => one(n));

/**
 * What the logs of two databases may hold at most, in bytes, that has yet to be moved: when it is, is a matter of how busy the
 * machine is.
 */
const LOGS = 8 << 20;

/** Bytes on disk, the logs of the databases included. */
function stored(): number {
  return readdirSync(persist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

async function grownBy(deed: () => Promise<void>): Promise<number> {
  const before = stored();
  await deed();
  return stored() - before;
}

test("headers that requests have alike are stored once, and sent to the source of each", async () => {
  const headers = { "x-ticket": drawn(9_000), "x-pass": "p" };
  const paths = ["/shared-1.mp4", "/shared-2.mp4"];
  const body = paths.map((path) => ({
    url: origin.add(path, { size: 100 }),
    sourceHeaders: headers,
  }));
  const { body: answer } = await post(body);
  for (const { id } of answer.results) assert.equal((await ingestEnd(worker, id)).state, "done");
  const asked = origin.log.filter(({ path }) => paths.includes(path));
  assert.ok(asked.length >= 2);
  for (const { headers: sent } of asked) {
    assert.deepEqual([sent["x-ticket"], sent["x-pass"]], Object.values(headers));
  }
  // After they are gone the next has them again.
  const next = {
    url: origin.add("/shared-3.mp4", { size: 100, status: 404 }),
    sourceHeaders: headers,
  };
  const id = await postIngest(worker, next);
  assert.equal((await ingestEnd(worker, id)).state, "failed");
  origin.add("/shared-3.mp4", { size: 100 });
  assert.equal((await call("POST", `/v1/ingests/${id}/retry`)).status, 202);
  assert.equal((await ingestEnd(worker, id)).state, "done", "what failed can still be tried again");
  assert.equal(origin.log.at(-1)?.headers["x-ticket"], headers["x-ticket"]);
});

test("ten calls store what they say, not many times that", async () => {
  await call("POST", "/v1/pause");
  const headers = { "x-ticket": drawn(15_000) };
  const alike = await grownBy(async () => {
    for (let n = 0; n < 10; n += 1) {
      const batch = many(400, (m) => ({
        url: `https://a.example/${n}-${m}.mp4`,
        sourceHeaders: headers,
      }));
      assert.equal((await post(batch)).status, 202);
    }
  });
  assert.ok(alike < 16_000_000, `${alike} bytes of 4,000 requests with the same headers`);
  const each = many(400, () => ({
    url: "https://a.example/f.mp4",
    sourceHeaders: { "x-ticket": drawn(15_000) },
  }));
  const long = many(950, () => ({ url: `https://a.example/${drawn(8_000)}.mp4` }));
  const { counts } = (await call("GET", "/v1/stats")).body;
  for (const batch of [each, long]) {
    const { status, body } = await post(batch);
    assert.deepEqual([status, body.code], [413, "batch_too_large"]);
  }
  assert.deepEqual((await call("GET", "/v1/stats")).body.counts, counts, "none of them was taken");
});

test("a long URL is found by its beginning and its end, and takes little more than its text", async () => {
  const [head, tail] = [drawn(40), drawn(40)];
  const url = `https://a.example/${head}/${drawn(7_000)}/${tail}.mp4`;
  const grown = await grownBy(async () => {
    const urls = many(150, () => ({ url: `https://a.example/${drawn(7_000)}.mp4` }));
    assert.equal((await post([...urls, { url }])).status, 202);
  });
  // An index of three letters each took about 100 MB.
  assert.ok(grown < 151 * 7_000 * 5 + LOGS, `${grown} bytes`);
  for (const text of [head, `${tail}.mp4`]) {
    const { ingests } = (await call("GET", `/v1/ingests?q=${text}`)).body;
    assert.deepEqual(
      ingests.map((one: { url: string }) => one.url),
      [url],
    );
  }
});

test("the dashboard's batches are stored, however long their rows are", async () => {
  for (const length of [20, 3_000, 8_000]) {
    const rows = many(1_200, (n) => ({
      request: { url: `https://a.example/${n}/${"p".repeat(length)}` },
    }));
    const sizes: number[] = [];
    for (let at = 0; at < rows.length; at += sizes.at(-1) ?? 0) {
      const batch = batchOf(rows, at);
      sizes.push(batch.length);
      assert.ok(batch.length > 0 && batch.length <= 1_000, String(sizes));
      // The last is what is left of the others.
      if (at + batch.length === rows.length) break;
      assert.equal((await post(batch.map(({ request }) => request))).status, 202);
    }
  }
});
