// A caller's 64 MiB, alone and beside an attacker of each kind, who has a token of its own: how many times as long it takes.
// The service has its default settings. Alone and beside take turns, as other work may run on the machine.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Emulator, startEmulator } from "../pkg/src/emulator/index.ts";
import { type Origin, startOrigin } from "../tests/support/origin.ts";
import { sha256, startWorker } from "../tests/support/worker.ts";
import { table } from "./table.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SIZE = 64 * 2 ** 20;
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

interface Service {
  url: string;
  pids: number[];
  close(): Promise<void>;
}

interface Took {
  ms: number;
  cpu: number;
}

export async function measureStarvation({ rounds, kinds, say }: Options): Promise<string> {
  const [vod, origin] = [await startEmulator({ allowPrivate: true }), await startOrigin()];
  const rows: string[][] = [];
  try {
    for (const [kind, what, targets] of KINDS) {
      if (kinds.length > 0 && !kinds.includes(kind)) continue;
      for (const target of targets) {
        const [alone, beside]: [Took[], Took[]] = [[], []];
        for (let round = 0; round < rounds; round += 1) {
          const victim = new Victim(target, await start(target, vod), origin);
          try {
            // The first one finds everything cold.
            await victim.lift();
            alone.push(await victim.lift());
            beside.push(await attacked(kind, target, victim));
          } finally {
            await victim.service.close();
          }
        }
        const [ms, cpu] = [sum(beside, "ms") / sum(alone, "ms"), (all: Took[]) => mean(all, "cpu")];
        rows.push([
          ...[what, target, told(alone), told(beside), `${ms.toFixed(2)} ×`],
          ...[`${cpu(alone).toFixed(1)} s`, `${cpu(beside).toFixed(1)} s`],
          loadavg()[0]?.toFixed(1) ?? "",
        ]);
        say(rows.at(-1)?.join(", ") ?? "");
      }
    }
  } finally {
    await origin.close();
    await vod.close();
  }
  const head = ["attacker", "at", "alone", "beside", "", "CPU alone", "CPU beside", "load"];
  return `## 64 MiB beside an attacker

Each kind of attacker has a token of its own, and the service its default settings. Alone and beside took turns, ${rounds} times;
the times are means. The CPU is the service's, meanwhile; attacker, source and VOD share the machine with it.

${table([head, ...rows])}`;
}

/** Everything anew, so that nothing is left over of the attack before. */
async function start(target: Target, vod: Emulator): Promise<Service> {
  const { endpoint, accessKeyId, accessKeySecret, region } = vod;
  const account = { endpoint, accessKeyId, accessKeySecret, region };
  const own = ["create", "read", "cancel", "own"];
  const callers = [
    { name: "attacker", sha256: sha256("attacker"), owner: "attacker", scopes: own },
    { name: "reader", sha256: sha256("reader"), owner: "attacker", scopes: ["read", "own"] },
    { name: "victim", sha256: sha256("victim"), owner: "victim", scopes: own },
  ];
  if (target === "worker") {
    const settings = { VODLIFT_TOKENS: JSON.stringify(callers) };
    const { url, close } = await startWorker({ service: account, token: "victim", settings });
    return { url, close, pids: childrenNamed("workerd") };
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
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await Promise.race([once(child.stdout, "data"), sleep(HANGS_MS)]);
    await sleep(BEFORE_MS);
    return await victim.lift();
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
  readonly #origin: Origin;

  constructor(target: Target, service: Service, origin: Origin) {
    this.target = target;
    this.service = service;
    this.#origin = origin;
  }

  /** One film from its origin into VOD. */
  async lift(): Promise<Took> {
    films += 1;
    const url = this.#origin.add(`/film-${films}.mp4`, { size: SIZE, seed: `film ${films}` });
    const [began, cpu] = [performance.now(), cpuOf(this.service.pids)];
    const over = () => performance.now() - began > HANGS_MS;
    const state = await (this.target === "worker"
      ? this.#byWorker(url, over)
      : this.#slices(url, over));
    if (state !== "done" && !over()) throw new Error(`the victim's ingest is ${state}`);
    return { ms: performance.now() - began, cpu: cpuOf(this.service.pids) - cpu };
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

function sum(all: readonly Took[], what: keyof Took): number {
  return all.reduce((total, one) => total + one[what], 0);
}

function mean(all: readonly Took[], what: keyof Took): number {
  return sum(all, what) / all.length;
}

function told(all: readonly Took[]): string {
  const hangs = all.some(({ ms }) => ms > HANGS_MS);
  return `${hangs ? "> " : ""}${(mean(all, "ms") / 1_000).toFixed(2)} s`;
}
