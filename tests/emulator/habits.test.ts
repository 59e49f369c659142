// Each habit as a client meets it, value by value; those of events and pulls are beside their own tests.
import { deepEqual, equal, match, notEqual, ok, throws } from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { Credentials } from "../../pkg/src/emulator/credentials.ts";
import { chooseHabits, HABIT_NAMES, habitValues } from "../../pkg/src/emulator/habits.ts";
import type { Asset } from "../../pkg/src/emulator/store/assets.ts";
import { Throttle } from "../../pkg/src/emulator/vod/throttle.ts";
import { UploadCredentials } from "../../pkg/src/emulator/vod/upload-credentials.ts";
import {
  drawHabits,
  type EmulatorOptions,
  type Habits,
  parseHabit,
  startEmulator,
} from "../support/emulator.ts";
import { until } from "../support/until.ts";
import {
  call,
  decode,
  ossV1,
  ossV1Url,
  ossV4,
  ossV4Url,
  uploadTarget,
  vodAcs3,
  xmlText,
} from "./client.ts";

const film = { Title: "t", FileName: "f.mp4" };

async function start(
  context: TestContext,
  habits: Partial<Habits> = {},
  options: EmulatorOptions = {},
) {
  const emulator = await startEmulator({ allowPrivate: true, ...options, habits });
  context.after(() => emulator.close());
  return emulator;
}

async function auth(emulator: Awaited<ReturnType<typeof start>>, action = "CreateUploadVideo") {
  const parameters = action === "CreateUploadImage" ? { ImageType: "default" } : film;
  return decode((await call(emulator, action, parameters)).reply.UploadAuth);
}

test("a habit that is not in the table is refused, and a drawn one is the same for the same seed", () => {
  deepEqual(parseHabit("expiredToken=invalid"), { expiredToken: "invalid" });
  for (const text of ["", "expiredToken", "expiredToken=", "tokenEcho=never", "toString=x"]) {
    throws(() => parseHabit(text), RangeError, text);
  }
  throws(() => chooseHabits({ credentials: "none" } as never), /fresh/);
  for (const name of HABIT_NAMES) {
    equal(chooseHabits()[name], habitValues(name)[0]?.[0]);
    const seen = new Set(Array.from({ length: 100 }, (_, seed) => drawHabits(seed)[name]));
    equal(seen.size, habitValues(name).length, `${name}: a value is never drawn`);
  }
  deepEqual(drawHabits(7), drawHabits(7));
  notEqual(JSON.stringify(drawHabits(7)), JSON.stringify(drawHabits(8)));
});

test("a cached credential is handed out again with its remaining life, for any media of its kind", async (context) => {
  const emulator = await start(context);
  const first = await auth(emulator);
  equal(first.Expiration, "3600");
  emulator.setClockOffset(89_000);
  const later = new Date(Date.now() + 89_000);
  const again = await uploadTarget(emulator, "CreateUploadVideo", film);
  equal(again.keys.accessKeyId, first.AccessKeyId);
  equal(again.keys.securityToken, first.SecurityToken);
  const remaining = Number((await auth(emulator)).Expiration);
  ok(remaining >= 3505 && remaining <= 3511, String(remaining));
  equal((await auth(emulator)).ExpireUTCTime, first.ExpireUTCTime);
  notEqual((await auth(emulator, "CreateUploadImage")).AccessKeyId, first.AccessKeyId);
  const put = { method: "PUT", key: again.key, keys: again.keys, body: "x", date: later };
  equal((await ossV4(emulator, put)).status, 200);
  emulator.setClockOffset(601_000);
  const renewed = await auth(emulator);
  notEqual(renewed.AccessKeyId, first.AccessKeyId);
  equal(renewed.Expiration, "3600");
});

test("a stale credential is handed out until it has ended, and a moment longer", () => {
  const credentials = new Credentials("id", "secret", Buffer.alloc(32));
  const stale = new UploadCredentials(credentials, "stale", 10);
  const asset: Asset = {
    id: "i",
    kind: "video",
    bucket: "b",
    key: "k",
    created: 0,
    parameters: {},
  };
  const at = (ms: number) => stale.for(asset, ms).accessKeyId;
  const first = at(0);
  equal(at(9_999), first);
  equal(at(10_499), first);
  notEqual(at(10_500), first);
});

