// What the lock files, the pinned compiler and the bill of materials say of each other.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { billOfMaterials, type Component } from "../../supply-chain/sbom.ts";
import { prepareVenv } from "../support/python.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

interface Bill {
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

interface Lock {
  packages: Record<string, { name?: string; version?: string; integrity?: string; link?: boolean }>;
}

test("the bill of materials holds each locked crate and package once, with digest and licence", async () => {
  const { components, dependencies } = (await billOfMaterials()) as Bill;
  const locks = (await read("Cargo.lock")) + (await read("fuzz/Cargo.lock"));
  const crates = [...locks.matchAll(/name = "(.+)"\nversion = "(.+)"\nsource/g)].map(
    ([, name, version]) => `pkg:cargo/${name}@${version}`,
  );
  assert.ok(crates.some((ref) => ref.startsWith("pkg:cargo/libfuzzer-sys@")));
  const { packages } = JSON.parse(await read("package-lock.json")) as Lock;
  const fromNpm = Object.entries(packages)
    .filter(([path, { version, link }]) => path.includes("node_modules/") && version && !link)
    .map(([path, { name, version }]) => {
      // One that is installed under another name is known by its own.
      const own = name ?? path.split("node_modules/").at(-1);
      return `pkg:npm/${own?.replace("@", "%40")}@${version}`;
    });
  const refs = components.map((component) => component["bom-ref"]);
  assert.deepEqual(refs.toSorted(), [...new Set([...crates, ...fromNpm])].toSorted());
  const shipped = components.filter(({ scope }) => scope === "required");
  for (const name of ["quick-xml", "base64", "hono", "zod"]) {
    assert.ok(
      shipped.some((component) => component.name === name),
      `${name} is shipped`,
    );
  }
  for (const { hashes, licenses, name } of shipped) assert.ok(hashes && licenses, name);
  const known = new Set([...refs, "vodlift"]);
  for (const { ref, dependsOn } of dependencies) {
    for (const to of [ref, ...dependsOn]) assert.ok(known.has(to), `${ref} needs ${to}`);
  }
});

test("CycloneDX's own schema takes the bill of materials", async (t) => {
  const venv = join(root, ".cache/venv-cyclonedx");
  const missing = prepareVenv(venv, join(root, "tests/package/requirements.txt"));
  if (missing !== undefined) {
    t.skip(missing);
    return;
  }
  const judge = `
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(problem) if problem else 0)`;
  const judged = (bill: object) =>
    spawnSync(join(venv, "bin/python"), ["-c", judge], {
      input: JSON.stringify(bill),
      encoding: "utf8",
    });
  const bill = await billOfMaterials();
  const { status, stderr } = judged(bill);
  assert.equal(status, 0, stderr);
  assert.notEqual(judged({ ...bill, components: [{ name: "no type" }] }).status, 0);
});

test("the Worker's own lock file is the workspace's for it, and npm installs by it", async () => {
  const of = async (path: string) => (JSON.parse(await read(path)) as Lock).packages;
  const [whole, worker] = [await of("package-lock.json"), await of("worker/package-lock.json")];
  let same = 0;
  for (const [path, { version, integrity }] of Object.entries(worker)) {
    const ours = whole[path];
    if (path === "" || ours?.link || ours === undefined) continue;
    assert.deepEqual({ version, integrity }, { version: ours.version, integrity: ours.integrity });
    same += 1;
  }
  assert.ok(same > 50, `${same} packages`);
  const alone = await mkdtemp(join(tmpdir(), "vodlift-lock-"));
  try {
    for (const name of ["package.json", "package-lock.json"]) {
      await cp(join(root, "worker", name), join(alone, name));
    }
    const install = () =>
      spawnSync("npm", ["ci", "--dry-run", "--offline", "--ignore-scripts"], {
        cwd: alone,
        encoding: "utf8",
      });
    const good = install();
    assert.equal(good.status, 0, good.stderr);
    const manifest = JSON.parse(await read("worker/package.json"));
    manifest.dependencies.hono = "^3";
    await writeFile(join(alone, "package.json"), JSON.stringify(manifest));
    assert.notEqual(install().status, 0, "a manifest that the lock file does not know");
  } finally {
    await rm(alone, { recursive: true, force: true });
  }
});

test("the compiler is pinned to one version, which the manifests take", async () => {
  const [, pinned = ""] =
    /^channel = "(\d+\.\d+\.\d+)"$/m.exec(await read("rust-toolchain.toml")) ?? [];
  const [, oldest = ""] = /^rust-version = "(\d+\.\d+)"$/m.exec(await read("Cargo.toml")) ?? [];
  const minor = (version: string) => Number(version.split(".")[1]);
  assert.ok(minor(pinned) >= minor(oldest), `${pinned} is older than ${oldest}`);
});
