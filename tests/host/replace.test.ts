// New bytes for a media that exists: by the API, the command line and a manifest. Nothing is made, nothing is lost.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { memoryCheckpoint, Vodlift } from "../../pkg/src/index.ts";
import { type CliOptions, vodlift } from "../support/cli.ts";
import { failure } from "../support/failure.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  mediaMade,
  startService,
  storedSha256,
} from "../support/service.ts";

const MIB = 1024 * 1024;
const OLD = Buffer.alloc(300_000, 7);
const MADE = { title: "Film", fileName: "a.mp4", referenceId: "my-film-1" };

let service: Emulator;
let origin: Origin;
let url: string;
let folder: string;
before(async () => {
  origin = await startOrigin();
  url = origin.add("/film.mp4", { size: 3 * MIB });
  folder = await mkdtemp(join(tmpdir(), "vodlift-replace-"));
});
after(async () => {
  await origin.close();
  await rm(folder, { recursive: true });
});
let vod: Vodlift;
let old: { mediaId: string; objectKey: string };
beforeEach(async () => {
  service = await startService();
  vod = new Vodlift(service);
  old = await vod.upload(OLD, MADE);
});
afterEach(() => service.close());

const cli = (args: string[], options: CliOptions = {}) => vodlift(args, { service, ...options });

/** The one media there is has these bytes, and all else that it had. */
async function assertReplaced(path = "/film.mp4"): Promise<void> {
  assert.equal(await storedSha256(service, old.objectKey), await origin.sha256(path));
  const [media, ...others] = await mediaMade(service);
  assert.deepEqual([media?.id, others.length], [old.mediaId, 0]);
  assert.equal(media?.parameters.Title, "Film");
  await assertNothingOpen(service);
}

test("by its media id or its reference id a media gets new bytes, and stays what it is", async () => {
  const source = { url };
  for (const replace of [
    old.mediaId,
    { mediaId: old.mediaId },
    { referenceId: "my-film-1" },
  ] as const) {
    const notices = new Set<string | undefined>();
    const end = await vod.upload(source, {
      replace,
      allowPrivateSources: true,
      onProgress: ({ notice }) => notices.add(notice),
    });
    assert.deepEqual([end.mediaId, end.objectKey], [old.mediaId, old.objectKey]);
    assert.deepEqual([end.replaced, end.bytes], [true, 3 * MIB]);
    assert.match(end.notice ?? "", /transcodes/);
    assert.deepEqual([...notices], [end.notice]);
    await assertReplaced();
  }
  const arrivals = service.events.filter(({ type }) => type === "FileUploadComplete");
  assert.deepEqual(new Set(arrivals.map(({ body }) => body.VideoId)), new Set([old.mediaId]));
  assert.equal(arrivals.length, 4, "VOD notices each new file");
});

test("a new media says nothing of a replacement", async () => {
  const end = await vod.upload(OLD, { fileName: "b.mp4" });
  assert.deepEqual([end.replaced, end.notice], [undefined, undefined]);
});

test("what cannot be replaced is refused, and nothing is touched", async () => {
  const { imageUrl: _, mediaId: image } = await vod.uploadImage(Buffer.from("GIF89a"), {
    fileName: "a.gif",
  });
  for (const [options, code, words] of [
    [{ replace: "0123456789abcdef0123456789abcdef" }, "media_not_found", /video and audio/],
    [{ replace: { referenceId: "my-film-2" } }, "media_not_found", /video and audio/],
    [{ replace: image }, "media_not_found", /not images or attached media/],
    [{ replace: "" }, "invalid_argument", /`replace`/],
    [{ replace: {} }, "invalid_argument", /`replace` must name/],
    [{ replace: { mediaId: "a", referenceId: "my-film-1" } }, "invalid_argument", /not by both/],
    [{ replace: { videoId: "a" } }, "invalid_argument", /has no videoId/],
    [{ replace: old.mediaId, title: "New" }, "invalid_argument", /`title` cannot/],
    [{ replace: old.mediaId, tags: ["a"] }, "invalid_argument", /`tags` cannot/],
    [{ replace: old.mediaId, referenceId: "my-film-1" }, "invalid_argument", /`referenceId`/],
    [{ replace: old.mediaId, adopt: true }, "invalid_argument", /`adopt`/],
    [{ replace: old.mediaId, fileName: "b.mov" }, "invalid_argument", /must end in \.mp4/],
  ] as const) {
    const error = await failure(vod.upload(Buffer.alloc(9), options as never));
    assert.deepEqual([error.code, words.test(error.message)], [code, true], error.message);
  }
  const other = await failure(vod.uploadImage(OLD, { fileName: "a.gif", replace: image } as never));
  assert.match(other.message, /`replace` is no option here/);
  const { length } = await vod.upload(OLD, { replace: old.mediaId }).then(() => mediaMade(service));
  assert.equal(length, 2);
});

