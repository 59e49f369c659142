// Many uploads on one signal.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { onAbort } from "../../pkg/src/aborts.ts";
import { vodlift } from "../support/cli.ts";
import { startService } from "../support/service.ts";

test("a signal has one listener, however many wait for it, and none in the end", () => {
  const { signal } = new AbortController();
  const forgotten = Array.from({ length: 64 }, () => onAbort(signal, () => {}));
  assert.equal(getEventListeners(signal, "abort").length, 1);
  for (const forget of forgotten) forget();
  forgotten[0]?.();
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("each is told once, unless it has taken that back by then", () => {
  const controller = new AbortController();
  const told: number[] = [];
  const forget = [
    onAbort(controller.signal, () => {
      told.push(0);
      forget[2]?.();
    }),
    onAbort(controller.signal, () => told.push(1)),
    onAbort(controller.signal, () => told.push(2)),
  ];
  controller.abort();
  controller.abort();
  assert.deepEqual(told, [0, 1]);
  for (const one of forget) one();
});

for (const jobs of ["16", "64"]) {
  test(`an ingest with --jobs ${jobs} warns of no leak`, async () => {
    const service = await startService();
    const folder = await mkdtemp(join(tmpdir(), "vodlift-jobs-"));
    const names = Array.from({ length: 80 }, (_, index) => `${index}.mp4`);
    for (const name of names) await writeFile(join(folder, name), Buffer.alloc(300_000, name));
    await writeFile(join(folder, "m.csv"), `source\n${names.join("\n")}\n`);
    const args = ["ingest", join(folder, "m.csv"), "--jobs", jobs, "--part-size", "100KiB"];
    const { code, stderr } = await vodlift(args, { service });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /warning/i);
    await service.close();
    await rm(folder, { recursive: true });
  });
}
