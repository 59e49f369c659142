// The report of an ingest, which may come from anywhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Done } from "../../pkg/src/cli/ingest/report.ts";

test("a report that names lines far beyond any manifest takes no more memory than its own text", () => {
  const before = process.memoryUsage().arrayBuffers;
  const done = new Done();
  const key = "00000000000000ff";
  const lines = [1, 127, 128, 1_000_000_000, Number.MAX_SAFE_INTEGER];
  for (const line of lines) done.set(line, key);
  for (const line of lines) assert.equal(done.get(line), 255n);
  for (const line of [2, 129, 999_999_999]) assert.equal(done.get(line), undefined);
  done.set(128, undefined);
  assert.equal(done.get(128), undefined);
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 1 << 20, `${grown} bytes`);
});
