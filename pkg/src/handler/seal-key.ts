// What may seal. A key that can be guessed is found from one sealed text, at a billion guesses a second, so it has to be drawn
// at random; what was typed, repeated or counted up is told by its looks.

/** Characters: of hex digits 128 bits. */
const LENGTH = 32;
/** Different ones: of 32 random hex digits there are 14 as a rule, and 8 or more in all but one of 25 million. */
const DIFFERENT = 8;

/** The keys in a setting: one, or several with spaces or commas between while one is replaced. */
export function sealKeysIn(text: string): string[] {
  return text.split(/[\s,]+/).filter((key) => key !== "");
}

/** What is wrong with a key, if something is: a rule that follows its name. */
export function sealKeyTrouble(key: string): string | undefined {
  if (key.length < LENGTH) return `must be a text of at least ${LENGTH} characters`;
  const weak =
    new Set(key).size < DIFFERENT ||
    isRepeated(key) ||
    // Of what was drawn at random no step follows upon itself that often.
    repeatedSteps(key) > key.length / 3;
  return weak ? "must be drawn at random: `openssl rand -hex 32` makes one" : undefined;
}

/** A shorter text again and again, or mostly so. */
function isRepeated(key: string): boolean {
  const half = Math.floor(key.length / 2);
  return Array.from({ length: half }, (_, at) => at + 1).some((period) => {
    const same = [...key].filter((one, at) => one === key[at - period]).length;
    return same >= (key.length - period) * 0.8;
  });
}

/** How often a character is as far from the one before as that is from its own: `aaa`, `abc`, `987`. */
function repeatedSteps(key: string): number {
  const steps = Array.from({ length: key.length - 1 }, (_, at) => {
    return key.charCodeAt(at + 1) - key.charCodeAt(at);
  });
  return steps.filter((step, at) => at > 0 && step === steps[at - 1]).length;
}
