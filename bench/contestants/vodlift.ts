// The package as a program uses it.
import { fromFile, Vodlift } from "vodlift";
import { from, measure, more, service, source } from "./measure.ts";

await measure(async () => {
  const vod = new Vodlift(service);
  const { objectKey } = await vod.upload(from === "url" ? source : fromFile(source), {
    title: "Film",
    verify: more[0] === "crc64" ? "crc64" : "length",
    allowPrivateSources: true,
  });
  return objectKey;
});
