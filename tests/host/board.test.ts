// The display of many uploads, on a small terminal that does what its control characters say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Board } from "../../pkg/src/cli/ingest/board.ts";
import { Reading } from "../../pkg/src/cli/ingest/reading.ts";

/** Enough of a terminal: carriage return, line feed, cursor up, clear to the end, lines that wrap. */
class Terminal {
  isTTY = true;
  columns: number;
  rows = 10;
  #lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it understands
    for (const [token] of text.matchAll(/\x1b\[(\d*)([A-Z])|[\s\S]/g)) {
      if (token === "\r") this.#column = 0;
      else if (token === "\n") this.#feed();
      else if (token.endsWith("A") && token.length > 1) this.#row -= Number(token.slice(2, -1));
      else if (token === "\x1b[J") {
        this.#lines.length = this.#row + 1;
        this.#lines[this.#row] = this.#line().slice(0, this.#column);
      } else this.#put(token);
    }
  }

  shown(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  /** A terminal that reflows. The cursor stays behind what it was behind. */
  resize(columns: number): void {
    const wrapped = this.#lines.map(
      (line) => line.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""],
    );
    this.columns = columns;
    this.#lines = wrapped.flat();
    this.#row = this.#lines.length - 1;
    this.#column = this.#line().length;
  }

  #line(): string {
    return this.#lines[this.#row] ?? "";
  }

  #feed(): void {
    this.#row += 1;
    this.#column = 0;
    this.#lines[this.#row] ??= "";
  }

  #put(char: string): void {
    if (this.#column === this.columns) this.#feed();
    const line = this.#line().padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + char + line.slice(this.#column + 1);
    this.#column += 1;
  }
}

const tally = { total: 5, done: 1, failed: 0, skipped: 1, bytes: 2048 };

test("a line for each that runs, one for all, and nothing of it stays", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const terminal = new Terminal(60);
  const board = new Board(tally, terminal, {});
  const one = board.slot("one.mp4");
  const two = board.slot("two.mp4");
  one.update({ phase: "uploading", bytes: 50, total: 100, parts: 1, rate: 0 });
  t.mock.timers.tick(250);
  const shown = terminal.shown();
  assert.equal(shown.length, 3);
  assert.match(shown[0] ?? "", /one\.mp4.*50 %/);
  assert.match(shown[1] ?? "", /two\.mp4/);
  assert.match(shown[2] ?? "", /^2 of 5 done {2}2\.0 KiB/);
  board.note("line 7: it failed");
  two.end();
  t.mock.timers.tick(250);
  assert.deepEqual(terminal.shown().length, 3);
  assert.equal(terminal.shown()[0], "line 7: it failed");
  board.end();
  assert.deepEqual(terminal.shown(), ["line 7: it failed", ""]);
});

test("a terminal that becomes narrower or wider while it is drawn leaves no traces", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const terminal = new Terminal(100);
  const board = new Board(tally, terminal, {});
  board.note("kept");
  for (let i = 0; i < 3; i += 1) board.slot(`a-rather-long-name-of-a-film-${i}.mp4`);
  for (const columns of [40, 25, 90]) {
    t.mock.timers.tick(150);
    terminal.resize(columns);
    t.mock.timers.tick(150);
    assert.equal(terminal.shown().length, 5, `${columns} columns:\n${terminal.shown().join("\n")}`);
  }
  board.end();
  assert.deepEqual(terminal.shown(), ["kept", ""]);
});

test("more of them than the screen has rows do not scroll it", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const terminal = new Terminal(60);
  const board = new Board(tally, terminal, {});
  for (let i = 0; i < 20; i += 1) board.slot(`${i}.mp4`);
  t.mock.timers.tick(250);
  assert.ok(terminal.shown().length < terminal.rows);
  board.end();
  assert.deepEqual(terminal.shown(), [""]);
});

test("where there is no terminal, nothing is redrawn", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let out = "";
  const board = new Board(tally, { write: (text: string) => (out += text) }, {});
  board.slot("one.mp4");
  t.mock.timers.tick(250);
  board.note("line 7: it failed");
  board.end();
  assert.equal(out, "line 7: it failed\n");
});

test("while a long manifest is read, a line now and then says how far that is", () => {
  const said: string[] = [];
  let now = 0;
  const reading = new Reading(
    "films.csv",
    (text) => said.push(text),
    () => now,
  );
  for (let row = 0; row < 20_000; row += 1) {
    // A thousand rows a second.
    now += 1;
    reading.row();
  }
  assert.deepEqual(said, [
    "reading films.csv: 2000 rows so far",
    "reading films.csv: 7000 rows so far",
    "reading films.csv: 12000 rows so far",
    "reading films.csv: 17000 rows so far",
  ]);
});
