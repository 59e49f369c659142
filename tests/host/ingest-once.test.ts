// What a manifest lists is made once: also when the process dies between VOD's doing and its saying so.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type CliOptions, signalOnce, vodlift } from "../support/cli.ts";
import { fixed } from "../support/hls.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  killedOnceCreated,
  mediaMade,
  startService,
  storedObjects,
} from "../support/service.ts";

const LIST = "#EXTM3U\n#EXTINF:6,\na.ts\n#EXTINF:6,\nsub/b.ts\n#EXT-X-ENDLIST\n";

let service: Emulator;
let origin: Origin;
let folder: string;
let manifest: string;

beforeEach(async () => {
  service = await startService();
  origin = await startOrigin();
  folder = await mkdtemp(join(tmpdir(), "vodlift-once-"));
  manifest = join(folder, "films.csv");
  await mkdir(join(folder, "hls/sub"), { recursive: true });
  await writeFile(join(folder, "hls/local.m3u8"), LIST);
  origin.add("/hls/web.m3u8", { content: fixed(LIST) });
  for (const name of ["a.ts", "sub/b.ts"]) {
    const content = Buffer.alloc(200_000, name);
    await writeFile(join(folder, "hls", name), content);
    origin.add(`/hls/${name}`, { content: fixed(content.toString()) });
  }
});
afterEach(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const ingest = (more: string[] = [], options: CliOptions = {}) =>
  vodlift(["ingest", manifest, "--json", "--allow-private", ...more], { service, ...options });

async function write(...rows: string[]): Promise<void> {
  await writeFile(manifest, `${rows.join("\n")}\n`);
}

async function writeFilm(name: string, size: number): Promise<string> {
  await writeFile(join(folder, name), Buffer.alloc(size, size));
  return name;
}

const made = async () => (await mediaMade(service)).map(({ parameters }) => parameters);

/** The checkpoints of what is under way, as a later run would find them: not what is just being written beside. */
async function checkpoints(): Promise<string> {
  const left = `${manifest}.report.jsonl.d`;
  const names = await readdir(left).catch(() => []);
  const whole = names.filter((name) => !name.endsWith(".tmp"));
  const texts = whole.map((name) => readFile(join(left, name), "utf8").catch(() => ""));
  return (await Promise.all(texts)).join("\n");
}

/** Runs it, and kills it when VOD has made so many media and told nobody. */
async function killedUnheard(count: number, more: string[] = []): Promise<void> {
  service.setFaults([{ operation: "CreateUploadVideo", action: { kind: "stall-after" } }]);
  const { code } = await ingest(more, { during: killedOnceCreated(service, count) });
  assert.equal(code, null);
  service.setFaults([]);
}

test("killed before it heard the media ids, it makes none of them twice", async () => {
  const own = `${await writeFilm("b.mp4", 2000)},,B,my-own-id-1`;
  await write(
    "source,as,title,referenceId",
    `${await writeFilm("a.mp4", 1000)},,A,`,
    own,
    "hls/local.m3u8,playlist,Local,",
    `${origin.url}/hls/web.m3u8,playlist,Web,`,
  );
  await killedUnheard(4);
  const before = (await mediaMade(service)).map(({ id }) => id).toSorted();
  const { code, json, stderr } = await ingest();
  assert.deepEqual([code, json.done], [0, 4], stderr);
  const after = (await mediaMade(service)).map(({ id }) => id).toSorted();
  assert.deepEqual(after, before);
  const ids = (await made()).map(({ ReferenceId }) => ReferenceId ?? "");
  assert.equal(new Set(ids).size, 4);
  assert.ok(ids.every((id) => id === "my-own-id-1" || /^vodlift-[\w-]{32}$/.test(id)));
  assert.equal((await storedObjects(service)).length, 2 + 2 * 3);
  assert.equal(existsSync(`${manifest}.report.jsonl.d`), false);
  await assertNothingOpen(service);
});

test("a row that failed keeps its id, an edited row and another report have others", async () => {
  await write("source,title", `${await writeFilm("a.mp4", 1000)},A`, "late.mp4,L");
  await killedUnheard(1, ["--jobs", "1"]);
  assert.equal((await ingest()).json.failed, 1);
  await writeFilm("late.mp4", 3000);
  await killedUnheard(2);
  await write("source,title", "a.mp4,A", "late.mp4,Later");
  assert.equal((await ingest()).json.done, 1);
  assert.deepEqual((await made()).map(({ Title }) => Title).toSorted(), ["A", "L", "Later"]);
  const again = await ingest(["--report", join(folder, "other")]);
  assert.deepEqual([again.code, again.json.done, (await made()).length], [0, 2, 5]);
});

test("where the parameter is unknown, media are made without it", async () => {
  await write("source", await writeFilm("a.mp4", 1000));
  const unknown = { kind: "answer", status: 400, code: "InvalidParameter.ReferenceId" } as const;
  service.setFaults([{ operation: "CreateUploadVideo", nth: 1, action: unknown }]);
  const { code, json } = await ingest();
  assert.deepEqual([code, json.done], [0, 1]);
  assert.deepEqual(
    (await made()).map(({ ReferenceId }) => ReferenceId),
    [undefined],
  );
});

test("none are made up when asked so, and a row may refuse a media that is there", async () => {
  await write("source", await writeFilm("a.mp4", 1000));
  assert.equal((await ingest(["--no-reference-ids"])).code, 0);
  assert.equal((await made())[0]?.ReferenceId, undefined);
  for (const [name, fields] of [
    ["r", "source,referenceId,adopt/a.mp4,film-0001,false/a.mp4,film-0001,false"],
    // Nor does a row take what another one began, of whatever size: its own bytes were never sent.
    ["s", `source,referenceId/a.mp4,film-0002/${await writeFilm("c.mp4", 1000)},film-0002`],
  ] as const) {
    await write(...(fields.split("/") as [string]));
    const { code, json } = await ingest(["--report", join(folder, name), "--jobs", "1"]);
    assert.deepEqual([code, json.done, json.error.code], [5, 1, "reference_taken"]);
  }
  await write("source,adopt", "a.mp4,true");
  assert.match((await ingest()).json.error.message, /column `adopt` needs a `referenceId`/);
});

test("a playlist takes no part size, and goes on where it was cut short", async () => {
  await write("source,as,partSize", "hls/local.m3u8,playlist,1MiB");
  assert.match((await ingest()).json.error.message, /column `partSize` goes with `as` video/);
  await write("source,as", "hls/local.m3u8,playlist");
  service.setFaults([{ operation: "PutObject", from: 2, action: { kind: "stall" } }]);
  const { code } = await ingest(["--concurrency", "1", "--part-size", "1MiB"], {
    during: signalOnce(async () => (await checkpoints()).includes('"done":[[1,1]]'), "SIGKILL"),
  });
  assert.equal(code, null);
  service.setFaults([]);
  const second = await ingest();
  assert.deepEqual([second.code, second.json.done], [0, 1], second.stderr);
  assert.equal((await mediaMade(service)).length, 1);
  const stored = service.log.filter(({ operation, status }) => {
    return operation === "PutObject" && status === 200;
  });
  assert.equal(stored.length, 3, "no file was sent twice");
});
