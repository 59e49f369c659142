// A caller's 64 MiB, alone and beside an attacker of each kind, who has a token of its own: how many times as long it takes.
// The service has its default settings. Alone and beside take turns, as other work may run on the machine.
//
// What shares what: the Worker is one process with one thread, which also is its job index and runs its Workflows; VOD, the
// victim's source, and the attacker with its sources are a process each. The attacker takes the CPU that the others leave, as
// if it had a machine of its own, and its large films come by 1 Gbit/s in all. VOD is one process for both callers. What the
// Worker stores lies in memory, where there is a folder for that: on a disk each write of one Durable Object would stop the
// thread that all others share, which is so here and not where they are deployed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sha256, startWorker } from "../tests/support/worker.ts";
import { table } from "./table.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Whoever takes longer hangs, as far as anybody minds. */
const HANGS_MS = 120_000;
/** So that the attack is at its height. */
const BEFORE_MS = 2_000;

type Target = "worker" | "handler";

/** By name, what each does, and to which service. */
const KINDS: readonly (readonly [name: string, what: string, targets: readonly Target[]])[] = [
  ["sse", "event streams that are not read", ["worker"]],
  ["never-read", "answers that are not read", ["worker", "handler"]],
  ["slow-body", "bodies of 1 byte a second", ["worker", "handler"]],
  ["silent", "connections that say nothing", ["worker", "handler"]],
  ["informing", "sources that announce their reply for ever", ["handler"]],
  ["trickle", "1,000 sources of 16 bytes a second", ["worker", "handler"]],
  ["never", "sources that never answer", ["worker", "handler"]],
  ["redirect", "sources that redirect for ever", ["worker", "handler"]],
  ["busy", "sources that answer 429", ["worker", "handler"]],
  ["large-puts", "20 PUTs of 32 MiB at once", ["worker"]],
  ["small-puts", "20 PUTs of 1 KB at once, again and again", ["worker"]],
  ["large-posts", "batches of 8 MiB at once", ["worker"]],
  ["resumes", "the largest resume tokens at rate", ["handler"]],
  ["gzip-puts", "gzip bombs as bodies", ["worker"]],
  ["gzip-playlists", "gzip bombs as playlists", ["worker"]],
  ["queries", "20,000 rows searched at rate", ["worker"]],
  ["reads", "reads at rate", ["worker"]],
  ["open-routes", "what is open to all, at rate", ["worker", "handler"]],
  ["hooks", "webhooks that never answer", ["worker"]],
  ["logins", "logins that fail at rate", ["worker", "handler"]],
  ["create-cancel", "ingests made and canceled at rate", ["worker"]],
  ["playlists", "the longest playlists", ["worker"]],
  ["same-puts", "one upload sent again and again", ["worker"]],
  ["failing", "1,000 ingests that fail at once", ["worker", "handler"]],
  ["fast", "100 large ingests as fast as they go", ["worker", "handler"]],
];

interface Options {
  rounds: number;
  /** Only these, if there are any. */
  kinds: readonly string[];
  say(line: string): void;
}

interface Account {
  endpoint: string;
  accessKeyId: string;
  accessKeySecret: string;
  region: string;
}

/** A process, and what it has said of itself. */
interface Peer<T> {
  said: T;
  pid: number;
  close(): Promise<void>;
}

interface Service {
  url: string;
  pids: number[];
  close(): Promise<void>;
}

interface Took {
  ms: number;
  /** In seconds: the service's, VOD's, and the attacker's. */
  cpu: number;
  vod: number;
  attacker: number;
}

export async function measureStarvation({ rounds, kinds, say }: Options): Promise<string> {
  const source = await peer<{ url: string }>("source");
  const rows: string[][] = [];
  try {
    for (const [kind, what, targets] of KINDS) {
      if (kinds.length > 0 && !kinds.includes(kind)) continue;
      for (const target of targets) {
        const [alone, beside]: [Took[], Took[]] = [[], []];
        for (let round = 0; round < rounds; round += 1) {
          const vod = await peer<Account>("vod");
          const service = await start(target, vod.said);
          const victim = new Victim(target, service, source.said.url, vod.pid);
          try {
            // The first one finds everything cold.
            await victim.lift();
            alone.push(await victim.lift());
            beside.push(await attacked(kind, target, victim));
          } finally {
            await service.close();
            await vod.close();
          }
        }
        const of = (what: keyof Took, all = beside) => `${mean(all, what).toFixed(1)} s`;
        rows.push([
          ...[what, target, told(alone), told(beside)],
          `${(mean(beside, "ms") / mean(alone, "ms")).toFixed(2)} ×`,
          ...[of("cpu", alone), of("cpu"), of("vod"), of("attacker")],
          loadavg()[0]?.toFixed(1) ?? "",
        ]);
        say(rows.at(-1)?.join(", ") ?? "");
      }
    }
  } finally {
    await source.close();
  }
  const head = [
    "attacker",
    "at",
    "alone",
    "beside",
    "",
    "CPU alone",
    "CPU beside",
    "VOD's",
    "its own",
    "load",
  ];
  return `## 64 MiB beside an attacker

Each kind of attacker has a token of its own, and the service its default settings. Alone and beside took turns, ${rounds} times;
the times are means. The CPU is the service's, and beside the attacker also VOD's and the attacker's own. Service, VOD, the victim's
source, and the attacker with its sources are a process each; the attacker takes what CPU the others leave, as if it had a machine
of its own, and its large films come by 1 Gbit/s. VOD is the same for both. ${MEMORY ? "What the Worker stores lies in memory." : "What the Worker stores lies on a disk, which stops all of it."}

${table([head, ...rows])}`;
}

