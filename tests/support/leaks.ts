// Looks for secrets in texts, in every form in which one may get there.

/** Shorter ones are parts of ordinary words, in one form or another. */
const SHORTEST = 8;

/** The secrets that a text tells: as they are, escaped once or twice as in a URL, or within base64. */
export function leaks(text: string, secrets: readonly string[]): string[] {
  const long = secrets.filter(({ length }) => length >= SHORTEST);
  return long.filter((secret) => forms(secret).some((form) => text.includes(form)));
}

/** What a secret may look like. */
export function forms(secret: string): string[] {
  const escaped = encodeURIComponent(secret);
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].map((before) => {
    // What comes before a text moves its bits, what comes after changes the last of them.
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  const all = [secret, escaped, encodeURIComponent(escaped), ...inBase64];
  return [...new Set([...all, ...inBase64.map(toBase64Url)])];
}

function toBase64Url(text: string): string {
  return text.replaceAll("+", "-").replaceAll("/", "_");
}
