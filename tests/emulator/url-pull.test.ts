import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import { call } from "./client.ts";

const FILM = randomBytes(3_000_000);
let origin: string;
let held: ServerResponse[] = [];
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "", "http://h");
  if (pathname.includes("moved")) response.writeHead(302, { Location: "/film.mp4" }).end();
  else if (pathname.includes("missing")) response.writeHead(404).end("no");
  else if (pathname.includes("empty")) response.writeHead(200).end();
  else if (pathname.includes("hold")) held.push(response);
  else if (pathname.includes("dies")) {
    response.writeHead(200, { "Content-Length": FILM.length });
    response.write(FILM.subarray(0, 1000), () => response.destroy());
  } else response.writeHead(200, { "Content-Type": "video/mp4" }).end(FILM);
});

let emulator: Emulator;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  await emulator?.close();
  held = [];
  emulator = await startEmulator({ allowPrivate: true, habits: { transcoding: "none" } });
});
after(async () => {
  await emulator.close();
  server.closeAllConnections();
  server.close();
});

async function submit(urls: string[], parameters: Record<string, string> = {}): Promise<string[]> {
  const UploadURLs = urls.map(encodeURIComponent).join(",");
  const { status, reply } = await call(emulator, "UploadMediaByURL", { UploadURLs, ...parameters });
  equal(status, 200, reply.Message);
  deepEqual(
    reply.UploadJobs.map((job: { SourceURL: string }) => job.SourceURL),
    urls,
  );
  return reply.UploadJobs.map((job: { JobId: string }) => job.JobId);
}

type Row = Record<string, string>;

async function rows(ids: string[]): Promise<Row[]> {
  const { reply } = await call(emulator, "GetURLUploadInfos", { JobIds: ids.join(",") });
  return reply.URLUploadInfoList;
}

async function settled(ids: string[]): Promise<Row[]> {
  for (;;) {
    const found = await rows(ids);
    const over = (row: Row) => /^SUCCESS$|_FAIL$/.test(row.Status ?? "");
    if (found.every(over)) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a URL is really fetched, becomes a video with its metadata, and is told of", async () => {
  const url = `${origin}/dir/film.mp4?a=1,2&b=ü`;
  const metadata = [
    { SourceURL: url, Title: "Film, pulled", Tags: "a,b", ReferenceId: "pulled-1", FileSize: 3 },
    { SourceURL: "http://elsewhere/x.mp4", Title: "of no effect" },
  ];
  const ids = await submit([url], {
    UploadMetadatas: JSON.stringify(metadata),
    TemplateGroupId: "group",
    UserData: '{"Extend":{"a":1}}',
  });
  const [row] = await settled(ids);
  deepEqual(
    [row?.Status, row?.UploadURL, row?.FileSize, row?.ErrorCode],
    ["SUCCESS", url, String(FILM.length), undefined],
  );
  match(row?.CompleteTime ?? "", /^\d{4}-.*Z$/);
  const { Video } = (await call(emulator, "GetVideoInfo", { ReferenceId: "pulled-1" })).reply;
  equal(Video.VideoId, row?.MediaId);
  deepEqual(
    [Video.Title, Video.Tags, Video.TemplateGroupId, Video.Size, Video.Status],
    ["Film, pulled", "a,b", "group", FILM.length, "Normal"],
  );
  const key = `sv/${Video.VideoId}/${Video.VideoId}.mp4`;
  deepEqual(await readFile(join(emulator.dir, emulator.bucket, key)), FILM);
  deepEqual(
    emulator.events.map(({ type, body }) => [type, body.VideoId, body.JobId, body.Extend]),
    [
      ["FileUploadComplete", Video.VideoId, undefined, '{"a":1}'],
      ["UploadByURLComplete", Video.VideoId, ids[0], '{"a":1}'],
    ],
  );
  equal(emulator.events[1]?.body.SourceURL, url);
  equal(emulator.events[1]?.body.Status, "success");
  equal(emulator.events[1]?.body.Size, String(FILM.length));
});

test("redirects are followed, and FileExtension serves a URL without one", async () => {
  const bare = `${origin}/moved`;
  const refused = await call(emulator, "UploadMediaByURL", {
    UploadURLs: encodeURIComponent(bare),
  });
  equal(refused.reply.Code, "InvalidFileName.Extension");
  const metadata = [{ SourceURL: bare, Title: "t", FileExtension: "MOV" }];
  const [row] = await settled(await submit([bare], { UploadMetadatas: JSON.stringify(metadata) }));
  equal(row?.Status, "SUCCESS");
  const key = `sv/${row?.MediaId}/${row?.MediaId}.mov`;
  const sha = (data: Buffer) => createHash("sha256").update(data).digest("hex");
  equal(sha(await readFile(join(emulator.dir, emulator.bucket, key))), sha(FILM));
});

test("a source that fails, dies or is empty ends in DOWNLOAD_FAIL with a reason, and makes no media", async () => {
  const urls = ["missing.mp4", "dies.mp4", "empty.mp4"].map((name) => `${origin}/${name}`);
  const found = await settled(await submit([...urls, "http://127.0.0.1:1/refused.mp4"]));
  deepEqual(
    found.map((row) => [row.Status, row.ErrorCode, row.MediaId]),
    [
      ["DOWNLOAD_FAIL", "FileDownloadFailed", undefined],
      ["DOWNLOAD_FAIL", "FileDownloadFailed", undefined],
      ["DOWNLOAD_FAIL", "InvalidFile.Empty", undefined],
      ["DOWNLOAD_FAIL", "FileDownloadFailed", undefined],
    ],
  );
  match(found[0]?.ErrorMessage ?? "", /answered 404/);
  equal((await call(emulator, "SearchMedia")).reply.Total, 0);
  equal(emulator.events.length, 4);
  ok(emulator.events.every(({ body }) => body.Status === "fail" && body.ErrorCode !== undefined));
});

