// What a row may hold: one rule a field, for cells (text) and for JSON values alike.
import { bytes, duration, flag, MOST_32, oneOf, text, whole } from "../../arguments.ts";
import { DECLARED, videoRef } from "../../declared.ts";
import { renamed } from "../../fields.ts";
import {
  type OptionNames,
  type PlaylistOptions,
  type UploadOptions,
  VodliftError,
} from "../../index.ts";
import { FLAGS } from "../spelling.ts";
import { closest } from "../suggest.ts";
import { isMisspeltUrl, isUrl, MISSPELT } from "../urls.ts";

/** What a row may become. */
export type Kind = "video" | "image" | "attached" | "playlist";

const KINDS: readonly Kind[] = ["video", "image", "attached", "playlist"];

/** A row's value that breaks a rule. */
export class FieldError extends Error {
  readonly field: string;

  constructor(field: string, rule: string) {
    super(rule);
    this.field = field;
  }
}

/** Returns what the value means; throws what it must be. */
type Rule = (field: string, value: never) => unknown;

const from =
  (least: number): Rule =>
  (field, value: number | string) =>
    whole(field, typeof value === "string" ? Number(value) : value, least);
const number = from(0);
const time: Rule = (field, value: number | string) => duration(field, value, 1, MOST_32);
/** Spreadsheets write TRUE. */
const yesNo: Rule = (field, value: boolean | string) => {
  const word = typeof value === "string" ? value.toLowerCase() : value;
  return flag(field, word === "true" ? true : word === "false" ? false : (value as boolean));
};
const url: Rule = (field, value: string) => {
  if (isUrl(text(field, value) ?? "")) return value;
  throw new FieldError(field, "must be a URL, with https:// or http:// before it");
};
const file = (field: string, value: string) => {
  if (text(field, value) === "-") throw new FieldError(field, "cannot be standard input here");
  if (isMisspeltUrl(value)) throw new FieldError(field, MISSPELT);
  return value;
};
const path: Rule = (field, value: string) => {
  if (isUrl(text(field, value) ?? ""))
    throw new FieldError(field, "is a path: a URL goes with `url`");
  return file(field, value);
};
const tags: Rule = (field, value: string | string[]) => {
  const list = Array.isArray(value) ? value : [value];
  for (const tag of list) text(field, tag);
  return value;
};
const words: Rule = (field, value: string | string[]) => {
  const list = Array.isArray(value) ? value : value.split(",");
  return list.map((one) => text(field, one)?.trim());
};
const numbers: Rule = (field, value: string | (number | string)[]) => {
  const list = Array.isArray(value) ? value : String(value).split(",");
  return list.map((one) => number(field, one as never));
};
const object: Rule = (field, value: string | object) => {
  const found: unknown = typeof value === "string" ? parsed(value) : value;
  if (typeof found === "object" && found !== null && !Array.isArray(found)) return found;
  throw new FieldError(field, "must be a JSON object");
};
/** A media id; in JSON also an object of either id. */
const video: Rule = (field, value: string | object) =>
  typeof value === "string" ? text(field, value) : videoRef(field, value);
const fields: Rule = (field, value: string | object) => {
  const found = object(field, value as never) as Record<string, unknown>;
  if (Object.values(found).every((one) => typeof one === "string")) return found;
  throw new FieldError(field, 'must be a JSON object of texts, such as {"Authorization":"…"}');
};

