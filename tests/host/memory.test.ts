// Memory is bounded by what is allowed, not by what it becomes: the worst that each limit lets a source or a caller send
// fits into the 128 MB of a Worker. Each in a process of its own.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Upload, type VodliftError } from "../../pkg/src/core.ts";
import { limits } from "../../pkg/src/door.ts";
import { Vodlift, type VodliftOptions } from "../../pkg/src/index.ts";
import { type PartBuffer, UploadMemory } from "../../pkg/src/memory.ts";
import { BOMBS, manyNames, PASSING, startHostile } from "../support/bombs.ts";
import { dice, seeds } from "../support/dice.ts";
import type { ManyUploads } from "../support/many-uploads.ts";
import { startOrigin } from "../support/origin.ts";
import { type Emulator, startService } from "../support/service.ts";
import { startWorkerd } from "../support/workerd.ts";
import { WORST, WORST_REPLY, worst } from "../support/worst-playlist.ts";

const MOST_MB = 128;
const child = fileURLToPath(new URL("../support/worst-playlist-child.ts", import.meta.url));

interface Cost {
  end: string;
  /** MiB of the core's own memory, and what the process has grown by at its peak. */
  wasm: number;
  grown: number;
}

function cost(text: string, deep: boolean, headerBytes = 0, replied: string[] = []): Cost {
  const args = [child, deep ? "deep" : "", String(headerBytes), ...replied];
  const { stdout, stderr } = spawnSync(process.execPath, args, { input: text });
  assert.notEqual(stdout.length, 0, stderr.toString());
  return JSON.parse(stdout.toString());
}

for (const [kind, { deep = false }] of Object.entries(WORST)) {
  test(`playlists, ${kind}: as long as one may be, they fit into 128 MB`, (t) => {
    for (const mib of [1, 8]) {
      const { end, wasm, grown } = cost(worst(kind, mib << 20), deep);
      t.diagnostic(`${mib} MiB: ${end}, wasm ${wasm} MiB, process +${grown} MiB`);
      assert.ok(wasm <= MOST_MB && grown <= MOST_MB, `${mib} MiB: wasm ${wasm}, grown ${grown}`);
      assert.ok(!["internal", "core_stopped"].includes(end), end);
    }
  });
}

test("the longest reply of a service fits into 128 MB, whatever it holds", (t) => {
  const film = "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:1,\n1\n";
  for (const kind of Object.keys(WORST_REPLY)) {
    const { end, wasm, grown } = cost(film, false, 0, [kind, String(limits().reply)]);
    t.diagnostic(`${kind}: ${end}, wasm ${wasm} MiB, process +${grown} MiB`);
    assert.ok(wasm <= MOST_MB && grown <= MOST_MB, `${kind}: wasm ${wasm}, grown ${grown}`);
    assert.ok(!["internal", "core_stopped"].includes(end), `${kind}: ${end}`);
  }
});

test("90,000 files share the largest headers that a caller may send", (t) => {
  const text = worst("segments, each another", 90_000 * 16);
  const { end, wasm, grown } = cost(text, false, limits().headerBytes - 10);
  t.diagnostic(`${end}, wasm ${wasm} MiB, process +${grown} MiB`);
  assert.equal(end, "files are asked for");
  assert.ok(wasm <= MOST_MB && grown <= MOST_MB, `wasm ${wasm}, grown ${grown}`);
});

test("headers have 16 KiB in all, and more are an error that says so", () => {
  const { headerBytes } = limits();
  assert.equal(headerBytes, 16 << 10);
  const made = (bytes: number) =>
    Upload.create(
      {
        media: { type: "video", title: "Film", fileName: "film.mp4" },
        source: {
          type: "url",
          url: "https://example.com/film.mp4",
          headers: [["x-key", "k".repeat(bytes - 5)]],
        },
        vod: {},
        oss: {},
        options: {},
        host: { concurrency: 1, maxConcurrency: 1, bufferBytes: 1024, buffersParts: false },
      },
      { accessKeyId: "id", accessKeySecret: "secret" },
      new Uint8Array(32),
      0,
    ).free();
  made(headerBytes);
  assert.throws(
    () => made(headerBytes + 1),
    (error: VodliftError) =>
      error.code === "invalid_argument" && /sourceHeaders/.test(error.message),
  );
});

