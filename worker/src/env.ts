import type { Ingest } from "./ingest.ts";
import type { Listing } from "./listing.ts";

/** What the Worker is given: its bindings, and settings from secrets and vars. */
export interface Env {
  INGESTS: DurableObjectNamespace<Ingest>;
  LISTING: DurableObjectNamespace<Listing>;
  /** The bearer token of all of /v1. Without it /v1 is closed. */
  VODLIFT_TOKEN?: string;
  ALIBABA_CLOUD_ACCESS_KEY_ID?: string;
  ALIBABA_CLOUD_ACCESS_KEY_SECRET?: string;
  ALIBABA_CLOUD_SECURITY_TOKEN?: string;
  VODLIFT_REGION?: string;
  VODLIFT_ENDPOINT?: string;
  /** Requests that one run of an ingest may send, as digits: what the account's plan allows. 900 if left out. */
  VODLIFT_SUBREQUESTS?: string;
  /** Seconds after which a run begins no further part, as digits. 480 if left out. */
  VODLIFT_SLICE_SECONDS?: string;
  /** `true` lets sources lie on private and loopback addresses: for development only. */
  VODLIFT_ALLOW_PRIVATE_SOURCES?: string;
}
