// What the dashboard under test talks to: a service that pretends, or with DASHBOARD=worker the Worker itself.
import { startFakeService } from "./fake-service.ts";
import type { FakeWorld } from "./fake-world.ts";
import { startRealService } from "./real-service.ts";

/** Soon done; runs for long; fails first and works when retried; waits for ever. */
export type Kind = "quick" | "slow" | "broken" | "queued";

export interface Target {
  readonly url: string;
  readonly token: string;
  /** A URL that the service can lift, and that behaves so. */
  media(kind: Kind, name: string): string;
  /** What lies behind a service that pretends. */
  readonly world?: FakeWorld;
  close(): Promise<void>;
}

/** Only a service that pretends can be brought into any state. */
export const isReal = process.env.DASHBOARD === "worker";

export async function startTarget(): Promise<Target> {
  if (isReal) return startRealService();
  const service = await startFakeService();
  return { ...service, media: (kind, name) => `https://media.example.com/${kind}/${name}` };
}
