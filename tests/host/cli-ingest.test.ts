// Many uploads from a manifest: each is done once, whatever becomes of the others and of the process.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type CliOptions, signalOnce, vodlift } from "../support/cli.ts";
import { type Origin, sha256OfFile, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  mediaMade,
  partsStored,
  startService,
  storedObjects,
} from "../support/service.ts";
import { until } from "../support/until.ts";

const MIB = 1024 * 1024;

let service: Emulator;
let origin: Origin;
let folder: string;
let manifest: string;

beforeEach(async () => {
  service = await startService();
  origin = await startOrigin();
  folder = await mkdtemp(join(tmpdir(), "vodlift-ingest-"));
  manifest = join(folder, "films.csv");
});
afterEach(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const ingest = (more: string[] = [], options: CliOptions = {}) =>
  vodlift(["ingest", manifest, "--json", "--allow-private", ...more], { service, ...options });

const calls = (operation: string) =>
  service.log.filter((entry) => entry.operation === operation && entry.result === 200);

async function report(path = `${manifest}.report.jsonl`) {
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** What the checkpoints hold: not what is just being written beside. */
async function kept(): Promise<string> {
  const folder = `${manifest}.report.jsonl.d`;
  const names = await readdir(folder).catch(() => []);
  const whole = names.filter((name) => !name.endsWith(".tmp"));
  const texts = whole.map((name) => readFile(join(folder, name), "utf8").catch(() => ""));
  return (await Promise.all(texts)).join("\n");
}

async function writeFilm(name: string, size: number, fill = name.length): Promise<string> {
  await writeFile(join(folder, name), Buffer.alloc(size, fill));
  return name;
}

/** What the service was asked to make, by title. */
async function created(title: string): Promise<Record<string, string>> {
  const assets = join(service.dir, ".vodlift-emulator/assets");
  for (const name of await readdir(assets)) {
    const { parameters } = JSON.parse(await readFile(join(assets, name), "utf8"));
    if (parameters.Title === title) return parameters;
  }
  return assert.fail(`nothing has the title ${title}`);
}

test("files and URLs go up, failures are told by line, and the rest is not stopped", async () => {
  await writeFilm("a.mp4", 1000);
  await writeFilm('b "c", d.mp4', 2000);
  origin.add("/film.mp4", { size: 3 * MIB });
  const rows = [
    "\ufeffsource,title,tags,sourceHeaders",
    'a.mp4,"One, two","x,y",',
    `"b ""c"", d.mp4",,,`,
    "missing.mp4,,,",
    `${origin.url}/film.mp4?token=secret-of-the-url,Film,,"{""X-Film"":""7""}"`,
    `${origin.url}/none.mp4,,,`,
    "",
  ];
  await writeFile(manifest, rows.join("\r\n"));
  const { code, json, stderr, stdout } = await ingest();
  assert.equal(code, 3, stderr);
  const { total, done, failed, skipped, left, bytes } = json;
  assert.deepEqual([total, done, failed, skipped, left, bytes], [5, 3, 2, 0, 0, 3000 + 3 * MIB]);
  assert.match(stderr, /^line 4: .*missing\.mp4: /m);
  assert.match(stderr, /^line 6: http.*none\.mp4: /m);
  assert.ok(json.error.line === 4 || json.error.line === 6);
  assert.equal((await storedObjects(service)).length, 3);
  assert.equal((await created("One, two")).Tags, "x,y");
  const asked = origin.log.find(({ path }) => path.startsWith("/film.mp4"));
  assert.equal(asked?.headers["x-film"], "7");
  const entries = await report();
  assert.doesNotMatch(`${stdout}${stderr}${JSON.stringify(entries)}`, /secret-of-the-url/);
  assert.deepEqual(entries.map(({ line, state }) => `${line} ${state}`).toSorted(), [
    "2 done",
    "3 done",
    "4 failed",
    "5 done",
    "6 failed",
  ]);
  assert.ok(entries.every(({ state, mediaId }) => (state === "done") === (mediaId !== undefined)));
  await assertNothingOpen(service);
});

test("a second run does nothing twice, and tries again what failed", async () => {
  await writeFilm("a.mp4", 1000);
  await writeFile(manifest, "source\na.mp4\nlate.mp4\n");
  assert.equal((await ingest()).json.failed, 1);
  await writeFilm("late.mp4", 500);
  await appendFile(manifest, `${await writeFilm("new.mp4", 700)}\n`);
  const second = await ingest();
  assert.equal(second.code, 0, second.stderr);
  assert.deepEqual([second.json.done, second.json.skipped, second.json.bytes], [2, 1, 1200]);
  const third = await ingest();
  assert.deepEqual([third.code, third.json.done, third.json.skipped], [0, 0, 3]);
  assert.equal(calls("CreateUploadVideo").length, 3);
  assert.equal(existsSync(`${manifest}.report.jsonl.d`), false, "nothing is left to go on from");
});

test("JSON lines hold the same fields, with the values JSON has", async () => {
  manifest = join(folder, "films.jsonl");
  const rows = [
    { file: await writeFilm("a.mp4", 300_000), title: "A", tags: ["x", "y"], cateId: 5 },
    { file: "a.mp4", title: "B", userData: { Extend: { id: 1 } }, partSize: "100KiB" },
    { url: origin.add("/u.mp4", { size: 1000 }), title: "C", verify: "crc64", description: null },
  ];
  await writeFile(manifest, rows.map((row) => `${JSON.stringify(row)}\n`).join("\n"));
  const { code, json, stderr } = await ingest(["--report", join(folder, "r")]);
  assert.equal(code, 0, stderr);
  assert.equal(json.done, 3);
  assert.equal((await created("A")).Tags, "x,y");
  assert.equal((await created("A")).CateId, "5");
  assert.equal((await created("B")).UserData, '{"Extend":{"id":1}}');
  assert.equal(calls("UploadPart").length, 3);
  assert.deepEqual(
    new Set((await report(join(folder, "r"))).map(({ line }) => line)),
    new Set([1, 3, 5]),
  );
});

test("a row may become an image or an attached media", async () => {
  await writeFilm("a.png", 1000);
  await writeFilm("b.png", 2000);
  const rows = [
    "source,as,businessType,cateId,title",
    "a.png,image,,7,A",
    "b.png,attached,watermark,8,B",
  ];
  await writeFile(manifest, rows.join("\n"));
  const { code, json, stderr } = await ingest();
  assert.deepEqual([code, json.done], [0, 2], stderr);
  assert.equal((await created("A")).CateId, "7");
  assert.equal((await created("B")).BusinessType, "watermark");
  assert.equal((await created("B")).CateIds, "8");
});

test("what is said for all rows holds for each that says nothing else", async () => {
  const plain = origin.add("/plain.mp4", { size: MIB });
  const other = origin.add("/other.mp4", { size: MIB });
  await writeFile(manifest, `url,httpsOnly\n${plain},\n${other},false\n`);
  const { code } = await ingest(["--https-only", "--object-header", "Cache-Control: no-store"]);
  assert.equal(code, 7);
  const rows = await report();
  assert.equal(rows.find(({ line }) => line === 2)?.error.code, "url_refused");
  assert.equal(rows.find(({ line }) => line === 3)?.state, "done");
  const [object] = await storedObjects(service);
  assert.ok(object);
});

test("killed in the middle, it goes on where it was, and no media is made twice", async () => {
  const rows = ["source,partSize"];
  for (let i = 0; i < 6; i += 1) {
    origin.add(`/slow-${i}.mp4`, { size: 8 * MIB + i, seed: `s${i}` });
    rows.push(`${origin.url}/slow-${i}.mp4,1MiB`);
  }
  await writeFile(manifest, rows.join("\n"));
  const jobs = ["--jobs", "3", "--concurrency", "2"];
  const sent = () => partsStored(service).length;
  for (const [last, parts] of [
    [1, 12],
    [4, 30],
  ] as const) {
    // The three after the last one that comes whole stop in their middle.
    for (let i = 0; i < 6; i += 1) {
      const upTo = i <= last ? Number.POSITIVE_INFINITY : 4 * MIB;
      origin.hold(`/slow-${i}.mp4`, (offset) => offset >= upTo);
    }
    const killed = await ingest(jobs, { during: signalOnce(() => sent() >= parts, "SIGKILL") });
    assert.equal(killed.code, null);
  }
  for (let i = 0; i < 6; i += 1) origin.hold(`/slow-${i}.mp4`);
  const { code, json, stderr } = await ingest(jobs);
  assert.equal(code, 0, stderr);
  assert.equal(json.done + json.skipped, 6);
  assert.equal((await mediaMade(service)).length, 6);
  const numbers = calls("UploadPart").map(({ key, partNumber }) => `${key} ${partNumber}`);
  const twice = numbers.length - new Set(numbers).size;
  assert.ok(twice <= 2 * 6, `${twice} parts were sent again`);
  const stored = await Promise.all((await storedObjects(service)).map(sha256OfFile));
  const wanted = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => origin.sha256(`/slow-${i}.mp4`)));
  assert.deepEqual(stored.toSorted(), wanted.toSorted());
  assert.equal((await report()).length, 6);
  await assertNothingOpen(service);
});

