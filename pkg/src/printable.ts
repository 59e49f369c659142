// What may be shown on a terminal.

/**
 * What steers a terminal or changes how a text reads: control characters (C0, DEL, C1), line and paragraph separators, and
 * what turns the direction of writing.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]/g;

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

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
