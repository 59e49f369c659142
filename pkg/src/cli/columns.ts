// What a text takes on a terminal: columns, not characters. Han and most emoji take two, marks that sit on a letter none.

const SEGMENTS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** East Asian Wide and Fullwidth (UAX #11), by their blocks. What is ambiguous there is narrow, as in most terminals. */
const WIDE =
  /[\u1100-\u115f\u231a\u231b\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;

/** Emoji that are pictures by themselves, are made so by a selector, or are joined of several. */
const PICTURE = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{Regional_Indicator}{2}|\u20e3/u;

/** What has no place of its own: marks, joiners, selectors, vowels and finals of a Hangul syllable written in letters. */
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7fb]$/u;

/** Columns of what a reader sees as one character. */
function widthOf(grapheme: string): number {
  if (/^[ -~]$/.test(grapheme)) return 1;
  if (PICTURE.test(grapheme)) return 2;
  let sum = 0;
  for (const char of grapheme) if (!NOTHING.test(char)) sum += WIDE.test(char) ? 2 : 1;
  return sum;
}

function graphemes(text: string): string[] {
  return Array.from(SEGMENTS.segment(text), ({ segment }) => segment);
}

/** Columns of a text without control characters. */
export function columns(text: string): number {
  return graphemes(text).reduce((sum, one) => sum + widthOf(one), 0);
}

/** As much from the beginning as fits. */
export function cut(text: string, width: number): string {
  return fitting(graphemes(text), width).join("");
}

/** At most `width` columns, cut in the middle: both ends of a file name tell something. */
export function shorten(text: string, width: number): string {
  if (columns(text) <= width) return text;
  if (width < 1) return "";
  const all = graphemes(text);
  const head = fitting(all, Math.ceil((width - 1) / 2)).join("");
  const tail = fitting(all.toReversed(), width - 1 - columns(head)).toReversed();
  return `${head}…${tail.join("")}`;
}

/** Blanks up to `width` columns. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

function fitting(all: readonly string[], width: number): string[] {
  let left = width;
  const fit: string[] = [];
  for (const one of all) {
    left -= widthOf(one);
    if (left < 0) break;
    fit.push(one);
  }
  return fit;
}

/** Lines that a text takes on a terminal, which wraps what is longer. */
export function rows(text: string, width: number): number {
  return Math.max(1, Math.ceil(columns(text) / Math.max(1, width)));
}