test("a small file that was cut short is the same media the second time", async () => {
  await writeFilm("a.mp4", 1000);
  await writeFile(manifest, "source\na.mp4\n");
  service.setFaults([{ operation: "PutObject", action: { kind: "stall" } }]);
  await ingest([], {
    during: signalOnce(async () => {
      const [media] = await mediaMade(service);
      return media !== undefined && (await kept()).includes(media.id);
    }, "SIGKILL"),
  });
  service.setFaults([]);
  const { code, json, stderr } = await ingest();
  assert.deepEqual([code, json.done], [0, 1], stderr);
  assert.equal(calls("CreateUploadVideo").length, 1);
});

test("Ctrl-C finishes the parts in flight, and a later run goes on", async () => {
  const rows = ["url"];
  for (let i = 0; i < 4; i += 1) {
    rows.push(origin.add(`/slow-${i}.mp4`, { size: 16 * MIB, seed: `${i}` }));
    origin.hold(`/slow-${i}.mp4`, (offset) => offset >= 5 * MIB);
  }
  await writeFile(manifest, rows.join("\n"));
  const jobs = ["--jobs", "2", "--part-size", "1MiB"];
  const interrupted = await ingest(jobs, {
    during: (child) => {
      child.stderr?.on("data", (text) => {
        if (!/interrupted/.test(String(text))) return;
        for (let i = 0; i < 4; i += 1) origin.hold(`/slow-${i}.mp4`);
      });
      signalOnce(() => partsStored(service).length >= 10)(child);
    },
  });
  assert.equal(interrupted.code, 130, interrupted.stderr);
  assert.match(interrupted.stderr, /run the same command again/);
  assert.equal(interrupted.json.left, 4);
  assert.equal((await service.openUploads()).length, 2);
  const { code, json, stderr } = await ingest(jobs);
  assert.deepEqual([code, json.done], [0, 4], stderr);
  assert.equal(calls("CreateUploadVideo").length, 4);
  const parts = calls("UploadPart");
  assert.equal(parts.length, 64, "no part was sent twice");
});

