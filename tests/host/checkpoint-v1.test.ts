// Checkpoints that earlier builds have written are resumed. Those in fixtures/checkpoints-v1 were left by the command line
// when it was killed, those in stages.json were written on the way there, one at each stage of each kind; only where their film
// lies was given another name.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type Checkpoint,
  type CheckpointStore,
  fromFile,
  memoryCheckpoint,
  type Outcome,
  type TransferOptions,
  Vodlift,
} from "../../pkg/src/index.ts";
import { type Emulator, startService } from "../support/service.ts";

const SIZE = 500_000;
const film = Buffer.from(Uint8Array.from({ length: SIZE }, (_, at) => (at * 7 + (at >> 8)) & 255));
const MODIFIED = new Date(1_700_000_000_000);

let service: Emulator;
let vod: Vodlift;
let folder: string;
let origin: Server;
let url: string;

before(async () => {
  service = await startService();
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
  folder = await mkdtemp(join(tmpdir(), "vodlift-v1-"));
  await mkdir(join(folder, "hls"));
  for (const name of ["film.mp4", "cover.png", "film.srt"]) {
    await writeFile(join(folder, name), film);
    await utimes(join(folder, name), MODIFIED, MODIFIED);
  }
  let media = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";
  for (let at = 0; at < 5; at += 1) {
    await writeFile(join(folder, `hls/${at}.ts`), film.subarray(at * 100_000, (at + 1) * 100_000));
    media += `#EXTINF:4,\n${at}.ts\n`;
  }
  await writeFile(join(folder, "hls/media.m3u8"), `${media}#EXT-X-ENDLIST\n`);
  const master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100\nmedia.m3u8\n";
  await writeFile(join(folder, "hls/film.m3u8"), master);
  origin = createServer(serveFilm).listen(0, "127.0.0.1");
  await new Promise((resolve) => origin.once("listening", resolve));
  url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/film.mp4`;
});

after(async () => {
  origin.close();
  await service.close();
  await rm(folder, { recursive: true });
});

const serveFilm: Parameters<typeof createServer>[1] = (request, response) => {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const [first, last] = [Number(from ?? 0), Math.min(Number(to ?? SIZE), SIZE - 1)];
  response.writeHead(from === undefined ? 200 : 206, {
    etag: '"film-1"',
    "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
    "content-type": "video/mp4",
    "content-length": last - first + 1,
    ...(from !== undefined && { "content-range": `bytes ${first}-${last}/${SIZE}` }),
  });
  response.end(film.subarray(first, last + 1));
};

/** By kind and stage. */
const stages: Record<string, Record<string, Checkpoint>> = await fixture("stages");

async function fixture<T>(name: string): Promise<T> {
  const path = new URL(`../fixtures/checkpoints-v1/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(path, "utf8"));
}

/** A checkpoint as it was written, of an upload that this service knows. */
async function earlier(name: string, now: Checkpoint, stage?: string): Promise<Checkpoint> {
  const written = stage === undefined ? await fixture(name) : stages[name]?.[stage];
  const text = JSON.stringify(written)
    .replaceAll("/films", folder)
    .replaceAll("https://example.com/film.mp4", url);
  const then: Checkpoint = JSON.parse(text);
  const known = now.media as { referenceId?: string };
  // Before VOD was asked there is no media of that id.
  const isAsked = then.place !== undefined || then.createSent !== undefined;
  const referenceId = known.referenceId && (isAsked ? known.referenceId : newId());
  return {
    ...then,
    media: { ...then.media, ...(referenceId && { referenceId }) },
    ...(then.place && now.place && { place: now.place }),
    ...(then.uploadId && now.uploadId && { uploadId: now.uploadId }),
    ...(then.replace && now.replace && { replace: now.replace }),
  };
}

let made = 0;
function newId(): string {
  made += 1;
  return `film-${made}-of-v1`;
}

