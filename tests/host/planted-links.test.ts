// Files that the command line and the package write: beside what somebody else may have planted there.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fileCheckpoint } from "../../pkg/src/index.ts";
import { replaceFile, TEMPORARY } from "../../pkg/src/plain-files.ts";
import { vodlift } from "../support/cli.ts";
import { startService } from "../support/service.ts";

const SOURCES = new URL("../../pkg/src/", import.meta.url);
const BIN = fileURLToPath(new URL("../../pkg/bin/vodlift.js", import.meta.url));
const KEPT = "of somebody else";
const CHECKPOINT = JSON.parse(
  await readFile(new URL("../fixtures/checkpoints-v1/video-url.json", import.meta.url), "utf8"),
);

/** A folder to write in, and a file that must stay as it is. */
async function folders(t: TestContext): Promise<{ folder: string; victim: string }> {
  const folder = await mkdtemp(join(tmpdir(), "vodlift-planted-"));
  const elsewhere = await mkdtemp(join(tmpdir(), "vodlift-planted-"));
  t.after(async () => {
    await rm(folder, { recursive: true, force: true });
    await rm(elsewhere, { recursive: true, force: true });
  });
  const victim = join(elsewhere, "victim");
  await writeFile(victim, KEPT);
  return { folder, victim };
}

test("one place makes files, and none that could be led elsewhere", async () => {
  const makers =
    /\b(writeFile|appendFile|copyFile|cp|createWriteStream|mkdtempSync|truncate)(Sync)?\b/;
  const opens = /\bopen(Sync)?\b/;
  const found: string[] = [];
  for (const file of await readdir(SOURCES, { recursive: true })) {
    if (!file.endsWith(".ts") || file.startsWith("wasm/")) continue;
    const text = await readFile(new URL(file, SOURCES), "utf8");
    for (const [, names = ""] of text.matchAll(
      /import \{([^}]*)\} from "node:fs(?:\/promises)?"/g,
    )) {
      assert.doesNotMatch(names, makers, file);
      if (opens.test(names)) found.push(file);
    }
    assert.doesNotMatch(text, /import \* as \w+ from "node:fs/, file);
  }
  // The others open to read: a source, and the folder that a checkpoint lies in.
  assert.deepEqual(found.toSorted(), ["checkpoint/file.ts", "plain-files.ts", "sources/look.ts"]);
});

test("a checkpoint is written beside no link that was planted", async (t) => {
  const { folder, victim } = await folders(t);
  const path = join(folder, "film.json");
  for (const planted of [`${path}.${process.pid}.tmp`, `${path}.tmp`, path]) {
    await symlink(victim, planted);
  }
  const old = process.umask(0);
  t.after(() => process.umask(old));
  await fileCheckpoint(path).save(CHECKPOINT);
  process.umask(old);
  assert.equal(await readFile(victim, "utf8"), KEPT);
  const found = await lstat(path);
  assert.ok(found.isFile());
  assert.equal(found.mode & 0o777, 0o600);
});

test("temporary files have names that nobody can guess, and are gone at the end", async (t) => {
  const { folder } = await folders(t);
  const seen = new Set<string>();
  const path = join(folder, "a");
  for (let turn = 0; turn < 20; turn += 1) {
    const saving = replaceFile(path, "x".repeat(1000), true);
    let busy = true;
    void saving.finally(() => {
      busy = false;
    });
    while (busy) {
      for (const name of await readdir(folder)) if (name !== "a") seen.add(name);
    }
    await saving;
  }
  assert.ok(seen.size > 1, "some were seen");
  for (const name of seen) assert.match(name, TEMPORARY);
  assert.deepEqual(await readdir(folder), ["a"]);
});

const REPORT = "films.jsonl.report.jsonl";
const PLANTED = {
  "the report": (folder: string) => join(folder, REPORT),
  "the folder beside it": (folder: string) => join(folder, `${REPORT}.d`),
};

