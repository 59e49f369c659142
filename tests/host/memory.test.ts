// Memory is bounded by what is allowed, not by what it becomes: the worst that each limit lets a source or a caller send
// fits into the 128 MB of a Worker. Each in a process of its own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Upload, type VodliftError } from "../../pkg/src/core.ts";
import { limits } from "../../pkg/src/door.ts";
import { createHost } from "../../pkg/src/hosts/node.ts";
import { PlaylistMemory, shareOf } from "../../pkg/src/memory.ts";
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
    (error: VodliftError) => error.code === "invalid_argument" && /headers/.test(error.message),
  );
});

test("uploads whose playlists do not fit beside those of others wait, in their order", async () => {
  const { playlistMemory, processMemory } = limits();
  const together = Math.floor(processMemory / playlistMemory);
  const entered: number[] = [];
  const all = Array.from({ length: together + 3 }, (_, at) => {
    const one = new PlaylistMemory(() => 1000);
    void one.enter().then(() => entered.push(at));
    return one;
  });
  const first = Array.from({ length: together }, (_, at) => at);
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  await turn();
  assert.deepEqual(entered, first);
  // One that is given up while it waits is passed over; one whose playlists are small makes room for the next.
  all[together]?.leave();
  all[0]?.settle();
  await turn();
  // The 1,000 bytes that it keeps are too many for another whole share.
  assert.deepEqual(
    entered,
    processMemory % playlistMemory >= 1000 ? [...first, together + 1] : first,
  );
  all[0]?.leave();
  await turn();
  assert.ok(entered.includes(together + 1));
  for (const one of all) one.leave();
});

test("uploads share the buffers of the host: six at once have what fits into 128 MB", () => {
  const { leastBuffer } = limits();
  const host = { ...createHost({ refuses: () => undefined } as never).limits };
  const shares = Array.from({ length: 6 }, () => shareOf(host));
  const granted = shares.map((share) => share.limits.bufferBytes);
  const total = granted.reduce((sum, bytes) => sum + bytes, 0);
  assert.ok(total <= MOST_MB << 20, `${granted}`);
  assert.ok(granted.every((bytes) => bytes >= leastBuffer));
  assert.ok((granted[0] ?? 0) > leastBuffer, "one alone has more");
  for (const share of shares) share.leave();
  const next = shareOf(host);
  assert.equal(next.limits.bufferBytes, granted[0]);
  next.leave();
});

test("in workerd each of these playlists fits into 128 MB", {
  skip:
    process.platform === "linux" ? false : "the memory of another process is read on Linux only",
}, async (t) => {
  const entry = fileURLToPath(new URL("../support/worst-playlist-workerd.ts", import.meta.url));
  const wasm = fileURLToPath(new URL("../../pkg/src/wasm/core.wasm", import.meta.url));
  const peakMib = async (pid: number) => {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
  };
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
