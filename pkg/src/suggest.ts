// What somebody meant who has mistyped a name.

import { needed, texts } from "./arguments.ts";

/** The name that is nearest to `word`, if one is near enough to have been meant. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const wanted = plain(needed("word", word));
  const ranked = (texts("names", names) ?? [])
    .map((name) => ({ name, steps: distance(wanted, plain(name)) }))
    .sort((a, b) => a.steps - b.steps);
  const [best] = ranked;
  return best !== undefined && best.steps <= Math.floor(wanted.length / 3) ? best.name : undefined;
}

/** Case, dashes and underscores are spelling. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, "");
}

/** How many letters have to be put in, left out, changed or swapped (with the next one). */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
