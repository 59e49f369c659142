/** @alicloud/pop-core, the generic API client for JavaScript: VOD calls in the RPC style. */
import { deepEqual, equal, match } from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import PopCore from "@alicloud/pop-core";
import { check, emulator, finish, stored } from "./harness.ts";

type Reply = Record<string, string>;

function clientOf(options: Partial<PopCore.Config> = {}): PopCore {
  const { endpoint, accessKeyId, accessKeySecret } = emulator;
  return new PopCore({
    endpoint,
    accessKeyId,
    accessKeySecret,
    apiVersion: "2017-03-21",
    ...options,
  });
}

async function create(client: PopCore, method: string, parameters: object = {}): Promise<Reply> {
  const all = { Title: "Ünïcode ~*'()!+% 映画", FileName: "film.mp4", ...parameters };
  return client.request<Reply>("CreateUploadVideo", all, { method });
}

async function refusalOf(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await call;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("the call was not refused");
}

for (const method of ["GET", "POST"]) {
  await check(`pop-core creates and refreshes an upload by ${method}`, async () => {
    const created = await create(clientOf(), method);
    const address = JSON.parse(Buffer.from(created.UploadAddress ?? "", "base64").toString());
    equal(address.Endpoint, emulator.endpoint);
    const refreshed = await clientOf().request<Reply>(
      "RefreshUploadVideo",
      { VideoId: created.VideoId },
      { method },
    );
    equal(refreshed.UploadAddress, created.UploadAddress);
  });
}

for (const method of ["GET", "POST"]) {
  // biome-ignore lint/suspicious/noExplicitAny: its fields are what is asserted
  const ask = (action: string, parameters: object): Promise<any> =>
    clientOf().request(action, parameters, { method });

  await check(`pop-core creates the other kinds and manages media by ${method}`, async () => {
    const image = await ask("CreateUploadImage", { ImageType: "cover", Title: "Bild ü" });
    match(image.FileURL, /\/image\/cover\/[0-9A-F]{32}-6-2\.png$/);
    const subtitle = { BusinessType: "subtitle", MediaExt: "srt", CateIds: "1,2", CateId: "x" };
    match((await ask("CreateUploadAttachedMedia", subtitle)).MediaId, /^[0-9a-f]{32}$/);
    const { VideoId } = await create(clientOf(), method, { Title: `Managed by ${method}` });
    const { Video } = await ask("GetVideoInfo", { VideoId });
    deepEqual([Video.Title, Video.Status], [`Managed by ${method}`, "Uploading"]);
    const Match = `Title = 'managed by ${method.toLowerCase()}'`;
    equal((await ask("SearchMedia", { Match })).MediaList[0].MediaId, VideoId);
    equal((await ask("GetUploadDetails", { MediaIds: VideoId })).UploadDetails[0].UploadSize, 0);
    const abort = ask("DeleteMultipartUpload", { MediaId: VideoId, MediaType: "video" });
    equal((await refusalOf(abort)).code, "InvalidMultipartUpload.NotFound");
    await ask("DeleteVideo", { VideoIds: VideoId });
    const infos = await ask("GetVideoInfos", { VideoIds: VideoId });
    deepEqual([infos.VideoList, infos.NonExistVideoIds], [[], [VideoId]]);
  });

  await check(`pop-core has a URL pulled by ${method}`, async () => {
    const origin = createServer((_, response) => void response.end("film"));
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/ü,${method}.mp4`;
    const { UploadJobs } = await ask("UploadMediaByURL", { UploadURLs: encodeURIComponent(url) });
    const JobIds = UploadJobs[0].JobId;
    let row: Reply = {};
    while (row.Status !== "SUCCESS") {
      [row] = (await ask("GetURLUploadInfos", { JobIds })).URLUploadInfoList;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    deepEqual([row.UploadURL, row.FileSize], [url, "4"]);
    equal((await stored(`sv/${row.MediaId}/${row.MediaId}.mp4`)).toString(), "film");
    deepEqual((await ask("CancelUrlUploadJobs", { JobIds })).CanceledJobs, []);
    origin.close();
  });
}

await check("pop-core signs with a temporary credential", async () => {
  const { accessKeyId, accessKeySecret, securityToken } = emulator.temporaryCredential;
  const client = clientOf({ accessKeyId, accessKeySecret, securityToken });
  match((await create(client, "POST")).VideoId ?? "", /^[0-9a-f]{32}$/);
});

await check("pop-core sees the service's refusals", async () => {
  const codes = await Promise.all(
    [
      create(clientOf({ accessKeyId: "nobody" }), "GET"),
      create(clientOf({ accessKeySecret: "wrong" }), "GET"),
      create(clientOf(), "GET", { FileName: "film" }),
      create(clientOf(), "GET", { Tags: Array.from({ length: 17 }, (_, n) => `t${n}`).join(",") }),
      clientOf().request("NoSuchAction", {}, { method: "GET" }),
    ].map(async (call) => (await refusalOf(call)).code),
  );
  deepEqual(codes, [
    "InvalidAccessKeyId.NotFound",
    "SignatureDoesNotMatch",
    "InvalidFileName.Extension",
    "TagsExceededMax",
    "InvalidAction.NotFound",
  ]);
});

finish();
