// The list as CSV is opened in spreadsheets of any locale, and titles and URLs are anybody's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csvLine } from "../../worker/src/api/csv-line.ts";
import { drawn, seeds } from "../support/drawn.ts";

const SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\u2212"];
const PIECES = [
  ...SIGNS,
  ...[
    ",",
    ";",
    "\t",
    "\r",
    "\n",
    "\r\n",
    '"',
    "'",
    " ",
    "\u00a0",
    "\u200b",
    "\u202e",
    "\0",
    "\ufeff",
  ],
  ...["\u2028", "\u0085", "1+1", "cmd|' /C calc'!A0", "a", "film", "https://example.com/?a=1;b=2"],
];

/** What a spreadsheet makes of a text that divides cells by `separator`: a quote counts at the beginning of a cell only. */
function cellsOf(text: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let at = 0;
  const ends = (char: string | undefined) =>
    char === undefined || char === separator || /[\r\n\v\f\u0085\u2028\u2029]/.test(char);
  while (at <= text.length) {
    if (cell === "" && text[at] === '"') {
      for (at += 1; at < text.length && (text[at] !== '"' || text[at + 1] === '"'); at += 1) {
        cell += text[at];
        if (text[at] === '"') at += 1;
      }
      at += 1;
    }
    for (; !ends(text[at]); at += 1) cell += text[at];
    cells.push(cell);
    cell = "";
    at += 1;
  }
  return cells;
}

const FORMULA = /^[\s\p{Cc}\p{Cf}"]*[=+\-@＝＋－＠\u2212]/u;

test("no cell begins a formula, whatever divides cells where it is opened", () => {
  for (const seed of seeds(3000)) {
    const draw = drawn(seed);
    const text = () => Array.from({ length: draw.upTo(5) }, () => draw.of(PIECES)).join("");
    const given = [text(), text(), "end", text()];
    const line = csvLine(given);
    for (const separator of [",", ";", "\t"]) {
      for (const cell of cellsOf(line, separator)) {
        assert.doesNotMatch(cell, FORMULA, JSON.stringify({ seed, given, line, separator, cell }));
      }
    }
    // Nothing else is changed, and by the standard it is the cells that it was.
    const plain = (cell: string) => cell.replaceAll("'", "");
    assert.deepEqual(strictly(line).map(plain), given.map(plain), `seed ${seed}`);
  }
});

/** The cells of one line, by RFC 4180 and nothing beyond. */
function strictly(line: string): string[] {
  const cells: string[] = [];
  const one = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  for (;;) {
    const [, quoted, bare = "", end] = one.exec(line) ?? [];
    cells.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end !== ",") {
      assert.deepEqual([end, one.lastIndex], ["\r\n", line.length]);
      return cells;
    }
  }
}

test("what is no formula stays as it is", () => {
  const kept = ["", "film", "Film 1, -2", "a=b", "https://example.com/?a=1&b=-2", "1-2", "a 'b'"];
  for (const text of kept) {
    const quoted = text.includes(",") ? `"${text}"` : text;
    assert.equal(csvLine([text, -5]), `${quoted},-5\r\n`);
  }
  assert.equal(csvLine(["=1+1"]), "'=1+1\r\n");
  assert.equal(csvLine(["a;=1"]), '"a;\'=1"\r\n');
});
