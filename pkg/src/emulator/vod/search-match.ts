/**
 * The filter of SearchMedia: `Title = 'x' and (Status = 'Normal' or Size = [1,100)) and VideoId in ('a','b')`.
 * https://www.alibabacloud.com/help/en/vod/developer-reference/media-asset-search-protocol
 */
import type { Reply } from "./answer.ts";
import { invalidParameter } from "./errors.ts";

export type Filter = (fields: Reply) => boolean;

/** Fields in which a value is looked for; all others must be equal to it. */
const FUZZY = new Set(["Title", "Tags", "Description"]);
const TOKEN = /\s*(?:([()[\],=])|'([^']*)'|"([^"]*)"|([^\s()[\],='"]+))/y;

type Token = { sign: string } | { value: string; quoted: boolean };

export function parseMatch(text: string): Filter {
  if (text.trim() === "") return () => true;
  const reader = new Reader(readTokens(text));
  const filter = readAnd(reader);
  if (!reader.atEnd) throw malformed();
  return filter;
}

function malformed() {
  return invalidParameter("Match", "it does not follow the media asset search protocol.");
}

function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end.length) {
    const [, sign, single, double, bare] = TOKEN.exec(end) ?? [];
    const quoted = single ?? double;
    if (sign !== undefined) tokens.push({ sign });
    else if (quoted !== undefined) tokens.push({ value: quoted, quoted: true });
    else if (bare !== undefined) tokens.push({ value: bare, quoted: false });
    else throw malformed();
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  /** Takes the next token if it is this sign, or this word in any case. */
  take(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (!token) return false;
    const found = "sign" in token ? token.sign : token.quoted ? undefined : token.value;
    if (found?.toLowerCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw malformed();
  }

  value(): string {
    const token = this.#tokens[this.#at];
    if (!token || "sign" in token) throw malformed();
    this.#at += 1;
    return token.value;
  }
}

function readAnd(reader: Reader): Filter {
  const filters = [readTerm(reader)];
  while (reader.take("and")) filters.push(readTerm(reader));
  return (fields) => filters.every((filter) => filter(fields));
}

/** `or` only within parentheses, as the protocol has it. */
function readTerm(reader: Reader): Filter {
  if (!reader.take("(")) return readCondition(reader);
  const filters = [readAnd(reader)];
  while (reader.take("or")) filters.push(readAnd(reader));
  reader.expect(")");
  return (fields) => filters.some((filter) => filter(fields));
}

function readCondition(reader: Reader): Filter {
  const name = reader.value();
  if (reader.take("in")) {
    reader.expect("(");
    const values = [reader.value()];
    while (reader.take(",")) values.push(reader.value());
    reader.expect(")");
    return (fields) => values.some((value) => isLike(name, fields[name], value));
  }
  reader.expect("=");
  if (reader.take("[")) return readRange(reader, name, true);
  if (reader.take("(")) return readRange(reader, name, false);
  const value = reader.value();
  return (fields) => isLike(name, fields[name], value);
}

function readRange(reader: Reader, name: string, fromIncluded: boolean): Filter {
  const from = reader.value();
  reader.expect(",");
  const to = reader.value();
  const toIncluded = reader.take("]");
  if (!toIncluded) reader.expect(")");
  return (fields) => {
    const low = compare(fields[name], from);
    const high = compare(fields[name], to);
    return (fromIncluded ? low >= 0 : low > 0) && (toIncluded ? high <= 0 : high < 0);
  };
}

function isLike(name: string, found: Reply[string] | undefined, value: string): boolean {
  const text = String(found ?? "");
  if (!FUZZY.has(name)) return text === value;
  return text.toLowerCase().includes(value.toLowerCase());
}

/** Numbers by their value; times, which are texts, by theirs too, since all have one form. */
function compare(found: Reply[string] | undefined, value: string): number {
  if (typeof found === "number") return found - Number(value);
  const text = String(found ?? "");
  return text === value ? 0 : text < value ? -1 : 1;
}
