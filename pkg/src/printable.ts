// What may be shown on a terminal.

/** Line and paragraph separators, and letters that fill a place and show nothing. */
const UNSEEN = String.raw`\u2028\u2029\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0`;
/** Numbers signs of Arabic, Syriac and Kaithi are seen; the joiners shape Persian and Indic words, and emoji. */
const SEEN = String.raw`\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u200c\u200d\u{110bd}\u{110cd}`;

/**
 * What steers a terminal, changes how a text reads or hides in it: control characters (C0, DEL, C1), what turns the
 * direction of writing, and what shows nothing, such as blanks without width and the letters of tags.
 */
const STEERING = new RegExp(String.raw`[\p{Cc}${UNSEEN}]|(?![${SEEN}])\p{Cf}`, "gu");

/** One line, with a `?` for each of them, so that a file name shows as what it is. */
export function printable(text: string): string {
  return text.replace(STEERING, "?");
}

/** JSON in which each of them is escaped: a machine reads the same value, and a terminal shows only text. */
export function printableJson(value: unknown, indent = 0): string {
  const json = JSON.stringify(value, null, indent);
  // JSON itself escapes C0; the only ones it writes are the line ends of its own indentation.
  return json.replace(STEERING, (char) => (char === "\n" ? char : escaped(char)));
}

/** By UTF-16 units, as JSON wants it. */
function escaped(char: string): string {
  const units = char.split("");
  return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}
