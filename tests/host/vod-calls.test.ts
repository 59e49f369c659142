// Calls of the VOD API outside of an upload, against the emulator.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { Vodlift, VodliftError } from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { failure } from "../support/failure.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { assertNothingOpen, type Emulator, startService } from "../support/service.ts";

let service: Emulator;
let origin: Origin;
let vod: Vodlift;
before(async () => {
  service = await startService();
  origin = await startOrigin({ routes: { "/film.mp4": { size: 300_000 } } });
  vod = new Vodlift(service);
});
after(async () => {
  await origin.close();
  await service.close();
});

const film = new Uint8Array(randomBytes(300_000));

test("any action can be called", async () => {
  for (const vodSignature of ["acs3", "rpc"] as const) {
    const caller = new Vodlift({ ...service, vodSignature });
    const { mediaId } = await caller.upload(film, { fileName: "film.mp4", title: "Üben & mehr" });
    const reply = await caller.call("GetVideoInfo", { VideoId: mediaId });
    assert.equal((reply.Video as { Title: string }).Title, "Üben & mehr");
  }
});

test("no digit of a large number is lost, and one that was lost before is refused by name", async () => {
  const told =
    '{"RequestId":"1","Id":12345678901234567890,"List":[-9007199254740993,9007199254740991,1.5],"Text":"9007199254740993\\""}';
  const server = createServer((_, response) => void response.end(told)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const caller = new Vodlift({ ...service, endpoint, trustedHosts: [endpoint] });
  const expected = {
    RequestId: "1",
    Id: "12345678901234567890",
    List: ["-9007199254740993", 9007199254740991, 1.5],
    Text: '9007199254740993"',
  };
  try {
    assert.deepEqual(await caller.call("GetVideoInfo"), expected);
    const call = ["call", "GetVideoInfo", "--json", "--endpoint", endpoint];
    const { stdout } = await vodlift(call, { service });
    assert.deepEqual(JSON.parse(stdout), expected);
  } finally {
    server.close();
  }
  const lost = await failure(vod.call("GetVideoInfo", { Id: 2 ** 53 }));
  assert.equal(lost.code, "invalid_argument");
  assert.match(lost.message, /`params.Id` must be exact/);
});

test("a refusal is a typed error with the service's own code", async () => {
  const unknown = await failure(vod.call("GetVideoInfo", { VideoId: "0".repeat(32) }));
  assert.deepEqual(
    [unknown.code, unknown.serviceCode, unknown.status],
    ["media_not_found", "InvalidVideo.NotFound", 404],
  );
  assert.ok(unknown.requestId);
  assert.equal((await failure(vod.call("Get Video"))).code, "invalid_argument");
  const stranger = new Vodlift({ ...service, accessKeySecret: "wrong" });
  assert.equal((await failure(stranger.call("GetVideoInfo"))).code, "signature_mismatch");
});

test("waiting ends when VOD has the file", async () => {
  const { mediaId } = await vod.upload(film, { fileName: "film.mp4" });
  assert.equal(await vod.waitUntilReady(mediaId), "Normal");
  assert.equal(await vod.waitUntilReady(mediaId, { until: "playable" }), "Normal");
});

test("waiting for what does not come ends at the timeout, or when it is called off", async () => {
  const create = { Title: "T", FileName: "film.mp4" };
  const { VideoId } = await vod.call("CreateUploadVideo", create);
  const late = await failure(vod.waitUntilReady(String(VideoId), { timeout: 50 }));
  assert.equal(late.code, "not_ready");
  const reason = new Error("enough");
  const control = new AbortController();
  setTimeout(() => control.abort(reason), 100);
  const off = await failure(vod.waitUntilReady(String(VideoId), { signal: control.signal }));
  assert.deepEqual([off.code, off.cause], ["aborted", reason]);
});

test("VOD fetches URLs by itself, and the jobs are waited for", async () => {
  const url = `${origin.url}/film.mp4`;
  const jobs = await vod.uploadMediaByUrl(url, {
    metadatas: [{ sourceUrl: url, title: "By URL", tags: ["a", "b"] }],
  });
  assert.deepEqual(
    jobs.map(({ sourceUrl }) => sourceUrl),
    [url],
  );
  const which = { jobIds: jobs.map(({ jobId }) => jobId) };
  const { uploads } = await vod.waitForUrlUploads(which, { timeout: 900_000 });
  assert.deepEqual(
    uploads.map(({ status, ended, fileSize }) => ({ status, ended, fileSize })),
    [{ status: "SUCCESS", ended: true, fileSize: 300_000 }],
  );
  const reply = await vod.call("GetVideoInfo", { VideoId: uploads[0]?.mediaId });
  assert.equal((reply.Video as { Title: string }).Title, "By URL");
  assert.deepEqual((await vod.getUrlUploadInfos({ urls: [url] })).uploads.length, 1);
  assert.deepEqual((await vod.getUrlUploadInfos({ jobIds: ["nobody"] })).nonExists, ["nobody"]);
});

test("jobs can be canceled, and rules are told before anything is sent", async () => {
  const jobs = await vod.uploadMediaByUrl([`${origin.url}/film.mp4?second`]);
  await vod.cancelUrlUploadJobs({ jobIds: jobs.map(({ jobId }) => jobId) }).catch((error) => {
    // The emulator may have been faster.
    assert.ok(error instanceof VodliftError && error.class === "service");
  });
  const none = await failure(vod.uploadMediaByUrl([]));
  assert.match(none.message, /`urls` must be 1 to 20, got 0/);
  const formless = await failure(vod.uploadMediaByUrl("https://h.example/watch"));
  assert.match(formless.message, /`urls\[0\]` must end in an extension/);
});

test("parts are removed where only the media id is known", async () => {
  const { checkpoint } = await prepared();
  assert.equal((await service.openUploads()).length, 1);
  await vod.abortMedia(checkpoint.place?.mediaId ?? "");
  await assertNothingOpen(service);
});

async function prepared() {
  const end = await vod.upload(new Blob([film]), {
    fileName: "film.mp4",
    partSize: 102_400,
    budget: { parts: 0 },
  });
  return "suspended" in end ? end : assert.fail("it was not suspended");
}

test("keys from a function are asked for when they are needed, and again before they end", async () => {
  let asked = 0;
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const caller = new Vodlift({
    region,
    endpoint,
    credentials: async () => {
      asked += 1;
      // The first ones end within the margin.
      const expiration = asked === 1 ? Date.now() + 1000 : new Date(Date.now() + 3_600_000);
      return { accessKeyId, accessKeySecret, expiration };
    },
  });
  assert.equal(asked, 0);
  await caller.call("SearchMedia", { SearchType: "video" });
  assert.equal(asked, 2);
  await caller.call("SearchMedia", { SearchType: "video" });
  assert.equal(asked, 2);
});

test("a function that fails says so", async () => {
  const { region, endpoint } = service;
  const cause = new Error("no token for you");
  const caller = new Vodlift({ region, endpoint, credentials: () => Promise.reject(cause) });
  const error = await failure(caller.upload(film, { fileName: "film.mp4" }));
  assert.deepEqual(
    [error.code, error.class, error.cause],
    ["credentials_failed", "credentials", cause],
  );
});

test("the command line calls any action, and waits", async () => {
  const upload = ["upload", `${origin.url}/film.mp4`, "--allow-private", "--wait", "--json"];
  const one = await vodlift(upload, { service });
  assert.equal(one.code, 0, one.stderr);
  const call = ["call", "GetVideoInfo", `VideoId=${one.json.mediaId}`, "--json"];
  const two = await vodlift(call, { service });
  assert.equal(two.code, 0, two.stderr);
  assert.equal(two.json.Video.Status, "Normal");
  const three = await vodlift(["call", "GetVideoInfo", "VideoId=nobody", "--json"], { service });
  assert.equal(three.code, 5);
  assert.equal(three.json.error.code, "media_not_found");
});

test("an upload asks the function again for every call that needs it", async () => {
  let asked = 0;
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const caller = new Vodlift({
    region,
    endpoint,
    credentials: async () => {
      asked += 1;
      return { accessKeyId, accessKeySecret, expiration: Date.now() + 1000 };
    },
  });
  const { mediaId } = await caller.upload(film, { fileName: "film.mp4" });
  assert.ok(mediaId);
  // Once to begin with, and once for CreateUploadVideo, because they were about to end.
  assert.equal(asked, 2);
});
