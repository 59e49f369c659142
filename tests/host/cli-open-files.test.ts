// A shell with a low limit of open files: a command ends well all the same, or says what it lacks.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { asFailure } from "../../pkg/src/cli/failure.ts";
import { jobsFor } from "../../pkg/src/cli/open-files.ts";
import { serviceEnv } from "../support/cli.ts";
import { type Emulator, mediaMade, startService } from "../support/service.ts";

const BIN = fileURLToPath(new URL("../../pkg/bin/vodlift.js", import.meta.url));
const FILMS = 24;
let service: Emulator;
let folder: string;

before(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "vodlift-open-files-"));
  const films = Array.from({ length: FILMS }, (_, i) => join(folder, `${i}.mp4`));
  for (const film of films) await writeFile(film, Buffer.alloc(250_000, 7));
  await writeFile(join(folder, "films.csv"), ["source", ...films, ""].join("\n"));
});
after(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

/** Runs `vodlift …` where no more files may be open. */
function limited(files: number, ...args: string[]) {
  const script = `ulimit -n ${files}; exec "$@"`;
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) =>
    execFile(
      "sh",
      ["-c", script, "sh", process.execPath, BIN, ...args],
      // It ends a command that hangs, so that the test fails.
      { env: { ...process.env, ...serviceEnv(service) }, timeout: 900_000, killSignal: "SIGKILL" },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }),
    ),
  );
}

test("many uploads at once under `ulimit -n 40` end well, fewer at once", async () => {
  const manifest = join(folder, "films.csv");
  const how = ["--jobs", "16", "--part-size", "102400", "--json"];
  const { code, stdout, stderr } = await limited(40, "ingest", manifest, ...how);
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).done, FILMS);
  assert.match(stderr, /only one upload at once: .*`ulimit -n`.* --jobs/);
  assert.equal((await mediaMade(service)).length, FILMS);
});

test("one upload with more parts at once than files may be open ends well", async () => {
  const how = ["--concurrency", "32", "--part-size", "102400", "--quiet"];
  const { code, stderr } = await limited(28, "upload", join(folder, "1.mp4"), ...how);
  assert.equal(code, 0, stderr);
});

test("the default of a shell has room for the usual jobs", () => {
  assert.ok(jobsFor(256) >= 16);
  assert.equal(jobsFor(20), 1);
  assert.equal(jobsFor(undefined), Number.POSITIVE_INFINITY);
});

test("a lack of files is told as such, whoever meets it", () => {
  const error = Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
  const { code, hint, retryable } = asFailure(error);
  assert.deepEqual([code, retryable], ["too_many_files", true]);
  assert.match(hint, /`ulimit -n`.*--jobs/);
});
