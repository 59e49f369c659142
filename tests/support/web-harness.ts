// The crate's feature `web` in this very process: on Node's `fetch`, where no stream has a length, so parts are gathered.
import { readFile } from "node:fs/promises";
import type {
  Account,
  Checkpoint,
  Error as ErrorData,
  Job,
  Outcome,
} from "../../pkg/src/wasm/core.js";
import type { Emulator } from "./service.ts";

export interface Task {
  media?: Job["media"];
  source?: Job["source"];
  /** Of a stream. */
  size?: number;
  options?: Job["options"];
  resume?: Checkpoint;
  abort?: Checkpoint;
  /** The run itself is awaited, and not its `end`. */
  plainly?: boolean;
}

/** What cannot be told as JSON. */
export interface Hands {
  blob?: Blob;
  stream?: ReadableStream;
  signal?: AbortSignal;
  stop?: AbortSignal;
  /** Gives an account as JSON. */
  credentials?(): Promise<string>;
  /** Takes a checkpoint as JSON. */
  onCheckpoint?(checkpoint: string): Promise<void>;
  onProgress?(progress: string): void;
  /** The upload is dropped when this is over. */
  dropWhen?: Promise<void>;
}

export interface Told {
  done?: Outcome;
  suspended?: Checkpoint;
  error?: ErrorData;
}

export type Harness = (task: Task, hands?: Hands) => Promise<Told | "dropped" | "removed">;

const build = new URL("../rust-worker/harness/build/", import.meta.url);

/** Loads it, with an emulator to upload to. */
export async function loadHarness(service: Emulator): Promise<Harness> {
  const { initSync, run } = await import(new URL("web_harness.js", build).href);
  initSync({
    module: await WebAssembly.compile(await readFile(new URL("web_harness.wasm", build))),
  });
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const account: Account = { accessKeyId, accessKeySecret };
  return async (task, hands = {}) =>
    JSON.parse(await run(JSON.stringify({ account, vod: { region, endpoint }, ...task }), hands));
}
