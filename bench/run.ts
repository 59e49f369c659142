// `make bench`: vodlift beside what people use today, measured in one run on one machine; what counts are the ratios.
// `node bench/run.ts [--size 512MiB] [--rounds 3] [--seconds 10] [--results FOLDER] [--kinds sse,queries] [uploads] [reads]
// [starvation]`; the tables go to bench/results/ unless told otherwise.
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bytes } from "../pkg/src/arguments.ts";
import { measureReads } from "./reads.ts";
import { measureStarvation } from "./starvation.ts";
import { measureUploads } from "./uploads.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "512MiB" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "10" },
    kinds: { type: "string", default: "" },
    results: { type: "string", default: fileURLToPath(new URL("results", import.meta.url)) },
  },
});
const size = bytes("--size", values.size) ?? 0;
const wanted = (section: string) => positionals.length === 0 || positionals.includes(section);
const say = (line: string) => console.log(`· ${line}`);

const sections: string[] = [];
if (wanted("uploads")) {
  const rounds = Number(values.rounds);
  sections.push(await measureUploads({ size, rounds, say }));
  // A quarter of it: one connection after the other takes its time.
  const network = { latencyMs: 30, bandwidth: 20 * 2 ** 20 };
  sections.push(await measureUploads({ size: Math.ceil(size / 4), rounds, network, say }));
}
if (wanted("reads")) sections.push(await measureReads({ seconds: Number(values.seconds), say }));

if (wanted("starvation")) {
  const kinds = values.kinds.split(",").filter((kind) => kind !== "");
  sections.push(await measureStarvation({ rounds: Number(values.rounds), kinds, say }));
}

const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version}.`;
const page = `# What \`make bench\` measured\n\n${machine} Everything ran on this machine, one after the other.\n\n${sections.join("\n")}`;
const file = join(values.results, "README.md");
await mkdir(values.results, { recursive: true });
await writeFile(file, page);
console.log(`\n${sections.join("\n")}\nwritten to ${relative(process.cwd(), file)}`);