/** Where files are kept in memory; not every system has it. */
const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : undefined;

async function peer<T>(what: string): Promise<Peer<T>> {
  const child = spawn(process.execPath, [here("starvation/peer.ts"), what], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  const close = async () => {
    child.stdin.end();
    await once(child, "exit");
  };
  return { said: JSON.parse(String(line)) as T, pid: child.pid ?? 0, close };
}

/** Everything anew, so that nothing is left over of the attack before. */
async function start(target: Target, account: Account): Promise<Service> {
  const own = ["create", "read", "cancel", "own"];
  const callers = [
    { name: "attacker", sha256: sha256("attacker"), owner: "attacker", scopes: own },
    { name: "reader", sha256: sha256("reader"), owner: "attacker", scopes: ["read", "own"] },
    { name: "victim", sha256: sha256("victim"), owner: "victim", scopes: own },
  ];
  if (target === "worker") {
    const settings = { VODLIFT_TOKENS: JSON.stringify(callers) };
    const persist = await mkdtemp(join(MEMORY ?? tmpdir(), "vodlift-bench-"));
    const options = { service: account, token: "victim", settings, persist };
    const { url, close } = await startWorker(options);
    const closeAll = async () => {
      await close();
      await rm(persist, { recursive: true, force: true });
    };
    return { url, close: closeAll, pids: childrenNamed("workerd") };
  }
  const tokens = callers.map(({ sha256: digest, owner }) => ({ sha256: digest, owner }));
  const options = JSON.stringify({ ...account, allowPrivateSources: true, tokens });
  const child = spawn(process.execPath, [here("starvation/handler.ts"), options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  const close = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { url: String(line).trim(), close, pids: [child.pid ?? 0] };
}

async function attacked(kind: string, target: Target, victim: Victim): Promise<Took> {
  const args = [here("starvation/attacker.ts"), kind, target, victim.service.url];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await Promise.race([once(child.stdout, "data"), sleep(HANGS_MS)]);
    await sleep(BEFORE_MS);
    return await victim.lift(child.pid);
  } finally {
    await ended(child);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error("the attacker gave up");
  child.kill("SIGKILL");
  await once(child, "exit");
}

let films = 0;

class Victim {
  readonly target: Target;
  readonly service: Service;
  readonly #source: string;
  readonly #vod: number;

  constructor(target: Target, service: Service, source: string, vod: number) {
    this.target = target;
    this.service = service;
    this.#source = source;
    this.#vod = vod;
  }

  /** One film from its source into VOD. */
  async lift(attacker = 0): Promise<Took> {
    films += 1;
    const url = `${this.#source}/film-${films}.mp4`;
    const pids = [this.service.pids, [this.#vod], [attacker]] as const;
    const [began, before] = [performance.now(), pids.map(cpuOf)];
    const over = () => performance.now() - began > HANGS_MS;
    const state = await (this.target === "worker"
      ? this.#byWorker(url, over)
      : this.#slices(url, over));
    if (state !== "done" && !over()) throw new Error(`the victim's ingest is ${state}`);
    const [cpu = 0, vod = 0, own = 0] = pids.map((all, at) => cpuOf(all) - (before[at] ?? 0));
    return { ms: performance.now() - began, cpu, vod, attacker: own };
  }

  async #byWorker(url: string, over: () => boolean): Promise<string> {
    const { id } = await this.#call("/v1/ingests", over, { url, title: "t" });
    for (;;) {
      const { state = "" } = await this.#call(`/v1/ingests/${id}`, over);
      if (!["queued", "running"].includes(state) || over()) return state;
      await sleep(50);
    }
  }

  async #slices(url: string, over: () => boolean): Promise<string> {
    let answer = await this.#call("/v1/ingests", over, { url, title: "t" });
    while (answer.state === "running" && !over()) {
      const { resume } = answer;
      answer = await this.#call("/v1/ingests/resume", over, { resume });
    }
    return answer.state ?? JSON.stringify(answer);
  }

  /** A connection may break where there are very many: it is tried again. */
  async #call(path: string, over: () => boolean, body?: object): Promise<Record<string, string>> {
    for (;;) {
      const init = {
        headers: { authorization: "Bearer victim", connection: "close" },
        ...(body && { method: "POST", body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(HANGS_MS),
      };
      const answer = await fetch(this.service.url + path, init)
        .then((response) => response.json())
        .catch(() => undefined);
      if (answer !== undefined) return answer as Record<string, string>;
      if (over()) return {};
      await sleep(100);
    }
  }
}

/** Where the system tells it, as Linux does. */
function childrenNamed(name: string): number[] {
  try {
    const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
    return pids.map(Number).filter((pid) => {
      const { comm, parent } = statOf(pid) ?? {};
      return comm === name && parent === process.pid;
    });
  } catch {
    return [];
  }
}

/** In seconds. */
function cpuOf(pids: readonly number[]): number {
  return pids.reduce((all, pid) => all + (statOf(pid)?.cpu ?? 0), 0);
}

function statOf(pid: number): { comm: string; parent: number; cpu: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, comm = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
    const fields = rest.split(" ").map(Number);
    const cpu = ((fields[11] ?? 0) + (fields[12] ?? 0)) / 100;
    return { comm, parent: fields[1] ?? 0, cpu };
  } catch {
    return undefined;
  }
}

function mean(all: readonly Took[], what: keyof Took): number {
  return all.reduce((sum, one) => sum + one[what], 0) / all.length;
}

function told(all: readonly Took[]): string {
  const hangs = all.some(({ ms }) => ms > HANGS_MS);
  return `${hangs ? "> " : ""}${(mean(all, "ms") / 1_000).toFixed(2)} s`;
}
