// Each limit that bounds memory has a test that goes to it, under 128 MB: a limit that is new, and has none, is found here.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { limits } from "../../pkg/src/door.ts";
import { OPTIONS } from "../../pkg/src/options.gen.ts";

const PLAYLISTS = "as long as one may be, they fit into 128 MB";
const WORKERD = "in workerd each of these playlists fits into 128 MB";
const BUDGET = "uploads of any kind get their turn within the budget";
const HEADERS = "90,000 files share the largest headers that a caller may send";

/** What shows that the worst of each limit of `src/limits.rs` fits: a title here or in memory.test.ts, or why there is none. */
const CASES: Record<string, string | { none: string }> = {
  TEXT: PLAYLISTS,
  REPLY: "the longest reply of a service fits into 128 MB, whatever it holds",
  REPLY_AHEAD: "of 500 calls at once few are under way, and long replies are read as there is room",
  REPLY_MEMORY: "a long reply has room beside uploads that hold all of the memory",
  HEADER_BYTES: HEADERS,
  PLAYLIST_MEMORY: "uploads whose playlists do not fit beside those of others wait, in their order",
  TEXT_AHEAD: "playlists at once: ",
  ROW: "a row of a manifest as long as one may be fits into 128 MB",
  LEAST_MEMORY: "a memory of less than 1 MiB is refused by name",
  INSTANCE_MEMORY: WORKERD,
  REFERENCES: PLAYLISTS,
  VARIANTS: PLAYLISTS,
  VALUE_BYTES: PLAYLISTS,
  GROWTH: PLAYLISTS,
  SPARE: PLAYLISTS,
  LARGEST_EXACT: { none: "a number, of which nothing is held" },
};

/** The same for what a caller may set to a size, a number or a list. */
const OF_OPTIONS: Record<string, string | { none: string }> = {
  cateIds: { none: "ids of one call, as long as a text that crosses the door" },
  userData: { none: "a text of one call, which VOD limits to 1,024 characters" },
  sourceHeaders: HEADERS,
  objectHeaders: HEADERS,
  callback: { none: "headers of one request, within their limit" },
  hosts: { none: "names that cross the door once" },
  trustedHosts: { none: "names that cross the door once" },
  limits: PLAYLISTS,
  maxBytes: { none: "of the source, which streams through" },
  size: { none: "of the source, which streams through" },
  trafficLimit: { none: "a speed" },
  partSize: BUDGET,
  concurrency: BUDGET,
  shards: BUDGET,
  memory: BUDGET,
};
const LARGE = ["size", "whole", "object", "json", "fields", "texts", "ids"];

async function read(path: string): Promise<string> {
  return readFile(new URL(`../../${path}`, import.meta.url), "utf8");
}

test("each limit that bounds memory has a case that goes to it", async () => {
  const source = await read("src/limits.rs");
  const declared = [...source.matchAll(/^pub const (\w+):/gm)].map(([, name]) => name);
  assert.deepEqual(Object.keys(CASES).sort(), declared.sort());
  const large = Object.entries(OPTIONS).filter(([, { type }]) => LARGE.includes(type));
  assert.deepEqual(Object.keys(OF_OPTIONS).sort(), large.map(([name]) => name).sort());
  // What the two sides of the door keep to is of the same list.
  const upper = (name: string) => name.replace(/[A-Z]/g, "_$&").toUpperCase();
  const atTheDoor = Object.keys(limits()).filter((name) => name !== "version");
  for (const name of atTheDoor) assert.ok(upper(name) in CASES, name);
  const tests = (await read("tests/host/memory.test.ts")) + (await read(`tests/host/${OWN}`));
  for (const [name, shown] of Object.entries({ ...CASES, ...OF_OPTIONS })) {
    if (typeof shown === "object") continue;
    // Written as a title: with a quote, a backtick or a value before it.
    assert.match(tests, new RegExp(`(test\\(|title = )[^\\n]*${escaped(shown)}`), name);
  }
});

const OWN = "limits-have-cases.test.ts";

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

test("a row of a manifest as long as one may be fits into 128 MB", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "vodlift-row-"));
  const child = fileURLToPath(new URL("../support/worst-row-child.ts", import.meta.url));
  const { row } = limits();
  try {
    const small = join(folder, "small.jsonl");
    await writeFile(small, '{"source":"a.mp4"}\n');
    for (const [name, text] of [
      ["cells.csv", `source\n${",".repeat(row - 10)}\n`],
      ["columns.csv", `${"source,".repeat(row / 8)}\n`],
      ["quotes.csv", `source\n"${'""'.repeat(row / 2 - 10)}"\n`],
      ["one.jsonl", `{"source":"a.mp4","tags":[1${",1".repeat(row / 2 - 50)}]}\n`],
      ["no-end.jsonl", "x".repeat(row * 4)],
    ] as const) {
      const path = join(folder, name);
      await writeFile(path, text);
      const { stdout, stderr } = spawnSync(process.execPath, [child, small, path]);
      assert.notEqual(stdout.length, 0, stderr.toString());
      const { end, grown } = JSON.parse(stdout.toString());
      t.diagnostic(`${name}: ${end.slice(-80)}, process +${grown} MiB`);
      assert.ok(grown <= 128, `${name}: grown ${grown}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
