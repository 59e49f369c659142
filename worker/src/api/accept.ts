// From a request to a job: what can be refused at once is refused at once, naming the field.
import { checkUrl } from "vodlift/core";
import { asFailure, client } from "../client.ts";
import type { Env } from "../env.ts";
import { jobOf } from "../ingest/request.ts";
import type { NewJob } from "../jobs/index.ts";
import { seal } from "../seal.ts";
import { invalid, type Trouble } from "./problem.ts";
import type { IngestRequest } from "./schema.ts";

/** @param key Whose Idempotency-Key it is, and of which request of a batch. */
export async function toJob(
  env: Env,
  request: IngestRequest,
  key: string | undefined,
): Promise<NewJob | Trouble> {
  const { url } = request;
  const { host, hostname: spelled, origin, pathname } = new URL(url);
  // The same host may be spelled with a dot at its end.
  const hostname = spelled.replace(/\.$/, "");
  const allowPrivateSources = env.VODLIFT_ALLOW_PRIVATE_SOURCES === "true";
  for (const field of ["url", "webhookUrl"] as const) {
    const refusal = request[field] && checkUrl(request[field], allowPrivateSources);
    if (refusal) return { ...refusal, field };
  }
  const allow = hosts(env.VODLIFT_ALLOW_HOSTS);
  if (allow.length && !allow.some((rule) => fits(hostname, rule))) {
    return invalid("url", "leads to a host that is not on this Worker's list");
  }
  if (hosts(env.VODLIFT_DENY_HOSTS).some((rule) => fits(hostname, rule))) {
    return invalid("url", "leads to a host that this Worker refuses");
  }
  const { as, source, options } = jobOf(request);
  try {
    await client(env).check(as, source, { ...options, allowPrivateSources });
  } catch (error) {
    const failure = asFailure(error);
    const field = /^`([\w.]+)`/.exec(failure.message)?.[1];
    return field === undefined ? failure : { ...failure, field };
  }
  return {
    id: key === undefined ? randomId() : await digest(`key ${key}`, ID_LENGTH),
    ...(key !== undefined && { fingerprint: await digest(JSON.stringify(request), 64) }),
    host,
    url: origin + pathname,
    ...(request.title !== undefined && { title: request.title }),
    kind: request.as,
    request: await seal(env, "source", request),
  };
}

const ID_LENGTH = 32;

/** A host name is no key to anything: ids are, so they are not to be guessed. */
export function randomId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

async function digest(text: string, length: number): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex().slice(0, length);
}

function hosts(list: string | undefined): string[] {
  return (list ?? "")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((host) => host !== "");
}

function fits(hostname: string, rule: string): boolean {
  return rule.startsWith("*.") ? hostname.endsWith(rule.slice(1)) : hostname === rule;
}
