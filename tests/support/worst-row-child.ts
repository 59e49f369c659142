// Run as a process of its own: reads a manifest, and prints what came of it and by how many MiB the process has grown.
import { rowsOf } from "../../pkg/src/cli/ingest/manifest.ts";
import { peakKib } from "./peak-kib.ts";

const [, , small = "", path = ""] = process.argv;

async function read(manifest: string): Promise<string> {
  let rows = 0;
  try {
    for await (const _ of rowsOf(manifest)) rows += 1;
    return `${rows} rows`;
  } catch (error) {
    return String((error as Error).message).slice(0, 200);
  }
}

await read(small);
const before = process.memoryUsage().rss;
const end = await read(path);
console.log(JSON.stringify({ end, grown: Math.round((peakKib() * 1024 - before) / 2 ** 20) }));
