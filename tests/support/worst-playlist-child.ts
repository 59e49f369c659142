// Run as a process of its own: feeds the core a playlist from standard input, as a hostile source would, and prints what
// that has cost, as JSON. Or a small playlist, and then the worst reply of VOD of so many bytes.
import { readFileSync } from "node:fs";
import { Upload } from "../../pkg/src/core.ts";
import { core } from "../../pkg/src/wasm/index.ts";
import { peakKib } from "./peak-kib.ts";
import { fed, WORST_REPLY } from "./worst-playlist.ts";

const MIB = 1 << 20;

const [deep = "", headerBytes = "0", kind = "", replyBytes = "0"] = process.argv.slice(2);
const given = Number(headerBytes);
const headers: [string, string][] = given > 0 ? [["x-key", "k".repeat(given)]] : [];
const first = core();
const text = readFileSync(0, "latin1");
const answer = WORST_REPLY[kind]?.(Number(replyBytes));
const before = process.memoryUsage().rss;
const begun = performance.now();
let end: string;
try {
  end = fed(Upload, text, deep === "deep", headers, answer);
} catch (error) {
  end = (error as { code?: string }).code ?? String(error);
}
const ms = Math.round(performance.now() - begun);
const mb = (bytes: number) => Math.round(bytes / MIB);
const peak = peakKib() * 1024;
const wasm = "memory" in first ? mb(first.memory.buffer.byteLength) : 0;
console.log(JSON.stringify({ end, wasm, grown: mb(peak - before), ms }));
