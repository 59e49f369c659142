// @ts-check
// Lines and tables become requests. What a row must hold is checked roughly, to name its line at once; the service knows
// all the rules.
/** @import { IngestRequest } from "../../src/api/schema.ts" */
import { csvRecords } from "./csv.js";
import { OPTIONS } from "./options.gen.js";

/** @typedef {{ line: number, request: Partial<IngestRequest> }} Row */
/** @typedef {{ line: number, text: string }} Trouble */
/** @typedef {{ rows: Row[], troubles: Trouble[], header?: string[], first?: string[][] }} Manifest */

const PREVIEW = 5;
/** Records between two pauses, in which the page can paint. */
const BREATH = 2_000;

/** @typedef {{ type: string, values?: readonly string[], least?: number }} Declared */

/**
 * @param {string} text
 * @param {Declared} declared
 */
const number = (text, { least = 0 }) =>
  /^\d+$/.test(text) && Number(text) >= least
    ? Number(text)
    : fail(`must be a whole number of at least ${least}`);
/** @param {string} text */
const flag = (text) =>
  /^(true|false)$/i.test(text) ? text.toLowerCase() === "true" : fail("must be true or false");
/** @param {string} text */
const items = (text) => text.split(",").map((item) => item.trim());
/** @param {string} text */
const plain = (text) => text;
/** @param {string} text */
const webUrl = (text) =>
  /^https?:\/\/./i.test(text) && URL.canParse(text)
    ? text
    : fail("must be an absolute http or https URL");
/** @param {string} text */
function object(text) {
  try {
    const found = JSON.parse(text);
    if (typeof found === "object" && found !== null && !Array.isArray(found)) return found;
  } catch {}
  return fail("must be an object");
}
/** @param {string} text */
function fields(text) {
  try {
    return object(text);
  } catch {
    return fail('must be an object, such as {"Authorization":"…"}');
  }
}
/**
 * @param {string} text
 * @param {Declared} declared
 */
function oneOf(text, { values = [] }) {
  if (values.includes(text)) return text;
  return fail(`must be ${values.map((word) => `"${word}"`).join(" or ")}`);
}

/**
 * By what an option may be. Sizes and times are text to the service, too.
 * @type {Readonly<Record<string, (text: string, declared: Declared) => unknown>>}
 */
const READERS = {
  flag,
  whole: number,
  id: number,
  ids: (text, declared) => items(text).map((item) => number(item, declared)),
  words: items,
  url: webUrl,
  fields,
  object,
  oneOf,
  // A media id, or {"referenceId":"…"}.
  video: (text) => (text.startsWith("{") ? object(text) : text),
};
/** @type {Readonly<Record<string, Declared>>} */
const COLUMNS = { url: { type: "url" }, ...OPTIONS };
const FIELDS = new Map(
  Object.entries(COLUMNS).map(([name, declared]) => [
    name.toLowerCase(),
    {
      name,
      read: (/** @type {string} */ text) => (READERS[declared.type] ?? plain)(text, declared),
    },
  ]),
);

/** A value that breaks a rule. */
class RuleError extends Error {}

/**
 * @param {string} rule
 * @returns {never}
 */
function fail(rule) {
  throw new RuleError(rule);
}

/**
 * One URL a line; a title may follow after a comma and a space, or a tab. (A comma alone may belong to the URL.)
 * @param {string} text
 * @returns {Manifest}
 */
export function fromLines(text) {
  /** @type {Manifest} */
  const manifest = { rows: [], troubles: [] };
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (raw.trim() === "") continue;
    const [, url = "", title = ""] = /^(.*?)(?:,\s+(.*)|\t\s*(.*))?$/.exec(raw.trim()) ?? [];
    take(manifest, index + 1, [
      ["url", url.trim()],
      ["title", title.trim()],
    ]);
  }
  return manifest;
}

/**
 * A table with a header. Throws CsvError where it is none.
 * @param {string} text
 * @returns {Promise<Manifest>}
 */
export async function fromCsv(text) {
  /** @type {Manifest} */
  const manifest = { rows: [], troubles: [], header: [], first: [] };
  /** @type {string[] | undefined} */
  let header;
  let count = 0;
  for (const { line, cells } of csvRecords(text)) {
    if (header === undefined) {
      header = cells.map((cell) => cell.trim());
      manifest.header = header;
      const trouble = headerTrouble(header);
      if (trouble) return { ...manifest, troubles: [{ line, text: trouble }] };
      continue;
    }
    if (count < PREVIEW) manifest.first?.push(cells);
    count += 1;
    if (cells.length > header.length) {
      manifest.troubles.push({
        line,
        text: `has ${cells.length} cells, and the header ${header.length}`,
      });
    } else {
      take(
        manifest,
        line,
        header.map((name, column) => [name, cells[column]?.trim() ?? ""]),
      );
    }
    if (count % BREATH === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  if (count === 0) manifest.troubles.push({ line: 1, text: "has no rows below the header" });
  return manifest;
}

/** @param {string[]} header */
function headerTrouble(header) {
  if (header.some((name) => name.toLowerCase() === "headers"))
    return "has a column “headers”: objectHeaders are stored with the object, sourceHeaders are sent to the source";
  const unknown = header.find((name) => !FIELDS.has(name.toLowerCase()));
  if (unknown !== undefined) {
    const known = Object.keys(COLUMNS).join(", ");
    return `has a column “${unknown}” that is not known; known are ${known}`;
  }
  if (!header.some((name) => name.toLowerCase() === "url"))
    return "has no column “url”: the first line must be a header";
  return "";
}

/**
 * @param {Manifest} manifest
 * @param {number} line
 * @param {[string, string][]} values empty ones count as not given
 */
function take({ rows, troubles }, line, values) {
  /** @type {Record<string, unknown>} */
  const request = {};
  for (const [column, text] of values) {
    const field = FIELDS.get(column.toLowerCase());
    if (field === undefined || (text === "" && field.name !== "url")) continue;
    try {
      request[field.name] = field.read(text);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      troubles.push({ line, text: `${field.name} ${error.message}` });
      return;
    }
  }
  rows.push({ line, request });
}
