// Uploads by ticket: who has the bytes has no AccessKey, and VOD hears nothing of them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  fromFile,
  memoryCheckpoint,
  type UploadTicket,
  uploadWithTicket,
  Vodlift,
  type VodliftError,
} from "../../pkg/src/index.ts";
import {
  assertNothingOpen,
  type Emulator,
  startService,
  storedSha256,
} from "../support/service.ts";

const MIB = 1024 * 1024;

async function service(t: TestContext, options: Parameters<typeof startService>[0] = {}) {
  const emulator = await startService(options);
  t.after(() => emulator.close());
  return { emulator, vod: new Vodlift(emulator) };
}

function bytes(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
}

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

const asked = (emulator: Emulator) =>
  emulator.log.filter(({ service: of }) => of === "vod").map(({ operation }) => operation);

async function failure(promise: Promise<unknown>): Promise<VodliftError> {
  return promise.then(
    () => assert.fail("it did not fail"),
    (error) => error,
  );
}

test("a Blob is uploaded by a ticket, with one refresh, and VOD hears nothing of the upload itself", async (t) => {
  // 1.5 seconds, of which 4/5 are used.
  const { emulator, vod } = await service(t, { credentialLifeSeconds: 1.5 });
  const data = bytes(6 * MIB);
  const made = await vod.createUpload({
    title: "Film",
    fileName: "film.mp4",
    fileSize: data.length,
  });
  const ticket: UploadTicket = JSON.parse(JSON.stringify(made));
  assert.ok(made.expiresAt > Date.now());
  assert.equal(JSON.stringify(ticket).includes(emulator.accessKeySecret), false);
  let refreshes = 0;
  const outcome = await uploadWithTicket(ticket, new File([data], "film.mp4"), {
    partSize: "1MiB",
    concurrency: 1,
    refresh: () => {
      refreshes += 1;
      return vod.refreshUpload(ticket.mediaId);
    },
    // The first part is not sent before the ticket is over.
    onProgress: ({ phase }) => {
      if (phase === "uploading" && refreshes === 0) holdUntil(made.expiresAt);
    },
  });
  assert.equal(outcome.mediaId, ticket.mediaId);
  assert.equal(outcome.bytes, data.length);
  assert.equal(await storedSha256(emulator, outcome.objectKey), sha256(data));
  assert.ok(refreshes >= 1, "it was refreshed");
  assert.equal(outcome.refreshes, refreshes);
  assert.deepEqual(asked(emulator), [
    "CreateUploadVideo",
    ...Array.from({ length: refreshes }, () => "RefreshUploadVideo"),
  ]);
  await assertNothingOpen(emulator);
});

