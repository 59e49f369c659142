// The body of POST /v1/ingests. What it may hold is written here once; the rules of VOD itself are the core's.
import type { UploadOptions } from "vodlift";
import type { Problem } from "./problem.ts";

/** What an ingest has to do. */
export interface IngestRequest {
  url: string;
  headers: Record<string, string>;
  options: Partial<UploadOptions>;
}

/** Says what a value must be, or nothing if it is that. */
type Rule = (value: unknown) => string | undefined;

const text: Rule = (value) =>
  typeof value === "string" && value !== "" ? undefined : "must be a text that is not empty";
const texts: Rule = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === "string")
    ? undefined
    : "must be a list of texts";
const whole: Rule = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0
    ? undefined
    : "must be a whole number above 0";
const verify: Rule = (value) =>
  value === "crc64" || value === "length" ? undefined : 'must be "crc64" or "length"';
const headers: Rule = (value) =>
  isRecord(value) && Object.values(value).every((one) => typeof one === "string")
    ? undefined
    : "must be an object of texts";
const webUrl: Rule = (value) =>
  typeof value === "string" && /^https?:\/\//i.test(value) && URL.canParse(value)
    ? undefined
    : "must be an absolute http or https URL";

const RULES: Readonly<Record<string, Rule>> = {
  url: webUrl,
  headers,
  title: text,
  fileName: text,
  description: text,
  tags: texts,
  cateId: whole,
  coverUrl: webUrl,
  templateGroupId: text,
  workflowId: text,
  storageLocation: text,
  appId: text,
  userData: text,
  referenceId: text,
  partSize: whole,
  concurrency: whole,
  verify,
};

/** The request in a body, or what is wrong with it. */
export function parseIngestRequest(body: string): IngestRequest | Problem {
  const value = parseJson(body);
  if (!isRecord(value)) return refusal("the body", "must be a JSON object");
  if (value.url === undefined) return refusal("url", "is needed: the URL of the media to ingest");
  for (const [field, given] of Object.entries(value)) {
    const rule = Object.hasOwn(RULES, field) ? RULES[field] : undefined;
    if (!rule) return refusal(field, `is not known; known are ${Object.keys(RULES).join(", ")}`);
    const broken = rule(given);
    if (broken !== undefined) return refusal(field, broken);
  }
  const { url, headers = {}, ...options } = value;
  return { url, headers, options } as IngestRequest;
}

function refusal(field: string, rule: string): Problem {
  const name = field === "the body" ? field : `\`${field}\``;
  return {
    code: "invalid_argument",
    message: `${name} ${rule}`,
    hint: "Correct the body and post it again.",
    field,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
