/** The reverse: what vodlift stored, read and verified by an official client. */
import { equal } from "node:assert/strict";
import OSS from "ali-oss";
import { type Outcome, type UploadOptions, Vodlift } from "../../pkg/src/index.ts";
import { check, emulator, finish, sample, sha256 } from "./harness.ts";

const MIB = 1024 * 1024;

const client = new OSS({
  endpoint: emulator.endpoint,
  region: `oss-${emulator.region}`,
  bucket: emulator.bucket,
  accessKeyId: emulator.accessKeyId,
  accessKeySecret: emulator.accessKeySecret,
  authorizationV4: true,
});

/** What ali-oss reads is what went up, and its headers say what the outcome says. */
async function readsBack(data: Buffer, outcome: Outcome, type: string): Promise<void> {
  const { content } = await client.get(outcome.objectKey);
  equal(sha256(content), sha256(data));
  const { res } = await client.head(outcome.objectKey);
  const headers = res.headers as Record<string, string>;
  equal(headers["x-oss-hash-crc64ecma"], outcome.crc64);
  equal(Number(headers["content-length"]), outcome.bytes);
  equal(headers["content-type"], type);
}

const { accessKeyId, accessKeySecret, region, endpoint } = emulator;
const account = { accessKeyId, accessKeySecret, region, endpoint };
const vod = new Vodlift(account);
const signatures = [
  { ossSignature: "v4", vodSignature: "acs3" },
  { ossSignature: "v1", vodSignature: "rpc" },
] as const;

for (const how of signatures) {
  const signed = new Vodlift({ ...account, ...how });
  const upload = (size: number, options: UploadOptions) => {
    const data = sample(size);
    return signed
      .upload(data, { fileName: "film.mp4", ...options })
      .then((outcome) => ({ data, outcome }));
  };
  await check(
    `ali-oss reads what went up in one piece, signed by ${how.ossSignature}`,
    async () => {
      const { data, outcome } = await upload(300_000, {});
      equal(outcome.parts, 1);
      await readsBack(data, outcome, "video/mp4");
    },
  );
  await check(`ali-oss reads what went up in parts, signed by ${how.ossSignature}`, async () => {
    const { data, outcome } = await upload(5 * MIB + 1, { partSize: MIB, verify: "crc64" });
    equal(outcome.parts, 6);
    await readsBack(data, outcome, "video/mp4");
  });
}

await check("ali-oss reads an image and a subtitle", async () => {
  const image = sample(70_000);
  await readsBack(image, await vod.uploadImage(image, { fileName: "cover.png" }), "image/png");
  const text = sample(900);
  const subtitle = await vod.uploadAttachedMedia(text, {
    businessType: "subtitle",
    fileName: "film.vtt",
  });
  await readsBack(text, subtitle, "text/vtt");
});

finish();
