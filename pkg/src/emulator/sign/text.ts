/** Text rules all four signature schemes share: percent-encoding, query reading, ordering, comparison. */
import { timingSafeEqual } from "node:crypto";

/** One query or form parameter, decoded. Order and repetition are kept. */
export type Parameter = readonly [name: string, value: string];

/** Request headers by lower-case name; a header sent twice has two values. */
export type Headers = Readonly<Record<string, readonly string[]>>;

/** RFC 3986: every byte but `A-Z a-z 0-9 - _ . ~` becomes `%XX`. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** As {@link percentEncode}, but `/` stays: for object keys in a path. */
export function percentEncodePath(text: string): string {
  return text.split("/").map(percentEncode).join("/");
}

/** Reads a raw query string or form body. Throws `URIError` on broken percent-encoding. */
export function parseQuery(raw: string): Parameter[] {
  if (raw === "") return [];
  return raw
    .split("&")
    .filter((piece) => piece !== "")
    .map((piece) => {
      const equals = piece.indexOf("=");
      if (equals < 0) return [decodeForm(piece), ""] as const;
      return [decodeForm(piece.slice(0, equals)), decodeForm(piece.slice(equals + 1))] as const;
    });
}

function decodeForm(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

/** Byte order of the UTF-8 form. JavaScript's own `<` orders UTF-16 units, which differs beyond the BMP. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** All values of one header as one line: trimmed, comma-joined; undefined when the header is absent. */
export function headerValue(headers: Headers, name: string): string | undefined {
  const values = headers[name];
  return values?.map((value) => value.trim()).join(",");
}

/** Comparison that takes the same time wherever the first difference is. */
export function sameSignature(expected: string, provided: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(provided);
  return a.length === b.length && timingSafeEqual(a, b);
}
