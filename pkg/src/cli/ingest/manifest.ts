// The manifest: a row an upload, read as it comes, so that its length does not matter.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { fromFile, type PlaylistSource, type UploadOptions } from "../../index.ts";
import { isUrl, UsageError } from "../args.ts";
import { printable } from "../format.ts";
import { replaceFrom } from "../upload.ts";
import { CsvError, csvRecords } from "./csv.ts";
import { FieldError, type Fields, type Kind, mustBeKnown, readFields } from "./fields.ts";

/** One upload to be done. */
export interface Row {
  /** Where it begins in the manifest, from 1. */
  line: number;
  /** Tells the row's source from others, and no more: 16 hex digits. */
  key: string;
  /** As `key`, of everything the row says: with another title it is another upload. */
  version(): string;
  /** Where the bytes are, without a URL's query: that may hold a signature. */
  place: string;
  /** A short name to show. */
  name: string;
  /** What to upload. */
  source: PlaylistSource;
  /** What it becomes. */
  kind: Kind;
  options: Omit<Fields, "as" | "objectHeaders"> & Pick<UploadOptions, "as">;
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
  if (kind === ".csv") return csvRows(path);
  if (kind === ".jsonl" || kind === ".ndjson") return jsonRows(path);
  throw new UsageError(`${path}: a manifest's name ends in .csv or .jsonl`, "ingest");
}

async function* csvRows(path: string): AsyncGenerator<[number, Values]> {
  let names: string[] | undefined;
  try {
    for await (const { line, cells } of csvRecords(textOf(path))) {
      if (names === undefined) {
        names = cells.map((cell) => cell.trim());
        placed(path, line, () => checkNames(names ?? []));
        continue;
      }
      if (cells.length !== names.length) {
        const rule = `has ${cells.length} cells, the first line names ${names.length} columns`;
        throw wrong(path, line, rule);
      }
      yield [line, Object.fromEntries(names.map((name, index) => [name, cells[index]]))];
    }
  } catch (error) {
    throw error instanceof CsvError ? wrong(path, error.line, error.message) : error;
  }
}

function checkNames(names: string[]): void {
  for (const [index, name] of names.entries()) {
    mustBeKnown(name);
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
  throw new FieldError("", "must be one JSON object");
}

/** What is no UTF-8 is refused. */
const STRICT = { fatal: true };

/** A file's lines, as they come. */
export async function* linesOf(path: string, reading = STRICT): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of textOf(path, reading)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** A file's text in pieces, without a byte order mark. */
async function* textOf(path: string, reading = STRICT): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", reading);
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path}: ${error.code}`, "ingest", "Name a manifest that can be read.");
  });
  try {
    for await (const chunk of file.createReadStream({ autoClose: false })) {
      yield decoder.decode(chunk as Buffer, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${path}: is not UTF-8`, "ingest", "Save it as UTF-8 and run it again.");
  } finally {
    await file.close();
  }
}

const SOURCES: readonly string[] = ["source", "url", "file"];

function toRow(line: number, values: Values, folder: string): Row {
  const { source, url, file, id, headers, as, ...rest } = readFields(values);
  const kind = as ?? "video";
  const { objectHeaders, replace, replaceReferenceId, ...media } = rest;
  const options = {
    ...media,
    ...(as === "video" && { as }),
    ...replaceFrom(replace, replaceReferenceId),
    ...(objectHeaders && { headers: objectHeaders }),
  };
  const given = [source, url, file].filter((one) => one !== undefined);
  const [where, another] = given;
  if (where === undefined) throw new FieldError("source", "is needed: the file or URL to upload");
  if (another !== undefined)
    throw new FieldError("source", "is there twice: as file, url or source");
  const remote = file === undefined && isUrl(where);
  if (headers !== undefined && !remote) throw new FieldError("headers", "go with a URL");
  const place = remote ? (where.split(/[?#]/)[0] ?? "") : resolve(folder, where);
  return {
    line,
    key: digest(id ?? where),
    version: () => digest(JSON.stringify([id ?? where, kind, options])),
    place,
    name: printable(options.fileName ?? basename(place)),
    source: remote ? urlSource(where, headers) : fromFile(place),
    kind,
    options,
  };
}

function urlSource(url: string, headers: Fields["headers"]): PlaylistSource {
  return headers === undefined ? url : { url, headers };
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
    const column = error.field === "" ? "" : `column \`${printable(error.field)}\` `;
    throw wrong(path, line, column + error.message);
  }
}

function wrong(path: string, line: number, rule: string): UsageError {
  const hint = "Correct the manifest and run it again; nothing was begun.";
  return new UsageError(`${path}, line ${line}: ${rule}`, "ingest", hint);
}