test("the fields of a credential and its region follow their habits", async (context) => {
  const old = await auth(await start(context, { credentialFields: "old" }));
  deepEqual(Object.keys(old).toSorted(), [
    "AccessKeyId",
    "AccessKeySecret",
    "Expiration",
    "SecurityToken",
  ]);
  const prefixed = await start(context, { credentialRegion: "prefixed" });
  equal((await auth(prefixed)).Region, "oss-cn-shanghai");
  const wrong = await start(
    context,
    { credentialRegion: "wrong-for-images" },
    { region: "cn-beijing" },
  );
  equal((await auth(wrong)).Region, "cn-beijing");
  equal((await auth(wrong, "CreateUploadImage")).Region, "cn-shanghai");
});

test("what an upload credential may read is a habit", async (context) => {
  const statuses = async (credentialReads: Habits["credentialReads"]) => {
    const emulator = await start(context, { credentialReads });
    const { key, keys } = await uploadTarget(emulator, "CreateUploadVideo", film);
    const initiated = await ossV4(emulator, { method: "POST", key, keys, query: { uploads: "" } });
    const uploadId = xmlText(initiated.text, "UploadId");
    await ossV4(emulator, { method: "PUT", key, keys, body: "x" });
    const list = await ossV4(emulator, { method: "GET", key, keys, query: { uploadId } });
    const head = await ossV4(emulator, { method: "HEAD", key, keys });
    const remove = await ossV4(emulator, { method: "DELETE", key, keys });
    return [list.status, head.status, remove.status];
  };
  deepEqual(await statuses("list-parts"), [200, 403, 403]);
  deepEqual(await statuses("objects"), [200, 200, 403]);
  deepEqual(await statuses("nothing"), [403, 403, 403]);
});

const endings = [
  ["expired", "SecurityTokenExpired", "0002-00000007"],
  ["invalid", "InvalidSecurityToken", "0002-00000006"],
  ["unknown-key", "InvalidAccessKeyId", "0002-00000902"],
] as const;
for (const [expiredToken, code, ec] of endings) {
  test(`a credential that has ended is refused as ${code}, and a token is repeated`, async (context) => {
    const emulator = await start(context, { expiredToken });
    const { key, keys } = await uploadTarget(emulator, "CreateUploadVideo", film);
    emulator.setClockOffset(3_601_000);
    const date = new Date(Date.now() + 3_601_000);
    const put = { method: "PUT", key, keys, body: "x", date };
    for (const send of [ossV4, ossV1, ossV4Url]) {
      const reply = await send(emulator, put);
      deepEqual([reply.status, xmlText(reply.text, "Code")], [403, code]);
      equal(xmlText(reply.text, "EC"), ec);
      equal(reply.headers["x-oss-ec"], ec);
      const echoed = expiredToken === "unknown-key" ? "" : keys.securityToken;
      equal(xmlText(reply.text, "SecurityToken"), echoed);
    }
    const head = await ossV4(emulator, { method: "HEAD", key, keys, date });
    const document = Buffer.from(String(head.headers["x-oss-err"]), "base64").toString();
    equal(xmlText(document, "Code"), code);
  });
}

test("an injected refusal of a token repeats it as well; told not to, neither does", async (context) => {
  for (const [tokenEcho, repeated] of [
    ["echoed", true],
    ["left-out", false],
  ] as const) {
    const emulator = await start(context, { tokenEcho });
    const action = { kind: "answer", status: 403, code: "SecurityTokenExpired" } as const;
    emulator.setFaults([{ operation: "PutObject", action }]);
    const { key, keys } = await uploadTarget(emulator, "CreateUploadVideo", film);
    const { text } = await ossV4(emulator, { method: "PUT", key, keys, body: "x" });
    equal(text.includes(keys.securityToken ?? "none"), repeated);
  }
});

test("a presigned URL that has ended is AccessDenied with an EC of its own", async (context) => {
  const emulator = await start(context);
  const date = new Date(Date.now() - 120_000);
  for (const send of [ossV1Url, ossV4Url]) {
    const reply = await send(emulator, { method: "GET", key: "x", date });
    deepEqual([reply.status, xmlText(reply.text, "Code")], [403, "AccessDenied"]);
    equal(xmlText(reply.text, "EC"), "0002-00000069");
  }
});

test("a private cloud's OSS refuses V4, in header and URL, and takes V1", async (context) => {
  const emulator = await start(context, { ossSignatures: "v1-only" });
  const put = { method: "PUT", key: "x", body: "x" };
  const refused = await ossV4(emulator, put);
  deepEqual([refused.status, xmlText(refused.text, "Code")], [400, "InvalidArgument"]);
  match(xmlText(refused.text, "Message"), /^Authorization header is invalid/);
  equal((await ossV4Url(emulator, { method: "GET", key: "x" })).status, 403);
  equal((await ossV1(emulator, put)).status, 200);
});