async function peakMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** What a client needs of the emulator. */
function accountOf({ endpoint, region, accessKeyId, accessKeySecret }: Emulator): VodliftOptions {
  const trustedHosts = [endpoint];
  return { endpoint, region, accessKeyId, accessKeySecret, trustedHosts };
}

/** Lets all that can go on do so. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const MIB = 1 << 20;

test("uploads whose playlists do not fit beside those of others wait, in their order", async () => {
  const { playlistMemory } = limits();
  const budget = 2 * playlistMemory;
  const entered: number[] = [];
  const all = Array.from({ length: 5 }, (_, at) => {
    const one = new UploadMemory(budget, () => 1000);
    void one.enter().then(() => entered.push(at));
    return one;
  });
  await turn();
  assert.deepEqual(entered, [0, 1]);
  // One that is given up while it waits is passed over; one whose playlists are small makes room for the next.
  all[2]?.leave();
  all[0]?.settle();
  await turn();
  // The 1,000 bytes that it keeps are too many for another whole share.
  assert.deepEqual(entered, [0, 1]);
  all[0]?.leave();
  await turn();
  assert.deepEqual(entered, [0, 1, 3]);
  for (const one of [1, 3, 4]) all[one]?.leave();
});

test("all uploads of a process gather parts in one budget, each when its turn has come", async () => {
  const budget = 64 * MIB;
  const wish = { limit: 16 * MIB, least: 100 * 1024 };
  const uploads = Array.from({ length: 20 }, () => new UploadMemory(budget, () => 0));
  const first = uploads[0] as UploadMemory;
  const alone = await Promise.all(Array.from({ length: 4 }, () => first.buffer(wish).granted));
  assert.deepEqual(new Set(alone.map(({ size }) => size)), new Set([16 * MIB]));
  for (const buffer of alone) buffer.settle();
  // What is empty gives back what it took; it is full, and comes back by itself.
  assert.deepEqual(new Set(alone.map(({ size }) => size)), new Set([0]));
  for (const buffer of alone) buffer.release();

  const filled = await Promise.all(Array.from({ length: 4 }, () => first.buffer(wish).granted));
  for (const buffer of filled) {
    buffer.put(new Uint8Array(16 * MIB));
    buffer.settle();
  }
  const granted: number[] = [];
  const rest = uploads.slice(1).map(async (upload, at) => {
    const buffer = await upload.buffer(wish).granted;
    granted.push(at);
    return buffer;
  });
  await turn();
  assert.deepEqual(granted, []);
  for (const buffer of filled) buffer.release();
  const buffers = await Promise.all(rest);
  assert.deepEqual(
    granted,
    rest.map((_, at) => at),
  );
  const sum = buffers.reduce((total, { size }) => total + size, 0);
  assert.ok(sum <= budget, `${sum}`);
  for (const buffer of buffers) buffer.release();
  for (const upload of uploads) upload.leave();
});

test("sources that give next to nothing hold no more memory than they have filled, where others wait", async () => {
  const budget = 8 * MIB;
  const wish = { limit: 4 * MIB, least: 100 * 1024 };
  const slow = Array.from({ length: 50 }, () => new UploadMemory(budget, () => 0));
  const held = await Promise.all(slow.map((upload) => upload.buffer(wish).granted));
  for (const buffer of held) buffer.put(new Uint8Array(10));
  const other = new UploadMemory(budget, () => 0);
  const whole = await other.buffer({ limit: 3 * MIB, least: 3 * MIB }).granted;
  assert.equal(whole.size, 3 * MIB);
  const sum = [...held, whole].reduce((total, { size }) => total + size, 0);
  assert.ok(sum <= budget, `${sum}`);
  assert.ok(held.every(({ size }) => size >= wish.least));
  for (const buffer of [...held, whole]) buffer.release();
  for (const upload of [...slow, other]) upload.leave();
});

test("playlists that stay until their uploads are over hold up no buffer of those uploads", async () => {
  const { playlistMemory } = limits();
  const budget = playlistMemory + MIB;
  const long = new UploadMemory(budget, () => playlistMemory);
  await long.enter();
  long.settle();
  const next = new UploadMemory(budget, () => 0);
  let entered = false;
  void next.enter().then(() => {
    entered = true;
  });
  // There is not room for this, but one buffer at a time there always is.
  const buffer = await long.buffer({ limit: 4 * MIB, least: 4 * MIB }).granted;
  await turn();
  assert.equal(entered, false);
  buffer.release();
  long.leave();
  await next.enter();
  next.leave();
});

for (const seed of seeds(10)) {
  test(`uploads of any kind get their turn within the budget, SEED=${seed}`, async () => {
    const luck = dice(seed);
    const budget = (1 + luck.below(64)) * MIB;
    const held = new Set<PartBuffer>();
    const total = () => [...held].reduce((sum, { size }) => sum + size, 0);
    const turns = async (most: number) => {
      for (let left = luck.below(most); left > 0; left -= 1) await turn();
    };
    const part = async (upload: UploadMemory) => {
      const limit = 1 + luck.below(20 * MIB);
      const least = luck.oneIn(3) ? limit : Math.min(limit, 100 * 1024);
      const lease = upload.buffer({ limit, least });
      if (luck.oneIn(10)) return lease.giveUp();
      const buffer = await lease.granted;
      held.add(buffer);
      // One that needs more than there is has its turn alone.
      assert.ok(total() <= budget || held.size === 1, `${total()} of ${budget}`);
      await turns(4);
      buffer.put(new Uint8Array(luck.below(buffer.size + 1)));
      buffer.settle();
      await turns(3);
      held.delete(buffer);
      buffer.release();
    };
    const run = async () => {
      const keeps = luck.below(2 * MIB);
      const upload = new UploadMemory(budget, () => keeps);
      if (luck.oneIn(2)) {
        await upload.enter();
        await turns(3);
        upload.settle();
      }
      // Two at once, as an upload has several parts in flight.
      for (let parts = luck.below(4); parts > 0; parts -= 1) {
        await Promise.all([part(upload), part(upload)]);
      }
      upload.leave();
    };
    await Promise.all(Array.from({ length: 60 }, run));
  });
}

/** What so many uploads at once cost, in a process of their own: their ends, and the MiB that it has grown by. */
async function manyInNode(asked: ManyUploads): Promise<{ ends: unknown[]; grown: number }> {
  const script = new URL("../support/many-uploads-child.ts", import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(script)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(asked));
  return JSON.parse(await text(child.stdout));
}