/** Nothing else runs meanwhile, as on a device that slept. */
function holdUntil(time: number): void {
  const ms = time - Date.now();
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test("an image and an attached media are uploaded by ticket, too", async (t) => {
  const { emulator, vod } = await service(t);
  const data = bytes(70_000);
  const image = await vod.createUpload({ as: "image", fileName: "cover.png" });
  assert.equal(image.kind, "image");
  const outcome = await uploadWithTicket(image, data);
  assert.equal(outcome.kind, "image");
  assert.equal(outcome.mediaId, image.mediaId);
  assert.equal(outcome.fileUrl, image.fileUrl);
  assert.equal(await storedSha256(emulator, outcome.objectKey), sha256(data));
  const subtitle = await vod.createUpload({
    as: "attached",
    businessType: "subtitle",
    fileName: "film.srt",
  });
  const text = new Blob(["1\n00:00:00,000 --> 00:00:01,000\nHello\n"]);
  assert.equal((await uploadWithTicket(subtitle, text)).kind, "attached");
  assert.deepEqual(asked(emulator), ["CreateUploadImage", "CreateUploadAttachedMedia"]);
});

test("an upload by ticket goes on in another process with a fresh ticket, and sends no part twice", async (t) => {
  const { emulator, vod } = await service(t);
  const data = bytes(5 * MIB);
  const ticket = await vod.createUpload({ title: "Film", fileName: "film.mp4" });
  const file = () => new File([data], "film.mp4", { lastModified: 1_700_000_000_000 });
  const stored = memoryCheckpoint();
  const first = await uploadWithTicket(ticket, file(), {
    partSize: "1MiB",
    checkpoint: stored,
    budget: { parts: 2 },
  });
  assert.ok("suspended" in first);
  const checkpoint = JSON.stringify(await stored.load());
  for (const secret of emulator.issuedSecrets) assert.equal(checkpoint.includes(secret), false);
  assert.equal(checkpoint.includes(ticket.uploadAuth), false);
  const fresh = await vod.refreshUpload(ticket.mediaId);
  const outcome = await uploadWithTicket(fresh, file(), {
    checkpoint: memoryCheckpoint(JSON.parse(checkpoint)),
  });
  assert.equal(outcome.resumed, true);
  assert.equal(await storedSha256(emulator, outcome.objectKey), sha256(data));
  const sent = emulator.log.filter(({ operation }) => operation === "UploadPart");
  assert.equal(sent.length, 5);
  assert.deepEqual(asked(emulator), ["CreateUploadVideo", "RefreshUploadVideo"]);
});

test("a checkpoint goes on with the ticket of its own media only, and with its own file only", async (t) => {
  const { vod } = await service(t);
  const ticket = await vod.createUpload({ title: "Film", fileName: "film.mp4" });
  const other = await vod.createUpload({ title: "Other", fileName: "other.mp4" });
  const data = bytes(3 * MIB);
  const file = (name: string, lastModified: number, length = data.length) =>
    new File([data.subarray(0, length)], name, { lastModified });
  const stored = memoryCheckpoint();
  const how = { partSize: "1MiB", checkpoint: stored } as const;
  const first = await uploadWithTicket(ticket, file("film.mp4", 1), {
    ...how,
    budget: { parts: 1 },
  });
  assert.ok("suspended" in first);
  const checkpoint = JSON.stringify(await stored.load());
  const again = () => ({ checkpoint: memoryCheckpoint(JSON.parse(checkpoint)) });
  const refused = await failure(uploadWithTicket(other, file("film.mp4", 1), again()));
  assert.equal(refused.code, "invalid_argument");
  assert.match(refused.message, new RegExp(`${other.mediaId}.*${ticket.mediaId}`));
  for (const [what, one] of [
    ["name", file("film2.mp4", 1)],
    ["modification time", file("film.mp4", 2)],
    ["size", file("film.mp4", 1, 2 * MIB)],
  ] as const) {
    const changed = await failure(uploadWithTicket(ticket, one, again()));
    assert.equal(changed.code, "source_changed", changed.message);
    assert.ok(changed.message.includes(what), changed.message);
  }
  await uploadWithTicket(ticket, file("film.mp4", 1), again());
});

test("an expired ticket without a refresh says so, and one of another media is refused", async (t) => {
  const { emulator, vod } = await service(t);
  const data = bytes(2 * MIB);
  const ticket = await vod.createUpload({ title: "Film", fileName: "film.mp4" });
  const other = await vod.createUpload({ title: "Other", fileName: "other.mp4" });
  emulator.setClockOffset(2 * 3_600_000);
  const ended = await failure(uploadWithTicket(ticket, data));
  assert.equal(ended.code, "credential_ended", ended.message);
  assert.match(ended.message, /expired.*`refresh`/);
  const wrong = await failure(uploadWithTicket(ticket, data, { refresh: () => other }));
  assert.match(wrong.message, new RegExp(`\`refresh\`.*${other.mediaId}`));
  emulator.setClockOffset(0);
  let tries = 0;
  const outcome = await uploadWithTicket({ ...ticket, expiresAt: 1 }, data, {
    refresh: () => {
      tries += 1;
      // Its own server is out of reach for a moment.
      if (tries < 3) throw new Error("no network");
      return vod.refreshUpload(ticket.mediaId);
    },
  });
  assert.equal(outcome.bytes, data.length);
  assert.equal(tries, 3);
  const fails = await failure(
    uploadWithTicket({ ...ticket, expiresAt: 1 }, data, {
      refresh: () => Promise.reject(new Error("no network")),
    }),
  );
  assert.equal(fails.code, "credentials_failed");
  assert.match(fails.message, /`refresh` failed: .*no network/);
  assert.match(fails.hint, /`refresh`/);
});

test("an aborted upload by ticket leaves nothing open, and calls VOD for nothing", async (t) => {
  const { emulator, vod } = await service(t);
  const ticket = await vod.createUpload({ title: "Film", fileName: "film.mp4" });
  const stop = new AbortController();
  const aborted = await failure(
    uploadWithTicket(ticket, bytes(5 * MIB), {
      partSize: "1MiB",
      concurrency: 1,
      signal: stop.signal,
      onProgress: ({ partsAccepted }) => partsAccepted > 0 && stop.abort(),
    }),
  );
  assert.equal(aborted.code, "aborted");
  await assertNothingOpen(emulator);
  assert.deepEqual(asked(emulator), ["CreateUploadVideo"]);
});

test("a file of this machine and a stream are uploaded by ticket", async (t) => {
  const { emulator, vod } = await service(t);
  const folder = await mkdtemp(join(tmpdir(), "vodlift-ticket-"));
  t.after(() => rm(folder, { recursive: true }));
  const data = bytes(300_000);
  await writeFile(join(folder, "film.mp4"), data);
  for (const source of [fromFile(join(folder, "film.mp4")), new Blob([data]).stream()]) {
    const ticket = await vod.createUpload({ fileName: "film.mp4" });
    const { objectKey } = await uploadWithTicket(ticket, source);
    assert.equal(await storedSha256(emulator, objectKey), sha256(data));
  }
});

test("what is no ticket, and what does not go with one, is refused by name before anything is sent", async (t) => {
  const { emulator, vod } = await service(t);
  const ticket = await vod.createUpload({ fileName: "film.mp4" });
  const data = bytes(10);
  for (const [given, options, message] of [
    [{ ...ticket, mediaId: "" }, {}, /`ticket.mediaId`/],
    [{ ...ticket, uploadAuth: "hush!" }, {}, /`ticket` is none: UploadAuth: not base64/],
    [{ ...ticket, uploadAddress: "e30=" }, {}, /`ticket` is none: UploadAddress: `Endpoint`/],
    [ticket, { title: "Film" }, /`title` is no option here/],
    [ticket, { refresh: "soon" }, /`refresh` must be a function/],
    [ticket, { shard: { first: 1, last: 2 } }, /`shard`/],
    [undefined, {}, /`ticket` must be an object/],
  ] as const) {
    const error = await failure(uploadWithTicket(given as never, data, options as never));
    assert.equal(error.code, "invalid_argument", error.message);
    assert.match(error.message, message);
    assert.equal(error.message.includes("hush"), false);
  }
  assert.deepEqual(asked(emulator), ["CreateUploadVideo"]);
  assert.equal(emulator.log.length, 1);
  const error = await failure(vod.createUpload({ as: "image", referenceId: "row-0001" }));
  assert.match(error.message, /`referenceId` does not go with `as` image/);
});

test("a trace of an upload by ticket tells no secret of it", async (t) => {
  const { emulator, vod } = await service(t);
  const ticket = await vod.createUpload({ fileName: "film.mp4" });
  const lines: string[] = [];
  await uploadWithTicket(ticket, bytes(200_000), { trace: (line) => void lines.push(line) });
  const told = lines.join("\n");
  assert.match(told, /"ticket"/);
  assert.equal(told.includes(ticket.uploadAuth), false);
  // Where the bytes go is none: it stands in every request.
  const secrets = emulator.issuedSecrets.filter((secret) => secret !== ticket.uploadAddress);
  for (const secret of secrets) assert.equal(told.includes(secret), false);
});
