import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import { call, decode, initiate, keysOf, ossV4, vodRpc } from "./client.ts";

let emulator: Emulator;
beforeEach(async () => {
  await emulator?.close();
  emulator = await startEmulator();
});
after(() => emulator.close());

async function create(parameters: Record<string, string>, content?: string) {
  const { reply } = await call(emulator, "CreateUploadVideo", {
    Title: "t",
    FileName: "f.mp4",
    ...parameters,
  });
  const { FileName: key = "", ObjectPrefix: prefix = "" } = decode(reply.UploadAddress);
  const keys = keysOf(reply);
  if (content !== undefined) await ossV4(emulator, { method: "PUT", key, keys, body: content });
  return { id: reply.VideoId as string, key, prefix, keys };
}

test("GetVideoInfo says what was given at creation, and what has arrived", async () => {
  const userData = '{"Extend":{"a":1}}';
  const { id } = await create(
    {
      Title: "Film",
      Description: "D",
      Tags: "a,b",
      CateId: "7",
      UserData: userData,
      ReferenceId: "my-film",
    },
    "12345",
  );
  for (const parameters of [{ VideoId: id }, { ReferenceId: "my-film" }]) {
    const { Video } = (await call(emulator, "GetVideoInfo", parameters)).reply;
    const { VideoId, Title, Description, Tags, CateId, UserData, ReferenceId, Status, Size } =
      Video;
    deepEqual(
      { VideoId, Title, Description, Tags, CateId, UserData, ReferenceId, Status, Size },
      {
        VideoId: id,
        Title: "Film",
        Description: "D",
        Tags: "a,b",
        CateId: 7,
        UserData: userData,
        ReferenceId: "my-film",
        Status: "Normal",
        Size: 5,
      },
    );
    equal(Video.StorageLocation, `${emulator.bucket}.oss-cn-shanghai.aliyuncs.com`);
  }
  const empty = await create({});
  const { Video } = (await call(emulator, "GetVideoInfo", { VideoId: empty.id })).reply;
  deepEqual([Video.Status, Video.Size], ["Uploading", 0]);
  equal(
    (await call(emulator, "GetVideoInfo", { VideoId: "0" })).reply.Code,
    "InvalidVideo.NotFound",
  );
});

test("GetVideoInfos tells the found from the unknown", async () => {
  const [a, b] = [await create({ ReferenceId: "first-1" }, "x"), await create({})];
  const { reply } = await call(emulator, "GetVideoInfos", { VideoIds: `${a.id},nope,${b.id}` });
  deepEqual(
    reply.VideoList.map((video: { VideoId: string }) => video.VideoId),
    [a.id, b.id],
  );
  deepEqual(reply.NonExistVideoIds, ["nope"]);
  const byReference = await call(emulator, "GetVideoInfos", { ReferenceIds: "first-1,other-1" });
  equal(byReference.reply.VideoList[0].VideoId, a.id);
  deepEqual(byReference.reply.NonExistReferenceIds, ["other-1"]);
});

