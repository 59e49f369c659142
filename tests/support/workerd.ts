// A script in real workerd, without the tools around it: it starts in a fraction of a second.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, normalize, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { build } from "esbuild";

/** A script that runs in workerd until `close`. */
export interface Workerd {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** What a script wants beside its own code. */
export interface WorkerdOptions {
  /** Text bindings. */
  bindings?: Record<string, string>;
  compatibilityDate?: string;
  compatibilityFlags?: readonly string[];
  /** Classes of Durable Objects with SQLite, by binding. */
  durableObjects?: Record<string, string>;
  /** The file of the wasm module it imports, below its own folder or with its whole path. */
  wasm?: string;
}

function config({
  bindings = {},
  compatibilityDate = "2026-05-01",
  compatibilityFlags = [],
  durableObjects = {},
  wasm,
}: WorkerdOptions): string {
  const text = (value: string) => JSON.stringify(value);
  const texts = Object.entries(bindings).map(
    ([name, value]) => `(name = ${text(name)}, text = ${text(value)})`,
  );
  const classes = Object.values(durableObjects).map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`,
  );
  const namespaces = Object.entries(durableObjects).map(
    ([name, value]) => `(name = ${text(name)}, durableObjectNamespace = ${text(value)})`,
  );
  const module = wasm ? `(name = ${text(spelled(wasm))}, wasm = embed "module.wasm"),` : "";
  return `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "disk", disk = (path = "disk", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js"), ${module}],
  bindings = [${[...texts, ...namespaces].join(", ")}],
  durableObjectNamespaces = [${classes.join(", ")}],
  durableObjectStorage = (localDisk = "disk"),
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map(text).join(", ")}],
);
`;
}

/** As the script imports it: from beside itself, or where it lies below. */
function spelled(wasm: string): string {
  return isAbsolute(wasm) ? basename(wasm) : normalize(wasm);
}

/** Bundles a module that exports a `fetch` handler, and serves it on loopback. */
export async function startWorkerd(entry: string, options: WorkerdOptions = {}): Promise<Workerd> {
  const folder = await mkdtemp(join(tmpdir(), "vodlift-workerd-"));
  await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["*.wasm", "cloudflare:*", "node:*"],
    outfile: join(folder, "worker.js"),
    logLevel: "error",
  });
  const { wasm } = options;
  if (wasm !== undefined)
    await copyFile(resolve(dirname(entry), wasm), join(folder, "module.wasm"));
  await mkdir(join(folder, "disk"));
  await writeFile(join(folder, "config.capnp"), config(options));
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
