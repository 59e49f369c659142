// The Worker in a process of its own: it can be killed as a power cut would, and what it prints can be read.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { keep } from "./secrets.ts";
import type { RunningWorker, WorkerOptions } from "./worker.ts";

const SCRIPT = fileURLToPath(new URL("./worker-process.ts", import.meta.url));

/** Why a test that kills has to be left out here, if it has. */
export const cannotKill =
  process.platform === "linux" ? false : "children are found through /proc, which Linux has";

/**
 * For a Worker that is to go on with what one that was killed has left: after so long it takes an ingest of which it hears
 * nothing for lost. Far longer than a run on a busy machine needs to say something, or it would be lost while it lives.
 */
export const SOON_STALE = { VODLIFT_STALE_SECONDS: "15" };

export interface Victim extends RunningWorker {
  /** All that it has printed. */
  output(): string;
  /** Peak memory of workerd, in MiB. */
  peakMib(): number;
}

/** `close` kills it, and workerd with it. */
export async function startVictim(options: WorkerOptions & { token: string }): Promise<Victim> {
  const child = spawn(
    process.execPath,
    [SCRIPT, JSON.stringify({ ...options, service: asData(options.service) })],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
  }
  const gone = once(child, "close");
  let url: string | undefined;
  while (url === undefined) {
    await Promise.race([once(child.stdout, "data"), gone]);
    if (child.exitCode !== null) throw new Error(`the Worker did not start:\n${output}`);
    url = /^ready (\S+)$/m.exec(output)?.[1];
  }
  return {
    url,
    token: options.token,
    output: () => output,
    peakMib: () =>
      Math.max(
        ...workersOf(child.pid).map((pid) =>
          Number(/VmHWM:\s+(\d+)/.exec(statusOf(pid))?.[1] ?? 0),
        ),
      ) / 1024,
    async close() {
      for (const pid of [...workersOf(child.pid), child.pid ?? 0]) process.kill(pid, "SIGKILL");
      await gone;
      keep("worker-output", output);
    },
  };
}

function workersOf(pid: number | undefined): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? [] : children.split(" ").map(Number);
}

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, "utf8");
}

function asData({ endpoint, accessKeyId, accessKeySecret, region }: WorkerOptions["service"]) {
  return { endpoint, accessKeyId, accessKeySecret, region };
}
