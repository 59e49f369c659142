// Webhooks: Standard Webhooks, sent by a step of the Workflow, which tries again with backoff.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import type { Failure, Ingest, IngestRequest } from "../api/schema.ts";
import { refusalOf } from "../client.ts";
import type { Env } from "../env.ts";
import type { Task } from "../jobs/index.ts";
import { list, secretOf } from "../settings.ts";
import { isSame, receiversOf } from "./receivers.ts";
import { requestOf } from "./request.ts";

const TIMEOUT_MS = 15_000;

/** Whom to tell of an ingest. Where its request can no longer be read, the Worker's own receiver is left. */
export async function hooksOf(env: Env, task: Task): Promise<string[]> {
  const request = await requestOf(env, task).catch((): Partial<IngestRequest> => ({}));
  return receiversOf([env.VODLIFT_WEBHOOK_URL, request.webhookUrl]);
}

/** The operator's own, however it is spelled. */
function isOwn(env: Env, url: string): boolean {
  return isSame(url, env.VODLIFT_WEBHOOK_URL);
}

/**
 * Tells one of them.
 *
 * @throws Error when it does not take it; its message names no part of the URL but the host.
 */
export async function deliver(env: Env, url: string, ingest: Ingest): Promise<void> {
  const target = new URL(url);
  const refusal = await hookRefusal(env, url);
  if (refusal) throw new Error(refusal.message);
  // However often it is sent: an attempt reaches each state once.
  const id = `${ingest.id}.${ingest.attempts}.${ingest.state}`;
  const timestamp = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    type: `ingest.${ingest.state}`,
    timestamp: new Date(timestamp * 1000).toISOString(),
    data: ingest,
  });
  const signature = await sign(env, url, `${id}.${timestamp}.${body}`);
  const response = await fetch(target, {
    method: "POST",
    body,
    // A redirect could lead to where the check did not look.
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      "content-type": "application/json",
      "user-agent": "vodlift",
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      ...(signature && { "webhook-signature": signature }),
    },
  });
  await response.body?.cancel();
  // Who answers 410 (gone) wants to be told no more of it.
  if (!response.ok && response.status !== 410)
    throw new Error(`${target.host} answered ${response.status}`);
}

/** Why this receiver is not told, if it is not. The operator's own is held to no list. */
export async function hookRefusal(env: Env, url: string): Promise<Failure | undefined> {
  const hosts = isOwn(env, url) ? undefined : list(env, "VODLIFT_WEBHOOK_HOSTS");
  const refusal = await refusalOf(env, url, hosts);
  if (refusal?.code !== "source_host_refused") return refusal;
  return {
    code: "webhook_host_refused",
    message: `webhooks to ${new URL(url).hostname} are not allowed`,
    hint: "Use a receiver on another host, or change VODLIFT_WEBHOOK_HOSTS.",
    retryable: false,
  };
}

/** One signature a secret, so that a secret can be replaced without a gap. */
async function sign(env: Env, url: string, content: string): Promise<string> {
  const secrets = (list(env, "VODLIFT_WEBHOOK_SECRET") ?? []).map(secretOf);
  const signatures = await Promise.all(
    secrets
      .filter((secret) => secret !== undefined)
      .map(
        async (secret) => `v1,${(await mac(await keyFor(env, url, secret), content)).toBase64()}`,
      ),
  );
  return signatures.join(" ");
}

/** Receivers that callers name get a secret of their own each: what one of them was sent, no other one believes. */
async function keyFor(
  env: Env,
  url: string,
  secret: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (isOwn(env, url)) return secret;
  const { origin, pathname, search } = new URL(url);
  return mac(secret, `vodlift webhook ${origin}${pathname}${search}`);
}

async function mac(
  secret: Uint8Array<ArrayBuffer>,
  content: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const how = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, how, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(content)));
}
