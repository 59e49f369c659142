// What somebody may have meant who mistyped a word.
import { distance } from "../suggest.ts";

/** What differs by more than so many letters in length is no slip of a finger. */
const SLIP = 8;

/** The word that is nearest, if one is near enough to be meant. */
export function closest(typed: string, words: readonly string[]): string | undefined {
  const near = words
    .filter((word) => Math.abs(typed.length - word.length) <= SLIP)
    .map((word) => ({ word, far: distance(typed.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, far }) => far <= Math.max(1, Math.floor(Math.max(word.length, 4) / 3)))
    .sort((a, b) => a.far - b.far);
  return near[0]?.word;
}

/** `: did you mean …?`, or nothing. */
export function suggestion(typed: string, words: readonly string[]): string {
  const word = closest(typed, words);
  return word === undefined ? "" : `: did you mean ${word}?`;
}
