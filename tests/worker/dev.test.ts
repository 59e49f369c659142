// `make dev` runs where every web page in a browser on this machine can send requests, too.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startOrigin } from "../support/origin.ts";
import { callWorker, ingestEnd, postIngest } from "../support/worker.ts";

const DEV = fileURLToPath(new URL("../../demo/dev.ts", import.meta.url));

async function dev(t: TestContext, ...args: string[]) {
  const child = spawn(process.execPath, [DEV, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  });
  let told = "";
  for await (const chunk of child.stdout) {
    told += chunk;
    if (told.includes("\n")) break;
  }
  const [, json = "{}"] = /^ready (.*)$/m.exec(told) ?? [];
  const { worker: url, token, endpoint } = JSON.parse(json);
  return { worker: { url, token, close: async () => {} }, endpoint };
}

/** The status of a request under another name than its address. */
async function statusUnder(host: string, url: string, token: string): Promise<number> {
  const headers = { host, authorization: `Bearer ${token}` };
  const outgoing = request(url, { headers, agent: false });
  outgoing.end();
  const [response] = await once(outgoing, "response");
  response.resume();
  return response.statusCode;
}

test("make dev answers under no name of a web page, and reads no private source", async (t) => {
  const { worker, endpoint } = await dev(t);
  const origin = await startOrigin({ routes: { "/film.mp4": { size: 1_000 } } });
  t.after(() => origin.close());
  const { port } = new URL(worker.url);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
    assert.equal(await statusUnder(host, `${worker.url}/v1/stats`, worker.token), 200, host);
  }
  for (const host of [
    `rebound.example.com:${port}`,
    "127.0.0.1.example.com",
    "localhost.evil.test",
  ]) {
    for (const path of ["/v1/stats", "/session", "/healthz", "/openapi.json"]) {
      assert.equal(await statusUnder(host, worker.url + path, worker.token), 421, host + path);
    }
    assert.equal(await statusUnder(host, endpoint, ""), 403, host);
  }
  const body = JSON.stringify({ url: `${origin.url}/film.mp4` });
  const refused = await callWorker(worker, "/v1/ingests", { method: "POST", body });
  assert.equal(refused.body.code, "address_refused");
});

test("make dev reads private sources where that is switched on", async (t) => {
  const { worker } = await dev(t, "--allow-private");
  const origin = await startOrigin({ routes: { "/film.mp4": { size: 1_000 } } });
  t.after(() => origin.close());
  const id = await postIngest(worker, { url: `${origin.url}/film.mp4` });
  assert.equal((await ingestEnd(worker, id)).state, "done");
});
