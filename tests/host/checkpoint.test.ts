// Where checkpoints are kept: what a store gives back, and what it does to the place it writes to.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileCheckpoint } from "../../pkg/src/checkpoint/file.ts";
import {
  type CheckpointStore,
  durableObjectCheckpoint,
  kvCheckpoint,
  memoryCheckpoint,
} from "../../pkg/src/checkpoint/index.ts";
import { CheckpointSaver } from "../../pkg/src/checkpoint/saver.ts";
import { Vodlift } from "../../pkg/src/index.ts";
import type { Checkpoint } from "../../pkg/src/wasm/core.js";
import { startService } from "../support/service.ts";

function checkpoint(bytesAccepted: number): Checkpoint {
  return {
    version: 1,
    media: { type: "video", title: "Film", fileName: "film.mp4", tags: [] },
    region: "cn-shanghai",
    source: { url: "https://example.com/film.mp4", queryRemoved: false, validator: {} },
    objectHeaders: [],
    bytesAccepted,
  };
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "vodlift-checkpoint-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

/** A namespace as Workers KV has it, and when each write came. */
function namespace() {
  const kept = new Map<string, string>();
  const writes: number[] = [];
  return {
    writes,
    get: async (key: string) => kept.get(key) ?? null,
    async put(key: string, value: string) {
      writes.push(Date.now());
      kept.set(key, value);
    },
    async delete(key: string) {
      kept.delete(key);
    },
  };
}

function storage() {
  const kept = new Map<string, unknown>();
  return {
    get: async <T>(key: string) => kept.get(key) as T | undefined,
    async put<T>(key: string, value: T) {
      kept.set(key, structuredClone(value));
    },
    delete: async (key: string) => kept.delete(key),
  };
}

const stores: Record<string, (t: TestContext) => Promise<CheckpointStore>> = {
  memory: async () => memoryCheckpoint(),
  file: async (t) => fileCheckpoint(join(await folder(t), "film.json")),
  KV: async () => kvCheckpoint(namespace(), "film"),
  "a Durable Object": async () => durableObjectCheckpoint(storage(), "film"),
};
for (const [name, open] of Object.entries(stores)) {
  test(`${name} gives back what was saved last, and nothing once it was removed`, async (t) => {
    const store = await open(t);
    assert.equal(await store.load(), undefined);
    await store.save(checkpoint(1));
    assert.deepEqual(await store.load(), checkpoint(1));
    await store.remove();
    assert.equal(await store.load(), undefined);
    await store.remove();
  });
}

test("a file is replaced as a whole, belongs to its owner, and leaves nothing beside it", async (t) => {
  const where = await folder(t);
  const path = join(where, "film.json");
  const store = fileCheckpoint(path);
  await store.save(checkpoint(1));
  const before = await stat(path);
  await store.save(checkpoint(2));
  const now = await stat(path);
  assert.notEqual(now.ino, before.ino, "it was written in place");
  assert.equal(now.mode & 0o777, 0o600);
  assert.deepEqual(await readdir(where), ["film.json"]);
});

test("a file that is no JSON is an error, not an absent checkpoint", async (t) => {
  const path = join(await folder(t), "film.json");
  await writeFile(path, "{");
  await assert.rejects(fileCheckpoint(path).load(), { code: "checkpoint_invalid" });
});

test("KV is written once a second at the most", async (t) => {
  t.mock.timers.enable({ apis: ["Date", "setTimeout"] });
  const kv = namespace();
  const store = kvCheckpoint(kv, "film");
  await store.save(checkpoint(1));
  const second = store.save(checkpoint(2));
  await Promise.resolve();
  assert.equal(kv.writes.length, 1);
  t.mock.timers.tick(1_100);
  await second;
  assert.deepEqual(kv.writes, [0, 1_100]);
});

test("of checkpoints that queue up behind a slow store only the latest is written", async () => {
  const saved: number[] = [];
  let release = () => {};
  const store: CheckpointStore = {
    load: async () => undefined,
    remove: async () => {},
    save: async ({ bytesAccepted }) => {
      saved.push(bytesAccepted);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    },
  };
  const saver = new CheckpointSaver(store, (error) => assert.fail(String(error)));
  for (const bytes of [1, 2, 3, 4]) saver.save(checkpoint(bytes));
  release();
  await new Promise(setImmediate);
  release();
  await saver.settled(10_000);
  assert.deepEqual(saved, [1, 4]);
});

test("a store that fails is told once to whoever runs the upload", async () => {
  const told: unknown[] = [];
  const store = { ...memoryCheckpoint(), save: () => Promise.reject(new Error("disk full")) };
  const saver = new CheckpointSaver(store, (error) => told.push(error));
  saver.save(checkpoint(1));
  await saver.settled(10_000);
  assert.deepEqual(told, [new Error("disk full")]);
});

test("no part is sent before the multipart upload is written down", async () => {
  const order: string[] = [];
  const service = await startService({
    onRequest: ({ operation }) => order.push(operation),
  });
  const store: CheckpointStore = {
    ...memoryCheckpoint(),
    async save({ uploadId }) {
      await setTimeout(100);
      if (uploadId !== undefined) order.push("saved");
    },
  };
  try {
    const vod = new Vodlift(service);
    const source = new Uint8Array(1_000_000);
    const options = { fileName: "film.mp4", partSize: 200_000, checkpoint: store };
    await vod.upload(source, options);
    assert.deepEqual(
      order.filter((what) => what === "saved" || what === "UploadPart").slice(0, 2),
      ["saved", "UploadPart"],
    );
  } finally {
    await service.close();
  }
});
