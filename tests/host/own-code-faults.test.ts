// The caller's own code goes wrong: streams that fail before they are read, midway or late, that are locked or never
// end; listeners and stores that throw, reject or hang; credentials that are none. Drawn together at random, at every
// entry of the API: nothing is left unhandled or open, and what comes of it is what the faults say.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import {
  type Checkpoint,
  type CheckpointStore,
  fromFile,
  memoryCheckpoint,
  type Outcome,
  type PlaylistSource,
  type UploadOptions,
  type UploadSource,
  Vodlift,
  VodliftError,
} from "../../pkg/src/index.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { type Emulator, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const SIZE = 250_000;
const content = randomBytes(SIZE);
let service: Emulator;
let folder: string;
let film: string;
const unhandled: unknown[] = [];
const remember = (error: unknown) => void unhandled.push(error);

before(async () => {
  process.on("unhandledRejection", remember).on("uncaughtException", remember);
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "vodlift-faults-"));
  film = join(folder, "film.mp4");
  await writeFile(film, content);
  const list = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfilm.ts\n#EXT-X-ENDLIST\n";
  await writeFile(join(folder, "film.m3u8"), list);
  await writeFile(join(folder, "film.ts"), content.fill(0x47, 0, 1));
});

after(async () => {
  process.off("unhandledRejection", remember).off("uncaughtException", remember);
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const boom = () => new Error("boom");
const never = () => new Promise<never>(() => {});

/** What a function of the caller's does instead of its work. */
const FAULTS = ["none", "throws", "rejects", "hangs"] as const;
type Fault = (typeof FAULTS)[number];

function faulty<T>(fault: Fault, work: () => T): T | Promise<never> {
  if (fault === "throws") throw boom();
  if (fault === "rejects") return Promise.reject(boom());
  return fault === "hangs" ? never() : work();
}

const STREAMS = [
  "none",
  "fails before",
  "fails midway",
  "is locked",
  "never ends",
  "fails late",
] as const;
type StreamFault = (typeof STREAMS)[number];

interface Given {
  source: UploadSource;
  isClosed(): boolean;
}

/** Bytes in pieces, with a fault among them. */
async function* pieces(fault: StreamFault, ended: () => void) {
  try {
    for (let at = 0; at < SIZE; at += 50_000) {
      if (fault === "fails midway" && at >= 100_000) throw boom();
      if (fault === "never ends" && at >= 100_000) await never();
      yield content.subarray(at, at + 50_000);
    }
  } finally {
    ended();
  }
}

function webStream(fault: StreamFault): Given {
  let closed = false;
  const chunks = pieces(fault, () => {});
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      if (fault !== "fails before") return;
      closed = true;
      controller.error(boom());
    },
    async pull(controller) {
      try {
        const { value, done } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
        closed ||= done === true;
      } catch (error) {
        closed = true;
        controller.error(error);
      }
    },
    cancel() {
      closed = true;
    },
  });
  const reader = fault === "is locked" ? stream.getReader() : undefined;
  return { source: stream, isClosed: () => closed || reader !== undefined };
}

function nodeStream(fault: StreamFault): Given {
  const stream = Readable.from(
    pieces(fault, () => {}),
    { objectMode: false },
  );
  if (fault === "fails before") stream.destroy(boom());
  if (fault === "fails late") setTimeout(() => stream.destroy(boom()), 5);
  if (fault === "is locked") stream.destroy();
  return { source: stream as AsyncIterable<Uint8Array>, isClosed: () => stream.destroyed };
}

function generator(fault: StreamFault): Given {
  let state: "new" | "begun" | "ended" = "new";
  async function* counted() {
    state = "begun";
    yield* pieces(fault, () => {
      state = "ended";
    });
  }
  // One that hangs in its own code cannot be ended by anybody.
  return { source: counted(), isClosed: () => state !== "begun" || fault === "never ends" };
}

const SOURCES: readonly ((fault: StreamFault) => Given)[] = [
  webStream,
  nodeStream,
  generator,
  (fault) => {
    const { source, isClosed } = webStream(fault);
    const headers = { "content-type": "video/mp4" };
    if (fault === "is locked") return { source, isClosed };
    return { source: new Response(source as ReadableStream, { headers }), isClosed };
  },
  () => ({ source: fromFile(film), isClosed: () => true }),
];

function files(entry: string): Given {
  const source = fromFile(entry === "resume" ? film : join(folder, "film.m3u8"));
  return { source, isClosed: () => true };
}

interface Plan {
  given: Given;
  stream: StreamFault;
  listener: Fault;
  slow: Fault;
  load: Fault;
  save: Fault;
  remove: Fault;
  credentials: Fault;
  early: "none" | "bad option" | "unknown option" | "aborted";
  entry: (typeof ENTRIES)[number];
}

