// Whom the Worker tells, and what VOD tells the Worker.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { Webhook } from "standardwebhooks";
import type { EmulatorOptions } from "../../pkg/src/emulator/index.ts";
import { type Origin, type Route, startOrigin } from "../support/origin.ts";
import { type Delivery, type Receiver, startReceiver } from "../support/receiver.ts";
import { type Emulator, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { startVictim } from "../support/victim.ts";
import {
  callWorker,
  type IngestView,
  ingestEnd,
  postIngest,
  type RunningWorker,
  startWorker,
  viewIngest,
} from "../support/worker.ts";

const MIB = 1024 * 1024;
const CALLBACK_KEY = "a-callback-key";
const secrets = [randomBytes(24), randomBytes(24)].map((one) => `whsec_${one.toString("base64")}`);

let service: Emulator;
let origin: Origin;
let receiver: Receiver;
let worker: RunningWorker;
let gate: NonNullable<EmulatorOptions["onArrival"]> = () => {};
before(async () => {
  receiver = await startReceiver((path, nth) => {
    if (path === "/busy") return nth < 3 ? { status: 500 } : undefined;
    if (path === "/gone") return { status: 410 };
    if (path === "/moved") return { status: 307, location: `${receiver.url}/elsewhere` };
    return undefined;
  });
  service = await startService({
    callback: { privateKey: CALLBACK_KEY },
    onArrival: (info) => gate(info),
  });
  origin = await startOrigin();
  worker = await startWorker({
    service,
    settings: {
      VODLIFT_WEBHOOK_SECRET: secrets.join(" "),
      VODLIFT_CALLBACK_KEY: CALLBACK_KEY,
    },
  });
});
after(async () => {
  await worker.close();
  receiver.close();
  await origin.close();
  await service.close();
});

const run = promisify(execFile);
let count = 0;

async function ingest(route: Route, fields: object = {}): Promise<string> {
  count += 1;
  const url = origin.add(`/hooked-${count}.mp4`, route);
  return postIngest(worker, { url: `${url}?signature=hidden`, partSize: 256 * 1024, ...fields });
}

function viewOnce(id: string, reached: (view: IngestView) => boolean): Promise<IngestView> {
  return until(async () => {
    const view = await viewIngest(worker, id);
    return reached(view) && view;
  });
}

/** The secret of a receiver that a request names, as the guide has it. */
function secretFor(secret: string, url: string): string {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  return `whsec_${createHmac("sha256", key).update(`vodlift webhook ${url}`).digest("base64")}`;
}

/**
 * What a delivery says, if its receiver would believe it with one of its secrets.
 *
 * @param own It came to the Worker's own receiver, which has the secrets as they are set.
 */
function verified(
  { path, body, headers }: Delivery,
  own = false,
): { type: string; data: IngestView } {
  const [first, second] = secrets
    .map((secret) => (own ? secret : secretFor(secret, receiver.url + path)))
    .map((secret) => new Webhook(secret).verify(body, headers as Record<string, string>));
  assert.deepEqual(first, second);
  assert.throws(() =>
    new Webhook(`whsec_${randomBytes(24).toString("base64")}`).verify(
      body,
      headers as Record<string, string>,
    ),
  );
  assert.throws(() =>
    new Webhook(secrets[0] ?? "").verify(`${body} `, headers as Record<string, string>),
  );
  return first as { type: string; data: IngestView };
}

suite("webhooks", { concurrency: true }, () => {
  test("done is told, and can be verified under either secret", async () => {
    const id = await ingest({ size: MIB }, { webhookUrl: `${receiver.url}/done` });
    const [delivery] = await receiver.deliveries("/done", 1);
    const { type, data } = verified(delivery as Delivery);
    assert.deepEqual([type, data.id, data.state, data.bytes], ["ingest.done", id, "done", MIB]);
    assert.doesNotMatch(delivery?.body ?? "", /hidden/);
    assert.equal((await viewOnce(id, ({ webhook }) => webhook !== "pending")).webhook, "delivered");
    assert.equal(receiver.got.filter(({ path }) => path === "/done").length, 1);
  });

  test("failed is told with its code, and again after a retry, under another id", async () => {
    const id = await ingest({ status: 404 }, { webhookUrl: `${receiver.url}/failed` });
    const [first] = await receiver.deliveries("/failed", 1);
    const { type, data } = verified(first as Delivery);
    assert.deepEqual([type, data.id, data.error?.code], ["ingest.failed", id, "source_not_found"]);
    await viewOnce(id, ({ webhook }) => webhook === "delivered");
    const retry = await callWorker(worker, `/v1/ingests/${id}/retry`, { method: "POST" });
    assert.equal(retry.status, 202);
    const [, second] = await receiver.deliveries("/failed", 2);
    assert.equal(verified(second as Delivery).data.attempts, 2);
    assert.notEqual(second?.headers["webhook-id"], first?.headers["webhook-id"]);
  });

  test("who is busy is told again, under the same id", async () => {
    const id = await ingest({ size: 10 }, { webhookUrl: `${receiver.url}/busy` });
    const deliveries = await receiver.deliveries("/busy", 3);
    for (const delivery of deliveries) assert.equal(verified(delivery).data.id, id);
    assert.equal(new Set(deliveries.map(({ headers }) => headers["webhook-id"])).size, 1);
    assert.equal((await viewOnce(id, ({ webhook }) => webhook !== "pending")).webhook, "delivered");
  });

  test("who is gone is told once", async () => {
    const id = await ingest({ size: 10 }, { webhookUrl: `${receiver.url}/gone` });
    await receiver.deliveries("/gone", 1);
    assert.equal((await viewOnce(id, ({ webhook }) => webhook !== "pending")).webhook, "delivered");
    assert.equal((await receiver.deliveries("/gone", 1)).length, 1);
  });

  test("each state is told once, in its order, under an id of its own", async () => {
    const callback = JSON.stringify({
      MessageCallback: { CallbackURL: `${worker.url}/callbacks/vod`, CallbackType: "http" },
    });
    for (const [path, fields] of [
      ["/by-callback", { userData: callback }],
      ["/by-asking", { wait: true }],
      ["/by-both", { wait: true, userData: callback }],
    ] as const) {
      const id = await ingest({ size: MIB }, { webhookUrl: receiver.url + path, ...fields });
      const told = await receiver.deliveries(path, 2);
      assert.deepEqual(
        told.map((one) => [verified(one).type, verified(one).data.state, verified(one).data.id]),
        [
          ["ingest.done", "done", id],
          ["ingest.ready", "ready", id],
        ],
        path,
      );
      assert.equal(new Set(told.map(({ headers }) => headers["webhook-id"])).size, 2);
      assert.equal(
        (await viewOnce(id, ({ webhook }) => webhook !== "pending")).webhook,
        "delivered",
      );
      assert.equal(receiver.got.filter((one) => one.path === path).length, 2, path);
    }
  });

  test("canceled is told: in the queue, while it runs, and when it was stopped", async () => {
    await callWorker(worker, "/v1/pause", { method: "POST" });
    const waiting = await ingest({ size: MIB }, { webhookUrl: `${receiver.url}/waiting` });
    await callWorker(worker, `/v1/ingests/${waiting}`, { method: "DELETE" });
    await callWorker(worker, "/v1/resume", { method: "POST" });
    assert.equal(
      verified((await receiver.deliveries("/waiting", 1))[0] as Delivery).type,
      "ingest.canceled",
    );
    const isSlow = (offset: number) => offset >= MIB;
    const slow = { size: 24 * MIB, bytesPerSecond: MIB / 2, isSlow };
    for (const [path, method, more] of [
      ["/running", "DELETE", ""],
      ["/stopped", "POST", "/stop"],
    ] as const) {
      const id = await ingest(slow, { webhookUrl: receiver.url + path });
      await viewOnce(id, ({ bytes }) => bytes > 0);
      const answer = await callWorker(worker, `/v1/ingests/${id}${more}`, { method });
      assert.equal(answer.body.state, "canceled");
      const [delivery] = await receiver.deliveries(path, 1);
      const { type, data } = verified(delivery as Delivery);
      assert.deepEqual(
        [type, data.state, data.resumable],
        ["ingest.canceled", "canceled", more !== ""],
      );
      // Once more is no other cancel.
      await callWorker(worker, `/v1/ingests/${id}`, { method: "DELETE" });
      await viewOnce(id, ({ webhook, resumable }) => webhook === "delivered" && !resumable);
      assert.equal(receiver.got.filter((one) => one.path === path).length, 1, path);
    }
  });

  test("a receiver that is down does not keep another one waiting", async () => {
    const own = await startReceiver();
    const both = await startWorker({
      service,
      settings: {
        VODLIFT_WEBHOOK_URL: `${own.url}/all`,
        VODLIFT_WEBHOOK_SECRET: secrets.join(" "),
      },
    });
    try {
      const url = origin.add("/for-both.mp4", { size: 10 });
      await postIngest(both, { url, webhookUrl: `${receiver.url}/moved` });
      const put = await callWorker(both, "/v1/uploads?title=a", { method: "PUT", body: "film" });
      assert.equal(put.status, 201);
      const told = await own.deliveries("/all", 2);
      assert.deepEqual(
        told.map((one) => verified(one, true).type),
        ["ingest.done", "ingest.done"],
      );
    } finally {
      await both.close();
      own.close();
    }
  });

  test("a redirect is not followed, and a retry need not wait for the webhook", async () => {
    const id = await ingest({ status: 404 }, { webhookUrl: `${receiver.url}/moved` });
    await receiver.deliveries("/moved", 2);
    assert.equal(receiver.got.filter(({ path }) => path === "/elsewhere").length, 0);
    const { webhook, state } = await viewIngest(worker, id);
    assert.deepEqual([state, webhook], ["failed", "pending"]);
    const retry = await callWorker(worker, `/v1/ingests/${id}/retry`, { method: "POST" });
    assert.equal(retry.status, 202);
  });

  test("each receiver has a secret of its own, which the guide's command prints", async () => {
    await ingest({ size: 10 }, { webhookUrl: `${receiver.url}/one?job=5` });
    const [{ body = "", headers = {} } = {}] = await receiver.deliveries("/one?job=5", 1);
    const guide = await readFile(new URL("../../docs/deploy.md", import.meta.url), "utf8");
    const [, script = ""] = /node -e '([^']+)' "\$SECRET"/.exec(guide) ?? [];
    const printed = async (url: string) => {
      const { stdout } = await run(process.execPath, ["-e", script, secrets[0] ?? "", url]);
      return new Webhook(stdout.trim());
    };
    const sent = headers as Record<string, string>;
    const own = await printed(`${receiver.url}/one?job=5`);
    assert.equal((own.verify(body, sent) as { type: string }).type, "ingest.done");
    const others = ["/other?job=5", "/one", "/one?job=6", "/one?job=5&", "/one/?job=5"];
    for (const other of [
      ...others.map((path) => receiver.url + path),
      "https://hooks.example/one",
    ]) {
      const another = await printed(other);
      assert.throws(() => another.verify(body, sent), other);
    }
    assert.throws(() => new Webhook(secrets[0] ?? "").verify(body, sent), "the Worker's own");
  });

  test("a request's receiver lies on a host of the operator's list, at the door and when it is told", async () => {
    const settings = { VODLIFT_WEBHOOK_HOSTS: "hooks.example *.hooks.example" };
    const strict = await startWorker({ service, settings });
    try {
      await callWorker(strict, "/v1/pause", { method: "POST" });
      const url = "https://example.com/film.mp4";
      const post = (webhookUrl: string) =>
        callWorker(strict, "/v1/ingests", {
          method: "POST",
          body: JSON.stringify({ url, webhookUrl }),
        });
      for (const host of ["hooks.example", "HOOKS.example.", "a.hooks.example"]) {
        assert.equal((await post(`https://${host}/told`)).status, 202, host);
      }
      for (const host of ["example.com", "evilhooks.example", "hooks.example.evil.example"]) {
        const { status, body } = await post(`https://${host}/told?hush`);
        assert.deepEqual(
          [status, body.code, body.field],
          [400, "webhook_host_refused", "webhookUrl"],
        );
        assert.match(body.hint, /VODLIFT_WEBHOOK_HOSTS/);
        assert.doesNotMatch(JSON.stringify(body), /hush/);
      }
    } finally {
      await strict.close();
    }
  });

  test("a webhook on a private address is refused", async () => {
    const strict = await startWorker({ service, allowPrivateSources: false });
    try {
      const body = { url: "https://example.com/film.mp4", webhookUrl: `${receiver.url}/private` };
      const init = { method: "POST", body: JSON.stringify(body) };
      const answer = await callWorker(strict, "/v1/ingests", init);
      assert.deepEqual(
        [answer.status, answer.body.code, answer.body.field],
        [400, "address_refused", "webhookUrl"],
      );
    } finally {
      await strict.close();
    }
  });
});

