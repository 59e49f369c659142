// The built package where classes differ by realm: as jest runs it (a context with the host's web classes and Errors,
// arrays and promises of its own), and as Next's edge runtime does (the compiled wasm comes from outside).
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { type Emulator, startService } from "../support/service.ts";

const pkg = fileURLToPath(new URL("../../pkg", import.meta.url));
const SIZE = 250_000;
let service: Emulator;
before(async () => {
  service = await startService();
});
after(() => service.close());

/** What a context lacks and a runtime gives. */
const GIVEN = [
  ..."fetch Response Request Headers Blob File ReadableStream TransformStream WritableStream".split(
    " ",
  ),
  ..."URL URLSearchParams AbortController AbortSignal TextEncoder TextDecoder DOMException".split(
    " ",
  ),
  ..."setTimeout clearTimeout setInterval clearInterval queueMicrotask crypto performance".split(
    " ",
  ),
  ..."atob btoa structuredClone console CompressionStream DecompressionStream".split(" "),
];

function realm(...more: readonly string[]) {
  const globals: Record<string, unknown> = {};
  for (const name of [...GIVEN, ...more]) {
    globals[name] = (globalThis as Record<string, unknown>)[name];
  }
  return createContext(globals);
}

/** The package's exports, run in a realm. */
async function loadIn(inner: ReturnType<typeof realm>, conditions: string[]) {
  const { outputFiles } = await build({
    entryPoints: [join(pkg, "dist/index.js")],
    bundle: true,
    format: "cjs",
    write: false,
    conditions,
    external: ["node:*"],
    logLevel: "error",
    plugins: [
      {
        name: "the platform compiles it",
        setup({ onResolve }) {
          onResolve({ filter: /\.wasm\?module$/ }, () => ({ path: "wasm", external: true }));
        },
      },
    ],
  });
  const whole = runInContext(
    `(function (require, module, exports) {${outputFiles[0]?.text}\n})`,
    inner,
  );
  const wasm = await WebAssembly.compile(await readFile(join(pkg, "dist/wasm/core.wasm")));
  const own = createRequire(import.meta.url);
  const module = { exports: {} as typeof import("vodlift") };
  whole((name: string) => (name === "wasm" ? wasm : own(name)), module, module.exports);
  return module.exports;
}

/** Sources made in a realm, each of `SIZE` bytes. */
const SOURCES: readonly string[] = [
  `new Uint8Array(${SIZE})`,
  `new ArrayBuffer(${SIZE})`,
  `new SharedArrayBuffer(${SIZE})`,
  `new DataView(new ArrayBuffer(${SIZE}))`,
  `new Uint16Array(${SIZE / 2})`,
  `new Blob([new Uint8Array(${SIZE})])`,
  `new File([new Uint8Array(${SIZE})], "x.mp4")`,
  `new Response(new Uint8Array(${SIZE}))`,
  `new ReadableStream({ start(c) { c.enqueue(new ArrayBuffer(${SIZE})); c.close(); } })`,
  `new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array(${SIZE})); c.close(); } })`,
  `(async function* () { yield new Uint8Array(${SIZE}); })()`,
];

/** What fails in a realm: its text, with \`vod\` at hand, and what is told. */
const FAILURES: readonly (readonly [string, string, RegExp])[] = [
  [
    "vod.upload(new ReadableStream({ start(c) { c.error(new Error('boom')); } }), named)",
    "source_read",
    /boom$/,
  ],
  [
    "vod.upload((async function* () { throw new TypeError('boom'); })(), named)",
    "source_read",
    /boom$/,
  ],
  [
    "vod.upload((async function* () { yield 'text'; })(), named)",
    "source_read",
    /a string instead of bytes/,
  ],
  [
    "vod.upload(new Uint8Array(9), { ...named, signal: AbortSignal.abort(new Error('x')) })",
    "aborted",
    /aborted/,
  ],
  ["vod.upload(new Uint8Array(9), { ...named, titel: 'x' })", "invalid_argument", /`title`/],
  ["vod.upload(new URL('http://127.0.0.1:1/a.mp4'))", "address_refused", /127\.0\.0\.1/],
  [
    "vod.upload({ url: 'http://127.0.0.1:1/a.mp4', headers: new Headers({ x: 'y' }) })",
    "address_refused",
    /127/,
  ],
  ["vod.resume({ version: 2 })", "checkpoint_invalid", /version 2/],
  ["vod.resume([1])", "checkpoint_invalid", /JSON object/],
  [
    "vod.resume({ load: async () => { throw new SyntaxError('torn'); } })",
    "checkpoint_failed",
    /torn$/,
  ],
];

for (const [name, conditions, more] of [
  ["jest", ["node"], ["process", "Buffer", "setImmediate"]],
  ["Next's edge runtime", ["edge-light"], []],
] as const) {
  test(`the package runs in a realm of its own, as in ${name}, and takes what another one made`, async () => {
    const inner = realm(...more);
    const { Vodlift, VodliftError } = await loadIn(inner, [...conditions]);
    const { endpoint, region, accessKeyId, accessKeySecret } = service;
    const vod = new Vodlift({ endpoint, region, accessKeyId, accessKeySecret });
    for (const context of [inner, realm()]) {
      for (const source of SOURCES) {
        const given = runInContext(source, context);
        const { bytes } = await vod.upload(given, { fileName: "a.mp4", partSize: 102_400 });
        assert.equal(bytes, SIZE, source);
      }
      Object.assign(context, { vod, named: { fileName: "a.mp4" } });
      for (const [call, code, said] of FAILURES) {
        const error = await runInContext(call, context).catch((error: unknown) => error);
        assert.ok(error instanceof VodliftError, `${call}: ${error}`);
        assert.equal(error.code, code, call);
        assert.match(error.message, said, call);
      }
    }
  });
}