/** The same uploads, by today's code. */
const begin: Record<string, (how: TransferOptions) => Promise<Outcome>> = {
  "video-file": (how) =>
    vod.upload(fromFile(join(folder, "film.mp4")), {
      ...how,
      title: "电影",
      referenceId: newId(),
    }),
  "video-url": (how) => vod.upload(url, { ...how, allowPrivateSources: true }),
  "video-once": (how) => vod.upload(url, { ...how, allowPrivateSources: true, ranges: false }),
  "video-adopt": (how) =>
    vod.upload(url, { ...how, allowPrivateSources: true, referenceId: newId(), adopt: true }),
  "video-replace": async (how) => {
    service.setFaults([]);
    const { mediaId } = await vod.upload(film, { fileName: "old.mp4" });
    service.setFaults(refusals(3));
    return vod.upload(url, { ...how, allowPrivateSources: true, replace: mediaId });
  },
  "video-put": ({ partSize: _, ...how }) => {
    service.setFaults(refusals(1));
    return vod.upload(fromFile(join(folder, "film.mp4")), how);
  },
  image: (how) => vod.uploadImage(fromFile(join(folder, "cover.png")), how),
  attached: (how) =>
    vod.uploadAttachedMedia(fromFile(join(folder, "film.srt")), {
      ...how,
      businessType: "subtitle",
    }),
  playlist: ({ partSize: _, ...how }) =>
    vod.uploadPlaylist(fromFile(join(folder, "hls/film.m3u8")), how),
};

/** Nothing is taken from the so-many-th on. */
function refusals(from: number) {
  const action = { kind: "answer", status: 403, code: "AccessDenied" } as const;
  return ["UploadPart", "PutObject"].map((operation) => ({ operation, from, action }));
}

/** What such an upload leaves in the service, and the checkpoint of it that the earlier build has written. */
async function leftBehind(name: string, stage?: string): Promise<CheckpointStore> {
  service.setFaults(refusals(3));
  const store = memoryCheckpoint();
  await assert.rejects(
    begin[name]?.({ partSize: 102_400, concurrency: 1, checkpoint: store }) ?? Promise.resolve(),
  );
  service.setFaults([]);
  const now = await store.load();
  assert.ok(now?.place, "the upload left nothing");
  return memoryCheckpoint(await earlier(name, now, stage));
}

function objectsSent(known: number): string[] {
  return service.log
    .slice(known)
    .filter(({ operation }) => ["UploadPart", "PutObject"].includes(operation))
    .map(({ key = "" }) => key);
}

for (const name of ["video-file", "video-url", "image", "attached", "playlist"]) {
  test(`a checkpoint of version 1 is resumed: ${name}`, async () => {
    const store = await leftBehind(name);
    const known = service.log.length;
    const end = await vod.resume(store, { allowPrivateSources: true });
    assert.equal(end.resumed, true);
    assert.equal(await store.load(), undefined, "the checkpoint of a finished upload is removed");
    const sent = objectsSent(known);
    if (name === "playlist") {
      // Two of its five segments were there.
      assert.equal(sent.filter((key) => key.endsWith(".ts")).length, 3, sent.join(" "));
      return;
    }
    assert.deepEqual(
      await readFile(join(service.dir, service.bucket, end.objectKey)),
      film,
      "other bytes were stored",
    );
    // The credential of an image or attached media ends with its process, and it starts over.
    assert.equal(sent.length, name.startsWith("video") ? 3 : 5, sent.join(" "));
  });
}

test("there is a checkpoint of each kind at more than one stage", () => {
  assert.deepEqual(Object.keys(stages).sort(), Object.keys(begin).sort());
  for (const ofKind of Object.values(stages)) assert.ok(Object.keys(ofKind).length > 1);
});

for (const [name, ofKind] of Object.entries(stages)) {
  for (const stage of Object.keys(ofKind)) {
    test(`a checkpoint of version 1 is resumed from each stage: ${name}, ${stage}`, async () => {
      const store = await leftBehind(name, stage);
      const end = await vod.resume(store, { allowPrivateSources: true });
      assert.equal(end.resumed, true);
      assert.equal(await store.load(), undefined);
      const stored = await readFile(join(service.dir, service.bucket, end.objectKey));
      if (name === "playlist") assert.match(stored.toString(), /^#EXTM3U/);
      else assert.ok(stored.equals(film), "other bytes were stored");
    });
  }
}
