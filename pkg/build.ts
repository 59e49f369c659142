// Builds the npm package: src/ → dist/. JavaScript by esbuild, declarations by tsc and rolled up (declarations.ts), the core as
// xtask left it.
// What is built is what package.json promises: every ./dist/*.js that its exports, imports and command name.
// `#wasm` and `#host` stay imports in the built files, so that they are resolved where the package is used.

import { spawnSync } from "node:child_process";
import { cp, glob, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { called, rollUp } from "./declarations.ts";
import { notices } from "./notices.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..");
const started = performance.now();

const manifest = JSON.parse(await readFile(join(here, "package.json"), "utf8")) as {
  exports: unknown;
  imports: unknown;
};
const promised = new Set(["./dist/cli.js", ...strings([manifest.exports, manifest.imports])]);
const entryPoints = [...promised]
  .filter((path) => path.startsWith("./dist/") && path.endsWith(".js"))
  .map((path) => path.replace("./dist/", "src/").replace(/\.js$/, ".ts"));

for (const file of ["core.js", "core.wasm", "core.base64.js"]) {
  if (!(await exists(join(here, "src/wasm", file)))) {
    fail(`pkg/src/wasm/${file} is missing: \`make build\` makes it from the Rust core`);
  }
}
for (const entry of entryPoints) {
  if (!(await exists(join(here, entry))))
    fail(`package.json promises what pkg/${entry} should give`);
}

// Built beside the old one and then swapped, so that whoever runs the package meanwhile never meets half of it.
const next = join(here, `node_modules/.dist-${process.pid}`);
await mkdir(next, { recursive: true });

const compiledCore: Plugin = {
  name: "core.wasm stays a file",
  setup(build) {
    build.onResolve({ filter: /\/core\.wasm(\?module)?$/ }, ({ path }) => ({
      path,
      external: true,
    }));
  },
};
const bundled = await build({
  absWorkingDir: here,
  entryPoints,
  outbase: "src",
  outdir: next,
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "neutral",
  mainFields: ["module", "main"],
  target: "es2022",
  external: ["#wasm", "#host", "node:*", "cloudflare:*"],
  plugins: [compiledCore],
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
}).catch(() => fail("esbuild could not bundle the package"));

// Not below node_modules: what is there counts as somebody else's package.
const declared = join(root, `.cache/declarations-${process.pid}`);
const tsc = spawnSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "-p", here, "--outDir", declared],
  { cwd: root, encoding: "utf8" },
);
if (!(await exists(join(declared, "index.d.ts")))) {
  console.log(tsc.stdout, tsc.stderr);
  fail("tsc wrote no declarations");
}
if (tsc.status !== 0) {
  console.log(
    "· The package has type errors; the declarations are written all the same (`make lint` shows them)",
  );
}

// esbuild names chunks that a file takes nothing from. The package has no side effects, so whoever bundles it is warned of
// each of them.
for await (const file of glob("**/*.js", { cwd: next })) {
  const text = await readFile(join(next, file), "utf8");
  await writeFile(join(next, file), text.replace(/^import "\.[^"]*";\n/gm, ""));
}

// tsc leaves the sources' `.ts` in the declarations' imports; what lies beside them is `.js`.
for await (const file of glob("**/*.d.ts", { cwd: declared })) {
  const text = await readFile(join(declared, file), "utf8");
  await writeFile(
    join(declared, file),
    text.replace(/((?:from |import\()"\.[^"]*)\.ts"/g, '$1.js"'),
  );
}
const core = await readFile(join(here, "src/wasm/core.d.ts"), "utf8");
await writeFile(join(declared, "wasm/core.d.ts"), called(core));
const typed = [...promised].filter((path) => /^\.\/dist\/.*\.d\.ts$/.test(path));
const rolledUp = typed.filter((path) => !path.startsWith("./dist/wasm/"));
await rollUp(
  declared,
  next,
  rolledUp.map((path) => path.slice("./dist/".length, -".d.ts".length)),
);
await rm(declared, { recursive: true });

for (const file of ["core.wasm", "core.wasm.d.ts"]) {
  await cp(join(here, "src/wasm", file), join(next, "wasm", file));
}
const inputs = Object.keys(bundled.metafile.inputs).map((file) => join(here, file));
await writeFile(join(next, "THIRD-PARTY.txt"), await notices(root, inputs));
for (const file of ["LICENSE-MIT", "LICENSE-APACHE", "README.md"]) {
  await cp(join(root, file), join(here, file));
}

const dist = join(here, "dist");
const last = join(here, `node_modules/.dist-${process.pid}-last`);
if (await exists(dist)) await rename(dist, last);
await rename(next, dist);
await rm(last, { recursive: true, force: true });

const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`· Built the package in ${relative(root, dist)} … ${seconds} s`);

/** Every text in a nested structure. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(strings);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function fail(why: string): never {
  console.error(`error: ${why}`);
  process.exit(1);
}
