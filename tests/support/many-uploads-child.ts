// Run as a process of its own: uploads the same source so many times at once, and prints what became of each and by how
// many MiB the process has grown at its peak.
import { readFileSync } from "node:fs";
import { Vodlift } from "../../pkg/src/index.ts";
import { peakKib } from "./peak-kib.ts";

const { account, url, n } = JSON.parse(readFileSync(0, "utf8"));
const how = { title: "Film", fileName: "film.mp4", allowPrivateSources: true };
const vod = new Vodlift(account);
// What one takes that has nothing to hold.
await vod.upload(new Uint8Array(1000), how);
const before = process.memoryUsage().rss;
const ends = await Promise.all(
  Array.from({ length: n }, () =>
    vod.upload(url, how).then(
      ({ bytes }) => bytes,
      (error) => `${error.code}: ${error.message}`,
    ),
  ),
);
console.log(JSON.stringify({ ends, grown: Math.round((peakKib() * 1024 - before) / 2 ** 20) }));
