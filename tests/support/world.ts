// What most tests of the Worker need, for as long as their file runs: an emulator, a source of films, and the Worker.
import { after } from "node:test";
import { type Origin, startOrigin } from "./origin.ts";
import { type Emulator, startService } from "./service.ts";
import { type RunningWorker, startWorker, type WorkerOptions } from "./worker.ts";

export interface World {
  service: Emulator;
  origin: Origin;
  worker: RunningWorker;
}

/** Awaited before a file's first test. */
export async function startWorld(options: Omit<WorkerOptions, "service"> = {}): Promise<World> {
  const service = await startService();
  const origin = await startOrigin();
  const worker = await startWorker({ ...options, service });
  after(async () => {
    await worker.close();
    await origin.close();
    await service.close();
  });
  return { service, origin, worker };
}
