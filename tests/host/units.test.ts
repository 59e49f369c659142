// Sizes and times as text mean the same to every shell.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFields } from "../../pkg/src/cli/ingest/fields.ts";
import { UPLOAD } from "../../pkg/src/cli/options/commands.ts";
import { parseOptions } from "../../pkg/src/cli/options/option.ts";
import { howTo, slowRequests } from "../../pkg/src/job.ts";
import { durationOf, sizeOf } from "../../pkg/src/units.ts";

test("a size is a size, whatever its unit", () => {
  for (const [text, bytes] of [
    ["1048576", 1_048_576],
    ["16MiB", 16 * 2 ** 20],
    [" 1.5 GiB ", 1.5 * 2 ** 30],
    ["1tib", 2 ** 40],
    ["0.3GB", 300_000_000],
    ["0", 0],
    ["", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["16 parsecs", undefined],
    ["9007199254740992", undefined],
    ["1constructor", undefined],
  ] as const) {
    assert.equal(sizeOf(text), bytes, text);
  }
});

test("a time is a time, whatever its unit", () => {
  for (const [text, ms] of [
    ["1500", 1_500],
    ["1500ms", 1_500],
    ["1.5s", 1_500],
    ["0.1s", 100],
    ["5 m", 300_000],
    ["2h", 7_200_000],
    ["0.0001s", undefined],
    ["soon", undefined],
  ] as const) {
    assert.equal(durationOf(text), ms, text);
  }
  assert.equal(durationOf("90", "s"), 90_000);
  assert.equal(durationOf("90ms", "s"), 90);
});

test("the package, the command line and a manifest read sizes and times alike", () => {
  const said = { maxBytes: "1.5TiB", sourceTimeoutMs: "2m", serviceTimeoutMs: "30s" };
  const meant = { maxBytes: 1.5 * 2 ** 40, sourceTimeoutMs: 120_000, serviceTimeoutMs: 30_000 };
  const { maxBytes, sourceTimeoutMs, serviceTimeoutMs } = howTo(said);
  assert.deepEqual({ maxBytes, sourceTimeoutMs, serviceTimeoutMs }, meant);
  const slow = slowRequests({ slowRequestMs: "5s", onSlowRequest: () => {} });
  assert.equal(slow?.threshold, 5_000);
  assert.deepEqual(readFields(said), meant);
  const { values } = parseOptions(
    ["--max-bytes=1.5TiB", "--source-timeout=2m", "--service-timeout=30"],
    UPLOAD,
  );
  for (const [field, value] of Object.entries(meant)) {
    assert.equal((values as Record<string, unknown>)[field], value, field);
  }
  assert.throws(
    () => howTo({ sourceTimeoutMs: "soon" }),
    /`sourceTimeoutMs` must be a number of ms/,
  );
  assert.throws(() => howTo({ maxBytes: "0" }), /`maxBytes` must be a whole number of at least 1/);
});
