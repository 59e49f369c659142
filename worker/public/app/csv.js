// @ts-check
// CSV as RFC 4180 has it: quotes, doubled quotes, line ends within quotes, CRLF or LF. Empty lines are no records.

/** @typedef {{ line: number, cells: string[] }} CsvRecord */

/** What is no CSV, and on which line. */
export class CsvError extends Error {
  /**
   * @param {number} line
   * @param {string} message
   */
  constructor(line, message) {
    super(message);
    this.line = line;
  }
}

// A cell is quoted or plain; then comes a comma, a line's end or the text's.
const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y;

/**
 * @param {string} text
 * @returns {Generator<CsvRecord, void>}
 */
export function* csvRecords(text) {
  const source = text.replace(/^\uFEFF/, "");
  let line = 1;
  let begun = 1;
  /** @type {string[]} */
  let cells = [];
  let at = 0;
  while (at < source.length || cells.length > 0) {
    CELL.lastIndex = at;
    const match = CELL.exec(source);
    if (match === null) throw new CsvError(line, problemAt(source, at));
    const [whole, quoted, plain = "", end] = match;
    at += whole.length;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += whole.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (end === ",") continue;
    if (cells.length > 1 || cells[0] !== "") yield { line: begun, cells };
    cells = [];
    begun = line;
  }
}

/**
 * @param {string} source
 * @param {number} at
 */
function problemAt(source, at) {
  if (source[at] !== '"')
    return "has a quote within a cell: quote the whole cell, and double the quote";
  const closed = /^"(?:[^"]|"")*"/.test(source.slice(at));
  return closed ? "has text after a closing quote" : "opens a quote that is never closed";
}
