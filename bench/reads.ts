// How many status reads the Worker answers a second: the Worker itself in workerd, with its index in SQLite, and nothing of
// the development tools around it. The load comes from this process, over connections that stay open.
import { randomBytes } from "node:crypto";
import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sha256 } from "../tests/support/worker.ts";
import { startWorkerd } from "../tests/support/workerd.ts";
import { table } from "./table.ts";

const CONNECTIONS = 50;
const INGESTS = 1_000;
const WARM_UP_S = 3;
/** What the service is to hold, whoever asks. */
const STEADY = 1_000;

interface Options {
  seconds: number;
  say(line: string): void;
}

interface Figures {
  perSecond: number;
  p50: number;
  p99: number;
}

export async function measureReads({ seconds, say }: Options): Promise<string> {
  const token = randomBytes(16).toString("hex");
  const worker = await startWorkerd(fileURLToPath(new URL("worker.ts", import.meta.url)), {
    compatibilityDate: "2026-11-01",
    durableObjects: { JOBS: "JobIndex" },
    wasm: fileURLToPath(new URL("../pkg/dist/wasm/core.wasm", import.meta.url)),
    bindings: {
      VODLIFT_TOKENS: JSON.stringify([{ name: "bench", sha256: sha256(token) }]),
      ALIBABA_CLOUD_ACCESS_KEY_ID: "id",
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: "secret",
      // One caller asks for all of it.
      VODLIFT_CALLS_PER_CALLER: "0",
      VODLIFT_ROWS_PER_CALLER: "0",
    },
  });
  try {
    const headers = { authorization: `Bearer ${token}` };
    const post = async (path: string, body: unknown) => {
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      const response = await fetch(new URL(path, worker.url), init);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    };
    await post("/v1/pause", {});
    const batch = Array.from({ length: INGESTS }, (_, n) => ({
      url: `https://host-${n % 97}.example/films/${n}.mp4`,
      title: `Film number ${n}`,
    }));
    const { results } = (await post("/v1/ingests", batch)) as { results: { id: string }[] };
    const paths: [name: string, path: (n: number) => string, expected: (n: number) => string][] = [
      ["nothing: `/healthz`", () => "/healthz", () => "ok"],
      ["one ingest of 1,000", (n) => `/v1/ingests/${id(n)}`, id],
      ["the newest 50", () => "/v1/ingests?limit=50", () => results.at(-1)?.id ?? ""],
      ["totals", () => "/v1/stats", () => `"queued":${INGESTS}`],
    ];
    function id(n: number): string {
      return results[n % INGESTS]?.id ?? "";
    }
    const rows: [string, Figures][] = [];
    for (const [name, path, expected] of paths) {
      const ask = asker(worker.url, headers, path, expected);
      await load(ask, Math.min(WARM_UP_S, seconds));
      rows.push([name, await load(ask, seconds)]);
      say(`reads of ${name}: ${rows.at(-1)?.[1].perSecond.toFixed(0)} a second`);
    }
    const one = asker(worker.url, headers, (n) => `/v1/ingests/${id(n)}`, id);
    rows.push([`one ingest, ${STEADY} a second asked`, await steady(one, seconds)]);
    return `## Status reads

${CONNECTIONS} connections for ${seconds} s each, every answer read and checked. Worker and load share the cores.

${table([
  ["what is read", "answers a second", "p50", "p99"],
  ...rows.map(([name, { perSecond, p50, p99 }]) => [
    name,
    perSecond.toFixed(0),
    `${p50.toFixed(0)} ms`,
    `${p99.toFixed(0)} ms`,
  ]),
])}`;
  } finally {
    await worker.close();
  }
}

type Ask = () => Promise<void>;

/** Asks for one path after the other, and looks whether the answer is about it. */
function asker(
  base: string,
  headers: Record<string, string>,
  path: (n: number) => string,
  expected: (n: number) => string,
): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let count = 0;
  return () => {
    const n = count++;
    return new Promise((resolve, reject) => {
      get(new URL(path(n), base), { agent, headers }, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => {
          if (response.statusCode === 200 && body.includes(expected(n))) resolve();
          else reject(new Error(`${path(n)}: ${response.statusCode} ${body.slice(0, 300)}`));
        });
      }).on("error", reject);
    });
  };
}

/** Asks so often, whether the answers keep up or not; an answer is timed from when it was due. */
async function steady(ask: Ask, seconds: number): Promise<Figures> {
  const began = performance.now();
  const asked: Promise<number>[] = [];
  while (asked.length < seconds * STEADY) {
    const due = began + (asked.length / STEADY) * 1000;
    if (performance.now() < due) await sleep(1);
    else asked.push(ask().then(() => performance.now() - due));
  }
  return figures(await Promise.all(asked), began);
}

async function load(ask: Ask, seconds: number): Promise<Figures> {
  const began = performance.now();
  const until = began + seconds * 1000;
  const took: number[] = [];
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < until) {
        const asked = performance.now();
        await ask();
        took.push(performance.now() - asked);
      }
    }),
  );
  return figures(took, began);
}

function figures(took: number[], began: number): Figures {
  const perSecond = took.length / ((performance.now() - began) / 1000);
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? Number.NaN;
  return { perSecond, p50: at(0.5), p99: at(0.99) };
}
