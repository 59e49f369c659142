// What a Node service does without vodlift: pop-core asks for a credential, ali-oss uploads with it.
import { Readable } from "node:stream";
import PopCore from "@alicloud/pop-core";
import OSS from "ali-oss";
import { from, measure, service, source } from "./measure.ts";

const decoded = (text = "") => JSON.parse(Buffer.from(text, "base64").toString("utf8"));

await measure(async () => {
  const { endpoint, accessKeyId, accessKeySecret, region } = service;
  const vod = new PopCore({ endpoint, accessKeyId, accessKeySecret, apiVersion: "2017-03-21" });
  const parameters = { Title: "Film", FileName: "film.mp4" };
  const reply = await vod.request<Record<string, string>>("CreateUploadVideo", parameters, {
    method: "POST",
  });
  const place = decoded(reply.UploadAddress);
  const auth = decoded(reply.UploadAuth);
  const client = new OSS({
    endpoint: place.Endpoint,
    region: `oss-${region}`,
    bucket: place.Bucket,
    accessKeyId: auth.AccessKeyId,
    accessKeySecret: auth.AccessKeySecret,
    stsToken: auth.SecurityToken,
    timeout: 600_000,
  });
  if (from === "file") {
    await client.multipartUpload(place.FileName, source, { parallel: 4, partSize: 16 * 2 ** 20 });
    return place.FileName;
  }
  const { body, headers } = await fetch(source);
  if (!body) throw new Error("no body");
  await client.putStream(place.FileName, Readable.fromWeb(body as never), {
    contentLength: Number(headers.get("content-length")),
  } as OSS.PutStreamOptions);
  return place.FileName;
});