const ENTRIES = [
  "upload",
  "uploadImage",
  "uploadAttachedMedia",
  "uploadAll",
  "uploadPlaylist",
  "resume",
] as const;
/** Those that read files here: a playlist has more than one, and a stream cannot be gone on with. */
const OF_FILES: readonly string[] = ["uploadPlaylist", "resume"];

function draw(luck: Dice): Plan {
  const rarely = (): Fault => (luck.oneIn(3) ? luck.pick(FAULTS) : "none");
  const entry = luck.pick(ENTRIES);
  const ofFiles = OF_FILES.includes(entry);
  const stream = !ofFiles && luck.oneIn(2) ? luck.pick(STREAMS) : "none";
  return {
    stream,
    given: ofFiles ? files(entry) : luck.pick(SOURCES)(stream),
    listener: rarely(),
    slow: rarely(),
    load: rarely(),
    save: rarely(),
    remove: rarely(),
    credentials: luck.oneIn(6) ? luck.pick(FAULTS) : "none",
    early: luck.oneIn(5) ? luck.pick(["bad option", "unknown option", "aborted"]) : "none",
    entry,
  };
}

function storeOf({ load, save, remove }: Plan, initial?: Checkpoint): CheckpointStore {
  const kept = memoryCheckpoint(initial);
  return {
    load: async () => faulty(load, () => kept.load()),
    save: (checkpoint) => faulty(save, () => kept.save(checkpoint)),
    remove: () => faulty(remove, () => kept.remove()),
  };
}

/** What is left of an upload of the film that was to send one part. */
async function begun(): Promise<Checkpoint | undefined> {
  const checkpoint = memoryCheckpoint();
  const budget = { parts: 1 };
  await new Vodlift(account()).upload(fromFile(film), { partSize: 102_400, budget, checkpoint });
  return checkpoint.load();
}

function account() {
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  return { accessKeyId, accessKeySecret, region, endpoint };
}

/** What comes of it: an outcome, or the error. */
async function outcomeOf(plan: Plan, signal: AbortSignal): Promise<Outcome | VodliftError> {
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const keys = { accessKeyId, accessKeySecret };
  const credentials = (): Promise<typeof keys> =>
    faulty(plan.credentials, () => Promise.resolve(keys)) as Promise<typeof keys>;
  const vod = new Vodlift({ credentials, region, endpoint });
  const options: UploadOptions = {
    ...(!OF_FILES.includes(plan.entry) && {
      fileName: FILE_NAMES[plan.entry] ?? "film.mp4",
      partSize: 102_400,
    }),
    ...(plan.entry !== "resume" && { checkpoint: storeOf(plan) }),
    signal: plan.early === "aborted" ? AbortSignal.abort() : signal,
    onProgress: () => faulty(plan.listener, () => undefined),
    onSlowRequest: () => faulty(plan.slow, () => undefined),
    slowRequestMs: 0,
    ...(plan.early === "bad option" && { partSize: -1 }),
    ...(plan.early === "unknown option" && ({ titel: "x" } as object)),
  };
  const { source } = plan.given;
  if (plan.entry === "uploadAll") {
    for await (const { outcome, error } of vod.uploadAll([{ source, ...options }])) {
      return outcome ?? error ?? assert.fail("it was suspended");
    }
  }
  return uploading(vod, plan, source, options).catch((error) => error);
}

async function uploading(
  vod: Vodlift,
  plan: Plan,
  source: UploadSource,
  options: UploadOptions,
): Promise<Outcome> {
  switch (plan.entry) {
    case "uploadImage":
      return vod.uploadImage(source, options);
    case "uploadAttachedMedia":
      return vod.uploadAttachedMedia(source, { ...options, businessType: "subtitle" });
    case "uploadPlaylist":
      return vod.uploadPlaylist(source as PlaylistSource, options);
    case "resume":
      return vod.resume(storeOf(plan, await begun()), options);
    default:
      return vod.upload(source, options);
  }
}

const FILE_NAMES: Readonly<Record<string, string>> = {
  uploadImage: "film.png",
  uploadAttachedMedia: "film.srt",
};

/** Whether nothing of the plan keeps the upload from its end. */
function mustArrive(plan: Plan): boolean {
  const harmless: readonly Fault[] = ["none", "rejects", "hangs"];
  return (
    plan.stream === "none" &&
    plan.early === "none" &&
    plan.credentials === "none" &&
    plan.save === "none" &&
    (plan.entry !== "resume" || plan.load === "none") &&
    harmless.includes(plan.listener) &&
    harmless.includes(plan.slow)
  );
}

