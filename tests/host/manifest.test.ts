// Manifests: what CSV and JSON lines mean, and what is wrong with one, by line and column.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { csvRecords } from "../../pkg/src/cli/ingest/csv.ts";
import { type Row, rowsOf } from "../../pkg/src/cli/ingest/manifest.ts";
import { inParallel } from "../../pkg/src/parallel.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vodlift-manifest-"));
});
after(() => rm(folder, { recursive: true }));

async function rows(text: string | Uint8Array, name = "m.csv"): Promise<Row[]> {
  const path = join(folder, name);
  await writeFile(path, text);
  return collect(rowsOf(path));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("CSV means the same, wherever its pieces are cut", async () => {
  const text = 'a,"b,1"\r\n"x ""y""\r\nz",\n\n,""\né,👍';
  const wanted = [
    { line: 1, cells: ["a", "b,1"] },
    { line: 2, cells: ['x "y"\r\nz', ""] },
    { line: 5, cells: ["", ""] },
    { line: 6, cells: ["é", "👍"] },
  ];
  for (const size of [1, 2, 3, 5, 100]) {
    const pieces = (async function* () {
      const characters = [...text];
      for (let at = 0; at < characters.length; at += size) {
        yield characters.slice(at, at + size).join("");
      }
    })();
    assert.deepEqual(await collect(csvRecords(pieces)), wanted);
  }
});

const bad: [what: string, name: string, text: string | Uint8Array, message: RegExp][] = [
  [
    "an unknown column",
    "m.csv",
    "source,titel\na.mp4,A\n",
    /m\.csv, line 1: column `titel` is not known; known are source, url, /,
  ],
  ["a column twice", "m.csv", "source,title,title\n", /line 1: column `title` is there twice/],
  ["no source column", "m.csv", "title\nA\n", /line 1: column `source` is needed/],
  ["a row without a source", "m.csv", "source,title\n,A\n", /line 2: column `source` is needed/],
  [
    "two sources",
    "m.csv",
    "url,file\nhttps://a.b/c,d.mp4\n",
    /line 2: column `source` is there twice/,
  ],
  [
    "too few cells",
    "m.csv",
    'source,title\n"a\nb.mp4",A\nc.mp4\n',
    /line 4: has 1 cells, the first line names 2/,
  ],
  [
    "an open quote",
    "m.csv",
    'source\na.mp4\n"b.mp4\nc\n',
    /line 3: opens a quote that is never closed/,
  ],
  ["text after a quote", "m.csv", 'source\n"a".mp4\n', /line 2: has text after a closing quote/],
  ["a quote within a cell", "m.csv", 'source\na"b.mp4\n', /line 2: has a quote within a cell/],
  [
    "a size that is none",
    "m.csv",
    "source,partSize\na,16XB\n",
    /line 2: column `partSize` must be a number of bytes/,
  ],
  [
    "a number that is none",
    "m.csv",
    "source,cateId\na,x\n",
    /line 2: column `cateId` must be a whole number/,
  ],
  [
    "a word that is none",
    "m.csv",
    "source,verify\na,md5\n",
    /line 2: column `verify` must be "length" or "crc64"/,
  ],
  [
    "JSON that is none",
    "m.csv",
    "source,userData\na,x\n",
    /line 2: column `userData` must be a JSON object/,
  ],
  [
    "headers of a file",
    "m.csv",
    'source,sourceHeaders\na,"{""a"":""b""}"\n',
    /line 2: column `sourceHeaders` go with a URL/,
  ],
  ["no URL", "m.csv", "url\na.mp4\n", /line 2: column `url` must be a URL/],
  ["standard input", "m.csv", "source\n-\n", /line 2: column `source` cannot be standard input/],
  ["another encoding", "m.csv", Uint8Array.from([0x61, 0xff, 0x0a]), /m\.csv: is not UTF-8/],
  [
    "a kind that is none",
    "m.csv",
    "source,as\na,movie\n",
    /line 2: column `as` must be "video" or "image" or "attached"/,
  ],
  [
    "an option of another kind",
    "m.csv",
    "source,as,coverUrl\na,image,http://a/b\n",
    /line 2: column `coverUrl` goes with `as` video or playlist, not with image/,
  ],
  [
    "an unknown field",
    "m.jsonl",
    '{"source":"a","constructor":1}\n',
    /line 1: column `constructor` is not known/,
  ],
  [
    "a field of a wrong kind",
    "m.jsonl",
    '\n{"source":"a","title":5}\n',
    /line 2: column `title` must be a string, got number/,
  ],
  [
    "a line that is no object",
    "m.jsonl",
    '{"source":"a"}\n["a"]\n',
    /line 2: must be one JSON object/,
  ],
  [
    "a line that is no JSON",
    "m.jsonl",
    '{"source":"a"}\n{"source"\n',
    /line 2: must be one JSON object/,
  ],
  ["another kind of file", "m.txt", "a", /m\.txt: a manifest's name ends in \.csv or \.jsonl/],
];
for (const [what, name, text, message] of bad) {
  test(`${what} is told by line and column`, async () => {
    await assert.rejects(rows(text, name), ({ message: told }: Error) => {
      assert.match(told, message);
      return true;
    });
  });
}

test("a row is known by its source, and its checkpoint by all it says", async () => {
  const [one, two, three] = await rows(
    "source,title\nhttps://a.b/c.mp4?x=1,A\nhttps://a.b/c.mp4?x=1,B\nhttps://a.b/c.mp4?x=2,A\n",
  );
  assert.equal(one?.key, two?.key);
  assert.notEqual(one?.version(), two?.version());
  assert.notEqual(one?.key, three?.key);
  assert.deepEqual([one?.place, one?.name], ["https://a.b/c.mp4", "c.mp4"]);
});

test("rows are read in flat memory", async () => {
  const path = join(folder, "large.jsonl");
  const block = Array.from({ length: 1000 }, (_, i) => `{"source":"${i}.mp4","title":"Film"}\n`);
  await writeFile(path, "");
  for (let i = 0; i < 100; i += 1) await writeFile(path, block.join("").repeat(2), { flag: "a" });
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  let count = 0;
  let peak = 0;
  for await (const _ of rowsOf(path)) {
    count += 1;
    if (count % 50_000 !== 0) continue;
    gc();
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }
  assert.equal(count, 200_000);
  assert.ok(peak < 40e6, `${peak} bytes`);
});

test("no more run at once than were asked for, and no more are asked for than run", async () => {
  let running = 0;
  let most = 0;
  let asked = 0;
  const items = (function* () {
    for (; asked < 50; ) {
      asked += 1;
      yield asked;
    }
  })();
  const ends: number[] = [];
  for await (const end of inParallel(items, 4, async (item) => {
    running += 1;
    most = Math.max(most, running);
    assert.ok(asked <= ends.length + 8);
    await new Promise((resolve) => setTimeout(resolve, item % 3));
    running -= 1;
    return item;
  })) {
    ends.push(end);
  }
  assert.equal(most, 4);
  assert.deepEqual(
    ends.toSorted((a, b) => a - b),
    Array.from({ length: 50 }, (_, i) => i + 1),
  );
});

test("a failure ends it once everything that runs is over", async () => {
  let over = 0;
  const work = async (item: number) => {
    await new Promise((resolve) => setTimeout(resolve, item));
    if (item === 1) throw new Error("no more");
    over += 1;
  };
  await assert.rejects(collect(inParallel([1, 20, 30, 40], 3, work)), /no more/);
  assert.equal(over, 2);
  assert.deepEqual(await collect(inParallel([], 3, work)), []);
});
