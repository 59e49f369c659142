import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { columns, cut, shorten } from "../../pkg/src/cli/columns.ts";
import { bytes, clock } from "../../pkg/src/cli/format.ts";
import { barLine, progressView } from "../../pkg/src/cli/progress.ts";
import { printable } from "../../pkg/src/printable.ts";
import { drawn, seeds } from "../support/drawn.ts";

const MIB = 1024 * 1024;
const half = {
  phase: "uploading",
  bytes: 512 * MIB,
  total: 1024 * MIB,
  parts: 32,
  partsTotal: 64,
  rate: 64 * MIB,
  etaMs: 8000,
};

test("a wide bar tells name, percent, bytes, rate, time left and parts", () => {
  const line = barLine("film.mp4", half, 119);
  assert.match(line, /^film\.mp4 {2}\[(#+)(-+)\] {3}50 %/);
  assert.ok(
    line.endsWith("50 %  512.0 MiB of 1.0 GiB  64.0 MiB/s  0:08 left  32 of 64 parts"),
    line,
  );
  assert.ok(line.length <= 119);
});

test("no line is wider than the terminal, and percent is the last to go", () => {
  for (let width = 20; width <= 200; width += 1) {
    const line = barLine("a rather long name of a film.mp4", half, width);
    assert.ok(line.length <= width, `${width}: ${line.length}`);
    assert.match(line, /50 %/, `${width}: ${line}`);
  }
});

test("without a total there is no percent and no time left, only what is known", () => {
  const line = barLine("in.mp4", { phase: "uploading", bytes: 3 * MIB, parts: 3, rate: MIB }, 80);
  assert.equal(line, "in.mp4  uploading  3.0 MiB  1.0 MiB/s  3 parts");
});

test("100 % is not shown while work remains", () => {
  const line = barLine("f", { ...half, bytes: half.total }, 80);
  assert.match(line, /99 %/);
});

test("off a terminal there is a line for each tenth, not for each update", () => {
  const written: string[] = [];
  const view = progressView("f", { write: (text) => written.push(text) }, {});
  view.update({ phase: "probing", bytes: 0, parts: 0, rate: 0 });
  for (let i = 0; i <= 1000; i += 1) {
    view.update({ phase: "uploading", bytes: i, total: 1000, parts: 0, partsTotal: 1, rate: 0 });
  }
  view.end();
  assert.equal(written.length, 11);
  assert.equal(written[0], "looking at the source\n");
  assert.match(written[5] ?? "", /^uploading 40 %, 400 B of 1\.0 KiB/);
  assert.ok(written.every((line) => !line.includes("\r") && !line.includes("\x1b")));
});

test("on a terminal the line is removed at the end", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const written: string[] = [];
  const view = progressView("f", { isTTY: true, columns: 80, write: (t) => written.push(t) }, {});
  t.mock.timers.tick(100);
  view.end();
  assert.equal(written.length, 2);
  assert.equal(written.at(-1), "\r\x1b[K");
});

test("a note takes the bar's line, and stays", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const written: string[] = [];
  const view = progressView("f", { isTTY: true, columns: 80, write: (t) => written.push(t) }, {});
  t.mock.timers.tick(100);
  view.note("slow");
  view.end();
  assert.deepEqual(written.slice(1), ["\r\x1b[Kslow\n"]);
});

test("numbers and names are fit for people", () => {
  assert.equal(bytes(0), "0 B");
  assert.equal(bytes(1023), "1.0 KiB");
  assert.equal(bytes(1536), "1.5 KiB");
  assert.equal(bytes(1024 ** 3), "1.0 GiB");
  assert.equal(clock(7), "0:07");
  assert.equal(clock(3723), "1:02:03");
  assert.equal(shorten("abcdefghij", 5), "ab…ij");
  assert.equal(printable("a\x1b[2Jb"), "a?[2Jb");
});

/** Names as they come, with the columns that terminals give them. */
const NAMES: readonly [name: string, columns: number][] = [
  ["film.mp4", 8],
  ["电影.mp4", 8],
  ["한국어 드라마.mkv", 17],
  ["ｆｕｌｌ.mp4", 12],
  ["ﾊﾝｶｸ.mp4", 8],
  ["🎬.mp4", 6],
  ["👩‍👩‍👧‍👦 family.mp4", 13],
  ["🇨🇳.mp4", 6],
  ["❤️.mp4", 6],
  ["1️⃣.mp4", 6],
  ["cafe\u0301.mp4", 8],
  ["a\u200bb\u200d\ufeff.mp4", 6],
  ["नमस्ते.mp4", 8],
  ["\u1112\u1161\u11ab.mp4", 6],
  ["か\u3099.mp4", 6],
  ["𠮷野家.mp4", 10],
  ["", 0],
];

test("a name takes the columns that a terminal gives it", () => {
  for (const [name, wide] of NAMES) assert.equal(columns(name), wide, name);
});

test("no line takes more columns than there are, and no character is cut in two", () => {
  for (const seed of seeds()) {
    const draw = drawn(seed);
    const name = Array.from({ length: draw.upTo(6) }, () => draw.of(NAMES)[0]).join("");
    const width = draw.upTo(160);
    const now = {
      phase: draw.of(["probing", "uploading", "aborting", "completing", "suspending"]),
      bytes: draw.upTo(1e9),
      parts: draw.upTo(10_000),
      rate: draw.of([0, 1e6]),
      ...(draw.upTo(1) === 1 && { total: 1e9, partsTotal: 10_000, etaMs: 5000 }),
      ...(draw.upTo(3) === 0 && { retry: { attempt: 2, of: 6 } }),
    };
    const line = barLine(name, now, width);
    const place = `SEED=${seed}: ${JSON.stringify(line)} of ${width}`;
    assert.ok(columns(line) <= width, place);
    for (const text of [line, shorten(name, width), cut(name, width)]) {
      assert.ok(columns(text) <= width, place);
      assert.doesNotMatch(text, /\p{Surrogate}/u, place);
      assert.doesNotMatch(text, /\u200d(…|$)|^\u0301/u, place);
    }
  }
});

test("while it waits, the line says which try comes next", () => {
  const waits = { ...half, rate: 0, retry: { attempt: 2, of: 6 } };
  assert.match(barLine("f", waits, 100), /50 % {2}trying again \(2 of 6\) {2}512/);
  const creating = { phase: "creating", bytes: 0, parts: 0, rate: 0, retry: waits.retry };
  assert.match(barLine("f", creating, 79), /asking VOD for a place {2}trying again \(2 of 6\)/);
  const written: string[] = [];
  const view = progressView("f", { write: (text) => written.push(text) }, {});
  view.update(creating);
  view.update({ ...creating, retry: { attempt: 3, of: 6 } });
  assert.deepEqual(written, [
    "asking VOD for a place, trying again (2 of 6)\n",
    "asking VOD for a place, trying again (3 of 6)\n",
  ]);
});

test("removing is told only where something is removed", () => {
  const now = { phase: "aborting", bytes: 0, parts: 0, rate: 0 };
  assert.match(barLine("f", now, 79), /stopping/);
  assert.match(barLine("f", { ...now, removing: true }, 79), /removing what was uploaded/);
});

test("a terminal made narrower is cleared of all the rows that the line has taken", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const written: string[] = [];
  const screen = { isTTY: true, columns: 100, write: (text: string) => written.push(text) };
  const view = progressView("电影.mp4", screen, {});
  view.update(half);
  t.mock.timers.tick(100);
  screen.columns = 30;
  t.mock.timers.tick(100);
  assert.ok(written.at(-1)?.startsWith("\r\x1b[3A\x1b[J"), "four rows, and the cursor in the last");
  screen.columns = 5;
  t.mock.timers.tick(100);
  const line = stripVTControlCharacters(written.at(-1) ?? "").replace("\r", "");
  assert.ok(columns(line) <= 4, line);
  view.end();
});
