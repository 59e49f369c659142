// The ingest handler as its callers use it: slice after slice, wherever it runs.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { sealingKey, unseal } from "../../pkg/src/handler/seal.ts";
import { leaks } from "./leaks.ts";
import { keep, secret } from "./secrets.ts";
import {
  assertNothingOpen,
  type Emulator,
  partsStored,
  storedObjects,
  storedSha256,
} from "./service.ts";

export const TOKEN = "never-print-this-bearer-token";
export const TOKEN_SHA256 = createHash("sha256").update(TOKEN).digest("hex");
export const SEAL_KEY = "never-print-this-sealing-key-0123456789";
const QUERY = "never-print-this-query";
secret("a bearer token", TOKEN);
secret("a sealing key", SEAL_KEY);
secret("the query of a source", QUERY);

/** An answer of the handler. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: its fields are what the tests assert
  body: any;
}

/** Sends a body to a path, with the token, and fails if the answer tells a secret. */
export type Send = (path: string, body: object, init?: RequestInit) => Promise<Answer>;

/** Sends to whatever takes a request. */
export function sender(
  service: Emulator,
  fetch: (request: Request) => Promise<Response> | Response,
  origin = "http://handler.test",
): Send {
  return async (path, body, init = {}) => {
    const request = new Request(origin + path, {
      method: "POST",
      body: JSON.stringify(body),
      ...init,
      headers: { authorization: `Bearer ${TOKEN}`, ...init.headers },
    });
    const response = await fetch(request);
    const text = await response.text();
    keep("handler-answers", text);
    assertNoSecret(text, service);
    assert.equal(response.headers.get("cache-control"), "no-store");
    return { status: response.status, headers: response.headers, body: JSON.parse(text) };
  };
}

/** Goes on until it is over; says every answer. */
export async function ingest(send: Send, body: object): Promise<Answer[]> {
  const answers = [await send("/v1/ingests", body)];
  for (let last = answers[0]; last?.body.state === "running"; last = answers.at(-1)) {
    answers.push(await send("/v1/ingests/resume", { resume: last.body.resume }));
  }
  return answers;
}

/** Ended well in at least three requests, and the film is there: once, whole, each part once, nothing left open. */
export async function assertArrived(
  service: Emulator,
  answers: Answer[],
  sha256: string,
): Promise<void> {
  const last = answers.at(-1);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [...answers.slice(1).map(() => 202), 200],
    JSON.stringify(last?.body),
  );
  assert.ok(answers.length >= 3, `${answers.length} requests`);
  assert.equal(await storedSha256(service, last?.body.objectKey), sha256);
  const created = service.log.filter(({ operation }) => operation === "CreateUploadVideo");
  assert.equal(created.length, 1);
  const parts = partsStored(service).toSorted((a, b) => a - b);
  assert.deepEqual(
    parts,
    Array.from({ length: last?.body.parts }, (_, at) => at + 1),
  );
  assert.equal((await storedObjects(service)).length, 1);
  await assertNothingOpen(service);
  const running = answers.slice(0, -1).map(({ body }) => body);
  for (const { mediaId, size } of running) {
    assert.deepEqual([mediaId, size], [last?.body.mediaId, last?.body.bytes]);
  }
  for (const [at, { bytes }] of running.entries()) {
    assert.ok(at === 0 || bytes > running[at - 1].bytes, "each slice brings it further");
  }
}

/** What only the service may read in a resume token, and what not even that may hold. */
export async function assertSealed(
  service: Emulator,
  answer: Answer,
  sealKey: string,
  inside: string,
): Promise<void> {
  const opened = JSON.stringify(await unseal(await sealingKey(sealKey), answer.body.resume));
  assert.ok(opened.includes(inside), "the token holds what it goes on with");
  assertNoSecret(opened, service, []);
  assert.doesNotMatch(opened, /CAIS/, "no temporary credential");
}

/** A source's URL with a query that is a secret. */
export function signed(url: string): string {
  return `${url}?x-signature=${QUERY}`;
}

function assertNoSecret(text: string, service: Emulator, queries = [QUERY]): void {
  assert.deepEqual(leaks(text, service.issuedSecrets), [], text);
  for (const one of [service.accessKeySecret, TOKEN, SEAL_KEY, ...queries]) {
    assert.ok(!text.includes(one), `a secret is told: ${text}`);
  }
  // The credentials that VOD issues for an upload, and everything that is signed with one.
  const shown = queries.length === 0 ? text.replaceAll(`x-signature=${QUERY}`, "") : text;
  assert.doesNotMatch(shown, /signature=|security-?token|uploadauth|accesskey(id|secret)|\bSTS\./i);
  assert.doesNotMatch(text, /\bat .+:\d+:\d+/, "a stack trace is no answer");
}