test("a fault rule makes the service's own half fail", async () => {
  emulator.setFaults([
    { operation: "URLUpload", nth: 1, action: { kind: "answer", status: 500, code: "Broken" } },
  ]);
  const ids = await submit([`${origin}/a.mp4`]);
  const [row] = await settled(ids);
  deepEqual([row?.Status, row?.ErrorCode], ["UPLOAD_FAIL", "Broken"]);
  const [again] = await settled(await submit([`${origin}/a.mp4`]));
  equal(again?.Status, "SUCCESS");
  const byUrl = await call(emulator, "GetURLUploadInfos", {
    UploadURLs: `${encodeURIComponent(`${origin}/a.mp4`)},${encodeURIComponent("http://x/y.mp4")}`,
  });
  deepEqual(
    byUrl.reply.URLUploadInfoList.map((info: Row) => info.Status),
    ["SUCCESS", "UPLOAD_FAIL"],
  );
  deepEqual(byUrl.reply.NonExists, ["http://x/y.mp4"]);
});

test("jobs wait their turn; one that waits can be canceled, one that runs cannot", async () => {
  const urls = Array.from({ length: 6 }, (_, n) => `${origin}/hold${n}.mp4`);
  const ids = await submit(urls);
  const waitFor = async (count: number) => {
    while (held.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await waitFor(4);
  deepEqual(
    (await rows(ids)).map((row) => row.Status),
    [...Array(4).fill("DOWNLOADING"), "PENDING", "PENDING"],
  );
  const running = ids[0] ?? "";
  const waiting = ids[5] ?? "";
  const { reply } = await call(emulator, "CancelUrlUploadJobs", {
    JobIds: `${running},${waiting},nope`,
  });
  deepEqual([reply.CanceledJobs, reply.NonExists], [[waiting], ["nope"]]);
  const byUrl = await call(emulator, "CancelUrlUploadJobs", {
    UploadUrls: encodeURIComponent(urls[4] ?? ""),
  });
  deepEqual(byUrl.reply.CanceledJobs, [ids[4]]);
  for (const response of held) response.writeHead(200).end("film");
  equal((await settled(ids.slice(0, 4))).length, 4);
  equal(held.length, 4);
  const infos = await call(emulator, "GetURLUploadInfos", { JobIds: waiting });
  deepEqual(infos.reply.NonExists, [waiting]);
});

test("a SessionId counts once in ten minutes", async () => {
  const parameters = {
    UploadURLs: encodeURIComponent(`${origin}/a.mp4`),
    SessionId: "night-run-7",
  };
  equal((await call(emulator, "UploadMediaByURL", parameters)).status, 200);
  const again = await call(emulator, "UploadMediaByURL", parameters);
  deepEqual([again.status, again.reply.Code], [400, "InvalidParameter.SessionId"]);
  const other = { ...parameters, SessionId: "night-run-8" };
  equal((await call(emulator, "UploadMediaByURL", other)).status, 200);
  emulator.setClockOffset(11 * 60 * 1000);
  equal((await call(emulator, "UploadMediaByURL", parameters)).status, 200);
  emulator.setClockOffset(0);
});

test("what cannot be a job is refused before any job is made", async () => {
  const good = encodeURIComponent(`${origin}/a.mp4`);
  const cases: [Record<string, string>, string][] = [
    [{}, "MissingUploadURLs"],
    [{ UploadURLs: `${good},ftp%3A%2F%2Fh%2Fa.mp4` }, "InvalidParameter.UploadURLs"],
    [{ UploadURLs: "not-a-url" }, "InvalidParameter.UploadURLs"],
    [{ UploadURLs: Array(21).fill(good).join(",") }, "InvalidParameter.UploadURLs"],
    [{ UploadURLs: good, UploadMetadatas: "{" }, "InvalidParameter.UploadMetadatas"],
    [{ UploadURLs: good, UploadMetadatas: "{}" }, "InvalidParameter.UploadMetadatas"],
    [{ UploadURLs: good, UploadMetadatas: '[{"SourceURL":"x"}]' }, "MissingUploadMetadatas.Title"],
    [{ UploadURLs: good, SessionId: "no spaces" }, "InvalidParameter.SessionId"],
  ];
  for (const [parameters, code] of cases) {
    const { status, reply } = await call(emulator, "UploadMediaByURL", parameters);
    deepEqual([status, reply.Code], [400, code]);
  }
  for (const action of ["GetURLUploadInfos", "CancelUrlUploadJobs"]) {
    equal((await call(emulator, action)).reply.Code, "MissingJobIds");
  }
  const infos = await call(emulator, "GetURLUploadInfos", { UploadURLs: good });
  deepEqual(infos.reply.URLUploadInfoList, []);
});

test("a restart takes up the jobs that were not done", async () => {
  const dir = await mkdtemp(join(tmpdir(), "vodlift-url-pull-"));
  await emulator.close();
  emulator = await startEmulator({ dir, allowPrivate: true });
  const ids = await submit([`${origin}/hold.mp4`, `${origin}/b.mp4`]);
  while (held.length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
  await settled(ids.slice(1));
  await emulator.close();
  emulator = await startEmulator({ dir, allowPrivate: true });
  while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  held[1]?.writeHead(200).end(FILM);
  const found = await settled(ids);
  deepEqual(
    found.map((row) => [row.Status, row.FileSize]),
    Array(2).fill(["SUCCESS", String(FILM.length)]),
  );
  await emulator.close();
  await rm(dir, { recursive: true, force: true });
});