/** The same in workerd. */
async function manyInWorkerd(asked: ManyUploads): Promise<{ ends: unknown[]; grown: number }> {
  const entry = fileURLToPath(new URL("../support/many-uploads-workerd.ts", import.meta.url));
  const wasm = fileURLToPath(new URL("../../pkg/src/wasm/core.wasm", import.meta.url));
  const workerd = await startWorkerd(entry, { wasm });
  const upload = async (what: ManyUploads) => {
    const body = JSON.stringify(what);
    return (await fetch(workerd.url, { method: "POST", body })).json() as Promise<unknown[]>;
  };
  try {
    const { account } = asked;
    await upload({ account, n: 1, url: "" });
    // All of the process, beyond what it takes with the core in it and one upload behind it. About 50 MiB of the growth are
    // the runtime's own, which compiles the core anew once it is in use; nothing of it is taken off here.
    const before = await peakMib(workerd.pid);
    const ends = await upload(asked);
    return { ends, grown: (await peakMib(workerd.pid)) - before };
  } finally {
    await workerd.close();
  }
}

const LINUX_ONLY =
  process.platform === "linux" ? false : "the memory of another process is read on Linux only";
const RUNTIMES = [
  { runtime: "Node", most: 40, many: manyInNode, skip: false as const },
  // No more than six connections are open at once there.
  { runtime: "workerd", most: 6, many: manyInWorkerd, skip: LINUX_ONLY },
];

// Many uploads, and those of most bytes: what they hold, and what a runtime holds for their connections.
for (const { runtime, many, skip } of RUNTIMES) {
  for (const [n, mib] of [
    [20, 24],
    [100, 4],
  ] as const) {
    for (const noRanges of [true, false]) {
      const kind = noRanges ? "sources without ranges" : "sources with ranges";
      test(`${runtime}, ${n} uploads at once of ${kind} fit into 128 MB`, { skip }, async (t) => {
        const [service, origin] = await Promise.all([startService(), startOrigin()]);
        try {
          const size = mib * MIB;
          const url = origin.add("/film.mp4", { size, noRanges });
          const { ends, grown } = await many({ account: accountOf(service), url, n });
          t.diagnostic(`process +${grown} MiB`);
          assert.deepEqual(ends, Array(n).fill(size));
          assert.ok(grown <= MOST_MB, `grown ${grown}`);
        } finally {
          await Promise.all([service.close(), origin.close()]);
        }
      });
    }
  }
}

