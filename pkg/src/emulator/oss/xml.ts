/** OSS documents: written by hand because they are flat, read by a real parser because clients write them. */
import { XMLParser, XMLValidator } from "fast-xml-parser";

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

/** One entry of a CompleteMultipartUpload body, as text: what it means is checked elsewhere. */
export type RequestedPart = { number: string; etag: string };

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: true,
  isArray: (name) => name === "Part",
});

/** The parts a CompleteMultipartUpload asks for; undefined when the document is none. */
export function readCompleteRequest(text: string): RequestedPart[] | undefined {
  if (XMLValidator.validate(text) !== true) return undefined;
  const root = field(parser.parse(text), "CompleteMultipartUpload");
  const parts = field(root, "Part");
  if (!Array.isArray(parts)) return undefined;
  const requested = parts.map((part: unknown) => ({
    number: field(part, "PartNumber"),
    etag: field(part, "ETag"),
  }));
  return requested.every(isRequestedPart) ? requested : undefined;
}

function isRequestedPart(part: { number: unknown; etag: unknown }): part is RequestedPart {
  return typeof part.number === "string" && typeof part.etag === "string";
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Record<string, unknown>)[name];
}
