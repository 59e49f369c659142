// The example Worker in Rust in real workerd, with a source to lift from and an emulator to lift to.
import { fileURLToPath } from "node:url";
import { type Origin, startOrigin } from "./origin.ts";
import { secret } from "./secrets.ts";
import { type Emulator, startService } from "./service.ts";
import { startWorkerd } from "./workerd.ts";

const TOKEN = "only-for-tests";
secret("a bearer token", TOKEN);

/** What it tells of an upload, as far as the tests ask. */
export interface Outcome {
  objectKey: string;
  bytes: number;
  parts: number;
  refreshes: number;
  retries: number;
}

export interface Answer {
  outcome?: Outcome;
  error?: { code: string; message: string; hint: string };
}

export interface RustWorker {
  readonly origin: Origin;
  readonly service: Emulator;
  post(body: object, init?: RequestInit): Promise<Response>;
  /** Asks for an ingest. The answer comes when it is over. */
  ingest(body: object, init?: RequestInit): Promise<Answer>;
  close(): Promise<void>;
}

export async function startRustWorker(): Promise<RustWorker> {
  const service = await startService();
  const origin = await startOrigin();
  const entry = new URL("../../examples/rust-worker/index.js", import.meta.url);
  const workerd = await startWorkerd(fileURLToPath(entry), {
    wasm: "./build/rust_worker.wasm",
    compatibilityFlags: ["enable_request_signal"],
    bindings: {
      INGEST_TOKEN: TOKEN,
      ALIBABA_CLOUD_ACCESS_KEY_ID: service.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: service.accessKeySecret,
      VODLIFT_REGION: service.region,
      VODLIFT_ENDPOINT: service.endpoint,
      VODLIFT_ALLOW_PRIVATE_SOURCES: "true",
    },
  }).catch(async (error: unknown) => {
    // What still listens would keep the test's process from ending.
    await origin.close();
    await service.close();
    throw error;
  });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const post = (body: object, init?: RequestInit) =>
    fetch(workerd.url, { method: "POST", headers, body: JSON.stringify(body), ...init });
  return {
    origin,
    service,
    post,
    ingest: async (body, init) => (await (await post(body, init)).json()) as Answer,
    async close() {
      await workerd.close();
      await origin.close();
      await service.close();
    },
  };
}
