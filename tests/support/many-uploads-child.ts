// Run as a process of its own: uploads the same source so many times at once, and prints what became of each and by how
// many MiB the process has grown at its peak.
import { readFileSync } from "node:fs";
import { Vodlift } from "../../pkg/src/index.ts";
import { manyUploads } from "./many-uploads.ts";
import { peakKib } from "./peak-kib.ts";

const { warm, ...asked } = JSON.parse(readFileSync(0, "utf8"));
// What one takes that has nothing to hold.
await manyUploads(Vodlift, {
  ...asked,
  account: warm ?? asked.account,
  n: 1,
  url: "",
  playlist: false,
});
const before = process.memoryUsage().rss;
const ends = await manyUploads(Vodlift, asked);
console.log(JSON.stringify({ ends, grown: Math.round((peakKib() * 1024 - before) / 2 ** 20) }));
