// Images and attached media, from the API and the command line, into the emulator.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fromFile, type UploadSource, Vodlift, VodliftError } from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, startService, storedSha256 } from "../support/service.ts";

const content = randomBytes(450_000);
const sha256 = createHash("sha256").update(content).digest("hex");
/** The same bytes, behind a URL. */
const served = {
  size: content.length,
  async *read(from: number, to: number) {
    yield content.subarray(from, to);
  },
  sha256: async () => sha256,
};

let service: Emulator;
let folder: string;
let origin: Origin;
let vod: Vodlift;
before(async () => {
  service = await startService();
  origin = await startOrigin({ routes: { "/anything": { content: served } } });
  folder = await mkdtemp(join(tmpdir(), "vodlift-kinds-"));
  await writeFile(join(folder, "Sunset.JPG"), content);
  await writeFile(join(folder, "english.vtt"), content);
  vod = new Vodlift(service);
});
after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

test("an image arrives and says where it can be seen", async () => {
  const result = await vod.uploadImage(fromFile(join(folder, "Sunset.JPG")), {
    imageType: "cover",
    title: "Sunset",
    cateId: 5,
    tags: "a,b",
  });
  assert.equal(result.kind, "image");
  assert.match(result.objectKey, /^image\/cover\/.*\.jpg$/);
  assert.equal(await storedSha256(service, result.objectKey), sha256);
  assert.ok(result.fileUrl?.endsWith(result.objectKey));
  const seen = await fetch(result.imageUrl ?? "");
  assert.equal(
    createHash("sha256")
      .update(await seen.bytes())
      .digest("hex"),
    sha256,
  );
});

const SOURCES: Record<string, () => UploadSource> = {
  "a file": () => fromFile(join(folder, "english.vtt")),
  "a stream": () => new Blob([content]).stream(),
  "a URL": () => `${origin.url}/anything`,
};
const how = { partSize: 102_400, allowPrivateSources: true };

for (const [what, source] of Object.entries(SOURCES)) {
  test(`images and each kind of attached media arrive from ${what}`, async () => {
    const ends = [await vod.uploadImage(source(), { ...how, fileName: "a.webp" })];
    for (const businessType of ["watermark", "subtitle", "material"] as const) {
      const fileName = { watermark: "a.png", subtitle: "a.srt", material: "a.zip" }[businessType];
      const end = await vod.uploadAttachedMedia(source(), { ...how, fileName, businessType });
      assert.match(end.objectKey, new RegExp(`^${businessType}/`));
      ends.push(end);
    }
    for (const { objectKey } of ends) {
      assert.equal(await storedSha256(service, objectKey), sha256);
    }
  });
}

test("a Complete that nobody heard of is settled by asking VOD for the media", async () => {
  const complete = "CompleteMultipartUpload";
  const named = { partSize: 102_400, concurrency: 1 };
  for (const send of [
    () => vod.uploadImage(content, { ...named, fileName: "a.png" }),
    () =>
      vod.uploadAttachedMedia(content, { ...named, fileName: "a.vtt", businessType: "subtitle" }),
  ]) {
    service.setFaults([{ operation: complete, nth: 1, action: { kind: "reset-after" } }]);
    const result = await send();
    assert.equal(await storedSha256(service, result.objectKey), sha256);
    assert.equal(result.restarts, 0);
  }
  service.setFaults([]);
});

test("an attached media of several parts arrives", async () => {
  const result = await vod.uploadAttachedMedia(new Blob([content]), {
    businessType: "subtitle",
    fileName: "english.vtt",
    cateIds: [1, "2"],
    partSize: 102_400,
  });
  assert.deepEqual([result.kind, result.parts, result.restarts], ["attached", 5, 0]);
  assert.match(result.objectKey, /^subtitle\/.*\.vtt$/);
  assert.equal(await storedSha256(service, result.objectKey), sha256);
  assert.ok(result.mediaUrl);
});

test("what is wrong is named before anything is sent", async () => {
  const sent = service.log.length;
  const bytes = () => new Uint8Array(content);
  for (const [options, message] of [
    [{ as: "film" as never }, /`as` must be "video" or "image" or/],
    [{ as: "image", workflowId: "w" }, /`workflowId` does not go with `as` image/],
  ] as const) {
    await assert.rejects(vod.upload(bytes(), options), { message });
  }
  const cases: [Promise<unknown>, RegExp][] = [
    [vod.uploadImage(bytes()), /`fileName` is needed/],
    [vod.uploadImage(bytes(), { imageExt: ".png" }), /`imageExt` must be an extension/],
    [vod.uploadImage(bytes(), { fileName: "a.png", title: "x".repeat(129) }), /`title` must be/],
    [
      vod.uploadAttachedMedia(bytes(), {
        businessType: "material",
        fileName: "a.zip",
        cateIds: [1, 2, 3, 4, 5, 6],
      }),
      /`cateIds` must be at most 5/,
    ],
  ];
  for (const [upload, message] of cases) {
    const error = await upload.then(
      () => assert.fail("it was accepted"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof VodliftError);
    assert.equal(error.code, "invalid_argument");
    assert.match(error.message, message);
  }
  assert.equal(service.log.length, sent);
});

test("the command line lifts them, too", async () => {
  const image = ["upload", join(folder, "Sunset.JPG"), "--as", "image", "--json"];
  const one = await vodlift(image, { service });
  assert.equal(one.code, 0, one.stderr);
  assert.equal(one.json.kind, "image");
  assert.ok(one.json.fileUrl.endsWith(one.json.objectKey));
  assert.equal(await storedSha256(service, one.json.objectKey), sha256);
  const subtitle = ["upload", join(folder, "english.vtt"), "--as", "attached"];
  const two = await vodlift([...subtitle, "--business-type", "subtitle", "--json"], { service });
  assert.equal(two.code, 0, two.stderr);
  assert.equal(two.json.kind, "attached");
  assert.equal(await storedSha256(service, two.json.objectKey), sha256);
});
