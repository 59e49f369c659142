// After successes, failures, cancels and webhooks, everything that was stored, printed or answered is searched for every
// secret that was in play.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { forms } from "../support/leaks.ts";
import { startOrigin } from "../support/origin.ts";
import { secret as named } from "../support/secrets.ts";
import { startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { cannotKill, SOON_STALE, startVictim } from "../support/victim.ts";
import { callWorker, ingestEnd, postIngest, viewIngest } from "../support/worker.ts";

const MIB = 1024 * 1024;
const secret = (name: string): string => `${name}-${randomBytes(12).toString("hex")}`;

test("no secret is stored, printed or answered", { skip: cannotKill }, async (t) => {
  const service = await startService({ callback: { privateKey: "callback" } });
  const origin = await startOrigin();
  const persist = await mkdtemp(join(tmpdir(), "vodlift-secrets-"));
  let delivered = "";
  const receiver = createServer(async (request, response) => {
    for await (const chunk of request) delivered += chunk;
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  const own = {
    token: secret("token"),
    query: secret("query"),
    /** As short and plain as a number of an episode. */
    pin: randomBytes(6).toString("hex"),
    header: secret("header"),
    hookQuery: secret("hook"),
    coverQuery: secret("cover"),
    userData: secret("userdata"),
    hookSecret: randomBytes(24).toString("base64"),
    callbackKey: secret("callback"),
    sealKey: randomBytes(32).toString("hex"),
  };
  for (const [kind, text] of Object.entries(own)) named(`the ${kind} of secrets.test.ts`, text);
  const options = {
    service,
    persist,
    token: own.token,
    logLevel: "log",
    settings: {
      VODLIFT_WEBHOOK_SECRET: `whsec_${own.hookSecret}`,
      VODLIFT_CALLBACK_KEY: own.callbackKey,
      VODLIFT_SEAL_KEY: own.sealKey,
      ...SOON_STALE,
    },
  } as const;
  let worker = await startVictim(options);
  let printed = "";
  let answered = "";
  const get = async (path: string, init: RequestInit = {}): Promise<void> => {
    const headers = { authorization: `Bearer ${own.token}`, ...init.headers };
    const response = await fetch(worker.url + path, { ...init, headers });
    answered += `${[...response.headers].join("\n")}\n${await response.text()}\n`;
  };
  const post = (
    path: string,
    route: object,
    fields: { as?: string; title?: string; wait?: boolean } = {},
  ): Promise<string> =>
    postIngest(worker, {
      url: `${origin.add(path, route)}?signature=${own.query}&id=${own.pin}`,
      sourceHeaders: { "x-source-key": own.header },
      webhookUrl: `http://127.0.0.1:${port}/?key=${own.hookQuery}`,
      ...(fields.as === undefined && {
        coverUrl: `${origin.url}/cover.jpg?ticket=${own.coverQuery}`,
        userData: JSON.stringify({ Extend: { key: own.userData } }),
      }),
      partSize: MIB,
      ...fields,
    });
  try {
    // They cannot end before something happens to them.
    const isSlow = (offset: number) => offset >= 2 * MIB;
    const slow = { size: 8 * MIB, bytesPerSecond: MIB / 4, isSlow };
    const arrives = (id: string) => until(async () => (await viewIngest(worker, id)).bytes >= MIB);
    const [done, missing, changed, canceled, stopped, image] = await Promise.all([
      post("/known.mp4", { size: 5 * MIB }, { title: "Known title", wait: true }),
      post(`/missing.mp4&lost=${own.query}`, { status: 404 }),
      post("/changed.mp4", { size: 6 * MIB, changeAfter: 3 }),
      post("/canceled.mp4", slow),
      post("/stopped.mp4", slow),
      post("/cover.png", { size: 1000 }, { as: "image" }),
    ]);
    for (const id of [canceled, stopped]) await arrives(id);
    await get(`/v1/ingests/${canceled}`, { method: "DELETE" });
    // One more is killed in the middle, so that its state is what a crash leaves.
    const killed = await post("/killed.mp4", slow);
    await arrives(killed);
    printed += worker.output();
    await worker.close();
    origin.add("/killed.mp4", { size: 8 * MIB });
    worker = await startVictim(options);
    await get(`/v1/ingests/${stopped}/stop`, { method: "POST" });
    for (const id of [done, missing, changed, killed, image]) await ingestEnd(worker, id);
    await get(`/v1/ingests/${missing}/retry`, { method: "POST" });
    await get("/v1/uploads?title=sent.mp4", { method: "PUT", body: randomBytes(10_000) });
    await get("/v1/uploads", { method: "PUT", body: "x" });
    await get("/session", { method: "POST", body: JSON.stringify({ token: own.token }) });
    await get("/session", { method: "POST", body: JSON.stringify({ token: "wrong" }) });
    await ingestEnd(worker, missing);
    // OSS repeats the token that it refuses: an ingest fails by it.
    const refused = { kind: "answer", status: 403, code: "InvalidSecurityToken" } as const;
    service.setFaults([{ operation: "UploadPart", action: refused }]);
    const echoed = await post("/echoed.mp4", { size: 3 * MIB });
    await ingestEnd(worker, echoed);
    assert.equal((await viewIngest(worker, echoed)).state, "failed");
    const told = (id: string) =>
      until(async () => (await viewIngest(worker, id)).webhook === "delivered");
    await told(echoed);
    assert.ok(delivered.includes(echoed), "the failure was told");
    service.setFaults([]);
    await told(done);
    assert.equal((await callWorker(worker, "/v1/stats")).body.counts.done >= 3, true);
    for (const id of [done, missing, changed, canceled, stopped, killed, image, echoed]) {
      await get(`/v1/ingests/${id}`);
      await get(`/v1/ingests/${id}/checkpoint`);
      await get(`/v1/ingests/${id}/events`);
    }
    for (const path of ["/v1/ingests", "/v1/ingests.csv", "/v1/stats", "/metrics"]) await get(path);
    await get("/openapi.json");
    printed += worker.output();
  } finally {
    await worker.close();
    await origin.close();
    await service.close();
    receiver.close();
  }

  const files = await allFiles(persist);
  const secrets = [
    ...Object.values(own),
    service.accessKeySecret,
    ...service.issuedSecrets,
  ].flatMap(forms);
  t.diagnostic(
    `${secrets.length} secrets, ${files.size} files, ${answered.length} bytes of answers`,
  );
  assert.ok(service.issuedSecrets.length > 20);
  const texts = new Map<string, Buffer>([
    ...files,
    ["what was printed", Buffer.from(printed)],
    ["what was answered", Buffer.from(answered)],
    ["what was delivered", Buffer.from(delivered)],
  ]);
  // The search finds what is there, even while it lies in a write-ahead log.
  assert.ok(where(texts, "/known.mp4").length > 1, "a path that is stored is found");
  assert.ok(where(texts, "Known title").includes("what was answered"));
  assert.ok(where(texts, "/v1/stats").includes("what was printed"), "requests are printed");
  const found = secrets.flatMap((one) => where(texts, one).map((place) => `${one} in ${place}`));
  assert.deepEqual(found, []);
  await rm(persist, { recursive: true, force: true });
});

async function allFiles(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }): Promise<[string, Buffer]> => {
        const path = join(parentPath, name);
        return [path, await readFile(path)];
      }),
    ),
  );
}

/** Which of the texts hold it, in either encoding that V8 and SQLite write. */
function where(texts: Map<string, Buffer>, what: string): string[] {
  const needles = [Buffer.from(what), Buffer.from(what, "utf16le")];
  return [...texts].flatMap(([name, text]) =>
    needles.some((needle) => text.includes(needle)) ? [name] : [],
  );
}
