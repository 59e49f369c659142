// The core has no clock, no randomness, no network: proven on what is shipped, by what the wasm imports.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const folder = new URL("../../pkg/dist/wasm/", import.meta.url);
const bytes = await readFile(new URL("core.wasm", folder));
const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));

// What wasm-bindgen takes to pass texts, numbers and bytes through the door, and to throw one. None of it looks into a value
// of the caller's.
const plainData = new Set([
  "__wbindgen_generic",
  "__wbindgen_init_externref_table",
  "__wbindgen_throw",
]);

test("the core imports nothing but what passes plain data through its door", () => {
  assert.ok(imports.length > 0, "the core talks to JavaScript at all");
  for (const { module, name, kind } of imports) {
    assert.equal(
      module,
      "./core_bg.js",
      `${module} ${name}: only wasm-bindgen's glue is imported from`,
    );
    assert.equal(kind, "function", `${name}: only functions are imported`);
    const plain = name.replace(/_[0-9a-f]{16}$/, "").replace(/^__wbg_/, "");
    assert.ok(
      plainData.has(plain),
      `the core imports ${plain}: is that plain data, or does it reach the world?`,
    );
  }
});

test("the glue reaches for no clock, randomness, network, timer or log", async () => {
  const glue = await readFile(new URL("../../src/wasm/core.js", folder), "utf8");
  for (const world of [
    /\bDate\b/,
    /\bMath\.random\b/,
    /\bcrypto\b/,
    /\bfetch\b/,
    /\bperformance\b/,
    /\bset(Timeout|Interval)\b/,
    /\bprocess\b/,
    /\bqueueMicrotask\b/,
    /\bXMLHttpRequest\b/,
    /\bWebSocket\b/,
    /\bimport\(/,
    /\bconsole\.log\b/,
  ]) {
    assert.doesNotMatch(glue, world);
  }
});

test("the core names no folder of the machine that built it", () => {
  const text = bytes.toString("latin1");
  for (const path of [process.env.HOME, "/home/", "/Users/", "/usr/src/", "index.crates.io"]) {
    if (path && path !== "/") assert.equal(text.includes(path), false, `the wasm holds ${path}`);
  }
});
