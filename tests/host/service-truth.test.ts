// How VOD and OSS really answer, each habit of the emulator against the whole path: the upload must arrive all the same,
// or the error must say what is really wrong.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Vodlift } from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { failure } from "../support/failure.ts";
import { startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  partsStored,
  startService,
  storedSha256,
} from "../support/service.ts";

const MIB = 1024 * 1024;
const PARTS = 10;
const FILM = Buffer.alloc(300_000, 7);
type Options = Parameters<typeof startService>[0];

async function withService(
  options: Options,
  work: (service: Emulator, vod: Vodlift) => Promise<void>,
): Promise<void> {
  const service = await startService(options);
  try {
    await work(service, new Vodlift(service));
  } finally {
    await service.close();
  }
}

for (const [credentials, expiredToken] of [
  ["cached", "unknown-key"],
  ["stale", "expired"],
  ["stale", "invalid"],
] as const) {
  test(`an upload outlives credentials that are ${credentials} and end as ${expiredToken}`, async () => {
    const habits = { credentials, expiredToken };
    await withService({ credentialLifeSeconds: 2, habits }, async (service) => {
      const origin = await startOrigin({
        routes: { "/slow.mp4": { size: PARTS * MIB, bytesPerSecond: 2.5 * MIB } },
      });
      try {
        const args = `upload ${origin.url}/slow.mp4 --allow-private --json --part-size 1MiB`;
        const began = performance.now();
        const { code, json, stderr } = await vodlift(args.split(" "), { service });
        assert.equal(code, 0, stderr);
        const sha256 = await storedSha256(service, json.objectKey);
        assert.equal(sha256, await origin.sha256("/slow.mp4"));
        assert.ok(json.refreshes >= 1, `${json.refreshes} credentials`);
        assert.equal(partsStored(service).length, PARTS, "no part was stored twice");
        const asked = service.log.filter((one) => one.operation === "RefreshUploadVideo").length;
        const seconds = (performance.now() - began) / 1000;
        assert.ok(asked <= 10 + 5 * seconds, `VOD was asked ${asked} times in ${seconds} s`);
        await assertNothingOpen(service);
      } finally {
        await origin.close();
      }
    });
  });
}

test("a denial names the permission that is missing", async () => {
  await withService({}, async (service, vod) => {
    const reply = await vod.call("CreateUploadVideo", { Title: "T", FileName: "a.mp4" });
    const json = Buffer.from(String(reply.UploadAuth), "base64").toString();
    const { AccessKeyId, AccessKeySecret, SecurityToken } = JSON.parse(json);
    const keys = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret };
    const narrow = new Vodlift({ ...service, ...keys, securityToken: SecurityToken });
    const error = await failure(narrow.deleteVideos("0".repeat(32)));
    assert.equal(error.code, "permission_denied");
    assert.match(error.message, /vod:DeleteVideo is denied to the SubUser .*\(ImplicitDeny, /);
    assert.match(error.hint, /^Allow vod:DeleteVideo to /);
    assert.ok(!JSON.stringify([error.message, error.hint]).includes(SecurityToken));
  });
});

test("no storage is no missing permission, whatever the status", async () => {
  for (const storageNotFound of ["status-403", "status-404", "status-400"] as const) {
    await withService({ habits: { storageNotFound } }, async (_, vod) => {
      const storageLocation = "elsewhere.oss-cn-beijing.aliyuncs.com";
      const error = await failure(vod.upload(FILM, { fileName: "a.mp4", storageLocation }));
      assert.deepEqual(
        [error.code, error.serviceCode, error.class],
        ["storage_not_found", "InvalidStorage.NotFound", "service"],
      );
      assert.match(error.hint, /region/);
      assert.doesNotMatch(error.hint, /RAM|permission|Grant/);
    });
  }
});

test("an OSS that does not know V4 is told by its hint, and taken with V1", async () => {
  await withService({ habits: { ossSignatures: "v1-only" } }, async (service, vod) => {
    const error = await failure(vod.upload(FILM, { fileName: "a.mp4" }));
    assert.match(error.hint, /`ossSignature` to v1/);
    const shown = await vodlift(["upload", "-", "--file-name", "a.mp4"], { service, stdin: FILM });
    assert.match(shown.stderr, /^hint: .*`--oss-signature` to v1/m);
    const old = new Vodlift({ ...service, ossSignature: "v1" });
    assert.equal((await old.upload(FILM, { fileName: "a.mp4" })).bytes, FILM.length);
  });
});

test("a video is looked at, waited for and deleted by its reference id", async () => {
  await withService({}, async (_, vod) => {
    const made = { title: "Film", fileName: "a.mp4", referenceId: "my-film-1" };
    const { mediaId } = await vod.upload(FILM, made);
    const by = { referenceId: "my-film-1" };
    assert.equal(await vod.waitUntilReady(by), "Normal");
    const info = await vod.videoInfo(by);
    assert.deepEqual([info.mediaId, info.title], [mediaId, "Film"]);
    const file = await vod.mezzanineInfo(by);
    assert.deepEqual([file.status, file.size, file.mediaId], ["Normal", FILM.length, mediaId]);
    const gone = await vod.deleteVideos([by, { referenceId: "my-film-2" }]);
    assert.deepEqual([gone.nonExistent, gone.forbidden], [["my-film-2"], []]);
    assert.equal((await failure(vod.videoInfo(by))).code, "media_not_found");
    assert.deepEqual((await vod.deleteVideos(mediaId)).nonExistent, [mediaId]);
    const mixed = await failure(vod.deleteVideos([mediaId, by]));
    assert.equal(mixed.code, "invalid_argument");
  });
});
