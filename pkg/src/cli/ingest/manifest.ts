// The manifest: a row an upload, read as it comes, so that its length does not matter.
import { createHash } from "node:crypto";
import { basename, dirname, extname, resolve } from "node:path";
import type { Kind } from "../../declared.ts";
import { limits } from "../../door.ts";
import { fromFile, type PlaylistSource } from "../../index.ts";
import { shownUrl } from "../../shown-url.ts";
import { fileReason, openRegular } from "../../sources/look.ts";
import { UsageError } from "../args.ts";
import { replaceFrom } from "../upload.ts";
import { isUrl } from "../urls.ts";
import { CsvError, csvRecords, tooLong } from "./csv.ts";
import { FieldError, type Fields, fieldOf, readFields } from "./fields.ts";

/** One upload to be done. */
export interface Row {
  /** Where it begins in the manifest, from 1. */
  line: number;
  /** Tells the row's source from others, and no more: 16 hex digits. */
  key: string;
  /** As `key`, of everything the row says: with another title it is another upload. */
  version(): string;
  /** Where the bytes are, as it may be shown and kept. */
  place: string;
  /** A short name to show. */
  name: string;
  /** What to upload. */
  source: PlaylistSource;
  /** What it becomes. */
  kind: Kind;
  options: Fields;
}

type Values = Readonly<Record<string, unknown>>;

/** The rows of a manifest. The first thing that is wrong with it is thrown, by line and column. */
export async function* rowsOf(path: string): AsyncGenerator<Row> {
  const folder = dirname(resolve(path));
  for await (const [line, values] of recordsOf(path)) {
    yield placed(path, line, () => toRow(line, values, folder));
  }
}

function recordsOf(path: string): AsyncGenerator<[line: number, values: Values]> {
  const kind = extname(path).toLowerCase();
  if (kind === ".csv" || kind === ".tsv") return csvRows(path);
  if (kind === ".jsonl" || kind === ".ndjson") return jsonRows(path);
  const hint = "Save it as CSV (UTF-8) or JSON lines, and name it so.";
  const rule = "a manifest's name ends in .csv or .jsonl (or .tsv, .ndjson)";
  throw new UsageError(`${path}: ${rule}`, "ingest", hint);
}

async function* csvRows(path: string): AsyncGenerator<[number, Values]> {
  let columns: string[] | undefined;
  try {
    for await (const { line, cells } of csvRecords(textOf(path))) {
      if (columns === undefined) columns = placed(path, line, () => columnsOf(cells));
      // Spreadsheets write lines of nothing but separators below a table.
      else if (cells.some((cell) => cell !== "")) {
        yield [line, valuesOf(path, line, columns, cells)];
      }
    }
  } catch (error) {
    throw error instanceof CsvError ? wrong(path, error.line, error.message) : error;
  }
}

/** The fields that the first line names; an empty one is no column, such as those that a spreadsheet leaves at the end. */
function columnsOf(cells: string[]): string[] {
  const columns = cells.map((cell) => (cell.trim() === "" ? "" : fieldOf(cell.trim())));
  checkNames(columns.filter((column) => column !== ""));
  return columns;
}

function valuesOf(path: string, line: number, columns: string[], cells: string[]): Values {
  const named = columns.findLastIndex((column) => column !== "") + 1;
  const filled = cells.findLastIndex((cell) => cell !== "") + 1;
  if (cells.length < named || filled > columns.length) {
    const rule = `has ${cells.length} cells, the first line names ${named} columns`;
    throw wrong(path, line, `${rule}: a cell that holds the separator stands in quotes`);
  }
  const stray = cells.findIndex((cell, index) => cell !== "" && columns[index] === "");
  if (stray >= 0) throw wrong(path, line, `has a value in column ${stray + 1}, which has no name`);
  const values = columns.map((column, index) => [column, cells[index]] as const);
  return Object.fromEntries(values.filter(([column]) => column !== ""));
}

function checkNames(names: string[]): void {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) throw new FieldError(name, "is there twice");
  }
  if (!names.some((name) => SOURCES.includes(name))) {
    throw new FieldError("source", "is needed: the file or URL to upload");
  }
}

async function* jsonRows(path: string): AsyncGenerator<[number, Values]> {
  let line = 0;
  for await (const text of linesOf(path)) {
    line += 1;
    if (text.trim() !== "") yield [line, placed(path, line, () => toObject(text))];
  }
}

