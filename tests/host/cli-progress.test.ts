import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, clock, printable, shorten } from "../../pkg/src/cli/format.ts";
import { barLine, progressView } from "../../pkg/src/cli/progress.ts";

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

test("on a terminal the line is removed at the end", () => {
  const written: string[] = [];
  const view = progressView("f", { isTTY: true, columns: 80, write: (t) => written.push(t) }, {});
  view.end();
  assert.equal(written.at(-1), "\r\x1b[K");
});

test("a note takes the bar's line, and stays", () => {
  const written: string[] = [];
  const view = progressView("f", { isTTY: true, columns: 80, write: (t) => written.push(t) }, {});
  view.note("slow");
  view.end();
  assert.deepEqual(written, ["\r\x1b[Kslow\n", "\r\x1b[K"]);
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