test("a source that has changed since it was cut short starts over with the run after", async () => {
  await writeFilm("a.mp4", 4 * MIB);
  await writeFile(manifest, "source,partSize\na.mp4,1MiB\n");
  const forbidden = { kind: "answer", status: 403, code: "AccessDenied" } as const;
  service.setFaults([{ operation: "UploadPart", from: 2, action: forbidden }]);
  assert.equal((await ingest()).code, 4);
  service.setFaults([]);
  await writeFilm("a.mp4", 3 * MIB);
  const changed = await ingest();
  assert.deepEqual([changed.code, changed.json.error.code], [3, "source_changed"]);
  await assertNothingOpen(service);
  const { code, json } = await ingest();
  assert.deepEqual([code, json.done, json.bytes], [0, 1, 3 * MIB]);
  await assertNothingOpen(service);
});

test("a torn last line of the report is mended", async () => {
  await writeFilm("a.mp4", 1000);
  await writeFilm("b.mp4", 1000);
  await writeFile(manifest, "source\na.mp4\nb.mp4\n");
  assert.equal((await ingest(["--jobs", "1"])).code, 0);
  const path = `${manifest}.report.jsonl`;
  const text = await readFile(path, "utf8");
  const [first = "", second = ""] = text.split("\n");
  for (const [cut, done] of [
    [`${first}\n${second.slice(0, 40)}`, 1],
    [`${first}\n${second.slice(0, 3)}`, 1],
    [`${first}\n${second}`, 0],
  ] as const) {
    await writeFile(path, cut);
    const { code, json, stderr } = await ingest();
    assert.deepEqual([code, json.done], [0, done], stderr);
    assert.equal((await report()).length, 2);
  }
});

test("what a killed run had no time to remove is removed by the next", async () => {
  await writeFilm("a.mp4", 1000);
  await writeFile(manifest, "source\na.mp4\n");
  assert.equal((await ingest()).code, 0);
  const left = `${manifest}.report.jsonl.d`;
  await mkdir(left);
  for (const name of ["2-0123456789abcdef.json", ".vodlift-0123456789abcdef.tmp"]) {
    await writeFile(join(left, name), "{}");
  }
  await writeFile(join(left, "lock"), "999999999");
  const { code, json } = await ingest();
  assert.deepEqual([code, json.skipped, existsSync(left)], [0, 1, false]);
});

