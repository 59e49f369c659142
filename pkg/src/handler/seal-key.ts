// What may seal. A key that can be guessed is found from one sealed text, at a billion guesses a second, so it has to be drawn
// at random; what was typed, repeated or counted up is told by its looks.

import { list, needed } from "../arguments.ts";

/** Characters: of hex digits 128 bits. */
const LENGTH = 32;
/** Different ones: of 32 random hex digits there are 14 as a rule, and 8 or more in all but one of 25 million. */
const DIFFERENT = 8;

/** The keys in a setting: one, or several with spaces or commas between while one is replaced. */
export function sealKeysIn(text: string): string[] {
  return needed("text", text)
    .split(/[\s,]+/)
    .filter((key) => key !== "");
}

/** What is wrong with a key, if something is: a rule that follows its name. */
export function sealKeyTrouble(key: string): string | undefined {
  if (needed("key", key).length < LENGTH) return `must be a text of at least ${LENGTH} characters`;
  return looksDrawn(Array.from(key, (one) => one.charCodeAt(0)))
    ? undefined
    : "must be drawn at random: `openssl rand -hex 32` makes one";
}

/** Whether these, the characters of a key or the bytes of one, may have been drawn at random. */
export function looksDrawn(key: readonly number[]): boolean {
  list("key", key);
  return (
    new Set(key).size >= DIFFERENT &&
    !isRepeated(key) &&
    // Of what was drawn at random no step follows upon itself that often.
    repeatedSteps(key) <= key.length / 3
  );
}

/** A shorter one again and again, or mostly so. */
function isRepeated(key: readonly number[]): boolean {
  const half = Math.floor(key.length / 2);
  return Array.from({ length: half }, (_, at) => at + 1).some((period) => {
    const same = key.filter((one, at) => one === key[at - period]).length;
    return same >= (key.length - period) * 0.8;
  });
}

/** How often one is as far from the one before as that is from its own: `aaa`, `abc`, `987`. */
function repeatedSteps(key: readonly number[]): number {
  const steps = key.slice(1).map((one, at) => one - (key[at] ?? 0));
  return steps.filter((step, at) => at > 0 && step === steps[at - 1]).length;
}
