import type { RunParams } from "./ingest/workflow.ts";
import type { JobIndex } from "./jobs/index.ts";

/** What the Worker is given: its bindings, and settings from secrets and vars. Numbers are digits. */
export interface Env {
  JOBS: DurableObjectNamespace<JobIndex>;
  INGEST: Workflow<RunParams>;
  /** Limits calls that change something, by token, and logins that fail, by address. */
  WRITES: RateLimit;
  LOGINS: RateLimit;

  /** Secret: who may call, as JSON: `[{ "name", "sha256", "scopes", "owner" }]`, with the scopes of api/scopes.ts. Without it /v1 is closed. */
  VODLIFT_TOKENS?: string;
  /** Secrets: the account's key. */
  ALIBABA_CLOUD_ACCESS_KEY_ID?: string;
  ALIBABA_CLOUD_ACCESS_KEY_SECRET?: string;
  ALIBABA_CLOUD_SECURITY_TOKEN?: string;
  /**
   * Secret: seals stored sources and sessions: 32 characters at least, drawn at random; the AccessKey's secret does if it is
   * left out. Two with a space between while one is replaced: the first seals, both open.
   */
  VODLIFT_SEAL_KEY?: string;
  VODLIFT_REGION?: string;
  VODLIFT_ENDPOINT?: string;

  /** Host names under which it answers, with commas between; any if left out. For where no platform routes by name. */
  VODLIFT_HOST_NAMES?: string;

  /** Ingests that run at once: 20. */
  VODLIFT_RUNNING?: string;
  /** Ingests that read from one host at once: 6. */
  VODLIFT_PER_HOST?: string;
  /** Of one caller: ingests that run at once (20), that wait (20,000), and bytes that their requests take (256 MiB). */
  VODLIFT_RUNNING_PER_CALLER?: string;
  VODLIFT_QUEUED_PER_CALLER?: string;
  VODLIFT_STORED_PER_CALLER?: string;
  /** Runs and uploads by request of one caller that begin in a second: 10; a playlist counts as 20. The others wait. */
  VODLIFT_STARTS_PER_CALLER?: string;
  /** Bytes that one caller may move within 24 hours: 16 TiB. What is over waits. */
  VODLIFT_BYTES_PER_CALLER?: string;
  /** Uploads by request that are under way at once: 100, of one caller 10. */
  VODLIFT_STREAMS?: string;
  VODLIFT_STREAMS_PER_CALLER?: string;
  /** Streams of events that one caller may hold open at once: 100. */
  VODLIFT_LISTENERS_PER_CALLER?: string;
  /** Of one caller, a second: calls (200), and rows that its lists, searches and CSV look at (50,000). */
  VODLIFT_CALLS_PER_CALLER?: string;
  VODLIFT_ROWS_PER_CALLER?: string;
  /** Bytes a second that a transfer makes at least, over so many seconds: 16,384 over 300. */
  VODLIFT_LEAST_RATE?: string;
  VODLIFT_LEAST_RATE_SECONDS?: string;
  /** Seconds that an attempt may take from when it first runs: 86,400, a day. */
  VODLIFT_LONGEST_SECONDS?: string;
  /** Requests that one Workflow instance may send: 10,000 on paid plans, 50 on the free one. 10000 if left out. */
  VODLIFT_SUBREQUESTS?: string;
  /** Seconds after which a slice begins no further part: 480. */
  VODLIFT_SLICE_SECONDS?: string;
  /** Bytes of one shard of a large object: 16 GiB. */
  VODLIFT_SHARD_BYTES?: string;
  /** Seconds without a word after which an ingest is set going again: 120. */
  VODLIFT_STALE_SECONDS?: string;
  /** Days that a finished ingest is remembered: 30. */
  VODLIFT_RETENTION_DAYS?: string;
  /** Days that one which has failed or was canceled may be tried again: 7, as long as VOD keeps its parts. */
  VODLIFT_RETRY_DAYS?: string;

  /** Source hosts, with commas between; `*.example.com` stands for all below. Only these, if there are any. */
  VODLIFT_ALLOW_HOSTS?: string;
  /** Source hosts that are refused. */
  VODLIFT_DENY_HOSTS?: string;
  /** The largest source that is accepted, in bytes: 256 GiB; 0 lifts the limit. */
  VODLIFT_MAX_BYTES?: string;
  /** Bytes that all uploads of an isolate may hold in memory before one waits for its turn: 24 MiB, and 1 MiB or more. */
  VODLIFT_MEMORY?: string;
  /** `true` lets sources and webhooks lie on private and loopback addresses: for development only. */
  VODLIFT_ALLOW_PRIVATE_SOURCES?: string;

  /** Told of every ingest that is done, ready, has failed or was canceled. */
  VODLIFT_WEBHOOK_URL?: string;
  /** The hosts that a request's `webhookUrl` may name, as VODLIFT_ALLOW_HOSTS has them; any public one without it. */
  VODLIFT_WEBHOOK_HOSTS?: string;
  /**
   * Secret: signs webhooks, as `whsec_…` (Standard Webhooks), 24 random bytes at least; several with spaces between while one is replaced. A request's
   * own receiver gets a secret that is derived from it.
   */
  VODLIFT_WEBHOOK_SECRET?: string;
  /** Secret: the key of VOD's event callbacks. Without it they are refused. */
  VODLIFT_CALLBACK_KEY?: string;
  /** The callback URL as VOD's settings have it, letter by letter: it is signed. The address of the request if left out. */
  VODLIFT_CALLBACK_URL?: string;
}