async function run(seed: number): Promise<void> {
  const plan = draw(dice(seed));
  const { given, ...faults } = plan;
  const told = `SEED=${seed} ${JSON.stringify(faults)}`;
  const arrives = mustArrive(plan);
  const abort = new AbortController();
  const awaited = [plan.save, plan.credentials, plan.entry === "resume" ? plan.load : "none"];
  const hangs = plan.stream === "never ends" || awaited.includes("hangs");
  if (hangs) setTimeout(() => abort.abort(), 500);
  const end = await outcomeOf(plan, abort.signal);
  if (end instanceof VodliftError) {
    assert.equal(arrives, false, `${told}: ${end.message}`);
    assert.notEqual(end.code, "internal", `${told}: ${end.message}`);
    assert.ok(end.hint, told);
  } else {
    assert.ok(end.mediaId, told);
    const rejected = [plan.listener, plan.slow, plan.remove].filter((fault) => fault === "rejects");
    if (rejected.length > 0 || plan.remove === "throws" || plan.remove === "hangs") {
      assert.ok((end.warnings?.length ?? 0) > 0, `${told}: nothing is told`);
    }
  }
  // What closes a stream may take a turn.
  for (let turn = 0; turn < 100 && !given.isClosed(); turn++) await new Promise(setImmediate);
  assert.ok(given.isClosed(), `${told}: the source is open`);
}

test("whatever the caller's own code does, nothing is left unhandled or open", async () => {
  const all = seeds(160);
  for (let at = 0; at < all.length; at += 40) {
    const ends = await Promise.allSettled(all.slice(at, at + 40).map(run));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }
  const open = async () =>
    Promise.all(
      (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
  await until(async () => !(await open()).includes(film));
  assert.deepEqual(unhandled, []);
});

test("a store that hangs does not hang an abort", async () => {
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
  const abort = new AbortController();
  const store: CheckpointStore = { load: async () => undefined, save: never, remove: never };
  const uploading = vod.upload(new Blob([content]), {
    fileName: "a.mp4",
    checkpoint: store,
    signal: abort.signal,
    onProgress: () => abort.abort(),
  });
  await assert.rejects(uploading, { code: "aborted" });
});

test("a store that does not let go leaves the media id where it belongs", async () => {
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
  const checkpoint = { ...memoryCheckpoint(), remove: () => Promise.reject(boom()) };
  const end = await vod.upload(new Blob([content]), { fileName: "a.mp4", checkpoint });
  assert.ok(end.mediaId);
  assert.deepEqual(
    end.warnings?.map(({ code }) => code),
    ["checkpoint_failed"],
  );
});

test("what cannot be called as it must be is the caller's error, before anything is sent", async () => {
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
  const known = service.log.length;
  const refused = (call: Promise<unknown>, field: string) =>
    assert.rejects(call, { code: "invalid_argument", message: new RegExp(`\`${field}\``) }, field);
  const file = () => new Blob([content]);
  for (const [field, value] of Object.entries({
    signal: {},
    onProgress: 5,
    onSlowRequest: "log",
    checkpoint: "film.json",
  })) {
    const options = { fileName: "film.mp4", [field]: value } as object;
    await refused(vod.upload(file(), options), field);
    await refused(vod.uploadImage(file(), options), field);
    await refused(vod.uploadPlaylist(fromFile(film), options), field);
    for await (const { error } of vod.uploadAll([{ source: file(), ...options }])) {
      await refused(Promise.reject(error), field);
    }
    if (field !== "checkpoint") {
      await refused(vod.resume(memoryCheckpoint(), { [field]: value } as object), field);
    }
  }
  await refused(vod.upload(file(), { fileName: "a.mp4", checkpoint: {} } as object), "checkpoint");
  await refused(vod.call(undefined as never), "action");
  await refused(vod.call("GetVideoInfo", {}, { signal: {} } as object), "signal");
  await refused(vod.uploadMediaByUrl({} as never), "urls");
  await refused(vod.uploadAll(5 as never).next(), "items");
  const opens = () => {
    throw boom();
  };
  const strange = { [Symbol.asyncIterator]: opens };
  await assert.rejects(vod.upload(strange, { fileName: "a.mp4" }), { code: "source_read" });
  const none = async () => null as never;
  const nobody = new Vodlift({ credentials: none, region, endpoint });
  await assert.rejects(nobody.upload(file(), { fileName: "a.mp4" }), {
    code: "credentials_failed",
    message: /gave no credentials/,
  });
  const begun = service.log.slice(known).map(({ operation }) => operation);
  assert.deepEqual(
    begun.filter((operation) => operation !== "CreateUploadVideo"),
    [],
  );
  assert.deepEqual(unhandled, []);
});

test("a stream that somebody else reads is the caller's error", async () => {
  const vod = new Vodlift({ accessKeyId: "a", accessKeySecret: "b" });
  const locked = new Blob([content]).stream();
  locked.getReader();
  const used = new Response(content);
  await used.arrayBuffer();
  const ended = Readable.from([content]);
  for await (const _ of ended);
  for (const source of [locked, used, ended as AsyncIterable<Uint8Array>]) {
    await assert.rejects(vod.upload(source, { fileName: "a.mp4" }), {
      code: "invalid_argument",
      message: /`source`/,
    });
  }
});
