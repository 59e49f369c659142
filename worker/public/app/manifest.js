// @ts-check
// Lines and tables become requests. What a row must hold is checked roughly, to name its line at once; the service knows
// all the rules.
/** @import { IngestRequest } from "../../src/api/schema.ts" */
import { csvRecords } from "./csv.js";

/** @typedef {{ line: number, request: Partial<IngestRequest> }} Row */
/** @typedef {{ line: number, text: string }} Trouble */
/** @typedef {{ rows: Row[], troubles: Trouble[], header?: string[], first?: string[][] }} Manifest */

const PREVIEW = 5;
/** Records between two pauses, in which the page can paint. */
const BREATH = 2_000;

/** @param {string} text */
const number = (text) => (/^\d+$/.test(text) ? Number(text) : fail("must be a whole number"));
/** @param {string} text */
const flag = (text) =>
  ["true", "false"].includes(text) ? text === "true" : fail("must be true or false");
/** @param {string} text */
const items = (text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);
/** @param {string} text */
const plain = (text) => text;
/** @param {string} text */
const webUrl = (text) =>
  /^https?:\/\/./i.test(text) && URL.canParse(text)
    ? text
    : fail("must be a URL, with https:// or http:// before it");
/** @param {string} text */
function object(text) {
  try {
    const found = JSON.parse(text);
    if (typeof found === "object" && found !== null && !Array.isArray(found)) return found;
  } catch {}
  return fail('must be a JSON object, such as {"Authorization":"…"}');
}

/** @type {Readonly<Record<keyof IngestRequest, (text: string) => unknown>>} */
const READERS = {
  url: webUrl,
  sourceHeaders: object,
  as: plain,
  title: plain,
  fileName: plain,
  description: plain,
  tags: items,
  cateId: number,
  coverUrl: webUrl,
  templateGroupId: plain,
  workflowId: plain,
  storageLocation: plain,
  appId: plain,
  userData: plain,
  referenceId: plain,
  // A media id, or {"referenceId":"…"}.
  replace: (text) => (text.startsWith("{") ? object(text) : text),
  enableFirstFrameCover: flag,
  generateThumbnail: flag,
  imageType: plain,
  imageExt: plain,
  businessType: plain,
  mediaExt: plain,
  cateIds: (text) => items(text).map(number),
  showWatermark: flag,
  objectHeaders: object,
  trafficLimit: number,
  ranges: flag,
  sourceTimeoutMs: number,
  serviceTimeoutMs: number,
  anyContentType: flag,
  httpsOnly: flag,
  partSize: number,
  concurrency: number,
  verify: plain,
  variants: items,
  complete: flag,
  missingSegments: plain,
  hosts: object,
  shards: number,
  wait: flag,
  webhookUrl: webUrl,
};
const FIELDS = new Map(
  Object.entries(READERS).map(([name, read]) => [name.toLowerCase(), { name, read }]),
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
    const known = Object.keys(READERS).join(", ");
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