test("a wrong region and a wrong endpoint are refused with what the service says of them", async (context) => {
  const emulator = await start(context);
  const region = await ossV4(emulator, {
    method: "PUT",
    key: "x",
    body: "x",
    region: "cn-beijing",
  });
  deepEqual([region.status, xmlText(region.text, "Code")], [400, "InvalidArgument"]);
  match(xmlText(region.text, "Message"), /^Invalid signing region/);
  equal(xmlText(region.text, "EC"), "0002-00000226");
  const at = (host: string) =>
    ossV4(emulator, { method: "PUT", key: "x", body: "x", headers: { host } });
  const elsewhere = await at("oss-cn-beijing.aliyuncs.com");
  deepEqual([elsewhere.status, xmlText(elsewhere.text, "Code")], [403, "AccessDenied"]);
  equal(xmlText(elsewhere.text, "EC"), "0003-00001403");
  equal(xmlText(elsewhere.text, "Endpoint"), "oss-cn-shanghai.aliyuncs.com");
  for (const host of ["oss-cn-shanghai-internal.aliyuncs.com", "oss-accelerate.aliyuncs.com"]) {
    equal((await at(host)).status, 200, host);
  }
});

test("UploadPart has its own EC for an upload that is gone", async (context) => {
  const emulator = await start(context);
  const query = { uploadId: "0123456789ABCDEF0123456789ABCDEF" };
  const part = { method: "PUT", key: "x", query: { ...query, partNumber: "1" }, body: "x" };
  equal(xmlText((await ossV4(emulator, part)).text, "EC"), "0017-00000244");
  const list = await ossV4(emulator, { method: "GET", key: "x", query });
  equal(xmlText(list.text, "EC"), "0042-00000002");
});

test("InvalidStorage.NotFound comes with any of three statuses", async (context) => {
  for (const status of [403, 404, 400] as const) {
    const emulator = await start(context, { storageNotFound: `status-${status}` });
    const refused = await call(emulator, "CreateUploadVideo", { ...film, StorageLocation: "x" });
    deepEqual([refused.status, refused.reply.Code], [status, "InvalidStorage.NotFound"]);
  }
});

test("a denial names the missing permission, in JSON and in XML, unless told not to", async (context) => {
  const detailed = await start(context);
  const { keys, key } = await uploadTarget(detailed, "CreateUploadVideo", film);
  const vod = JSON.parse((await vodAcs3(detailed, { action: "DeleteVideo", keys })).text);
  equal(vod.AccessDeniedDetail.AuthAction, "vod:DeleteVideo");
  equal(vod.AccessDeniedDetail.NoPermissionType, "ImplicitDeny");
  const oss = await ossV4(detailed, { method: "GET", key, keys });
  equal(xmlText(oss.text, "AuthAction"), "oss:GetObject");
  equal(xmlText(oss.text, "NoPermissionType"), "ImplicitDeny");
  const plain = await start(context, { denials: "plain" });
  const other = await uploadTarget(plain, "CreateUploadVideo", film);
  const bare = await vodAcs3(plain, { action: "DeleteVideo", keys: other.keys });
  equal(JSON.parse(bare.text).AccessDeniedDetail, undefined);
});

test("calls beyond the limit of a second are throttled, and the next second's are not", async (context) => {
  const throttle = new Throttle(2);
  const refused = (ms: number) => {
    try {
      throttle.count(ms, "Throttling");
      return false;
    } catch {
      return true;
    }
  };
  deepEqual([5_000, 5_001, 5_999, 6_000].map(refused), [false, false, true, false]);
  const emulator = await start(context, { throttling: "Throttling.Api" }, { qps: 1 });
  const calls = Array.from({ length: 20 }, () => call(emulator, "SearchMedia"));
  const limited = (await Promise.all(calls)).find(({ status }) => status !== 200);
  deepEqual([limited?.status, limited?.reply.Code], [400, "Throttling.Api"]);
});

