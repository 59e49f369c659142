// Who asks too much is refused by name and late, and nobody else is. What it takes beside each attack `make bench` measures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Answer,
  callWorker,
  NOWHERE,
  type RunningWorker,
  sha256,
  startWorker,
} from "../support/worker.ts";

const CALLERS = ["lister", "poster", "another"];

let worker: RunningWorker;
before(async () => {
  const tokens = CALLERS.map((name) => ({
    ...{ name, sha256: sha256(name), scopes: ["create", "read", "own"] },
  }));
  const operator = { name: "operator", sha256: sha256("operator"), scopes: ["all", "admin"] };
  const settings = {
    VODLIFT_TOKENS: JSON.stringify([...tokens, operator]),
    // So little that a minute passes until there is any again.
    VODLIFT_CALLS_PER_CALLER: "5",
    VODLIFT_ROWS_PER_CALLER: "1",
  };
  worker = await startWorker({ service: NOWHERE, token: "another", settings });
  // Nothing runs here.
  const init = { method: "POST", headers: { authorization: "Bearer operator" } };
  assert.equal((await callWorker(worker, "/v1/pause", init)).status, 200);
});
after(() => worker.close());

const call = (token: string, path: string, init: RequestInit = {}): Promise<Answer> =>
  callWorker({ ...worker, token }, path, init);
const batch = (token: string, count: number, url: string): Promise<Answer> => {
  const all = Array.from({ length: count }, () => ({ url, title: "t" }));
  return call(token, "/v1/ingests", { method: "POST", body: JSON.stringify(all) });
};

function assertRefused({ status, headers, body }: Answer, setting: string): void {
  assert.equal(status, 429, JSON.stringify(body));
  assert.equal(body.code, "quota_exceeded");
  assert.ok(body.detail.includes(setting), body.detail);
  assert.ok(Number(headers.get("retry-after")) >= 1, headers.get("retry-after") ?? "none");
}

test("lists that read much are refused, lists of others are not", async () => {
  assert.equal((await batch("lister", 10, "https://example.com/f.mp4")).status, 202);
  assert.equal((await call("lister", "/v1/ingests")).body.ingests.length, 10);
  assertRefused(await call("lister", "/v1/ingests?q=f"), "VODLIFT_ROWS_PER_CALLER");
  assert.equal((await call("another", "/v1/ingests")).status, 200);
});

test("what is open to all is counted by who asks", async () => {
  const ask = async () => fetch(`${worker.url}/openapi.json`, { headers: { connection: "close" } });
  const answers = await Promise.all(Array.from({ length: 200 }, ask));
  const counts = new Map<number, number>();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  assert.ok(
    (counts.get(200) ?? 0) >= 10 && (counts.get(429) ?? 0) > 0,
    JSON.stringify([...counts]),
  );
  assert.equal((await call("another", "/v1/stats")).status, 200);
});

test("a batch counts by what is in it, taken or not", async () => {
  const { status, body } = await batch("poster", 1_000, "https://127.0.0.1:99999/");
  assert.equal(status, 202);
  assert.equal(body.results.length, 1_000);
  assertRefused(await call("poster", "/v1/stats"), "VODLIFT_CALLS_PER_CALLER");
  assert.equal((await call("another", "/v1/stats")).status, 200);
});
