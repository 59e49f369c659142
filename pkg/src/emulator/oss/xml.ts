/** Writing OSS documents. Reading the one kind that clients send is in `xml-reader.ts`. */
/** An element with text, or with elements inside. A name may repeat. */
export type XmlField = readonly [
  name: string,
  value: string | number | boolean | readonly XmlField[],
];

/** A whole document with one root element. */
export function element(root: string, fields: readonly XmlField[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write([root, fields], "")}`;
}

function write([name, value]: XmlField, indent: string): string {
  if (!Array.isArray(value)) return `${indent}<${name}>${escapeText(String(value))}</${name}>\n`;
  const inner = (value as readonly XmlField[]).map((field) => write(field, `${indent}  `)).join("");
  return `${indent}<${name}>\n${inner}${indent}</${name}>\n`;
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Times in OSS documents are whole seconds written with three zeros; oss2 reads nothing else. */
export function xmlTime(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19)}.000Z`;
}