test("objects of videos lie where real ones do", async (context) => {
  const shapes: Record<Habits["objectKeys"], RegExp> = {
    sv: /^sv\/([0-9a-f]{32})\/\1\.mp4$/,
    video: /^video\/([0-9a-f]{32})\/\1\.mp4$/,
    workflow: /^original\/workflow\/([0-9a-f]{32})\/\1\.mp4$/,
    customerTrans: /^customerTrans\/[0-9a-f]{32}\/[0-9a-f]{32}\.mp4$/,
  };
  for (const [objectKeys, shape] of Object.entries(shapes)) {
    const emulator = await start(context, { objectKeys: objectKeys as Habits["objectKeys"] });
    match((await uploadTarget(emulator, "CreateUploadVideo", film)).key, shape);
  }
});

test("an image's URL is presigned for an hour, or a CDN's", async (context) => {
  const made = async (imageUrl: Habits["imageUrl"]) =>
    (await call(await start(context, { imageUrl }), "CreateUploadImage", { ImageType: "cover" }))
      .reply;
  const { searchParams } = new URL((await made("presigned")).ImageURL);
  const life = Number(searchParams.get("Expires")) - Date.now() / 1000;
  ok(life > 3500 && life <= 3600, String(life));
  const cdn = await made("cdn");
  equal(cdn.ImageURL, cdn.FileURL);
});

test("what VOD tells of a video follows the habits of its replies", async (context) => {
  const told = async (habits: Partial<Habits>) => {
    const emulator = await start(context, habits);
    const parameters = {
      ...film,
      CoverURL: "http://example.com/c.jpg",
      ReferenceId: "reference-1",
    };
    const { key, keys, videoId } = await uploadTarget(emulator, "CreateUploadVideo", parameters);
    const early = await call(emulator, "GetMezzanineInfo", { VideoId: videoId });
    await ossV4(emulator, { method: "PUT", key, keys, body: "12345" });
    // While it is transcoded, where it is: no test may depend on how fast it asks.
    emulator.setClockOffset(-60_000);
    const { Mezzanine } = (await call(emulator, "GetMezzanineInfo", { ReferenceId: "reference-1" }))
      .reply;
    const { Video } = (await call(emulator, "GetVideoInfo", { VideoId: videoId })).reply;
    const infos = (await call(emulator, "GetVideoInfos", { VideoIds: `${videoId},none` })).reply;
    return { early, Mezzanine, Video, infos };
  };
  const usual = await told({});
  deepEqual([usual.early.status, usual.early.reply.Code], [404, "InvalidFile.NotFound"]);
  equal(usual.Mezzanine.Size, 5);
  deepEqual(usual.Video.Snapshots, { Snapshot: ["http://example.com/c.jpg"] });
  equal("Description" in usual.Video, false);
  equal(usual.Video.CreateTime, usual.Video.CreationTime);
  deepEqual(usual.infos.VideoList[0].Snapshots, ["http://example.com/c.jpg"]);
  deepEqual(usual.infos.NonExistVideoIds, ["none"]);
  const other = await told({
    beforeArrival: "uploading",
    transcoding: "slow",
    emptyFields: "empty",
    snapshots: "list",
    lists: "text",
  });
  equal(other.early.reply.Mezzanine.Status, "Uploading");
  equal(other.Mezzanine.Status, "Transcoding");
  equal("Size" in other.Mezzanine, false);
  deepEqual(other.Video.Snapshots, ["http://example.com/c.jpg"]);
  equal(other.Video.Description, "");
  equal(other.infos.VideoList[0].Size, "5");
  equal(other.infos.NonExistVideoIds, '["none"]');
});

test("an image has no field that only a video has", async (context) => {
  const emulator = await start(context, { emptyFields: "empty" });
  const { reply } = await call(emulator, "CreateUploadImage", { ImageType: "cover" });
  const { ImageInfo } = (await call(emulator, "GetImageInfo", { ImageId: reply.ImageId })).reply;
  for (const name of ["Duration", "CoverURL", "Snapshots", "TemplateGroupId", "ModificationTime"]) {
    equal(name in ImageInfo, false, name);
  }
});

test("the limits of an attached media's texts are bytes", async (context) => {
  const emulator = await start(context);
  const create = async (Title: string) =>
    (
      await call(emulator, "CreateUploadAttachedMedia", {
        BusinessType: "subtitle",
        MediaExt: "srt",
        Title,
      })
    ).reply.Code;
  equal(await create("字".repeat(42)), undefined);
  equal(await create("字".repeat(43)), "LengthExceededMax");
});

