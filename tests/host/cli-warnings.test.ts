// What goes wrong beside an upload is told on stderr and in --json, and takes nothing from what is done.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { vodlift } from "../support/cli.ts";
import { mediaMade, startService } from "../support/service.ts";

/** A disk that lets nothing go. */
const STUCK = `
import { existsSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const { rm } = fs;
const stuck = (path) => /json$/.test(path) && existsSync(path);
fs.rm = (path, how) => stuck(path)
  ? Promise.reject(Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS", path }))
  : rm(path, how);
syncBuiltinESMExports();
`;
const env = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(STUCK)}`,
};

let folder: string;
let film: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vodlift-warnings-"));
  film = join(folder, "film.mp4");
  await writeFile(film, Buffer.alloc(300_000, 7));
});
after(() => rm(folder, { recursive: true }));

test("a checkpoint that cannot be removed is a warning of upload and of resume", async () => {
  const service = await startService();
  try {
    const checkpoint = join(folder, "upload.json");
    const how = ["--checkpoint", checkpoint, "--part-size", "102400"];
    const done = await vodlift(["upload", film, ...how, "--json"], { service, env });
    assert.equal(done.code, 0, done.stderr);
    assert.ok(done.json.mediaId);
    assert.deepEqual(
      done.json.warnings.map(({ code }: { code: string }) => code),
      ["checkpoint_failed"],
    );
    assert.match(done.stderr, /^warning: the checkpoint store failed: .*\. \w.*\.$/m);
    assert.ok(done.json.compared, "how it was compared");

    const again = await vodlift(["resume", checkpoint], { service, env });
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /^warning: the checkpoint store failed/m);
    const clean = await vodlift(["upload", film, "--json"], { service });
    assert.equal("warnings" in clean.json, false);
    assert.doesNotMatch(clean.stderr, /warning/);
  } finally {
    await service.close();
  }
});

test("a row is done though its checkpoint cannot be removed, and is not uploaded again", async () => {
  const service = await startService();
  try {
    const manifest = join(folder, "films.csv");
    await writeFile(manifest, `source\n${film}\n`);
    for (const skipped of [0, 1]) {
      const { code, json, stderr } = await vodlift(["ingest", manifest, "--json"], {
        service,
        env: skipped ? {} : env,
      });
      assert.equal(code, 0, stderr);
      assert.deepEqual([json.done, json.failed, json.skipped], [1 - skipped, 0, skipped]);
      if (!skipped) assert.match(stderr, /line 2: warning: .* cannot be removed/);
    }
    const report = await readFile(`${manifest}.report.jsonl`, "utf8");
    assert.equal(report.trim().split("\n").length, 1, report);
    assert.equal((await mediaMade(service)).length, 1);
  } finally {
    await service.close();
  }
});
