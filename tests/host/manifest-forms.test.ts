// Manifests as spreadsheets and scripts write them: each is read, or refused with the line and the reason, and one that is
// refused leaves nothing behind.
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { type Row, rowsOf } from "../../pkg/src/cli/ingest/manifest.ts";
import { UsageError } from "../../pkg/src/cli/usage.ts";
import { vodlift } from "../support/cli.ts";
import { type Drawn, drawn, seeds } from "../support/drawn.ts";
import { type Emulator, startService } from "../support/service.ts";

let folder: string;
let service: Emulator;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vodlift-forms-"));
  service = await startService();
});
after(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

async function rows(text: string | Uint8Array, name = "m.csv"): Promise<Row[]> {
  const path = join(folder, name);
  await writeFile(path, text);
  const all: Row[] = [];
  for await (const row of rowsOf(path)) all.push(row);
  await rm(path);
  return all;
}

const told = (row: Row) => [basename(row.place), row.options.title];
const FILMS = [
  ["a.mp4", "A, or; what"],
  ["b.mp4", "电影"],
];

function utf16(text: string, order: "le" | "be", bom = true): Uint8Array {
  const bytes = Buffer.from((bom ? "\ufeff" : "") + text, "utf16le");
  return order === "le" ? bytes : bytes.swap16();
}

test("yes and no are read as spreadsheets write them", async () => {
  for (const [yes, no] of [
    ["TRUE", "FALSE"],
    ["True", "false"],
  ]) {
    const [row] = await rows(`source,ranges,showWatermark\nhttps://h/a.mp4,${no},${yes}\n`);
    assert.deepEqual([row?.options.ranges, row?.options.showWatermark], [false, true]);
  }
  await assert.rejects(rows("source,ranges\nhttps://h/a.mp4,yes\n"), /ranges/);
});

const READ: readonly [what: string, text: string | Uint8Array, name?: string][] = [
  ["commas", 'source,title\na.mp4,"A, or; what"\nb.mp4,电影\n'],
  ["semicolons", 'source;title\na.mp4;"A, or; what"\nb.mp4;电影\n'],
  ["tabs", "source\ttitle\na.mp4\tA, or; what\nb.mp4\t电影\n"],
  ["tabs under their own name", "source\ttitle\na.mp4\tA, or; what\nb.mp4\t电影\n", "m.tsv"],
  ["a line that names the separator", 'sep=;\r\nsource;title\r\na.mp4;"A, or; what"\r\nb.mp4;电影'],
  ["CR alone", 'source,title\ra.mp4,"A, or; what"\rb.mp4,电影\r'],
  ["empty columns at the end", 'source,title,,\na.mp4,"A, or; what",,\nb.mp4,电影,,\n'],
  ["more empty cells than columns", 'source,title,\na.mp4,"A, or; what",\nb.mp4,电影\n'],
  ["an empty column in the middle", 'source,,title\na.mp4,,"A, or; what"\nb.mp4,,电影\n'],
  ["empty lines", '\n\nsource,title\n\na.mp4,"A, or; what"\n,\nb.mp4,电影\n,\n\n'],
  ["names in another case", 'Source,TITLE\na.mp4,"A, or; what"\nb.mp4,电影\n'],
  [
    "names in quotes, with blanks",
    '"source" , title\na.mp4,"A, or; what"\nb.mp4,电影\n'.replace('" ,', '",'),
  ],
  ["blanks around cells", 'source , title\n a.mp4 , "A, or; what" \nb.mp4,\u3000电影 \n'],
  ["a byte order mark", '\ufeffsource,title\na.mp4,"A, or; what"\nb.mp4,电影\n'],
  [
    "UTF-16, as Excel's Unicode text",
    utf16("source\ttitle\r\na.mp4\tA, or; what\r\nb.mp4\t电影\r\n", "le"),
  ],
  ["UTF-16 the other way round", utf16('source,title\na.mp4,"A, or; what"\nb.mp4,电影\n', "be")],
  ["UTF-16 without a mark", utf16('source,title\na.mp4,"A, or; what"\nb.mp4,电影\n', "le", false)],
  [
    "JSON lines of CR alone",
    '{"source":"a.mp4","title":"A, or; what"}\r{"source":"b.mp4","title":"电影"}\r',
    "m.jsonl",
  ],
  [
    "JSON lines of CRLF with a mark",
    '\ufeff{"source":"a.mp4","title":"A, or; what"}\r\n\r\n{"source":"b.mp4","title":"电影"}',
    "m.NDJSON",
  ],
];
for (const [what, text, name] of READ) {
  test(`read: ${what}`, async () => assert.deepEqual((await rows(text, name)).map(told), FILMS));
}

test("names of columns are known however a spreadsheet writes them, and a line in a cell counts", async () => {
  const text = 'URL;File Name;cate-id\r\nhttps://h/x;"a\r\nb.mp4";5\r\nhttps://h/y;c.mp4;\r\n';
  const [first, second] = await rows(text);
  assert.deepEqual([first?.options.fileName, first?.options.cateId], ["a\r\nb.mp4", 5]);
  assert.deepEqual([first?.line, second?.line], [2, 4]);
});

const REFUSED: readonly [what: string, text: string | Uint8Array, says: RegExp, name?: string][] = [
  ["two separators", "source;title,tags\na;b,c\n", /line 1: is divided by a semicolon and a comma/],
  [
    "another separator",
    "source|title\na|b\n",
    /line 1: column `source\|title` is not known.*commas, semicolons or tabs/,
  ],
  [
    "a name mistyped",
    "souce,title\na,b\n",
    /line 1: column `souce` is not known.*did you mean `source`\?/,
  ],
  [
    "a name twice, in two ways",
    "source,Title,TITLE\na,b,c\n",
    /line 1: column `title` is there twice/,
  ],
  [
    "a value without a column",
    "source,,title\na,b,c\n",
    /line 2: has a value in column 2, which has no name/,
  ],
  [
    "too many cells",
    "source,title\na.mp4,A, or what\n",
    /line 2: has 3 cells, the first line names 2/,
  ],
  ["too many lines in a quote", 'source\r"a\rb', /line 2: opens a quote that is never closed/],
  [
    "another encoding later on",
    Buffer.concat([Buffer.from("source\na.mp4\nb"), Buffer.from([0xe9, 0x0a])]),
    /is not UTF-8 \(line 3\)/,
  ],
  [
    "a list in JSON",
    '[{"source":"a"}]\n',
    /line 1: must be one JSON object a line, without a list/,
    "m.jsonl",
  ],
  ["nothing", "", /it lists nothing to upload/],
  ["blank lines alone", "\r\n\r\n", /it lists nothing to upload/],
  ["names of columns alone", "source,title\n", /it lists nothing to upload/],
  ["no JSON lines", "\n", /it lists nothing to upload/, "m.jsonl"],
  ["a folder's name", "source\n", /a manifest's name ends in \.csv or \.jsonl/, "m.xlsx"],
];
for (const [what, text, says, name = "m.csv"] of REFUSED) {
  test(`refused, with nothing left behind: ${what}`, async () => {
    const path = join(folder, name);
    await writeFile(path, text);
    const asked = service.log.length;
    const { code, json, stderr } = await vodlift(["ingest", path, "--json"], { service });
    assert.equal(code, 2, stderr);
    assert.match(json.error.message, says);
    assert.doesNotMatch(stderr, /fault in vodlift/);
    assert.deepEqual(await readdir(folder), [name]);
    assert.equal(service.log.length, asked);
    await rm(path);
  });
}

test("a row that never ends is refused by its line, and not held", async () => {
  const long = "a".repeat(1_200_000);
  const wrong = async (text: string, name: string) => {
    const error = await rows(text, name).then(
      () => undefined,
      (error: unknown) => error,
    );
    await rm(join(folder, name));
    assert.ok(error instanceof UsageError, name);
    assert.match(error.message, /3\b.*is longer than 1048576 characters/, name);
  };
  const begun = '{"source":"a.mp4"}\n{"source":"b.mp4"}\n';
  await wrong(`${begun}{"source":"${long}`, "m.jsonl");
  await wrong(`source,title\na.mp4,A\nb.mp4,"${`${long}\n`.repeat(2)}`, "m.csv");
  await wrong(`source,title\na.mp4,A\n${long}`, "m.csv");
});

test("a manifest that is not there, or may not be read, leaves nothing behind, either", async () => {
  const { code, json } = await vodlift(["ingest", join(folder, "no.csv"), "--json"], { service });
  assert.deepEqual([code, /no\.csv: no such file$/.test(json.error.message)], [2, true]);
  assert.deepEqual(await readdir(folder), []);
});

test("a report of another manifest stays as it is, with the id that its media have", async () => {
  const manifest = join(folder, "m.csv");
  const report = join(folder, "m.csv.report.jsonl");
  await writeFile(manifest, "source\nother.mp4\n");
  const line = { line: 2, key: "0123456789abcdef", source: "a", state: "done" };
  await writeFile(report, `${JSON.stringify(line)}\n`);
  const { code, json } = await vodlift(["ingest", manifest, "--json"], { service });
  assert.equal(code, 2);
  assert.match(json.error.message, /tells of another source on line 2/);
  assert.deepEqual((await readdir(folder)).sort(), ["m.csv", "m.csv.report.jsonl"]);
  assert.equal(await readFile(report, "utf8"), `${JSON.stringify(line)}\n`);
  await rm(manifest);
  await rm(report);
});

/** A disk that is full, wherever a file is written from then on. */
const FULL = `import { open } from "node:fs/promises";
  const file = await open("/dev/null");
  const full = async () => {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", errno: -28, syscall: "write" });
  };
  Object.assign(Object.getPrototypeOf(file), { appendFile: full, writeFile: full, datasync: full, sync: full });
  await file.close();`;
const full = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(FULL)}` };

test("a full disk is told as that, and a later run finds what was uploaded", async () => {
  const manifest = join(folder, "m.csv");
  await writeFile(join(folder, "a.mp4"), Buffer.alloc(300_000, "a"));
  await writeFile(manifest, "source\na.mp4\n");
  const failed = await vodlift(["ingest", manifest, "--json"], { service, env: full });
  assert.equal(failed.code, 2, failed.stderr);
  assert.match(failed.stderr, /no space is left on the disk/);
  assert.doesNotMatch(failed.stderr, /fault in vodlift/);
  const checkpoint = join(folder, "c.json");
  const args = ["upload", join(folder, "a.mp4"), "--checkpoint", checkpoint, "--json"];
  const upload = await vodlift(args, { service, env: full });
  assert.deepEqual([upload.code, upload.json.error.code], [2, "checkpoint_failed"]);
  assert.match(upload.json.error.message, /c\.json: no space is left on the disk/);
  const again = await vodlift(["ingest", manifest, "--json"], { service });
  assert.equal(again.code, 0, again.stderr);
});

const TITLES = ["", "A", "电影; 一, 二", "a\tb", 'say "hi"', "two\nlines", " blank ", "é"];

/** A manifest of some form, with what it means, or undefined where it has a fault. */
function manifest(draw: Drawn): { bytes: Uint8Array; means: (string | undefined)[][] | undefined } {
  const separator = draw.of([",", ";", "\t"]);
  const end = draw.of(["\n", "\r\n", "\r"]);
  const quoted = draw.upTo(1) === 1;
  const around = draw.of(["", " ", "\u3000"]);
  const cell = (text: string) => {
    const needs = quoted || text.trim() !== text || /[",;\t\r\n]/.test(text);
    return around + (needs ? `"${text.replaceAll('"', '""')}"` : text) + around;
  };
  const blanks = draw.upTo(2);
  const line = (cells: string[]) => [...cells.map(cell), ...Array(blanks).fill("")].join(separator);
  const header = [draw.of(["source", "Source", "SOURCE"]), draw.of(["title", "Title"])];
  const films = Array.from({ length: 1 + draw.upTo(4) }, (_, index) => [
    `${index}.mp4`,
    draw.of(TITLES),
  ]);
  const lines = [header, ...films].map(line);
  const fault = draw.upTo(5);
  if (fault === 0) lines[0] += `${separator}colour`;
  if (fault === 1) lines.push(line(["x.mp4", "A"]) + `${separator}extra`.repeat(blanks + 1));
  if (fault === 2) lines.push(`"never${separator}closed`);
  if (draw.upTo(1) === 1) lines.splice(1, 0, "");
  const text = lines.join(end) + (draw.upTo(1) === 1 ? end : "");
  const how = draw.of(["utf8", "utf8 marked", "utf16le", "utf16be"]);
  const bytes = how.startsWith("utf8")
    ? Buffer.from(how === "utf8" ? text : `\ufeff${text}`)
    : utf16(text, how === "utf16le" ? "le" : "be");
  const means = films.map(([source, title]) => [source, title === "" ? undefined : title]);
  return { bytes, means: fault <= 2 ? undefined : means };
}

test("whatever form it has, a manifest means what it says or is refused with its line", async () => {
  for (const seed of seeds(400)) {
    const { bytes, means } = manifest(drawn(seed));
    const place = `SEED=${seed}: ${JSON.stringify(Buffer.from(bytes).toString())}`;
    const found = await rows(bytes).catch((error) => {
      assert.ok(error instanceof UsageError, `${place}\n${error.stack}`);
      assert.match(error.message, /m\.csv, line \d+: /, place);
      return undefined;
    });
    assert.deepEqual(found?.map(told), means, place);
  }
});
