// A script in real workerd, without the tools around it: it starts in a fraction of a second.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A script that runs in workerd until `close`. */
export interface Workerd {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

const CORE = fileURLToPath(new URL("../../pkg/src/wasm/core.wasm", import.meta.url));

const config = (bindings: Record<string, string>): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [
    (name = "worker", esModule = embed "worker.js"),
    (name = "core.wasm", wasm = embed "core.wasm"),
  ],
  bindings = [${Object.entries(bindings).map(binding).join(", ")}],
  compatibilityDate = "2026-05-01",
);
`;

function binding([name, text]: [string, string]): string {
  return `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`;
}

/** Bundles a module that exports a `fetch` handler, and serves it on loopback, with these texts in its `env`. */
export async function startWorkerd(
  entry: string,
  bindings: Record<string, string> = {},
): Promise<Workerd> {
  const folder = await mkdtemp(join(tmpdir(), "vodlift-workerd-"));
  await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["*.wasm"],
    outfile: join(folder, "worker.js"),
    logLevel: "error",
  });
  await copyFile(CORE, join(folder, "core.wasm"));
  await writeFile(join(folder, "config.capnp"), config(bindings));
  const { default: binary } = createRequire(import.meta.url)("workerd") as { default: string };
  const child = spawn(binary, ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  return {
    url: `http://127.0.0.1:${await portOf(child)}/`,
    pid: child.pid ?? 0,
    async close() {
      child.kill();
      await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface(child.stdio[3] as Readable)) {
    const message = JSON.parse(line) as { event: string; port: number };
    if (message.event === "listen") return message.port;
  }
  throw new Error("workerd ended before it listened");
}