function toObject(text: string): Values {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Values;
    }
  } catch {}
  const array = text.trimStart().startsWith("[");
  throw new FieldError(
    "",
    `must be one JSON object${array ? " a line, without a list around them" : ""}`,
  );
}

/** What is no UTF-8 is refused. */
const STRICT = { fatal: true };

/** A file's lines, as they come. */
export async function* linesOf(path: string, reading = STRICT): AsyncGenerator<string> {
  let rest = "";
  let ended = 0;
  for await (const piece of textOf(path, reading)) {
    // Whether a CR at the end is one of a CRLF, the next piece tells.
    const lines = (rest + piece).split(/\r\n|\n|\r(?=[^\n])/);
    rest = lines.pop() ?? "";
    ended += lines.length;
    if (rest.length > limits().row) throw wrong(path, ended + 1, tooLong());
    yield* lines;
  }
  if (rest !== "") yield rest.replace(/\r$/, "");
}

/** A file's text in pieces, without a byte order mark: UTF-8, or UTF-16 as spreadsheets write it. */
async function* textOf(path: string, reading = STRICT): AsyncGenerator<string> {
  const { handle } = await openRegular(path).catch((error) => {
    const reason = fileReason(error) ?? String(error);
    const hint = "Name a manifest that can be read.";
    throw new UsageError(`${path}: ${reason}`, "ingest", hint);
  });
  let decoder: TextDecoder | undefined;
  let lines = 1;
  let readable = () => "";
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      decoder ??= new TextDecoder(encodingOf(chunk as Buffer), reading);
      readable = () =>
        new TextDecoder(decoder?.encoding).decode(chunk as Buffer).split("\ufffd", 1)[0] ?? "";
      const text = decoder.decode(chunk as Buffer, { stream: true });
      lines += endsIn(text);
      yield text;
    }
    yield decoder?.decode() ?? "";
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const what = `is not ${decoder?.encoding.toUpperCase()} (line ${lines + endsIn(readable())})`;
    throw new UsageError(`${path}: ${what}`, "ingest", "Save it as UTF-8 and run it again.");
  } finally {
    await handle.close();
  }
}

function endsIn(text: string): number {
  return text.split(/\r\n|\r|\n/).length - 1;
}

/** A manifest begins with a name or a brace, so a zero beside the first byte is UTF-16. */
function encodingOf([first, second]: Buffer): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (second === 0) return "utf-16le";
  return first === 0 ? "utf-16be" : "utf-8";
}

const SOURCES: readonly string[] = ["source", "url", "file"];

function toRow(line: number, values: Values, folder: string): Row {
  const { source, url, file, id, as, ...rest } = readFields(values);
  const kind = as ?? "video";
  const { sourceHeaders, replace, replaceReferenceId, ...media } = rest;
  const options = {
    ...media,
    ...(as === "video" && { as }),
    ...replaceFrom(replace, replaceReferenceId),
  };
  const given = [source, url, file].filter((one) => one !== undefined);
  const [where, another] = given;
  if (where === undefined) throw new FieldError("source", "is needed: the file or URL to upload");
  if (another !== undefined)
    throw new FieldError("source", "is there twice: as file, url or source");
  const remote = file === undefined && isUrl(where);
  if (sourceHeaders !== undefined && !remote)
    throw new FieldError("sourceHeaders", "go with a URL");
  const place = remote ? shownUrl(where) : resolve(folder, where);
  return {
    line,
    key: digest(id ?? where),
    version: () => digest(JSON.stringify([id ?? where, kind, options])),
    place,
    name: options.fileName ?? basename(place),
    source: remote ? where : fromFile(place),
    kind,
    options: { ...options, ...(as && { as }), ...(sourceHeaders && { sourceHeaders }) },
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Says where in the manifest something is wrong. */
function placed<T>(path: string, line: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const column = error.field === "" ? "" : `column \`${error.field}\` `;
    throw wrong(path, line, column + error.message);
  }
}

/** What is wrong with a line. */
export function wrong(path: string, line: number, rule: string): UsageError {
  const hint = "Correct the manifest and run it again; nothing was begun.";
  return new UsageError(`${path}, line ${line}: ${rule}`, "ingest", hint);
}