const RULES: Readonly<Record<string, Rule>> = {
  source: file,
  url,
  file: path,
  sourceHeaders: fields,
  id: text,
  as: (field, value: Kind) => oneOf(field, value, KINDS),
  imageType: (field, value: "default") => oneOf(field, value, ["default", "cover"]),
  businessType: (field, value: "material") =>
    oneOf(field, value, ["watermark", "subtitle", "material"]),
  title: text,
  description: text,
  tags,
  cateId: number,
  coverUrl: text,
  templateGroupId: text,
  workflowId: text,
  storageLocation: text,
  appId: text,
  userData: object,
  referenceId: text,
  adopt: yesNo,
  replace: video,
  replaceReferenceId: text,
  fileName: text,
  enableFirstFrameCover: yesNo,
  generateThumbnail: yesNo,
  showWatermark: yesNo,
  imageExt: text,
  mediaExt: text,
  cateIds: numbers,
  partSize: bytes,
  concurrency: from(1),
  verify: (field, value: "length" | "crc64") => oneOf(field, value, ["length", "crc64"]),
  trafficLimit: from(1),
  maxBytes: bytes,
  ranges: yesNo,
  sourceTimeoutMs: time,
  serviceTimeoutMs: time,
  anyContentType: yesNo,
  httpsOnly: yesNo,
  objectHeaders: fields,
  callback: object,
  variants: words,
  complete: yesNo,
  missingSegments: (field, value: "fail" | "gap") => oneOf(field, value, ["fail", "gap"]),
  hosts: object,
};

/** The names a column or field may have. */
export const FIELDS: readonly string[] = Object.keys(RULES);

/** What a manifest calls the package's options: columns, and flags for what is no column. */
export const COLUMNS: OptionNames = {
  ...FLAGS,
  ...Object.fromEntries(FIELDS.map((field) => [field, field])),
  "replace.referenceId": "replaceReferenceId",
};

/** A row's fields, checked. */
export interface Fields
  extends Omit<UploadOptions, "as">,
    Pick<PlaylistOptions, "variants" | "complete" | "missingSegments" | "hosts"> {
  as?: Kind;
  imageType?: "default" | "cover";
  businessType?: "watermark" | "subtitle" | "material";
  imageExt?: string;
  mediaExt?: string;
  cateIds?: number[];
  replaceReferenceId?: string;
  source?: string;
  url?: string;
  file?: string;
  id?: string;
}

const bare = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "");
const BY_BARE_NAME = new Map(FIELDS.map((field) => [bare(field), field]));

/** The field that a column's name means, however a spreadsheet writes it: `fileName`, `File name`, `file_name`. */
export function fieldOf(name: string): string {
  const field = BY_BARE_NAME.get(bare(name));
  if (field !== undefined) return field;
  mustBeKnown(name);
  return name;
}

function meant(name: string): string {
  const word = closest(name, FIELDS);
  return word === undefined ? "" : `; did you mean \`${word}\`?`;
}

/** A field's name, if it is one. */
export function mustBeKnown(field: string): void {
  if (Object.hasOwn(RULES, field)) return;
  const now = renamed(field);
  if (now !== undefined) throw new FieldError(field, now);
  const divided = /[^\w\s-]/.test(field) ? "; commas, semicolons or tabs divide columns" : "";
  const known = FIELDS.join(", ");
  throw new FieldError(field, `is not known; known are ${known}${divided}${meant(field)}`);
}

/** An option without an effect is a mistake that somebody would find out late. */
function mustFit(read: Readonly<Record<string, unknown>>): void {
  const kind = (read.as as Kind | undefined) ?? "video";
  for (const field of Object.keys(read)) {
    const only = DECLARED[field]?.kinds ?? KINDS;
    if (!only.includes(kind)) {
      const kinds = KINDS.filter((one) => only.includes(one));
      throw new FieldError(field, `goes with \`as\` ${kinds.join(" or ")}, not with ${kind}`);
    }
  }
  if (read.adopt !== undefined && read.referenceId === undefined) {
    throw new FieldError("adopt", "needs a `referenceId`");
  }
}

/** Checks every value. What is empty counts as not given. */
export function readFields(values: Readonly<Record<string, unknown>>): Fields {
  const read: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(values)) {
    mustBeKnown(field);
    if (value === "" || value === null || value === undefined) continue;
    read[field] = checked(field, value);
  }
  mustFit(read);
  return read;
}

function checked(field: string, value: unknown): unknown {
  try {
    return RULES[field]?.(field, value as never);
  } catch (error) {
    if (!(error instanceof VodliftError)) throw error;
    // The library names its option in front; here the place in the manifest stands there.
    throw new FieldError(field, error.message.replace(/^[^`]*`[^`]*` /, ""));
  }
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