test("suspended it is resumed from its checkpoint, given up it leaves the old bytes", async () => {
  const part = { partSize: "1MiB", allowPrivateSources: true } as const;
  const begin = async () => {
    const checkpoint = memoryCheckpoint();
    const budget = { parts: 1 };
    const end = await vod.upload(url, { replace: old.mediaId, checkpoint, budget, ...part });
    assert.ok("suspended" in end);
    return checkpoint;
  };
  const before = await storedSha256(service, old.objectKey);
  await vod.abort(await begin());
  assert.equal(await storedSha256(service, old.objectKey), before);
  await assertNothingOpen(service);
  const checkpoint = await begin();
  assert.equal(await storedSha256(service, old.objectKey), before);
  const saved = JSON.parse(JSON.stringify(await checkpoint.load()));
  assert.deepEqual([saved.version, saved.replace], [1, { mediaId: old.mediaId }]);
  const end = await vod.resume(saved, { source: url, allowPrivateSources: true });
  assert.deepEqual([end.replaced, end.resumed, end.mediaId], [true, true, old.mediaId]);
  await assertReplaced();
});

test("a manifest that would change a replaced media is refused before anything is begun", async () => {
  const path = join(folder, "mixed.jsonl");
  const rows = [
    { source: url, title: "Another" },
    { source: url, replace: old.mediaId, title: "New" },
  ];
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  const { code, stderr } = await cli(["ingest", path, "--allow-private"]);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /mixed\.jsonl, line 2: .*title/);
  await assert.rejects(readFile(`${path}.report.jsonl`), { code: "ENOENT" });
  assert.equal((await mediaMade(service)).length, 1, "the row above was not begun");
});

test("an upload that fails leaves the old bytes", async () => {
  service.setFaults([
    {
      operation: "UploadPart",
      nth: 2,
      action: { kind: "answer", status: 403, code: "AccessDenied" },
    },
  ]);
  const before = await storedSha256(service, old.objectKey);
  const options = { replace: old.mediaId, partSize: "1MiB", allowPrivateSources: true };
  assert.equal((await failure(vod.upload(url, options))).code, "permission_denied");
  assert.equal(await storedSha256(service, old.objectKey), before);
  await assertNothingOpen(service);
  assert.ok(!service.log.some(({ operation }) => operation === "DeleteVideo"));
});

test("the command line replaces by either id, waits for the new size and says what follows", async () => {
  for (const by of [
    ["--replace", old.mediaId],
    ["--replace-reference-id", "my-film-1"],
  ]) {
    const args = ["upload", url, "--allow-private", "--wait", ...by];
    const { code, json, stderr } = await cli([...args, "--json"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual([json.mediaId, json.replaced], [old.mediaId, true]);
    assert.match(stderr, /^note: VOD transcodes the replaced media/m);
    await assertReplaced();
  }
  const piped = ["upload", "-", "--json", "--replace", old.mediaId];
  const end = await cli(piped, { stdin: OLD });
  assert.deepEqual([end.code, end.json.objectKey, end.json.bytes], [0, old.objectKey, OLD.length]);
  const both = ["--replace", old.mediaId, "--replace-reference-id", "my-film-1"];
  const refused = await cli(["upload", url, "--allow-private", "--json", ...both]);
  assert.deepEqual([refused.code, refused.json.error.code], [2, "invalid_argument"]);
  const named = ["--replace", old.mediaId, "--reference-id", "my-film-1"];
  const wrong = await cli(["upload", url, "--allow-private", ...named]);
  assert.match(wrong.stderr, /--reference-id` cannot .* `--replace-reference-id`/);
  const short = await cli(["upload", url, "--allow-private", "--replace-reference-id", "R1"]);
  assert.match(short.stderr, /`--replace-reference-id` must be 6 to 64/);
  const other = await cli(["upload", url, "--as", "image", "--json", "--replace", old.mediaId]);
  assert.equal(other.code, 2);
});

test("rows of a manifest replace, and are not adopted", async () => {
  const second = await vod.upload(OLD, { ...MADE, referenceId: "my-film-2" });
  const csv = join(folder, "films.csv");
  const rows = [`${url},${old.mediaId},`, `${url}?2,,my-film-2`];
  await writeFile(csv, ["source,replace,replaceReferenceId", ...rows].join("\n"));
  const done = await cli(["ingest", csv, "--allow-private", "--json"]);
  assert.equal(done.code, 0, done.stderr);
  assert.equal(done.json.done, 2);
  const notes = done.stderr.match(/^note: VOD transcodes the replaced media/gm);
  assert.equal(notes?.length, 1, `it is said once for all rows: ${done.stderr}`);
  const report = (await readFile(`${csv}.report.jsonl`, "utf8")).trim().split("\n");
  assert.deepEqual(
    report.map((line) => JSON.parse(line).replaced),
    [true, true],
  );
  const jsonl = join(folder, "films.jsonl");
  await writeFile(jsonl, JSON.stringify({ url, replace: { referenceId: "my-film-1" } }));
  const again = await cli(["ingest", jsonl, "--allow-private", "--json"]);
  assert.equal(again.code, 0, again.stderr);
  for (const { objectKey } of [old, second]) {
    assert.equal(await storedSha256(service, objectKey), await origin.sha256("/film.mp4"));
  }
  assert.equal((await mediaMade(service)).length, 2);
});

test("a media is waited for by its reference id, until VOD reports the new size", async () => {
  await vod.upload(url, { replace: old.mediaId, allowPrivateSources: true });
  const by = { referenceId: "my-film-1" };
  assert.equal(await vod.waitUntilReady(by, { size: 3 * MIB }), "Normal");
  const late = await failure(vod.waitUntilReady(by, { size: 5, timeout: 50 }));
  assert.equal(late.code, "not_ready");
});
