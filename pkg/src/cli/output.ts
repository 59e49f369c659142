// stdout is for results, stderr for people. Neither may take the process down when its reader goes away.
//
// Everything that the command line writes goes through here, and nothing else writes: what is shown comes from file names,
// titles, services and checkpoints, and none of them may steer a terminal.

import { setTimeout } from "node:timers/promises";
import { printable, printableJson } from "../printable.ts";
import { fileReason } from "../sources/look.ts";
import { rows } from "./columns.ts";
import { type CliFailure, exitCode, INTERRUPTED, type Warning } from "./exit.ts";
import { asFailure } from "./failure.ts";

/** What stdout did not take, other than by going away. */
let lost: NodeJS.ErrnoException | undefined;

/**
 * `vodlift upload … | head` closes our pipe; that is the reader's right, and no fault. What else stdout does not take is
 * told in the end; nobody can be told that stderr takes nothing, such as a terminal that is gone.
 */
export function watchOutput(): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") lost ??= error;
  });
}

let printed = "";

/** Lines on stdout. One stays one, whatever is in it. */
export function print(...lines: string[]): void {
  write(lines.map(printable).join("\n"));
}

/** A text of our own, with its line ends, on stdout. */
export function printText(text: string): void {
  print(...text.split("\n"));
}

/** A value on stdout, exactly as it is for a machine; on one line, unless it is to be indented. */
export function printJson(value: unknown, indent = 0): void {
  write(printableJson(value, indent));
}

function write(text: string): void {
  printed = text;
  process.stdout.write(`${text}\n`);
}

/** One line on stderr. */
export function note(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** Somewhere to draw: stderr, or a test's stand-in. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  write(text: string): unknown;
}

/** Where progress is shown. */
export const SCREEN: Screen = process.stderr;

/** Columns of a terminal, some of which say 0. */
function widthOf({ columns: width }: Screen): number {
  return width || 80;
}

/** One column stays free: a full line makes some terminals wrap. */
export function roomOn(screen: Screen): number {
  return Math.max(1, widthOf(screen) - 1);
}

/** Lines that are drawn again and again at the end of a screen, and lines that stay above them. */
export class Drawing {
  readonly #screen: Screen;
  /** What stands on the screen now. */
  #drawn: readonly string[] = [];

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Instead of what was drawn before. */
  draw(lines: readonly string[]): void {
    const safe = lines.map(printable);
    const before = this.#erased();
    this.#drawn = safe;
    this.#screen.write(`${before}${safe.join("\n")}`);
  }

  /** A line that stays. */
  note(text: string): void {
    this.#screen.write(`${this.#erased()}${printable(text)}\n`);
  }

  /** Removes what was drawn. */
  clear(): void {
    const erased = this.#erased();
    if (erased !== "") this.#screen.write(erased);
  }

  /** Goes back to where the lines began, and clears from there. A terminal made narrower has wrapped them. */
  #erased(): string {
    const drawn = this.#drawn;
    this.#drawn = [];
    if (drawn.length === 0) return "";
    const taken = drawn.map((line) => rows(line, widthOf(this.#screen)));
    const up = taken.reduce((sum, one) => sum + one, 0) - 1;
    return up > 0 ? `\r\x1b[${up}A\x1b[J` : "\r\x1b[K";
  }
}

/** Tells what failed and what to do; says the exit code. Never a stack, never a secret. */
export function reportFailure(
  error: unknown,
  options: { json: boolean; helpFor?: string | undefined },
): number {
  const failure = asFailure(error);
  note(`error: ${failure.message}`);
  if (failure.hint) note(`hint: ${failure.hint}`);
  if (failure.requestId) note(`request id: ${failure.requestId}`);
  for (const warning of failure.warnings ?? []) note(warningLine(warning));
  if (options.helpFor !== undefined) {
    note(`help: ${["vodlift", options.helpFor, "--help"].filter(Boolean).join(" ")}`);
  }
  if (options.json) printJson({ error: errorFields(failure) });
  return exitCode(failure);
}

/** An error as --json tells it. */
export function errorFields(failure: CliFailure): Record<string, unknown> {
  const { code, message, hint, retryable, requestId, warnings } = failure;
  const fields = { code, message, hint, retryable, requestId: requestId ?? null };
  return { ...fields, ...(warnings && { warnings }) };
}

/** What went wrong beside an upload, on one line. */
export function warningLine({ message, hint }: Warning): string {
  return `warning: ${[message.replace(/\.?$/, "."), hint].filter(Boolean).join(" ")}`;
}

/** Ends the process once everything written has been taken: a pipe may be slower than we are. */
export async function finish(code: number): Promise<never> {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  if (lost !== undefined) {
    // Of an upload it holds the media id.
    note(`error: stdout does not take the result: ${fileReason(lost) ?? lost.message}`);
    for (const line of printed.split("\n")) note(line);
    await flushed(process.stderr);
    process.exit(code === 0 ? UNWRITTEN : code);
  }
  if (code === INTERRUPTED && (await isHeldUp())) process.kill(process.pid, "SIGINT");
  process.exit(code);
}

/** The work is done, and nobody has its result. */
const UNWRITTEN = 2;

/** Most of what threads do is over in a moment. */
const LOOKS = 10;
const LOOK_EVERY_MS = 50;

/** A thread hangs where it resolves a name or works on a file, and `process.exit` would wait for it. */
async function isHeldUp(): Promise<boolean> {
  const waiting = /^(GetAddrInfo|GetNameInfo|FS)Req/;
  for (let look = 0; look < LOOKS; look += 1) {
    if (!process.getActiveResourcesInfo().some((name) => waiting.test(name))) return false;
    await setTimeout(LOOK_EVERY_MS);
  }
  return true;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) return resolve();
    stream.once("close", resolve);
    stream.write("", () => resolve());
  });
}
