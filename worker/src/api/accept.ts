// From a request to a job: what can be refused at once is refused at once, naming the field.

import { type VideoRef, withOptionNames } from "vodlift";
import { checkUrl } from "vodlift/core";
import { shownUrl } from "vodlift/shell";
import { asFailure, client, placesOf } from "../client.ts";
import type { Env } from "../env.ts";
import { ownReference } from "../ingest/reference.ts";
import { jobOf } from "../ingest/request.ts";
import type { Sharing } from "../ingest/shared.ts";
import { hookRefusal } from "../ingest/webhook.ts";
import { type Actor, jobs, type NewJob } from "../jobs/index.ts";
import { NAMES } from "../names.ts";
import { seal } from "../seal.ts";
import { canonical } from "./canonical.ts";
import { type Trouble, withField } from "./problem.ts";
import type { IngestRequest } from "./schema.ts";

/**
 * @param key Whose Idempotency-Key it is, and of which request of a batch.
 * @param sharing Of all requests of the call.
 */
export async function toJob(
  env: Env,
  request: IngestRequest,
  key: string | undefined,
  actor: Actor,
  sharing: Sharing,
): Promise<NewJob | Trouble> {
  const { url } = request;
  const { host, href } = new URL(url);
  const places = placesOf(env);
  const refusal = checkUrl(url, places.allowPrivateSources);
  if (refusal) return { ...refusal, ...withOptionNames(refusal, NAMES), field: "url" };
  const hook = request.webhookUrl && (await hookRefusal(env, request.webhookUrl));
  if (hook) return { ...hook, field: "webhookUrl" };
  const { as, source, options } = jobOf(request);
  try {
    await client(env).check(as, source, { ...options, ...places });
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === "source_host_refused") return { ...failure, field: "url" };
    return withField(failure);
  }
  const own = await replacementOf(env, request.replace, actor);
  if (own && "code" in own) return own;
  const identity = await identityOf(key, request);
  const split = await sharing.split({ ...request, ...own });
  return {
    ...identity,
    reference: await ownReference(env, identity.id),
    hooked: request.webhookUrl !== undefined,
    host,
    url: shownUrl(href),
    ...(request.title !== undefined && { title: request.title }),
    kind: as,
    request: await seal(env, "source", split.own),
    ...(split.shared && { shared: split.shared }),
    keeps: request.webhookUrl !== undefined || request.replace !== undefined,
  };
}

/**
 * Which media a caller may replace: any, if it reaches everything; else those that its own ingests made. An id is no proof
 * that a media is somebody's, so another's is answered as one that is not there.
 */
export async function replacementOf(
  env: Env,
  replace: IngestRequest["replace"],
  actor: Actor,
): Promise<{ replace: { mediaId: string } } | Trouble | undefined> {
  if (replace === undefined || actor.all) return undefined;
  const { mediaId: id, referenceId = "" }: VideoRef =
    typeof replace === "string" ? { mediaId: replace } : replace;
  const target = id === undefined ? { referenceId } : { mediaId: id };
  const mediaId = await jobs(env).replaceable(target, actor);
  return mediaId === undefined ? NONE_TO_REPLACE : { replace: { mediaId } };
}

const NONE_TO_REPLACE: Trouble = {
  code: "media_not_found",
  message: "`replace` names no media that an ingest of yours has made",
  hint: 'Name one of your own, or use a token whose scopes include "all".',
  field: "replace",
};

/** The same key and the same request are the same id, however the request is written. */
export async function identityOf(
  key: string | undefined,
  request: object,
): Promise<Pick<NewJob, "id" | "fingerprint">> {
  if (key === undefined) return { id: randomId() };
  return {
    id: await digest(`key ${key}`, ID_LENGTH),
    fingerprint: await digest(canonical(request), 64),
  };
}

const ID_LENGTH = 32;

/** A host name is no key to anything: ids are, so they are not to be guessed. */
function randomId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** SHA-256 in hex, or the beginning of it. */
export async function digest(text: string, length = 64): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex().slice(0, length);
}
