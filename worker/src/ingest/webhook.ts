// Webhooks: Standard Webhooks, sent by a step of the Workflow, which tries again with backoff.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { checkUrl } from "vodlift/core";
import type { Ingest, IngestRequest } from "../api/schema.ts";
import type { Env } from "../env.ts";
import type { Task } from "../jobs/index.ts";
import { requestOf } from "./request.ts";

const TIMEOUT_MS = 15_000;

/** Whom to tell of an ingest. Where its request can no longer be read, the Worker's own receiver is left. */
export async function hooksOf(env: Env, task: Task): Promise<string[]> {
  const request = await requestOf(env, task).catch((): Partial<IngestRequest> => ({}));
  const urls = [env.VODLIFT_WEBHOOK_URL, request.webhookUrl];
  return [...new Set(urls.filter((url) => url !== undefined).filter((url) => url !== ""))];
}

/**
 * Tells one of them.
 *
 * @throws Error when it does not take it; its message names no part of the URL but the host.
 */
export async function deliver(env: Env, url: string, ingest: Ingest): Promise<void> {
  const target = new URL(url);
  const refusal = checkUrl(url, env.VODLIFT_ALLOW_PRIVATE_SOURCES === "true");
  if (refusal) throw new Error(refusal.message);
  // However often it is sent: an attempt reaches each state once.
  const id = `${ingest.id}.${ingest.attempts}.${ingest.state}`;
  const timestamp = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    type: `ingest.${ingest.state}`,
    timestamp: new Date(timestamp * 1000).toISOString(),
    data: ingest,
  });
  const signature = await sign(env, `${id}.${timestamp}.${body}`);
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
  if (!response.ok) throw new Error(`${target.host} answered ${response.status}`);
}

/** One signature a secret, so that a secret can be replaced without a gap. */
async function sign(env: Env, content: string): Promise<string> {
  const secrets = (env.VODLIFT_WEBHOOK_SECRET ?? "").split(/\s+/).filter((secret) => secret !== "");
  const signatures = await Promise.all(
    secrets.map(async (secret) => {
      const bytes = Uint8Array.fromBase64(secret.replace(/^whsec_/, ""));
      const how = { name: "HMAC", hash: "SHA-256" };
      const key = await crypto.subtle.importKey("raw", bytes, how, false, ["sign"]);
      const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(content));
      return `v1,${new Uint8Array(mac).toBase64()}`;
    }),
  );
  return signatures.join(" ");
}
