// Command lines with a slip: each is answered with what is wrong and what was probably meant, never with a stack.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCommand, UsageError } from "../../pkg/src/cli/args.ts";
import {
  ABORT,
  CALL,
  EMULATOR,
  INGEST,
  RESUME,
  UPLOAD,
} from "../../pkg/src/cli/options/commands.ts";
import { flagOf, flagsOf, type Table } from "../../pkg/src/cli/options/option.ts";
import { closest } from "../../pkg/src/cli/suggest.ts";
import { vodlift } from "../support/cli.ts";
import { type Drawn, drawn, seeds } from "../support/drawn.ts";

function refusal(...args: string[]): UsageError {
  try {
    parseCommand(args);
  } catch (error) {
    assert.ok(error instanceof UsageError, `${args.join(" ")}: ${error}`);
    return error;
  }
  return assert.fail(`${args.join(" ")} was accepted`);
}

const SLIPS: readonly [line: string, says: RegExp, hint: RegExp][] = [
  ["uplaod film.mp4", /`uplaod` is not a command/, /^Did you mean vodlift upload\?$/],
  ["resum c.json", /not a command/, /vodlift resume\?/],
  ["film.mp4", /not a command/, /vodlift upload film\.mp4/],
  ["https://h/f.mp4?sign=hush", /`https:\/\/h\/f\.mp4` is not a command/, /Name the command first/],
  ["frobnicate", /not a command: there are upload, /, /vodlift --help/],
  ["--json upload f", /`--json` must come after a command/, /vodlift upload film\.mp4/],
  ["help uplaod", /not a command/, /vodlift upload\?/],
  ["upload f --chekpoint c", /unknown option '--chekpoint'/, /^Did you mean --checkpoint\?$/],
  ["upload f --filename=x.mp4", /unknown option '--filename'/, /^Did you mean --file-name\?$/],
  ["upload f --jobs 4", /unknown option '--jobs'/, /^--jobs is an option of vodlift ingest\.$/],
  [
    "resume c --title T",
    /unknown option '--title'/,
    /^--title is an option of vodlift upload and vodlift ticket\.$/,
  ],
  ["upload f --no-wait", /unknown option '--no-wait'/, /^--wait says nothing unless it is given/],
  ["upload f -q", /unknown option '-q'/, /./],
  ["upload f --as vidoe", /--as must be "video" or .* got vidoe/, /^Did you mean --as video\?$/],
  ["upload f --verify crc46", /--verify must be "length" or "crc64"/, /--verify crc64\?/],
  ["upload f --title A --title B", /^--title is there 2 times$/, /./],
  ["upload f --title --json", /^--title needs a value/, /--title=VALUE/],
  ["upload f --json=yes", /'--json' does not take an argument/, /./],
  ["upload f --checkpoint=", /--checkpoint must name a file/, /./],
  ["ingest m.csv --report=", /--report must name a file/, /./],
  ["upload a.mp4 https://h/b.mp4?sign=hush", /`https:\/\/h\/b\.mp4` is one too many/, /./],
];
for (const [line, says, hint] of SLIPS) {
  test(`vodlift ${line}`, () => {
    const error = refusal(...line.split(" "));
    assert.match(error.message, says);
    assert.match(error.hint, hint);
    assert.doesNotMatch(`${error.message} ${error.hint}`, /hush/);
  });
}

test("an empty word names no file", () => {
  assert.match(refusal("upload", "").message, /name a file, a URL/);
  assert.match(refusal("resume", "").message, /name the checkpoint file/);
  assert.match(refusal("").message, /not a command/);
});

test("-v, -V, --version and version tell the version; -h, --help and help the help", async () => {
  for (const word of ["-v", "-V", "--version", "version"]) {
    assert.equal(parseCommand([word]).name, "version");
  }
  for (const words of [["-h"], ["--help"], ["help"], ["help", "call"], ["call", "-h"]]) {
    assert.equal(parseCommand(words).name, "help");
  }
  const { code, stdout } = await vodlift(["-v"]);
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test("what is far from every word is taken for none of them", () => {
  assert.equal(closest("frobnicate", ["upload", "resume", "abort"]), undefined);
  assert.equal(closest("x".repeat(100_000), ["upload"]), undefined);
  assert.equal(closest("UPLOAD", ["upload", "resume"]), "upload");
  assert.equal(closest("", ["abort"]), undefined);
});

const COMMANDS: Readonly<Record<string, { table: Table; argument: string[] }>> = {
  upload: { table: UPLOAD, argument: ["film.mp4"] },
  resume: { table: RESUME, argument: ["film.json"] },
  abort: { table: ABORT, argument: ["film.json"] },
  call: { table: CALL, argument: ["GetVideoInfo"] },
  ingest: { table: INGEST, argument: ["m.csv"] },
  emulator: { table: EMULATOR, argument: [] },
};

/** One letter added, dropped, changed, or swapped with the next. */
function slip(word: string, draw: Drawn): string {
  const at = 2 + draw.upTo(word.length - 4);
  const letter = draw.of([..."abcdefghijklmnopqrstuvwxyz"]);
  const [head, here, next, tail] = [word.slice(0, at), word[at], word[at + 1], word.slice(at + 2)];
  return draw.of([
    `${head}${letter}${word.slice(at)}`,
    `${head}${word.slice(at + 1)}`,
    `${head}${letter}${word.slice(at + 1)}`,
    `${head}${next}${here}${tail}`,
  ]);
}

test("whatever option is mistyped, the message names it, and the hint one that there is", () => {
  let found = 0;
  for (const seed of seeds(600)) {
    const draw = drawn(seed);
    const command = draw.of(Object.keys(COMMANDS));
    const { table, argument } = COMMANDS[command] ?? assert.fail();
    const flags = flagsOf(table);
    const { usage, type } = draw.of(Object.values(table));
    const wrong = slip(flagOf(usage), draw);
    if (flags.includes(wrong)) continue;
    const value = type === "string" ? ["hush"] : [];
    const given = draw.upTo(1) === 1 && type === "string" ? [`${wrong}=hush`] : [wrong, ...value];
    const place = `SEED=${seed}: vodlift ${[command, ...argument, ...given].join(" ")}`;
    const error = refusal(command, ...argument, ...given);
    assert.ok(error.message.includes(`'${wrong}'`), `${place}\n${error.message}`);
    assert.equal(error.topic, command, place);
    assert.doesNotMatch(`${error.message} ${error.hint}`, /hush/, place);
    const [, meant] = /Did you mean (--[a-z0-9-]+)\?/.exec(error.hint) ?? [];
    if (meant !== undefined) assert.ok(flags.includes(meant), `${place}\n${error.hint}`);
    if (meant === flagOf(usage)) found += 1;
  }
  assert.ok(found > 400, `the option that was meant is found mostly, not ${found} times`);
});

test("as a process, too, a slip ends with 2 and no stack", async () => {
  for (const line of ["uplaod f", "upload f --tilte T", "upload f --as vido", "help nothing"]) {
    const { code, stderr, stdout } = await vodlift(line.split(" "));
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^error: .+\nhint: .+\nhelp: vodlift .*--help\n$/, stderr);
  }
});
