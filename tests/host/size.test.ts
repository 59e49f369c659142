// The wasm is what every user of the package downloads. It may shrink, and what it has shrunk by is not given back unseen.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

/** The most that core.wasm may be with gzip, in bytes. `make size` says where they are. */
const MOST = 297_000;

test("the wasm is no larger than it was, and what it has shrunk by is held", async () => {
  const file = new URL("../../pkg/dist/wasm/core.wasm", import.meta.url);
  const has = gzipSync(await readFile(file), { level: 9 }).length;
  assert.ok(
    has <= MOST,
    `it has grown to ${has} bytes with gzip, more than ${MOST}: \`make size\` says where they are`,
  );
  const lowered = Math.ceil(has / 1000) * 1000;
  assert.ok(
    has >= MOST * 0.98,
    `it has shrunk to ${has} bytes with gzip: lower MOST to ${lowered}`,
  );
});
