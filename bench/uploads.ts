// One film, from a URL and from a file, by vodlift and by the official clients: wall time, CPU and peak memory of the
// client's own process. Source and service are in another one, the same for all. Rounds take turns, so that a machine
// that slows down slows all of them; the median counts.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Emulator, startEmulator } from "../pkg/src/emulator/index.ts";
import { madeUp, sha256OfFile, startOrigin } from "../tests/support/origin.ts";
import { prepareVenv } from "../tests/support/python.ts";
import { table } from "./table.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const VENV = here("../.cache/venv");

/** What a contestant prints when it is done. */
interface Run {
  objectKey: string;
  wallMs: number;
  cpuMs: number;
  peakKib: number;
}

interface Contestant {
  name: string;
  from: "url" | "file";
  python?: true;
  script: string;
  args: readonly string[];
}

const VODLIFT = { script: "vodlift.ts", args: ["length"] };
const HASHED = { script: "vodlift.ts", args: ["crc64"] };
const ALI_OSS = { script: "ali-oss.ts", args: [] };
const OFFICIAL = { script: "voduploadsdk_upload.py", args: [], python: true } as const;

const contestants: readonly Contestant[] = [
  { ...VODLIFT, from: "url", name: "vodlift" },
  { ...HASHED, from: "url", name: "vodlift, every byte hashed" },
  { ...ALI_OSS, from: "url", name: "fetch + ali-oss putStream" },
  { ...OFFICIAL, from: "url", name: "voduploadsdk (Python), uploadWebVideo" },
  { ...VODLIFT, from: "file", name: "vodlift" },
  { ...HASHED, from: "file", name: "vodlift, every byte hashed" },
  { ...ALI_OSS, from: "file", name: "ali-oss multipartUpload, 4 at once" },
  { ...OFFICIAL, from: "file", name: "voduploadsdk (Python), uploadLocalVideo" },
];

interface Options {
  /** In bytes. */
  size: number;
  rounds: number;
  /** What lies between a client and OSS: as long as this before each reply, and no more a second on one connection. */
  network?: { latencyMs: number; bandwidth: number };
  say(line: string): void;
}

export async function measureUploads({ size, rounds, network, say }: Options): Promise<string> {
  const missing = prepareVenv(VENV, here("../tests/conformance/requirements.txt"));
  if (missing !== undefined) say(`without the Python SDK: ${missing}`);
  const folder = await mkdtemp(join(tmpdir(), "vodlift-bench-"));
  const emulator = await startEmulator(network);
  const origin = await startOrigin();
  try {
    const file = join(folder, "film.mp4");
    const content = madeUp(size);
    await writeFile(file, content.read(0, size));
    const url = origin.add("/film.mp4", { content });
    const sha256 = await content.sha256();
    const taking = contestants.filter(({ python }) => !python || missing === undefined);
    const runs = new Map<Contestant, Run[]>(taking.map((one) => [one, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const one of taking) {
        const run = await measure(one, one.from === "url" ? url : file, emulator);
        const stored = join(emulator.dir, emulator.bucket, run.objectKey);
        if ((await sha256OfFile(stored)) !== sha256) throw new Error(`${one.name}: another file`);
        await rm(stored);
        runs.get(one)?.push(run);
        say(`round ${round}, ${one.from}: ${one.name} ${(run.wallMs / 1000).toFixed(2)} s`);
      }
    }
    const section = (from: Contestant["from"]) =>
      results([...runs].filter(([one]) => one.from === from));
    return `## ${mib(size)} into VOD, ${network ? `${network.latencyMs} ms away` : "side by side"}

${network ? `Each request waits ${network.latencyMs} ms, each connection carries ${mib(network.bandwidth)} a second.` : FULL_SPEED}
Each run's object was compared with its source by SHA-256. Median of ${rounds}; ratios are to vodlift in the first line.
voduploadsdk also needs the file's size on disk for a URL.

From a URL:

${section("url")}
From a file:

${section("file")}`;
  } finally {
    await origin.close();
    await emulator.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function results(runs: readonly [Contestant, readonly Run[]][]): string {
  const rows = runs.map(([{ name }, all]) => ({
    name,
    wall: median(all.map(({ wallMs }) => wallMs)),
    cpu: median(all.map(({ cpuMs }) => cpuMs)),
    peak: median(all.map(({ peakKib }) => peakKib)),
  }));
  const [ours] = rows;
  const ratio = (of: number, to = 1) => `${(of / to).toFixed(2)} ×`;
  return table([
    ["client", "wall", "", "CPU", "", "peak memory"],
    ...rows.map(({ name, wall, cpu, peak }) => [
      name,
      `${(wall / 1000).toFixed(2)} s`,
      ratio(wall, ours?.wall),
      `${(cpu / 1000).toFixed(2)} s`,
      ratio(cpu, ours?.cpu),
      `${(peak / 1024).toFixed(0)} MiB`,
    ]),
  ]);
}

async function measure(one: Contestant, source: string, emulator: Emulator): Promise<Run> {
  const command = one.python ? join(VENV, "bin/python") : process.execPath;
  const { endpoint, accessKeyId, accessKeySecret, region, bucket, dir } = emulator;
  const service = JSON.stringify({ endpoint, accessKeyId, accessKeySecret, region, bucket, dir });
  const child = spawn(command, [here(`contestants/${one.script}`), one.from, source, ...one.args], {
    env: { ...process.env, VODLIFT_EMULATOR: service },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${one.name} ended with ${code}:\n${errors}`);
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Run;
}

const FULL_SPEED =
  "Source, service and client share the machine, so the wall time is bounded by the service that checks and stores; the CPU is the client's alone.";

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
