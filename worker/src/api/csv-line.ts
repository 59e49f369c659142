// One line of CSV (RFC 4180) that no spreadsheet takes for a formula.

/** A line with its end. */
export function csvLine(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

/**
 * Where a spreadsheet may see a formula begin: at the beginning of a cell, and behind what divides cells or lines in the
 * eyes of some, who split at semicolons or tabs and know no quotes in the middle of a cell. Full-width signs and the sign
 * for minus count, too, and blanks, quotes and what is not seen may stand before one.
 */
const SIGN = String.raw`[\s\p{Cc}\p{Cf}"]*[=+\-@＝＋－＠﹢﹣﹦﹫\u2212]`;
const DIVIDERS = String.raw`;\t\r\n\v\f\u0085\u2028\u2029`;
const WITHIN = new RegExp(`([${DIVIDERS}])(?=${SIGN})`, "gu");
const AT_START = new RegExp(`^(?=[\t\r\n]|${SIGN})`, "u");
const QUOTED = new RegExp(`[",${DIVIDERS}]`);

/** A number is written as it is; a text gets an apostrophe before what would be a formula. */
function cell(value: string | number | undefined): string {
  if (typeof value === "number") return String(value);
  const text = (value ?? "").replace(WITHIN, "$1'").replace(AT_START, "'");
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
