// Looks for secrets in texts, in every form in which one may get there.

/** Shorter ones are parts of ordinary words, in one form or another. */
const SHORTEST = 8;

/** The secrets that a text tells: as they are, escaped as in a URL (once or twice) or in JSON, as hex, or within base64. */
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
  const inJson = JSON.stringify(secret).slice(1, -1);
  const all = [
    ...[secret, escaped, encodeURIComponent(escaped), ...inBase64, ...inBase64.map(toBase64Url)],
    // Some write the digits of an escape small, some escape what need not be.
    escaped.replace(/%../g, (digits) => digits.toLowerCase()),
    ...[inJson, inJson.replaceAll("/", "\\/"), JSON.stringify(inJson).slice(1, -1)],
    inJson.replace(/[<>&+='/]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
    ...inHex(bytes),
  ];
  return [...new Set(all)];
}

function inHex(bytes: Buffer): string[] {
  const plain = bytes.toString("hex");
  const percents = plain.replace(/../g, "%$&");
  return [plain, percents].flatMap((text) => [text, text.toUpperCase()]);
}

function toBase64Url(text: string): string {
  return text.replaceAll("+", "-").replaceAll("/", "_");
}
