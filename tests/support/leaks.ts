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
  return [...new Set(namedForms(secret).map(([, form]) => form))];
}

/** The same, each with what it is. */
function namedForms(secret: string): [name: string, form: string][] {
  const escaped = encodeURIComponent(secret);
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].map((before) => {
    // What comes before a text moves its bits, what comes after changes the last of them.
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  const inJson = JSON.stringify(secret).slice(1, -1);
  const all: Record<string, string[]> = {
    plain: [secret],
    // Some write the digits of an escape small, some escape what need not be.
    "percent-encoded": [
      ...[escaped, encodeURIComponent(escaped)],
      escaped.replace(/%../g, (digits) => digits.toLowerCase()),
    ],
    "in base64": [...inBase64, ...inBase64.map(toBase64Url)],
    "escaped as in JSON": [
      ...[inJson, inJson.replaceAll("/", "\\/"), JSON.stringify(inJson).slice(1, -1)],
      inJson.replace(/[<>&+='/]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
    ],
    "in hex": inHex(bytes),
  };
  return Object.entries(all).flatMap(([name, texts]) =>
    texts.map((text): [string, string] => [name, text]),
  );
}

function inHex(bytes: Buffer): string[] {
  const plain = bytes.toString("hex");
  const percents = plain.replace(/../g, "%$&");
  return [plain, percents].flatMap((text) => [text, text.toUpperCase()]);
}

function toBase64Url(text: string): string {
  return text.replaceAll("+", "-").replaceAll("/", "_");
}

/** That a text tells a secret, without telling it. */
export interface Finding {
  /** What the secret is. */
  kind: string;
  /** The form in which it is told. */
  form: string;
}

interface Needle extends Finding {
  bytes: Buffer;
  /** Where in it the window lies by which it is found. */
  at: number;
}

/** Shorter ones are names and words, too. */
const SHORTEST_OF_MANY = 12;
const WINDOW = 8;
const BITS = 24;
/** Where in a secret it is looked for, as parts of its length. */
const PLACES = [0.5, 0.25, 0.75, 0.9, 0.1, 0.6] as const;

/** Looks for thousands of secrets at once: what does not look like a piece of one is passed over. */
export class Search {
  readonly secrets: number;
  /** Bytes of the longest form. */
  readonly longest: number;
  readonly #needles = new Map<number, Needle[]>();
  readonly #seen = new Uint8Array(2 ** (BITS - 3));

  /** @param secrets What each of them is. */
  constructor(secrets: ReadonlyMap<string, string>) {
    const long = [...secrets].filter(([secret]) => secret.length >= SHORTEST_OF_MANY);
    this.secrets = long.length;
    let longest = 0;
    for (const [secret, kind] of long) {
      // What looks the same in two forms is told in the first of them.
      const forms = new Map(
        namedForms(secret)
          .toReversed()
          .map(([form, text]) => [text, form]),
      );
      for (const [text, form] of forms) {
        longest = Math.max(longest, this.#add(Buffer.from(text), { kind, form }));
      }
    }
    this.longest = longest;
  }

  in(bytes: Buffer): Finding[] {
    const found = new Map<string, Finding>();
    let [low, high] = [0, 0];
    for (let end = 0; end < bytes.length; end += 1) {
      low = (low >>> 8) | (high << 24);
      high = (high >>> 8) | ((bytes[end] ?? 0) << 24);
      const mark = markOf(low, high);
      if (((this.#seen[mark >>> 3] ?? 0) & (1 << (mark & 7))) === 0) continue;
      for (const needle of this.#needles.get(mark) ?? []) {
        const start = end + 1 - WINDOW - needle.at;
        const stop = start + needle.bytes.length;
        if (start < 0 || stop > bytes.length) continue;
        if (needle.bytes.compare(bytes, start, stop) !== 0) continue;
        found.set(`${needle.kind} ${needle.form}`, { kind: needle.kind, form: needle.form });
      }
    }
    return [...found.values()];
  }

  /** Secrets of one kind have much alike: each is found by where fewest others look the same. */
  #add(bytes: Buffer, finding: Finding): number {
    if (bytes.length < WINDOW) return 0;
    const places = PLACES.map((part) => Math.floor((bytes.length - WINDOW) * part)).map((at) => {
      const mark = markOf(bytes.readInt32LE(at), bytes.readInt32LE(at + 4));
      return { at, mark, others: this.#needles.get(mark)?.length ?? 0 };
    });
    const { at, mark } = places.reduce((best, one) => (one.others < best.others ? one : best));
    const needles = this.#needles.get(mark) ?? [];
    needles.push({ ...finding, bytes, at });
    this.#needles.set(mark, needles);
    this.#seen[mark >>> 3] = (this.#seen[mark >>> 3] ?? 0) | (1 << (mark & 7));
    return bytes.length;
  }
}

function markOf(low: number, high: number): number {
  const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> (32 - BITS);
}
