import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import { call, decode, ossV4, send, uploadTarget, vodAcs3, vodRpc, xmlText } from "./client.ts";

let emulator: Emulator;
before(async () => {
  emulator = await startEmulator({ region: "ap-southeast-1" });
});
after(() => emulator.close());

async function create(parameters: Record<string, string>) {
  const reply = await vodAcs3(emulator, {
    action: "CreateUploadVideo",
    parameters: { Title: "t", FileName: "f.mp4", ...parameters },
  });
  return { status: reply.status, reply: JSON.parse(reply.text) };
}

test("CreateUploadVideo hands out an address and a credential as base64 of JSON", async () => {
  const { status, reply } = await create({ Title: "Film", FileName: "dir/Some Film.MP4" });
  equal(status, 200);
  match(reply.RequestId, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  const address = decode(reply.UploadAddress);
  deepEqual(address, {
    Endpoint: emulator.endpoint,
    Bucket: emulator.bucket,
    FileName: `sv/${reply.VideoId}/${reply.VideoId}.mp4`,
  });
  const auth = decode(reply.UploadAuth);
  match(auth.AccessKeyId ?? "", /^STS\./);
  match(auth.ExpireUTCTime ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  equal(auth.Expiration, "3600");
  equal(auth.Region, "ap-southeast-1");
  equal(reply.UploadAuth.length % 4, 0);
});

test("a playlist gets a prefix for its segments", async () => {
  const { reply } = await create({ FileName: "list.m3u8" });
  equal(decode(reply.UploadAddress).ObjectPrefix, `sv/${reply.VideoId}/`);
});

test("RefreshUploadVideo keeps the address and renews the credential, where each call has its own", async (context) => {
  const emulator = await startEmulator({ habits: { credentials: "fresh" } });
  context.after(() => emulator.close());
  const parameters = { Title: "t", FileName: "f.mp4", ReferenceId: "my-reference" };
  const { reply } = await call(emulator, "CreateUploadVideo", parameters);
  for (const by of [{ VideoId: reply.VideoId }, { ReferenceId: "my-reference" }]) {
    const again = await vodRpc(emulator, { action: "RefreshUploadVideo", parameters: by });
    const refreshed = JSON.parse(again.text);
    equal(refreshed.UploadAddress, reply.UploadAddress);
    notEqual(decode(refreshed.UploadAuth).SecurityToken, decode(reply.UploadAuth).SecurityToken);
  }
});

test("GetMezzanineInfo knows no file before one has arrived", async () => {
  const target = await uploadTarget(emulator, "CreateUploadVideo", {
    Title: "t",
    FileName: "f.mp4",
  });
  const ask = { action: "GetMezzanineInfo", parameters: { VideoId: target.videoId } };
  const before = await vodRpc(emulator, ask);
  deepEqual([before.status, JSON.parse(before.text).Code], [404, "InvalidFile.NotFound"]);
  await ossV4(emulator, { method: "PUT", key: target.key, keys: target.keys, body: "12345" });
  const info = JSON.parse((await vodRpc(emulator, ask)).text).Mezzanine;
  deepEqual([info.Status, info.Size, info.FileName], ["Normal", 5, target.key]);
  const url = new URL(info.FileURL);
  const read = await send(emulator.endpoint, { method: "GET", target: url.pathname + url.search });
  equal(read.text, "12345");
});

const refusals: [why: string, parameters: Record<string, string>, outcome: string][] = [
  ["no title", { Title: "" }, "400 MissingTitle"],
  ["a title of 129 characters", { Title: "ü".repeat(129) }, "400 LengthExceededMax"],
  ["an emoji in the title", { Title: "film 🎬" }, "400 IllegalCharacters"],
  ["a long description", { Description: "d".repeat(1025) }, "400 LengthExceededMax"],
  ["17 tags", { Tags: Array(17).fill("t").join(",") }, "400 TagsExceededMax"],
  ["a tag of 33 characters", { Tags: `a,${"t".repeat(33)}` }, "400 LengthExceededMax"],
  ["no extension", { FileName: "film" }, "400 InvalidFileName.Extension"],
  ["an extension VOD does not know", { FileName: "film.txt" }, "400 InvalidFileName.Extension"],
  ["a size that is no number", { FileSize: "many" }, "400 InvalidParameter.FileSize"],
  ["user data that is no JSON", { UserData: "{" }, "400 InvalidParameter.UserData"],
  ["a bucket that is not there", { StorageLocation: "x" }, "403 InvalidStorage.NotFound"],
  ["a short reference", { ReferenceId: "abc" }, "400 InvalidParameter.ReferenceId"],
  ["another region", { RegionId: "cn-beijing" }, "404 InvalidRegionId.NotFound"],
];
for (const [why, parameters, outcome] of refusals) {
  test(`CreateUploadVideo refuses ${why}`, async () => {
    const { status, reply } = await create(parameters);
    equal(`${status} ${reply.Code}`, outcome);
    deepEqual(Object.keys(reply), ["RequestId", "HostId", "Code", "Message", "Recommend"]);
  });
}

test("the limits themselves are still good", async () => {
  const tags = Array(16).fill("t".repeat(32)).join(",");
  const parameters = { Title: "映".repeat(128), Description: "d".repeat(1024), Tags: tags };
  equal((await create(parameters)).status, 200);
});

test("a ReferenceId belongs to one video only", async () => {
  equal((await create({ ReferenceId: "only-once" })).status, 200);
  const { status, reply } = await create({ ReferenceId: "only-once" });
  equal(`${status} ${reply.Code}`, "400 InvalidParameter.ReferenceId");
});

test("a video that does not exist is not found", async () => {
  for (const action of ["RefreshUploadVideo", "GetMezzanineInfo"]) {
    const reply = await vodRpc(emulator, { action, parameters: { VideoId: "0".repeat(32) } });
    equal(reply.status, 404);
    equal(JSON.parse(reply.text).Code, "InvalidVideo.NotFound");
  }
});

test("unknown actions and versions are refused", async () => {
  const unknown = await vodRpc(emulator, { action: "MakeCoffee" });
  equal(unknown.status, 404);
  equal(JSON.parse(unknown.text).Code, "InvalidAction.NotFound");
  const parameters = { Version: "2016-01-01" };
  const old = await vodRpc(emulator, { action: "GetMezzanineInfo", parameters });
  equal(JSON.parse(old.text).Code, "InvalidVersion");
});

test("without Format=JSON the answer is XML", async () => {
  const parameters = { Format: "XML", Title: "t", FileName: "f.mp4" };
  const good = await vodRpc(emulator, { action: "CreateUploadVideo", parameters });
  match(good.headers["content-type"] ?? "", /xml/);
  match(xmlText(good.text, "VideoId"), /^[0-9a-f]{32}$/);
  const bad = await send(emulator.endpoint, {
    method: "GET",
    target: "/?Action=CreateUploadVideo",
  });
  equal(xmlText(bad.text, "Code"), "MissingVersion");
});
