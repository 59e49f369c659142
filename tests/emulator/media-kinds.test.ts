import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import { call, decode, keysOf, ossV4, send, xmlText } from "./client.ts";

let emulator: Emulator;
before(async () => {
  emulator = await startEmulator();
});
after(() => emulator.close());

test("CreateUploadImage gives an id, two URLs and a credential, and the image can be read by its URL", async () => {
  const { status, reply } = await call(emulator, "CreateUploadImage", {
    ImageType: "cover",
    ImageExt: "jpg",
    Title: "Cover",
  });
  equal(status, 200);
  const address = decode(reply.UploadAddress);
  match(address.FileName ?? "", /^image\/cover\/[0-9A-F]{32}-6-2\.jpg$/);
  equal(reply.FileURL, `${emulator.endpoint}/${emulator.bucket}/${address.FileName}`);
  const keys = keysOf(reply);
  const put = await ossV4(emulator, {
    method: "PUT",
    key: address.FileName ?? "",
    keys,
    body: "jpeg",
  });
  equal(put.status, 200);
  const { pathname, search } = new URL(reply.ImageURL);
  equal((await send(emulator.endpoint, { method: "GET", target: pathname + search })).text, "jpeg");
  equal((await send(emulator.endpoint, { method: "GET", target: pathname })).status, 403);
});

test("an image is png unless said otherwise, and there is no refresh for it: another call gives another id", async () => {
  const first = await call(emulator, "CreateUploadImage", { ImageType: "default" });
  match(decode(first.reply.UploadAddress).FileName ?? "", /^image\/default\/.*\.png$/);
  const refreshed = await call(emulator, "RefreshUploadVideo", { VideoId: first.reply.ImageId });
  deepEqual([refreshed.status, refreshed.reply.Code], [404, "InvalidVideo.NotFound"]);
  const again = await call(emulator, "CreateUploadImage", { ImageType: "default" });
  notEqual(again.reply.ImageId, first.reply.ImageId);
  notEqual(again.reply.UploadAddress, first.reply.UploadAddress);
});

test("an image and an attached media tell whether their file has arrived", async () => {
  const image = await call(emulator, "CreateUploadImage", { ImageType: "cover", Title: "C" });
  const media = await call(emulator, "CreateUploadAttachedMedia", {
    BusinessType: "subtitle",
    MediaExt: "vtt",
  });
  const ids = { ImageId: image.reply.ImageId, MediaIds: `${media.reply.MediaId},none` };
  const imageInfo = async () => (await call(emulator, "GetImageInfo", ids)).reply.ImageInfo;
  const mediaInfo = async () => (await call(emulator, "GetAttachedMediaInfo", ids)).reply;
  equal((await imageInfo()).Status, "Uploading");
  equal((await mediaInfo()).AttachedMediaList[0].Status, "Uploading");
  for (const { reply } of [image, media]) {
    const { FileName: key = "" } = decode(reply.UploadAddress);
    equal(
      (await ossV4(emulator, { method: "PUT", key, keys: keysOf(reply), body: "x" })).status,
      200,
    );
  }
  const { Status, ImageType, Title, Mezzanine } = await imageInfo();
  deepEqual([Status, ImageType, Title, Mezzanine.FileSize], ["Normal", "cover", "C", "1"]);
  const { AttachedMediaList: list, NonExistMediaIds } = await mediaInfo();
  deepEqual([list.length, list[0].Status, list[0].Type], [1, "Normal", "subtitle"]);
  deepEqual(NonExistMediaIds, ["none"]);
  const unknown = await call(emulator, "GetImageInfo", { ImageId: media.reply.MediaId });
  deepEqual([unknown.status, unknown.reply.Code], [404, "InvalidImage.NotFound"]);
});

