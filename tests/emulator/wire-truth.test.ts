// The emulator's replies have the shape of the real ones in tests/fixtures/wire: the same fields, of the same types, under
// the habits that each names. `tests/wire_truth.rs` reads the same files with the core.
import { deepEqual, equal, ok } from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { type Emulator, type Habits, startEmulator } from "../support/emulator.ts";
import {
  call,
  decode,
  ossV1Url,
  ossV4,
  type Reply,
  type UploadTarget,
  uploadTarget,
  vodAcs3,
  xmlText,
} from "./client.ts";

type Fixture = {
  what: "recorded" | "documented";
  source: string;
  service: "vod" | "oss" | "event";
  operation: string;
  status?: number;
  headers?: Record<string, string>;
  body: string | Record<string, unknown>;
  address?: Record<string, string>;
  auth?: Record<string, string>;
  habits?: Partial<Habits>;
};

const folder = new URL("../fixtures/wire/", import.meta.url);
const film = { Title: "Film", FileName: "f.mp4", CoverURL: "http://example.com/c.jpg" };
const GONE = "0123456789ABCDEF0123456789ABCDEF";
const HOUR_MS = 3_601_000;

/** Settings beside habits that a fixture needs. */
const OPTIONS: Record<string, object> = {
  throttling: { qps: 1 },
  "throttling-user": { qps: 1 },
  "throttling-user-flow": { qps: 1 },
  "throttling-api": { qps: 1 },
};

async function stored(emulator: Emulator): Promise<UploadTarget> {
  const target = await uploadTarget(emulator, "CreateUploadVideo", film);
  await ossV4(emulator, { method: "PUT", key: target.key, keys: target.keys, body: "12345" });
  // So that what is transcoded for half a second still is, however late it is asked for.
  emulator.setClockOffset(-60_000);
  return target;
}

/** A call until it is refused: the limit is of a second. */
async function throttled(emulator: Emulator): Promise<Reply> {
  for (;;) {
    const two = [1, 2].map(() => vodAcs3(emulator, { action: "SearchMedia" }));
    const refused = (await Promise.all(two)).find(({ status }) => status !== 200);
    if (refused) return refused;
  }
}