for (const { runtime, most, many, skip } of RUNTIMES) {
  for (const [name, bomb] of Object.entries(BOMBS)) {
    test(`${runtime}, ${most} playlists at once: ${name}`, { skip }, async (t) => {
      const [service, hostile] = await Promise.all([startService(), startHostile(bomb)]);
      try {
        const account = accountOf(service);
        const url = `${hostile.url}/film.m3u8`;
        // What is tried again takes its time, and no memory.
        const n = PASSING.includes(name) ? 4 : most;
        const { ends, grown } = await many({ account, url, n, playlist: true });
        t.diagnostic(`process +${grown} MiB: ${String(ends[0])}`);
        assert.ok(grown <= MOST_MB, `grown ${grown}`);
        const longest = Math.max(...ends.map((end) => String(end).length));
        assert.ok(longest < 1_000, `an error of ${longest} characters`);
      } finally {
        hostile.close();
        await service.close();
      }
    });
  }
}

for (const { runtime, many, skip } of RUNTIMES) {
  for (const [lists, names, bytes] of [
    [2, 38_000, 40],
    [9, 10_900, 40],
  ] as const) {
    const title = `${runtime}, two times ${lists} playlists as long as they may be go up beside films in 128 MB`;
    test(title, { skip }, async (t) => {
      const [service, origin] = await Promise.all([startService(), startOrigin()]);
      const hostile = await startHostile(manyNames(lists, names, bytes));
      try {
        const url = origin.add("/film.mp4", { size: 24 * MIB, noRanges: true });
        const beside = Array(2).fill(`${hostile.url}/film.m3u8`);
        const { ends, grown } = await many({ account: accountOf(service), url, n: 6, beside });
        t.diagnostic(`process +${grown} MiB`);
        assert.deepEqual(ends.slice(2), Array(6).fill(24 * MIB));
        assert.ok(grown <= MOST_MB, `grown ${grown}`);
      } finally {
        hostile.close();
        await Promise.all([service.close(), origin.close()]);
      }
    });
  }
}

test("of 500 calls at once few are under way, and long replies are read as there is room", async () => {
  const { reply, replyMemory } = limits();
  const body = JSON.stringify({ Text: "x".repeat(64 * 1024) });
  const most = { asked: 0, at: 0 };
  const long = await startHostile((_, response) => {
    most.at += 1;
    most.asked = Math.max(most.asked, most.at);
    response.write(body.slice(0, -1));
    // Whoever does not wait for a turn is here by then.
    setTimeout(() => {
      most.at -= 1;
      response.end("}");
    }, 20);
  });
  try {
    const memory = 8 * replyMemory;
    const own = { accessKeyId: "id", accessKeySecret: "secret" };
    const vod = new Vodlift({ ...own, endpoint: long.url, trustedHosts: [long.url], memory });
    const all = Array.from({ length: 500 }, () => vod.call("GetVideoInfo"));
    for (const { Text } of await Promise.all(all)) assert.equal(String(Text).length, 64 * 1024);
    assert.ok(most.asked <= memory / (3 * MIB), `${most.asked} at once`);
    assert.ok(reply <= replyMemory);
  } finally {
    long.close();
  }
});

test("a long reply has room beside uploads that hold all of the memory, and the next one waits", async () => {
  const { replyMemory } = limits();
  const budget = 2 * replyMemory;
  const full = new UploadMemory(budget, () => 0);
  const wish = { limit: replyMemory, least: replyMemory };
  const held = await Promise.all([full.buffer(wish).granted, full.buffer(wish).granted]);
  for (const buffer of held) {
    buffer.put(new Uint8Array(replyMemory));
    buffer.settle();
  }
  // The upload may wait for what the first one tells, and so may one that waits for a buffer before it.
  const other = full.buffer(wish);
  const calls = Array.from({ length: 3 }, () => new UploadMemory(budget, () => 0));
  const answered: number[] = [];
  for (const [at, call] of calls.entries()) void call.reply().then(() => answered.push(at));
  await turn();
  assert.deepEqual(answered, [0]);
  calls[0]?.leave();
  await turn();
  assert.deepEqual(answered, [0, 1]);
  // One that is given up while it waits is passed over.
  calls[2]?.leave();
  for (const buffer of held) buffer.release();
  (await other.granted).release();
  calls[1]?.leave();
  full.leave();
});

