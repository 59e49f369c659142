// What the Deploy button and `wrangler deploy` find: a folder that stands alone, and documents that name what it wants.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SCOPES } from "../../worker/src/api/scopes.ts";
import { NUMBERS } from "../../worker/src/settings.ts";
import { installPacked } from "../support/packed.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const worker = join(root, "worker");

test("the folder alone, with the packed package, is what wrangler deploys", async () => {
  const alone = await mkdtemp(join(tmpdir(), "vodlift-deploy-"));
  try {
    const skipped = new Set([".wrangler", "node_modules"]);
    const filter = (path: string) => !skipped.has(basename(path));
    await cp(worker, join(alone, "worker"), { recursive: true, filter });
    const modules = join(alone, "worker/node_modules");
    const { dependencies } = JSON.parse(await readFile(join(worker, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies)) {
      const place = join(modules, name);
      await mkdir(dirname(place), { recursive: true });
      if (name === "vodlift") await installPacked(alone, place);
      else await symlink(join(root, "node_modules", name), place);
    }
    const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
    const args = ["deploy", "--dry-run", "--outdir", join(alone, "out")];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", HOME: alone };
    const { stdout } = await run(process.execPath, [wrangler, ...args], {
      cwd: join(alone, "worker"),
      env,
    });
    for (const binding of ["env.JOBS", "env.INGEST", "env.WRITES", "env.LOGINS"]) {
      assert.ok(stdout.includes(binding), stdout);
    }
    const files = await readdir(join(alone, "out"));
    assert.equal(files.filter((file) => file.endsWith(".wasm")).length, 1);
    // A free plan takes 3 MB with gzip, a paid one 10.
    const kib = Number(/gzip: ([\d.]+) KiB/.exec(stdout)?.[1]);
    assert.ok(kib > 0 && kib < 1024, `${kib} KiB with gzip`);
  } finally {
    await rm(alone, { recursive: true, force: true });
  }
});

test("every secret that is asked for has a description, and every setting a line in the guide", async () => {
  const text = (path: string) => readFile(join(root, path), "utf8");
  const asked = [...(await text("worker/.dev.vars.example")).matchAll(/^([A-Z_]+)=$/gm)];
  const names = asked.map(([, name]) => name).toSorted();
  const { cloudflare } = JSON.parse(await text("worker/package.json"));
  assert.deepEqual(Object.keys(cloudflare.bindings).toSorted(), names);
  const guide = await text("docs/deploy.md");
  const settings = [...(await text("worker/src/env.ts")).matchAll(/^ {2}([A-Z_]+)\?: string;$/gm)];
  assert.ok(settings.length > 15);
  const missing = settings.map(([, name = ""]) => name).filter((name) => !guide.includes(name));
  assert.deepEqual(missing, []);
});

test("the guide tells of every number what holds without it, and means the same by both spellings", async () => {
  const guide = await readFile(join(root, "docs/deploy.md"), "utf8");
  const rows = [...guide.matchAll(/^\| (`VODLIFT_.*?) \|.*?\| (.*) \|$/gm)];
  const told = rows.flatMap(([, names = "", text = ""]) => {
    // What holds without it stands behind the first colon, one number a name.
    const numbers = text.slice(text.indexOf(": ")).match(/\d+(?: \([^)]*\))?/g) ?? [];
    const own = [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    return own.filter((name) => name in NUMBERS).map((name, n) => [name, numbers[n] ?? ""]);
  });
  const spelled = Object.entries(NUMBERS).map(([name, value]) => {
    const [unit = "", size = 1] = UNITS.find(([, size]) => value >= size) ?? [];
    return [name, unit === "" ? String(value) : `${value} (${value / size} ${unit})`];
  });
  assert.deepEqual(Object.fromEntries(told), Object.fromEntries(spelled));
});

/** Of bytes: from one MiB on digits alone are hard to read. */
const UNITS = [
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
] as const;

test("the guide lists the scopes that there are", async () => {
  const guide = await readFile(join(root, "docs/deploy.md"), "utf8");
  const [, table = ""] = /\| scope \|.*\n\| --- .*\n((?:\|.*\n)+)/.exec(guide) ?? [];
  const rows = table.trim().split("\n");
  const listed = rows.map((row) => /^\| `(\w+)` \| (.*) \|$/.exec(row)?.slice(1));
  assert.deepEqual(listed, Object.entries(SCOPES));
});
