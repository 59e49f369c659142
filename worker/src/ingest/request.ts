import type { IngestRequest } from "../api/schema.ts";
import { KnownFailure } from "../client.ts";
import type { Env } from "../env.ts";
import type { Task } from "../jobs/index.ts";
import { unseal } from "../seal.ts";
import { asWrittenNow } from "./earlier.ts";

/** A request as the package takes it: what it becomes, from where, with which options. */
export function jobOf(request: IngestRequest) {
  const { url, webhookUrl, shards, wait, ...options } = request;
  return { as: options.as ?? "video", source: url, options: defined(options) };
}

/** The same without what is not given. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const given = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/**
 * What was asked for.
 *
 * @throws KnownFailure when it was sealed under another key.
 */
export async function requestOf(
  env: Env,
  { request, shared }: Pick<Task, "request" | "shared">,
): Promise<IngestRequest> {
  const own = request && (await unseal<IngestRequest>(env, "source", request));
  const rest = shared === null ? {} : await unseal<Partial<IngestRequest>>(env, "source", shared);
  if (own && rest) return asWrittenNow({ ...own, ...rest });
  throw new KnownFailure({
    code: "request_unreadable",
    message: "the stored request was sealed under another key",
    hint: "Post it again; set VODLIFT_SEAL_KEY, so that a new AccessKey does not close what is stored.",
    retryable: false,
  });
}