test("a report of another manifest is refused, and nothing else is taken for a report", async () => {
  await writeFilm("a.mp4", 1000);
  await writeFilm("b.mp4", 1000);
  await writeFile(manifest, "source\na.mp4\n");
  assert.equal((await ingest()).code, 0);
  await writeFile(manifest, "source\nb.mp4\na.mp4\n");
  const other = await ingest();
  assert.equal(other.code, 2);
  assert.match(other.json.error.message, /another source on line 2/);
  const foreign = join(folder, "notes.txt");
  await writeFile(foreign, "my notes");
  assert.equal((await ingest(["--report", foreign])).code, 2);
  assert.equal(await readFile(foreign, "utf8"), "my notes");
});

test("neither what a URL has for a query nor its user name and password is told or kept", async () => {
  const rows = [
    "http://user:hush-hush@127.0.0.1:1/film.mp4",
    "http://hush-hush@127.0.0.1:1/film.mp4",
    "HTTPS://user:hush-hush@film.example",
    "http://user:a/hush-hush@127.0.0.1:1/film.mp4",
    "http://user:a@hush-hush@127.0.0.1:1/film.mp4",
    "http://user:hush-hush@/film.mp4",
    "ftp://user:hush-hush@127.0.0.1/film.mp4",
    `${origin.url}/film.mp4?user:hush-hush@`,
    `${origin.url}/film.mp4#hush-hush`,
  ];
  await writeFile(manifest, `url\n${rows.join("\n")}\n`);
  const { code, stdout, stderr, json } = await ingest();
  assert.deepEqual([json.failed, json.total], [rows.length, rows.length], `${code}`);
  const kept = await readFile(`${manifest}.report.jsonl`, "utf8");
  assert.doesNotMatch(stdout + stderr + kept, /hush-hush/);
  // An @ of the path is no user name.
  await writeFile(manifest, `url\n${origin.url}/still@2x.mp4\n`);
  const other = await ingest(["--report", join(folder, "other.jsonl")]);
  assert.match(other.stderr, /127\.0\.0\.1:\d+\/still@2x\.mp4/);
});

test("with an id, a URL may be signed anew", async () => {
  const url = origin.add("/film.mp4", { size: 1000 });
  await writeFile(manifest, `id,url\nfilm-1,${url}?Signature=aaaaaaaaaaaaaaaa\n`);
  assert.equal((await ingest()).code, 0);
  await writeFile(manifest, `id,url\nfilm-1,${url}?Signature=bbbbbbbbbbbbbbbb\n`);
  const { code, json } = await ingest();
  assert.deepEqual([code, json.skipped], [0, 1]);
});

test("two at once do not share a report", async () => {
  const url = origin.add("/slow.mp4", { size: 4 * MIB });
  origin.hold("/slow.mp4", (offset) => offset >= MIB);
  await writeFile(manifest, `url\n${url}\n`);
  const first = ingest();
  await until(() => existsSync(`${manifest}.report.jsonl.d/lock`) && origin.bytesServed() > 0);
  const second = await ingest();
  origin.hold("/slow.mp4");
  assert.equal(second.code, 2);
  assert.match(second.json.error.message, /process \d+ is working with/);
  assert.equal((await first).code, 0);
});

test("2,000 small files with 16 jobs: all of them, once, in flat memory", async (t) => {
  const rows = ["source,title"];
  for (let i = 0; i < 2000; i += 1) {
    await writeFile(join(folder, `${i}.mp4`), `film ${i} `.repeat(100));
    rows.push(`${i}.mp4,Film ${i}`);
  }
  await writeFile(manifest, rows.join("\n"));
  const began = performance.now();
  const { code, json, stderr, peakKib } = await ingest(["--jobs", "16"]);
  t.diagnostic(
    `${((performance.now() - began) / 1000).toFixed(1)} s, ${Math.round(peakKib / 1024)} MiB`,
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual([json.done, json.failed], [2000, 0]);
  assert.equal((await storedObjects(service)).length, 2000);
  assert.ok(peakKib < 300 * 1024, `${peakKib} KiB`);
  const second = await ingest(["--jobs", "16"]);
  assert.deepEqual([second.code, second.json.done, second.json.skipped], [0, 0, 2000]);
  assert.equal(calls("CreateUploadVideo").length, 2000);
});