suite("VOD's callbacks", () => {
  const callbackUrl = (): string => `${worker.url}/callbacks/vod`;
  const userData = (): string =>
    JSON.stringify({ MessageCallback: { CallbackURL: callbackUrl(), CallbackType: "http" } });

  test("VOD's event makes `done` `ready`", async () => {
    const id = await ingest({ size: MIB }, { userData: userData() });
    const view = await viewOnce(id, ({ state }) => state === "ready" || state === "failed");
    assert.equal(view.state, "ready");
    const event = service.events.find(({ body }) => body.VideoId === view.mediaId);
    assert.deepEqual([event?.delivered, event?.attempts], [true, 1]);
  });

  test("it may come before the ingest is done", async () => {
    // The reply to the last request is lost, and the one that repeats it is not looked at before the event is delivered.
    const last = ["CompleteMultipartUpload", "PutObject"];
    service.setFaults(
      last.map((operation) => ({ operation, nth: 1, action: { kind: "reset-after" } })),
    );
    const delivered = () =>
      service.events.every(({ url, delivered }) => url === undefined || delivered);
    gate = async ({ operation }) => {
      if (last.includes(operation)) await until(delivered);
    };
    // One after the other: of two events in one second VOD is asked about the second one.
    for (const size of [MIB, 100]) {
      const second = Math.floor(Date.now() / 1_000);
      await until(() => Math.floor(Date.now() / 1_000) > second);
      const id = await ingest({ size }, { userData: userData() });
      const { state, timeline } = await viewOnce(id, ({ ended }) => ended !== undefined);
      const types = timeline.map(({ type }) => type);
      assert.deepEqual([state, types.indexOf("ready") < types.indexOf("done")], ["ready", true]);
    }
    service.setFaults([]);
    gate = () => {};
  });

  test("what is not signed, too old, or of somebody else changes nothing", async () => {
    const id = await ingest({ size: 10 });
    const { mediaId } = await ingestEnd(worker, id);
    const now = Math.floor(Date.now() / 1000);
    const body = JSON.stringify({ EventType: "FileUploadComplete", VideoId: mediaId });
    const send = (timestamp: number, key: string, url = callbackUrl()) =>
      fetch(callbackUrl(), {
        method: "POST",
        body,
        headers: {
          "x-vod-timestamp": String(timestamp),
          "x-vod-signature": createHash("md5").update(`${url}|${timestamp}|${key}`).digest("hex"),
        },
      });
    for (const response of [
      await send(now, "another key"),
      await send(now - 3600, CALLBACK_KEY),
      await send(now + 3600, CALLBACK_KEY),
      await send(now, CALLBACK_KEY, "https://example.com/callbacks/vod"),
      await fetch(callbackUrl(), { method: "POST", body }),
    ]) {
      assert.equal(response.status, 401);
    }
    assert.equal((await viewIngest(worker, id)).state, "done");
    assert.equal((await send(now, CALLBACK_KEY)).status, 200);
    assert.equal((await viewIngest(worker, id)).state, "ready");
  });

  test("every event that says it is there makes it ready, also out of a queue", async () => {
    let second = Math.floor(Date.now() / 1000) - 60;
    /** Another second for each: by its signature a callback is known again. */
    const headers = () => {
      second -= 1;
      const signature = createHash("md5").update(`${callbackUrl()}|${second}|${CALLBACK_KEY}`);
      return { "x-vod-timestamp": String(second), "x-vod-signature": signature.digest("hex") };
    };
    const time = "2026-08-19T08:00:00Z";
    const FileUrl = "http://example.oss-cn-shanghai.aliyuncs.com/sv/a.mp4";
    const events: [fields: Record<string, unknown>, state: string, base64?: boolean][] = [
      [{ EventType: "FileUploadComplete", Status: "success", FileUrl, Size: 10 }, "ready"],
      [{ EventType: "FileUploadComplete", Status: "fail" }, "done"],
      [{ EventType: "URLUploadComplete", Status: "success", JobId: "j" }, "ready"],
      [{ EventType: "UploadByURLComplete", Status: "success", JobId: "j" }, "ready"],
      [
        { EventType: "TranscodeComplete", Status: "success", StreamInfos: [{ Duration: 1 }] },
        "ready",
      ],
      [{ EventType: "TranscodeComplete", Status: "fail" }, "done"],
      [{ EventType: "StreamTranscodeComplete", Status: "success" }, "done"],
      [{ EventType: "FileUploadComplete", Status: "success" }, "ready", true],
    ];
    for (const [fields, state, base64] of events) {
      const id = await ingest({ size: 10 });
      const { mediaId } = await ingestEnd(worker, id);
      const event = JSON.stringify({ ...fields, VideoId: mediaId, EventTime: time });
      const body = base64 ? Buffer.from(event).toString("base64") : event;
      const answer = await fetch(callbackUrl(), { method: "POST", body, headers: headers() });
      assert.equal(answer.status, 200);
      assert.equal((await viewIngest(worker, id)).state, state, event);
    }
    for (const body of ["", "nonsense", "null", "[]", "bm9uc2Vuc2U="]) {
      const init = { method: "POST", body, headers: headers() };
      assert.equal((await fetch(callbackUrl(), init)).status, 200);
    }
  });

  test("a signature that was seen before is believed for the body it came with, and VOD is asked about another", async () => {
    const second = Math.floor(Date.now() / 1000) - 47;
    const signature = createHash("md5").update(`${callbackUrl()}|${second}|${CALLBACK_KEY}`);
    const hex = signature.digest("hex");
    const send = async (VideoId: string | undefined, spelled = hex) => {
      const headers = { "x-vod-timestamp": String(second), "x-vod-signature": spelled };
      const body = JSON.stringify({ EventType: "FileUploadComplete", VideoId });
      const answer = await fetch(callbackUrl(), { method: "POST", body, headers });
      assert.equal(answer.status, 200);
      return (await answer.json()) as object;
    };
    const asked = () =>
      service.log.filter(({ operation }) => operation === "GetMezzanineInfo").length;
    const ids = await Promise.all([ingest({ size: 10 }), ingest({ size: 10 })]);
    const [first, second_] = await Promise.all(ids.map((id) => ingestEnd(worker, id)));
    assert.deepEqual(await send(first?.mediaId), { received: true });
    const before = asked();
    for (const spelled of [hex, hex.toUpperCase()]) {
      assert.deepEqual(await send(first?.mediaId, spelled), { received: true, duplicate: true });
    }
    const ready = (await viewIngest(worker, ids[0])).timeline.filter(
      ({ type }) => type === "ready",
    );
    assert.equal(ready.length, 1, "it is told once");
    assert.equal(asked(), before);
    // Of another media nothing is believed: VOD itself says whether it has the file.
    assert.deepEqual(await send(second_?.mediaId), { received: true, duplicate: true });
    assert.deepEqual(await send("0".repeat(32)), { received: true, duplicate: true });
    await viewOnce(ids[1], ({ state }) => state === "ready");
    assert.ok(asked() > before);
    // An upload that came with its request has no run of its own to ask.
    const { body } = await callWorker(worker, "/v1/uploads?title=a", {
      method: "PUT",
      body: "film",
    });
    await send(body.mediaId);
    await viewOnce(body.id, ({ state }) => state === "ready");
  });

  test("behind a proxy the URL of VOD's settings is signed, letter by letter", async () => {
    const configured = "https://media.example.com/hooks/vod/?from=vod&x=%E7%94%B5";
    const proxied = await startVictim({
      service,
      token: "a-token",
      settings: { VODLIFT_CALLBACK_KEY: CALLBACK_KEY, VODLIFT_CALLBACK_URL: configured },
    });
    try {
      const now = Math.floor(Date.now() / 1000);
      const send = async (url: string, path = "/callbacks/vod") => {
        const signature = createHash("md5").update(`${url}|${now}|${CALLBACK_KEY}`).digest("hex");
        const headers = { "x-vod-timestamp": String(now), "x-vod-signature": signature };
        const init = { method: "POST", body: "{}", headers };
        return (await fetch(proxied.url + path, init)).status;
      };
      assert.equal(await send(configured), 200);
      assert.equal(await send(configured, "/callbacks/vod/?y=1"), 200);
      for (const other of [
        `${proxied.url}/callbacks/vod`,
        configured.replace("vod/?", "vod?"),
        configured.replace("&x=%E7%94%B5", ""),
        decodeURI(configured),
        "",
      ]) {
        assert.equal(await send(other), 401, other);
      }
      const said = "neither VODLIFT_CALLBACK_KEY nor VODLIFT_CALLBACK_URL";
      await until(() => proxied.output().includes(said));
      assert.ok(!proxied.output().includes("media.example.com"));
    } finally {
      await proxied.close();
    }
    const broken = await startWorker({
      service,
      settings: { VODLIFT_CALLBACK_KEY: CALLBACK_KEY, VODLIFT_CALLBACK_URL: "media.example.com" },
    });
    try {
      const answer = await fetch(`${broken.url}/callbacks/vod`, { method: "POST", body: "{}" });
      const { code, detail } = (await answer.json()) as { code: string; detail: string };
      assert.deepEqual([answer.status, code], [503, "setting_invalid"]);
      assert.match(detail, /VODLIFT_CALLBACK_URL/);
    } finally {
      await broken.close();
    }
  });

  test("without a key the Worker takes none", async () => {
    const closed = await startWorker({ service });
    try {
      const response = await fetch(`${closed.url}/callbacks/vod`, { method: "POST" });
      assert.equal(response.status, 503);
    } finally {
      await closed.close();
    }
  });
});