test("files that trickle keep their memory for a while, and then no more than they have filled", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "Date"] });
  const budget = 48 * MIB;
  const wish = { limit: 12 * MIB, least: 64 * 1024, firmMs: 10_000 };
  const slow = new UploadMemory(budget, () => 0);
  const held = await Promise.all(Array.from({ length: 4 }, () => slow.buffer(wish).granted));
  for (const buffer of held) buffer.put(new Uint8Array(10));
  const other = new UploadMemory(budget, () => 0);
  let granted: PartBuffer | undefined;
  void other.buffer(wish).granted.then((buffer) => {
    granted = buffer;
  });
  t.mock.timers.tick(9_000);
  await turn();
  assert.equal(granted, undefined);
  t.mock.timers.tick(2_000);
  await turn();
  assert.equal((granted as PartBuffer | undefined)?.size, 12 * MIB);
  for (const buffer of [...held, granted]) buffer?.release();
  for (const upload of [slow, other]) upload.leave();
});

test("streams that are made together, none before all others are taken, arrive in little memory", async () => {
  const service = await startService();
  const STREAMS = 12;
  const CHUNKS = 48;
  const chunk = new Uint8Array(64 * 1024);
  let waiting: (() => void)[] = [];
  /** As one program writes several renditions: the next bytes of each once those of all are taken. */
  const inStep = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length < STREAMS) return;
      const all = waiting;
      waiting = [];
      for (const go of all) go();
    });
  async function* rendition() {
    for (let at = 0; at < CHUNKS; at += 1) {
      await inStep();
      yield chunk;
    }
  }
  try {
    const vod = new Vodlift({ ...accountOf(service), memory: "4MiB" });
    const uploads = Array.from({ length: STREAMS }, () =>
      vod.upload(rendition(), { title: "Film", fileName: "film.mp4" }),
    );
    for (const { bytes } of await Promise.all(uploads)) assert.equal(bytes, CHUNKS * chunk.length);
  } finally {
    await service.close();
  }
});

test("a memory of less than 1 MiB is refused by name", () => {
  assert.throws(
    () => new Vodlift({ accessKeyId: "id", accessKeySecret: "secret", memory: "1000KiB" }),
    (error: VodliftError) =>
      error.code === "invalid_argument" && /`memory` must be at least 1048576/.test(error.message),
  );
});

test("in workerd six uploads at once of sources without ranges fit into 128 MB", {
  skip: LINUX_ONLY,
}, async (t) => {
  const [service, origin] = await Promise.all([startService(), startOrigin()]);
  try {
    const size = 40 * MIB;
    const url = origin.add("/film.mp4", { size, noRanges: true });
    const { ends, grown } = await manyInWorkerd({ account: accountOf(service), url, n: 6 });
    t.diagnostic(`process +${grown} MiB`);
    assert.deepEqual(ends, Array(6).fill(size));
    assert.ok(grown <= MOST_MB, `${grown}`);
  } finally {
    await Promise.all([service.close(), origin.close()]);
  }
});

test("in workerd each of these playlists fits into 128 MB", {
  skip: LINUX_ONLY,
}, async (t) => {
  const entry = fileURLToPath(new URL("../support/worst-playlist-workerd.ts", import.meta.url));
  const wasm = fileURLToPath(new URL("../../pkg/src/wasm/core.wasm", import.meta.url));
  for (const [kind, { deep = false }] of Object.entries(WORST)) {
    const workerd = await startWorkerd(entry, { wasm });
    try {
      // What a Worker takes that has the core and nothing to do.
      await (await fetch(workerd.url, { method: "POST", body: "#EXTM3U" })).text();
      const before = await peakMib(workerd.pid);
      const body = worst(kind, 8 << 20);
      const reply = await fetch(`${workerd.url}?${deep ? "deep" : ""}`, { method: "POST", body });
      const end = await reply.text();
      const grown = (await peakMib(workerd.pid)) - before;
      t.diagnostic(`${kind}: ${end}, process +${grown} MiB`);
      assert.equal(reply.status, 200, end);
      assert.ok(grown <= MOST_MB, `${kind}: ${grown}`);
    } finally {
      await workerd.close();
    }
  }
});
