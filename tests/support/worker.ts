// The Worker in real workerd, on a free loopback port: through wrangler, with the configuration that is deployed.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { IngestDetail } from "../../worker/src/api/schema.ts";
import { keep, keepFolder, secret } from "./secrets.ts";
import { until } from "./until.ts";

/** For what never reaches VOD: nobody listens there. */
export const NOWHERE = {
  endpoint: "http://127.0.0.1:1",
  accessKeyId: "id",
  accessKeySecret: "secret",
  region: "cn-shanghai",
};

export interface WorkerOptions {
  /** Where VOD is, and the keys for it; an emulator fits. */
  service: { endpoint: string; accessKeyId: string; accessKeySecret: string; region: string };
  /** The bearer token; a random one if left out, none at all if null. */
  token?: string | null;
  /** Default true: the tests' sources lie on loopback. */
  allowPrivateSources?: boolean;
  /** More of what worker/src/env.ts names. */
  settings?: Readonly<Record<string, string>>;
  /** Answers a fetch of the Worker instead of the network, where it says something. */
  outbound?: (url: string) => { status: number; location?: string } | undefined;
  /** Calls that change something, by one token; as deployed if left out. */
  writesPerMinute?: number;
  /** What it prints; errors only if left out. */
  logLevel?: "error" | "log" | "debug";
  /** Where Durable Objects keep their state; a temporary folder, removed at the end, if left out. */
  persist?: string;
}

export interface RunningWorker {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/** Starts it and waits until it answers. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  // Read when wrangler is loaded: no telemetry, no look at the network for a sample of `Request.cf`, no local traces,
  // which would keep the address of every fetch.
  process.env.WRANGLER_SEND_METRICS = "false";
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  // Nor a word on stdout, which is the caller's.
  process.env.WRANGLER_LOG ??= options.logLevel ?? "error";
  process.env.X_LOCAL_OBSERVABILITY = "false";
  const { unstable_DevEnv: DevEnv } = await import("wrangler");
  const token = options.token === undefined ? randomBytes(16).toString("hex") : options.token;
  const persist = options.persist ?? (await mkdtemp(join(tmpdir(), "vodlift-worker-")));
  const { service } = options;
  const settings = {
    VODLIFT_TOKENS: token === null ? "" : JSON.stringify([{ name: "test", sha256: sha256(token) }]),
    ALIBABA_CLOUD_ACCESS_KEY_ID: service.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: service.accessKeySecret,
    VODLIFT_REGION: service.region,
    VODLIFT_ENDPOINT: service.endpoint,
    VODLIFT_ALLOW_PRIVATE_SOURCES: String(options.allowPrivateSources ?? true),
    ...options.settings,
  };
  nameSecrets(settings, token);
  const { outbound, writesPerMinute: limit } = options;
  const outboundService = async (request: Request) => {
    const answer = outbound?.(request.url);
    if (!answer) return passOn(request);
    const { status, location } = answer;
    return new Response(null, { status, headers: location === undefined ? {} : { location } });
  };
  const dev = new DevEnv();
  const loaded = once(dev, "reloadComplete");
  const worker = await dev.startWorker({
    config: fileURLToPath(new URL("../../worker/wrangler.jsonc", import.meta.url)),
    bindings: {
      ...Object.fromEntries(
        Object.entries(settings).map(([name, value]) => [name, { type: "secret_text", value }]),
      ),
      ...(limit && {
        WRITES: { type: "ratelimit", namespace_id: "1", simple: { limit, period: 60 } },
      }),
    },
    dev: {
      server: { hostname: "127.0.0.1", port: 0 },
      persist,
      remote: false,
      inspector: false,
      watch: false,
      liveReload: false,
      logLevel: options.logLevel ?? "error",
      ...(outbound && { outboundService }),
    },
  });
  await worker.ready;
  // Past the proxy that keeps one address over reloads: here nothing is reloaded, and each request would pass through
  // one process more. Only who wants to see what is printed goes through it: it prints the requests.
  const [{ proxyData }] = await loaded;
  const { hostname, port } = options.logLevel ? await worker.url : proxyData.userWorkerUrl;
  return {
    url: `http://${hostname}:${port}`,
    token: token ?? "",
    async close() {
      await worker.dispose();
      if (options.persist !== undefined) return;
      keepFolder(persist);
      await rm(persist, { recursive: true, force: true });
    },
  };
}

const SECRETS = {
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: "an AccessKey secret",
  VODLIFT_SEAL_KEY: "a sealing key",
  VODLIFT_WEBHOOK_SECRET: "a webhook secret",
  VODLIFT_CALLBACK_KEY: "a callback key",
} as const;

function nameSecrets(settings: Readonly<Record<string, string>>, token: string | null): void {
  secret("a bearer token", token ?? undefined);
  for (const [name, kind] of Object.entries(SECRETS)) {
    const several = settings[name]?.split(/[\s,]+/) ?? [];
    secret(kind, ...several.map((one) => one.replace(/^whsec_/, "")));
  }
}

async function passOn(request: Request): Promise<Response> {
  const { url, method, headers } = request;
  const body = method === "GET" || method === "HEAD" ? null : await request.arrayBuffer();
  return fetch(url, { method, headers, body, redirect: "manual" });
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** An ingest as the Worker shows it. */
export type IngestView = IngestDetail;

/** An answer of the API. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: its fields are what the tests assert
  body: any;
}

/** Calls the API with the token. */
export async function callWorker(
  worker: RunningWorker,
  path: string,
  init: RequestInit = {},
): Promise<Answer> {
  // A connection that is kept may be closed from the other side while this process is kept from looking.
  const headers = { authorization: `Bearer ${worker.token}`, connection: "close", ...init.headers };
  const response = await fetch(worker.url + path, { ...init, headers });
  const text = await response.text();
  keep("worker-answers", text);
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}

/** Posts an ingest; says its id. */
export async function postIngest(worker: RunningWorker, body: object): Promise<string> {
  const init = { method: "POST", body: JSON.stringify(body) };
  const { status, body: answer } = await callWorker(worker, "/v1/ingests", init);
  if (status !== 202) throw new Error(`${status} ${JSON.stringify(answer)}`);
  return answer.id;
}

export async function viewIngest(worker: RunningWorker, id: string): Promise<IngestView> {
  return (await callWorker(worker, `/v1/ingests/${id}`)).body;
}

/** Everything that is listed, newest first, page by page. */
export async function listAll(worker: RunningWorker, filters = ""): Promise<IngestView[]> {
  const all: IngestView[] = [];
  let cursor: string | null = null;
  do {
    const page: Answer = await callWorker(
      worker,
      `/v1/ingests?limit=200${filters}${cursor === null ? "" : `&cursor=${cursor}`}`,
    );
    all.push(...page.body.ingests);
    cursor = page.body.cursor;
  } while (cursor !== null);
  return all;
}

/** Waits until nothing is queued or running any more. */
export async function allEnded(worker: RunningWorker): Promise<void> {
  await until(async () => {
    const { counts } = (await callWorker(worker, "/v1/stats")).body;
    return counts.queued + counts.running === 0;
  });
}

/** Asks until the ingest is over, and shows every answer to `onView`. */
export async function ingestEnd(
  worker: RunningWorker,
  id: string,
  onView: (view: IngestView) => void = () => {},
): Promise<IngestView> {
  return until(async () => {
    const view = await viewIngest(worker, id);
    onView(view);
    return view.state !== "queued" && view.state !== "running" && view;
  });
}
