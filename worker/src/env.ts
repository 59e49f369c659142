import type { Ingest } from "./ingest.ts";

/** What the Worker is given: its bindings, and settings from secrets and vars. */
export interface Env {
  INGESTS: DurableObjectNamespace<Ingest>;
  /** The bearer token of all of /v1. Without it /v1 is closed. */
  VODLIFT_TOKEN?: string;
  ALIBABA_CLOUD_ACCESS_KEY_ID?: string;
  ALIBABA_CLOUD_ACCESS_KEY_SECRET?: string;
  ALIBABA_CLOUD_SECURITY_TOKEN?: string;
  VODLIFT_REGION?: string;
  VODLIFT_ENDPOINT?: string;
  /** `true` lets sources lie on private and loopback addresses: for development only. */
  VODLIFT_ALLOW_PRIVATE_SOURCES?: string;
}