test("CreateUploadAttachedMedia takes MediaExt, or the extension of FileName", async () => {
  for (const [parameters, key] of [
    [{ BusinessType: "watermark", MediaExt: "png" }, /^watermark\/[0-9A-F]{32}\.png$/],
    [{ BusinessType: "subtitle", FileName: "D:\\de.VTT" }, /^subtitle\/[0-9A-F]{32}\.vtt$/],
    [{ BusinessType: "material", MediaExt: "zip", FileSize: "4" }, /^material\/.*\.zip$/],
  ] as const) {
    const { status, reply } = await call(emulator, "CreateUploadAttachedMedia", parameters);
    equal(status, 200, reply.Message);
    const { FileName = "" } = decode(reply.UploadAddress);
    match(FileName, key);
    equal(reply.FileURL, `${emulator.endpoint}/${emulator.bucket}/${FileName}`);
    const keys = keysOf(reply);
    equal((await ossV4(emulator, { method: "PUT", key: FileName, keys, body: "x" })).status, 200);
    const { pathname, search } = new URL(reply.MediaURL);
    equal((await send(emulator.endpoint, { method: "GET", target: pathname + search })).text, "x");
  }
});

test("attached media have CateIds; the CateId that voduploadsdk sends passes unread", async () => {
  const create = (parameters: Record<string, string>) =>
    call(emulator, "CreateUploadAttachedMedia", {
      BusinessType: "watermark",
      MediaExt: "png",
      ...parameters,
    });
  equal((await create({ CateIds: "1,2,3,4,5" })).status, 200);
  equal((await create({ CateId: "no number" })).status, 200);
  for (const CateIds of ["1,2,3,4,5,6", "a", "1,,2"]) {
    const { status, reply } = await create({ CateIds });
    deepEqual([status, reply.Code], [400, "InvalidParameter.CateIds"], CateIds);
  }
});

test("what is missing or unknown is refused with the parameter's name", async () => {
  const cases = [
    ["CreateUploadImage", {}, "MissingImageType"],
    ["CreateUploadImage", { ImageType: "poster" }, "InvalidParameter.ImageType"],
    ["CreateUploadImage", { ImageType: "cover", ImageExt: "bmp" }, "InvalidParameter.ImageExt"],
    ["CreateUploadImage", { ImageType: "cover", Title: "😀" }, "IllegalCharacters"],
    ["CreateUploadAttachedMedia", {}, "MissingBusinessType"],
    ["CreateUploadAttachedMedia", { BusinessType: "subtitle" }, "MissingMediaExt"],
    [
      "CreateUploadAttachedMedia",
      { BusinessType: "subtitle", MediaExt: "png" },
      "InvalidParameter.MediaExt",
    ],
    [
      "CreateUploadAttachedMedia",
      { BusinessType: "watermark", MediaExt: "png", StorageLocation: "other" },
      "InvalidStorage.NotFound",
    ],
  ] as const;
  for (const [action, parameters, code] of cases) {
    equal((await call(emulator, action, parameters)).reply.Code, code);
  }
});

test("the credential of a playlist may write below its prefix, and nowhere else", async (context) => {
  const emulator = await startEmulator({ habits: { credentials: "fresh" } });
  context.after(() => emulator.close());
  const { reply } = await call(emulator, "CreateUploadVideo", { Title: "t", FileName: "a.m3u8" });
  const { ObjectPrefix = "", FileName = "" } = decode(reply.UploadAddress);
  ok(FileName.startsWith(ObjectPrefix));
  const keys = keysOf(reply);
  const put = (key: string) => ossV4(emulator, { method: "PUT", key, keys, body: "x" });
  for (const key of [`${ObjectPrefix}1.ts`, `${ObjectPrefix}deep/er/2.ts`, FileName]) {
    equal((await put(key)).status, 200, key);
    equal(await readFile(join(emulator.dir, emulator.bucket, key), "utf8"), "x");
  }
  const started = await ossV4(emulator, {
    method: "POST",
    key: `${ObjectPrefix}large.ts`,
    query: { uploads: "" },
    keys,
  });
  equal(started.status, 200);
  for (const key of [ObjectPrefix.slice(0, -1), `${ObjectPrefix}../up.ts`, "sv/other/1.ts", "x"]) {
    notEqual((await put(key)).status, 200, key);
  }
  equal(xmlText((await put("sv/other/1.ts")).text, "Code"), "AccessDenied");
});