test("new bytes for a media that is Normal: the same address, other bytes, told of again", async (context) => {
  const emulator = await start(context, { transcoding: "none" });
  const parameters = { ...film, ReferenceId: "reference-1" };
  const first = await uploadTarget(emulator, "CreateUploadVideo", parameters);
  await ossV4(emulator, { method: "PUT", key: first.key, keys: first.keys, body: "old" });
  const again = await uploadTarget(emulator, "RefreshUploadVideo", { ReferenceId: "reference-1" });
  deepEqual([again.videoId, again.key], [first.videoId, first.key]);
  await ossV4(emulator, { method: "PUT", key: again.key, keys: again.keys, body: "newer" });
  const { Mezzanine } = (await call(emulator, "GetMezzanineInfo", { VideoId: first.videoId }))
    .reply;
  deepEqual([Mezzanine.Status, Mezzanine.Size], ["Normal", 5]);
  deepEqual(
    emulator.events.map(({ type, body }) => [type, body.Size]),
    [
      ["FileUploadComplete", 3],
      ["FileUploadComplete", 5],
    ],
  );
});

test("the event of an upload has Status and a plain http URL, and TranscodeComplete its streams", async (context) => {
  for (const [transcoding, tls] of [
    ["at-once", true],
    ["slow", false],
  ] as const) {
    const emulator = await start(context, { transcoding }, { tls });
    const { key, keys, videoId } = await uploadTarget(emulator, "CreateUploadVideo", film);
    await ossV4(emulator, { method: "PUT", key, keys, body: "12345" });
    await until(() => emulator.events.length === 2);
    const [uploaded, transcoded] = emulator.events.map(({ body }) => body);
    equal(uploaded?.EventType, "FileUploadComplete");
    equal(uploaded?.Status, "success");
    equal(uploaded?.Size, 5);
    match(String(uploaded?.FileUrl), /^http:\/\//);
    equal(transcoded?.EventType, "TranscodeComplete");
    equal(transcoded?.VideoId, videoId);
    const [stream] = (transcoded?.StreamInfos ?? []) as Record<string, unknown>[];
    const types = ["Duration", "Bitrate", "Fps"].map((name) => typeof stream?.[name]);
    deepEqual(types, ["number", "string", "string"]);
  }
  const bare = await start(context, { uploadEvent: "bare" }, { tls: true });
  const parameters = { ...film, TemplateGroupId: "VOD_NO_TRANSCODE" };
  const { key, keys } = await uploadTarget(bare, "CreateUploadVideo", parameters);
  await ossV4(bare, { method: "PUT", key, keys, body: "12345" });
  await until(() => bare.events.length > 0);
  equal("Status" in (bare.events[0]?.body ?? {}), false);
  match(String(bare.events[0]?.body.FileUrl), /^https:\/\//);
});

test("a pull has its limit, its regions, and either name for its event", async (context) => {
  const server = createServer((request, response) => {
    const length = request.url?.includes("huge") ? 20_000_000_001 : 3;
    response.writeHead(200, { "content-length": String(length) });
    if (length === 3) response.end("abc");
    else response.flushHeaders();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const emulator = await start(context, {
    pullEvent: "URLUploadComplete",
    lists: "text",
    pullErrorCode: "code-200",
    transcoding: "none",
  });
  const UploadURLs = [`${origin}/film.mp4`, `${origin}/huge.mp4`].map(encodeURIComponent).join();
  await call(emulator, "UploadMediaByURL", { UploadURLs });
  const pulls = () => emulator.events.filter(({ type }) => type === "URLUploadComplete");
  await until(() => pulls().length === 2);
  const good = pulls().find(({ body }) => body.Status === "success");
  equal(good?.body.Size, "3");
  equal(pulls().find((event) => event !== good)?.body.ErrorCode, "FileTooLarge");
  const names = { UploadURLs: encodeURIComponent(`${origin}/film.mp4`) };
  await until(() => (good?.attempts ?? 0) === 0);
  let told = (await call(emulator, "GetURLUploadInfos", names)).reply;
  while (told.URLUploadInfoList[0].Status !== "SUCCESS") {
    told = (await call(emulator, "GetURLUploadInfos", names)).reply;
  }
  equal(told.URLUploadInfoList[0].ErrorCode, "200");
  equal(told.NonExists, "[]");
  const elsewhere = await start(context, {}, { region: "eu-central-1" });
  equal((await call(elsewhere, "UploadMediaByURL", names)).status, 400);
  const anywhere = await start(context, { pullRegions: "all" }, { region: "eu-central-1" });
  equal((await call(anywhere, "UploadMediaByURL", names)).status, 200);
});
