// The package as npm would publish it, unpacked beside a stranger's code: does it run where it says it runs?

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { installPacked } from "../support/packed.ts";

const run = promisify(execFile);

const project = await mkdtemp(join(tmpdir(), "vodlift-packed-"));
after(() => rm(project, { recursive: true, force: true }));
const installed = join(project, "node_modules/vodlift");
await installPacked(project, installed);

/**
 * npm's own node, and the one this machine has without it. All that is awaited comes before the first test: whoever
 * registers one later may find that the others are over, and the project removed.
 */
const nodes = await Promise.all(
  [process.execPath, systemNode()]
    .filter((node) => node !== undefined)
    .map(async (node) => ({ node, version: (await run(node, ["--version"])).stdout.trim() })),
);

test("holds what is promised and nothing else", async () => {
  const top = (await readdir(installed)).sort();
  assert.deepEqual(top, [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "bin",
    "dist",
    "package.json",
  ]);
  const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  assert.equal(manifest.dependencies, undefined, "no runtime dependency");
  assert.equal(manifest.sideEffects, false);
  const files = await readdir(join(installed, "dist"), { recursive: true });
  assert.deepEqual(
    files.filter((file) => /\.ts$/.test(file) && !/\.d\.ts$/.test(file)),
    [],
    "no sources",
  );
});

for (const { node, version } of nodes) {
  test(`runs on Node ${version}, by import and by require`, async () => {
    const script =
      "const { crc64Combine } = core; if (crc64Combine('0', '0', 0) !== '0') throw new Error('wrong')";
    await writeFile(
      join(project, "a.mjs"),
      `import * as core from "vodlift/core"; import { Vodlift } from "vodlift"; import "vodlift/handler"; ${script}`,
    );
    await writeFile(
      join(project, "a.cjs"),
      `const core = require("vodlift/core"); require("vodlift/emulator"); ${script}`,
    );
    await run(node, [join(project, "a.mjs")], { cwd: project });
    await run(node, [join(project, "a.cjs")], { cwd: project });
  });

  test(`the command runs on Node ${version}`, async () => {
    const { stdout } = await run(node, [join(installed, "bin/vodlift.js"), "--help"]);
    assert.match(stdout, /vodlift upload/);
  });
}

test("bundles for a browser without a plugin, and without anything of Node's", async () => {
  const text = await bundle({ platform: "browser" });
  assert.doesNotMatch(text, /["']node:/);
});

test("bundles for Workers with the compiled wasm left to the bundler", async () => {
  const text = await bundle({
    conditions: ["workerd", "worker", "browser"],
    external: ["*.wasm", "cloudflare:*"],
  });
  assert.match(text, /from ?"\.\/core\.wasm"/);
  assert.doesNotMatch(text, /["']node:/);
  console.log(
    `# bundled for Workers: ${text.length} bytes, ${gzipSync(text).length} with gzip, beside core.wasm`,
  );
});

test("the ingest handler bundles alike, without anything of Node's", async () => {
  const handler = 'export * from "vodlift/handler"';
  assert.doesNotMatch(await bundle({ platform: "browser" }, handler), /["']node:/);
  const how = { conditions: ["workerd"], external: ["*.wasm", "cloudflare:*"] };
  assert.doesNotMatch(await bundle(how, handler), /["']node:/);
});

/** Uploads from URLs, then bytes, then a file, and tells what became of each. */
const GUARDED = `import { fromFile, Vodlift } from "vodlift";
const vod = new Vodlift({ accessKeyId: "x", accessKeySecret: "y", endpoint: "http://127.0.0.1:1" });
const signal = AbortSignal.timeout(500);
const code = (work) => work().then(() => "done", (error) => [error.code, error.message]);
const url = await code(async () => vod.upload("http://media.invalid/film.mp4", { signal }));
const list = await code(async () => vod.uploadPlaylist("http://media.invalid/film.m3u8", { signal }));
const bytes = await code(async () => vod.upload(new Uint8Array(1), { fileName: "a.mp4", signal }));
const file = await code(async () => vod.upload(fromFile("/nowhere/film.mp4")));
console.log(JSON.stringify({ url, list, bytes, file }));`;

const RUNTIMES: readonly [name: string, command: string, ...args: string[]][] = [
  ["Node", process.execPath],
  ["Deno", "deno", "run", "-A", "--no-lock", "--no-config"],
  ["Bun", "bun", "--no-install"],
];

const WITHOUT_NODE: Readonly<Record<string, Parameters<typeof build>[0]>> = {
  // As Rollup and its plugin of that name do it.
  rollup: { platform: "neutral", conditions: ["default", "module", "import"] },
  neutral: { platform: "neutral" },
  // As webpack and Vite do it unless told of a server.
  browser: { platform: "browser", conditions: ["browser", "module", "import", "production"] },
};

for (const [runtime, command, ...args] of RUNTIMES) {
  for (const [bundler, how] of Object.entries(WITHOUT_NODE)) {
    test(`a bundle without the condition node (${bundler}) opens no URL on ${runtime}, and names the setting`, async () => {
      const said = await runBundle({ ...how, external: ["node:*"] }, [command, ...args]);
      for (const [code, message] of [said.url, said.list, said.file]) {
        assert.equal(code, "guard_missing");
        assert.ok(message.includes(`runs on ${runtime}`), message);
        assert.match(message, /exportConditions: \["node"\]/);
      }
      assert.match(said.bytes[0], /^(vod_unreachable|aborted)$/, "what is no URL needs no guard");
    });
  }

  test(`a bundle with the condition node has the host of its own on ${runtime}`, async () => {
    const said = await runBundle({ platform: "node" }, [command, ...args]);
    for (const [code] of [said.url, said.list])
      assert.match(code, /^(source_unreachable|aborted)$/);
    assert.equal(said.file[0], "source_missing");
  });
}

type Said = Record<"url" | "list" | "bytes" | "file", [code: string, message: string]>;

async function runBundle(how: Parameters<typeof build>[0], [command, ...args]: string[]) {
  const text = await bundle(how, GUARDED);
  const folder = await mkdtemp(join(project, "bundle-"));
  const file = join(folder, "main.mjs");
  await writeFile(file, text);
  const { stdout } = await run(command ?? "", [...args, file], { cwd: folder });
  return JSON.parse(stdout) as Said;
}

async function bundle(
  options: Parameters<typeof build>[0],
  contents = 'export { Vodlift } from "vodlift"',
): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: project },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    logLevel: "silent",
    ...options,
  });
  const text = outputFiles?.[0]?.text;
  assert.ok(text);
  return text;
}

/** The first node on PATH that no npm package brought along. */
function systemNode(): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .find((node) => existsSync(node) && node !== process.execPath);
}
