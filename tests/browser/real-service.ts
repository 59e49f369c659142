// The Worker itself in workerd, with the emulator behind it and an origin that behaves as each kind of media says.
import { type Route, startOrigin } from "../support/origin.ts";
import { startService } from "../support/service.ts";
import { startWorker } from "../support/worker.ts";
import type { Kind, Target } from "./target.ts";

const MIB = 1024 * 1024;
const SLOW: Route = { size: 2_048 * MIB, bytesPerSecond: 16 * MIB };
const ROUTES: Readonly<Record<Kind, Route>> = {
  quick: { size: 3 * MIB },
  slow: SLOW,
  // To a range, and to the whole file after that.
  broken: { size: MIB, status: 404, statusTimes: 2 },
  queued: SLOW,
};

export async function startRealService(): Promise<Target> {
  const service = await startService();
  const origin = await startOrigin();
  const worker = await startWorker({ service });
  return {
    url: worker.url,
    token: worker.token,
    media: (kind, name) => origin.add(`/${kind}/${name}`, ROUTES[kind]),
    async close() {
      await worker.close();
      await origin.close();
      await service.close();
    },
  };
}