test("SearchMedia filters, sorts and pages", async () => {
  const search = async (parameters: Record<string, string>) => {
    const { status, reply } = await call(emulator, "SearchMedia", parameters);
    equal(status, 200, reply.Message);
    return {
      total: reply.Total,
      titles: reply.MediaList.map((row: { Video: { Title: string } }) => row.Video.Title),
    };
  };
  for (const [Title, content] of [
    ["Red film", "1"],
    ["Blue film", "22"],
    ["Green", undefined],
  ] as const) {
    await create({ Title, Tags: Title.toLowerCase() }, content);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await create({ Title: "Song", FileName: "s.mp3" });
  await call(emulator, "CreateUploadImage", { ImageType: "cover", Title: "Image" });
  deepEqual(await search({}), { total: 3, titles: ["Green", "Blue film", "Red film"] });
  deepEqual(await search({ SortBy: "CreationTime:Asc", PageSize: "2", PageNo: "2" }), {
    total: 3,
    titles: ["Green"],
  });
  deepEqual((await search({ Match: "Title in ('FILM')" })).titles, ["Blue film", "Red film"]);
  deepEqual((await search({ Match: "Status = 'Uploading'" })).titles, ["Green"]);
  deepEqual((await search({ Match: "Size = [1,2) and Title = 'film'" })).titles, ["Red film"]);
  deepEqual((await search({ Match: "(Title = 'Red' or Title = 'Green')" })).titles, [
    "Green",
    "Red film",
  ]);
  deepEqual(
    (await search({ Match: "CreationTime = [2000-01-01T00:00:00Z,2001-01-01T00:00:00Z]" })).total,
    0,
  );
  const audio = await call(emulator, "SearchMedia", { SearchType: "audio", Fields: "Size" });
  equal(audio.reply.MediaList[0].Audio.Title, "Song");
  equal(audio.reply.MediaList[0].Audio.Size, 0);
  const image = await call(emulator, "SearchMedia", { SearchType: "image" });
  equal(image.reply.MediaList[0].Image.Title, "Image");
  for (const parameters of [
    { Match: "Title =" },
    { Match: "a = 1 or b = 2" },
    { PageSize: "101" },
    { SearchType: "text" },
  ] as const) {
    equal((await call(emulator, "SearchMedia", parameters)).status, 400);
  }
});

test("DeleteVideo removes the file, its object, its segments and its open parts", async () => {
  const video = await create({ FileName: "list.m3u8" }, "#EXTM3U");
  const { prefix, keys } = video;
  await ossV4(emulator, { method: "PUT", key: `${prefix}1.ts`, keys, body: "ts" });
  await initiate(emulator, `${prefix}2.ts`, keys);
  const other = await create({}, "stays");
  const path = (key: string) => join(emulator.dir, emulator.bucket, key);
  ok(existsSync(path(`${prefix}1.ts`)));
  const { reply } = await call(emulator, "DeleteVideo", { VideoIds: `${video.id},nope` });
  deepEqual(reply.NonExistVideoIds, ["nope"]);
  for (const key of [video.key, `${prefix}1.ts`]) equal(existsSync(path(key)), false, key);
  deepEqual(await emulator.openUploads(), []);
  ok(existsSync(path(other.key)));
  const gone = await call(emulator, "GetMezzanineInfo", { VideoId: video.id });
  deepEqual([gone.status, gone.reply.Code], [404, "InvalidVideo.NotFound"]);
  const again = await call(emulator, "DeleteVideo", { VideoIds: video.id });
  deepEqual([again.status, again.reply.Code], [404, "InvalidVideo.NotFound"]);
});

test("DeleteMultipartUpload aborts by media id, without the upload id", async () => {
  const { id, key, keys } = await create({});
  const parameters = { MediaId: id, MediaType: "video" };
  const none = await call(emulator, "DeleteMultipartUpload", parameters);
  deepEqual([none.status, none.reply.Code], [400, "InvalidMultipartUpload.NotFound"]);
  const uploadId = await initiate(emulator, key, keys);
  const query = { partNumber: "1", uploadId };
  await ossV4(emulator, { method: "PUT", key, keys, query, body: "part" });
  equal((await call(emulator, "DeleteMultipartUpload", parameters)).status, 200);
  deepEqual(await emulator.openUploads(), []);
  const list = await ossV4(emulator, { method: "GET", key, keys, query: { uploadId } });
  equal(list.status, 404);
  const unknown = await call(emulator, "DeleteMultipartUpload", { ...parameters, MediaId: "x" });
  equal(unknown.reply.Code, "InvalidVideo.NotFound");
});

test("GetUploadDetails counts what has arrived of an open upload", async () => {
  const { id, key, keys } = await create({ FileSize: "400000" });
  const uploadId = await initiate(emulator, key, keys);
  const query = { partNumber: "1", uploadId };
  await ossV4(emulator, { method: "PUT", key, keys, query, body: Buffer.alloc(100_000) });
  const { reply } = await call(emulator, "GetUploadDetails", { MediaIds: `${id},nope` });
  const [detail] = reply.UploadDetails;
  deepEqual(
    [detail.UploadStatus, detail.UploadSize, detail.FileSize, detail.UploadRatio],
    ["UPLOADING", 100_000, 400_000, 0.25],
  );
  deepEqual(reply.NonExistMediaIds, ["nope"]);
  await ossV4(emulator, { method: "PUT", key, keys, body: "done" });
  const done = (await call(emulator, "GetUploadDetails", { MediaIds: id })).reply.UploadDetails[0];
  deepEqual([done.UploadStatus, done.UploadRatio, done.UploadSize], ["UPLOAD_SUCCESS", 1, 4]);
  const many = await call(emulator, "GetUploadDetails", { MediaIds: Array(21).fill(id).join(",") });
  equal(many.reply.Code, "LimitExceeded.MediaIds");
});

test("a list becomes a repeated element in XML", async () => {
  const { id } = await create({});
  const reply = await vodRpc(emulator, {
    action: "GetVideoInfos",
    parameters: { VideoIds: `${id},a,b`, Format: "XML" },
  });
  match(reply.text, /<NonExistVideoIds>a<\/NonExistVideoIds>\s*<NonExistVideoIds>b</);
});