async function pulled(emulator: Emulator, context: TestContext): Promise<string> {
  const server = createServer((_, response) => response.end("abc"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.mp4`;
  const parameters = { UploadURLs: encodeURIComponent(url) };
  const { reply } = await call(emulator, "UploadMediaByURL", parameters);
  const ids = { JobIds: reply.UploadJobs[0].JobId };
  for (;;) {
    const told = (await call(emulator, "GetURLUploadInfos", ids)).reply;
    if (told.URLUploadInfoList[0].Status === "SUCCESS") return `${ids.JobIds},none`;
  }
}

async function refusedPut(emulator: Emulator): Promise<Reply> {
  const { key, keys } = await uploadTarget(emulator, "CreateUploadVideo", film);
  emulator.setClockOffset(HOUR_MS);
  const date = new Date(Date.now() + HOUR_MS);
  return ossV4(emulator, { method: "PUT", key, keys, body: "x", date });
}

type Ask = (emulator: Emulator, context: TestContext) => Promise<Reply>;

const put = { method: "PUT", key: "x", body: "x" };
const createImage: Ask = (emulator) =>
  vodAcs3(emulator, { action: "CreateUploadImage", parameters: { ImageType: "cover" } });
const createVideo: Ask = (emulator) =>
  vodAcs3(emulator, { action: "CreateUploadVideo", parameters: film });
const about =
  (action: string, name: string, more = ""): Ask =>
  async (emulator) => {
    const { videoId } = await stored(emulator);
    const date = new Date(Date.now() - 60_000);
    return vodAcs3(emulator, { action, parameters: { [name]: videoId + more }, date });
  };

/** How the emulator is brought to each. */
const ASK: Record<string, Ask> = {
  "create-upload-video": createVideo,
  "create-upload-video-old": createVideo,
  "create-upload-image-region": createImage,
  "get-video-info": about("GetVideoInfo", "VideoId"),
  "get-video-infos": about("GetVideoInfos", "VideoIds", ",none"),
  "get-mezzanine-info-without-size": about("GetMezzanineInfo", "VideoId"),
  "get-url-upload-infos": async (emulator, context) => {
    const parameters = { JobIds: await pulled(emulator, context) };
    return vodAcs3(emulator, { action: "GetURLUploadInfos", parameters });
  },
  "file-not-found": async (emulator) => {
    const { videoId } = await uploadTarget(emulator, "CreateUploadVideo", film);
    return vodAcs3(emulator, { action: "GetMezzanineInfo", parameters: { VideoId: videoId } });
  },
  "storage-not-found": (emulator) =>
    vodAcs3(emulator, {
      action: "CreateUploadVideo",
      parameters: { ...film, StorageLocation: "x" },
    }),
  throttling: throttled,
  "throttling-user": throttled,
  "throttling-user-flow": throttled,
  "throttling-api": throttled,
  "signature-nonce-used": async (emulator) => {
    const search = { action: "SearchMedia", nonce: "once" };
    await vodAcs3(emulator, search);
    return vodAcs3(emulator, search);
  },
  "invalid-timestamp-expired": (emulator) =>
    vodAcs3(emulator, { action: "SearchMedia", date: new Date(Date.now() - HOUR_MS) }),
  "missing-security-token": (emulator) => {
    const { accessKeyId, accessKeySecret } = emulator.issueTemporaryCredential();
    return vodAcs3(emulator, { action: "SearchMedia", keys: { accessKeyId, accessKeySecret } });
  },
  "forbidden-ram": async (emulator) => {
    const { keys } = await uploadTarget(emulator, "CreateUploadVideo", film);
    return vodAcs3(emulator, { action: "DeleteVideo", keys });
  },
  "security-token-expired": refusedPut,
  "invalid-security-token": refusedPut,
  "presigned-url-expired": (emulator) =>
    ossV1Url(emulator, { method: "GET", key: "x", date: new Date(Date.now() - HOUR_MS) }),
  "wrong-endpoint": (emulator) =>
    ossV4(emulator, { ...put, headers: { host: "oss-cn-beijing.aliyuncs.com" } }),
  "invalid-signing-region": (emulator) => ossV4(emulator, { ...put, region: "cn-beijing" }),
  "authorization-header-invalid": (emulator) => ossV4(emulator, put),
  "no-such-upload": (emulator) =>
    ossV4(emulator, { method: "GET", key: "x", query: { uploadId: GONE } }),
  "no-such-upload-of-a-part": (emulator) =>
    ossV4(emulator, { ...put, query: { partNumber: "1", uploadId: GONE } }),
};

/** The fields that are in `real` and not in `ours`, or are there of another type. */
function missing(real: unknown, ours: unknown, at = ""): string[] {
  if (Array.isArray(real)) {
    if (!Array.isArray(ours)) return [`${at} is no list`];
    return real.length === 0 ? [] : missing(real[0], ours[0], `${at}[]`);
  }
  if (typeof real !== typeof ours) return [`${at} is ${typeof ours}, not ${typeof real}`];
  if (typeof real !== "object" || real === null || ours === null) return [];
  const known = ours as Record<string, unknown>;
  return Object.entries(real).flatMap(([name, value]) =>
    missing(value, known[name], `${at}.${name}`),
  );
}

function elements(document: string): string[] {
  return [...document.matchAll(/<(\w+)>/g)].map(([, name = ""]) => name);
}

async function fixtures(): Promise<[string, Fixture][]> {
  const names = (await readdir(folder)).map((name) => name.slice(0, -".json".length));
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(`${name}.json`, folder), "utf8");
      return [name, JSON.parse(text)] as [string, Fixture];
    }),
  );
}

const all = await fixtures();

for (const [name, fixture] of all.filter(([, { service }]) => service !== "event")) {
  const { what, operation, status, headers, body, address, auth } = fixture;
  test(`${operation} answers as ${what}: ${name}`, async (context) => {
    const old = auth && !("Region" in auth) ? { credentialFields: "old" as const } : {};
    const habits = { ...old, ...fixture.habits };
    const emulator = await startEmulator({ allowPrivate: true, ...OPTIONS[name], habits });
    context.after(() => emulator.close());
    const ask = ASK[name];
    ok(ask, "nobody asks the emulator for it");
    const reply = await ask(emulator, context);
    equal(reply.status, status);
    const media = (type = "") => type.split(";")[0];
    equal(media(reply.headers["content-type"]), media(headers?.["content-type"]));
    if (typeof body === "string") {
      deepEqual(elements(reply.text), elements(body));
      for (const field of ["Code", "Message", "EC"]) {
        equal(xmlText(reply.text, field), xmlText(body, field));
      }
      return;
    }
    const ours = JSON.parse(reply.text);
    deepEqual(missing(body, ours), []);
    equal(ours.Code, body.Code);
    for (const [field, real] of [
      ["UploadAddress", address],
      ["UploadAuth", auth],
    ] as const) {
      if (real) deepEqual(Object.keys(decode(ours[field])), Object.keys(real));
    }
  });
}

test("events have the fields of real ones, of the same types", async (context) => {
  const emulator = await startEmulator({ allowPrivate: true });
  context.after(() => emulator.close());
  await pulled(emulator, context);
  while (emulator.events.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const [name, { operation, body }] of all.filter(([, one]) => one.service === "event")) {
    const event = emulator.events.find(({ type }) => type === operation);
    deepEqual(missing(body, event?.body), [], name);
  }
});
