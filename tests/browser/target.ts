// Where the dashboard under test is: a service that pretends, or a real one that the environment names.
import { startFakeService } from "./fake-service.ts";
import type { FakeWorld } from "./fake-world.ts";

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

const { DASHBOARD_URL, DASHBOARD_TOKEN = "", DASHBOARD_MEDIA = "" } = process.env;

/** Only a service that pretends can be brought into any state. */
export const isReal = DASHBOARD_URL !== undefined;

export async function startTarget(): Promise<Target> {
  if (DASHBOARD_URL === undefined) {
    const service = await startFakeService();
    return { ...service, media: mediaBelow("https://media.example.com") };
  }
  return {
    url: DASHBOARD_URL.replace(/\/$/, ""),
    token: DASHBOARD_TOKEN,
    media: mediaBelow(DASHBOARD_MEDIA),
    close: async () => {},
  };
}

const mediaBelow =
  (base: string): Target["media"] =>
  (kind, name) =>
    `${base}/${kind}/${name}`;