for (const [what, where] of Object.entries(PLANTED)) {
  test(`an ingest follows no link in place of ${what}`, async (t) => {
    const { folder, victim } = await folders(t);
    const service = await startService();
    t.after(() => service.close());
    const film = join(folder, "film.mp4");
    await writeFile(film, "12345");
    const manifest = join(folder, "films.jsonl");
    await writeFile(manifest, `${JSON.stringify({ source: "film.mp4" })}\n`);
    const elsewhere = join(victim, "..");
    // Also one that leads to what is not there yet.
    for (const target of [what === "the report" ? victim : elsewhere, join(elsewhere, "made")]) {
      await rm(where(folder), { force: true });
      await symlink(target, where(folder));
      const { code, stderr } = await vodlift(["ingest", manifest], { service });
      assert.equal(code, 2, stderr);
      assert.match(stderr, /symbolic link/);
    }
    assert.deepEqual(await readdir(elsewhere), ["victim"]);
    assert.equal(await readFile(victim, "utf8"), KEPT);
  });
}

test("an ingest waits for no pipe that lies in place of a file of its own", async (t) => {
  const { folder } = await folders(t);
  const service = await startService();
  t.after(() => service.close());
  await writeFile(join(folder, "film.mp4"), "12345");
  const manifest = join(folder, "films.jsonl");
  await writeFile(manifest, `${JSON.stringify({ source: "film.mp4" })}\n`);
  for (const name of ["lock", "identity"]) {
    const beside = join(folder, `${REPORT}.d`);
    await mkdir(beside, { recursive: true });
    spawnSync("mkfifo", [join(beside, name)]);
    const { code, stderr } = await vodlift(["ingest", manifest], { service });
    assert.equal(code, 0, `${name}: ${stderr}`);
  }
});

test("an emulator says which file of its own is none", async (t) => {
  const { folder } = await folders(t);
  const state = join(folder, ".vodlift-emulator");
  const settings = join(state, "settings.json");
  await mkdir(state);
  for (const text of ["", "victim text", "null", "5"]) {
    await writeFile(settings, text);
    const { code, stderr } = await vodlift(["emulator", "--dir", folder], {});
    assert.equal(code, 2, stderr);
    assert.ok(
      stderr.includes(`${settings}: it holds nothing that an emulator has written`),
      stderr,
    );
  }
  await rm(settings);
  for (const make of ["mkfifo", "mkdir"]) {
    spawnSync(make, [settings]);
    const { code, stderr } = await vodlift(["emulator", "--dir", folder], {});
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(settings), stderr);
    await rm(settings, { recursive: true });
  }
});

test("what an ingest makes is its owner's alone", async (t) => {
  const { folder } = await folders(t);
  const service = await startService({ faults: [] });
  t.after(() => service.close());
  await writeFile(join(folder, "film.mp4"), "12345");
  const manifest = join(folder, "films.jsonl");
  // The second row fails, so that the folder stays.
  const rows = [{ source: "film.mp4" }, { source: "none.mp4" }];
  await writeFile(manifest, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await vodlift(["ingest", manifest], { service });
  assert.equal((await stat(join(folder, REPORT))).mode & 0o777, 0o600);
  const beside = join(folder, `${REPORT}.d`);
  assert.equal((await stat(beside)).mode & 0o777, 0o700);
  for (const name of await readdir(beside)) {
    assert.equal((await stat(join(beside, name))).mode & 0o777, 0o600, name);
  }
});

test("the emulator's certificate replaces a link that was planted", async (t) => {
  const { folder, victim } = await folders(t);
  await symlink(victim, join(folder, "ca.pem"));
  const child = spawn(process.execPath, [BIN, "emulator", "--tls", "--dir", folder]);
  child.stdout.once("data", () => child.kill("SIGTERM"));
  assert.deepEqual(await once(child, "close"), [0, null]);
  assert.equal(await readFile(victim, "utf8"), KEPT);
  assert.match(await readFile(join(folder, "ca.pem"), "utf8"), /BEGIN CERTIFICATE/);
});
