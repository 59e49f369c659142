// What a request's body may hold. It is written here once; the rules of VOD itself are the core's.

import { limits } from "../door.ts";
import { renamed } from "../fields.ts";
import type { UploadOptions } from "../options.ts";
import { invalidField, type Problem, problem } from "./problem.ts";

/** What an ingest has to do. */
export interface IngestRequest {
  /** Where the media is. */
  url: string;
  /** What it becomes, and how. */
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
const bool: Rule = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
const headers: Rule = (value) => {
  if (!isRecord(value) || !Object.values(value).every((one) => typeof one === "string")) {
    return "must be an object of texts";
  }
  const { headerBytes } = limits();
  const length = Object.entries(value).flat().join("").length;
  return length <= headerBytes ? undefined : `must have at most ${headerBytes} bytes in all`;
};
const webUrl: Rule = (value) =>
  typeof value === "string" && /^https?:\/\//i.test(value) && URL.canParse(value)
    ? undefined
    : "must be an absolute http or https URL";

const replace: Rule = (value) => {
  const ids = typeof value === "string" ? { mediaId: value } : value;
  const known = isRecord(ids) && Object.keys(ids).every((id) => VIDEO_IDS.includes(id));
  return known && Object.values(ids).every((id) => text(id) === undefined)
    ? undefined
    : "must be a media id, { mediaId } or { referenceId }";
};
const VIDEO_IDS: readonly string[] = ["mediaId", "referenceId"];

const RULES: Readonly<Record<string, Rule>> = {
  url: webUrl,
  sourceHeaders: headers,
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
  replace,
  partSize: whole,
  concurrency: whole,
  verify,
  ranges: bool,
  sourceTimeoutMs: whole,
  serviceTimeoutMs: whole,
  anyContentType: bool,
};

/** The body of `POST /v1/ingests`, or what is wrong with it. */
export function parseIngest(value: Record<string, unknown>): IngestRequest | Problem {
  if (value.url === undefined) {
    return invalidField("url", "is needed: the URL of the media to ingest");
  }
  for (const [field, given] of Object.entries(value)) {
    const rule = Object.hasOwn(RULES, field) ? RULES[field] : undefined;
    if (!rule) {
      const now = renamed(field);
      if (now !== undefined) return invalidField(field, now);
      return invalidField(field, `is not known; known are ${Object.keys(RULES).join(", ")}`);
    }
    const broken = rule(given);
    if (broken !== undefined) return invalidField(field, broken);
  }
  const { url, ...options } = value;
  return { url, options } as IngestRequest;
}

/** The `{ resume }` of the other calls, or what is wrong with it. */
export function parseResume(value: Record<string, unknown>): { resume: string } | Problem {
  const other = Object.keys(value).find((field) => field !== "resume");
  if (other !== undefined) return invalidField(other, "is not known; known is resume");
  const broken = text(value.resume);
  return broken === undefined
    ? { resume: value.resume as string }
    : invalidField("resume", `${broken}: the last answer's \`resume\``);
}

/** A body that says something is there at once, or it holds a place for nothing. */
const PATIENCE_MS = 30_000;

const TOO_SLOW = problem(408, {
  code: "body_too_slow",
  detail: `the body took longer than ${PATIENCE_MS / 1000} seconds`,
  hint: "Send it at once.",
});

/** A body of at most so many bytes as a JSON object, or what is wrong with it. */
export async function readObject(
  request: Request,
  limit: number,
  patienceMs = PATIENCE_MS,
): Promise<{ value: Record<string, unknown> } | Problem> {
  const coding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (coding !== "" && coding !== "identity") {
    return problem(415, {
      code: "content_encoding_unsupported",
      detail: "the body's Content-Encoding must be identity",
      hint: "Send the JSON as it is.",
    });
  }
  const body = await readText(request, limit, patienceMs);
  if (body === TOO_SLOW) return TOO_SLOW;
  if (body === undefined) {
    return problem(413, {
      code: "body_too_large",
      detail: `the body ends at ${limit} bytes`,
      hint: "Pass the URL of the media, not the media.",
    });
  }
  const value = parseJson(body as string);
  return isRecord(value) ? { value } : invalidField("", "must be a JSON object");
}

/** Reads no further than the limit, whatever the client announces, and for no longer than it has patience. */
async function readText(
  request: Request,
  limit: number,
  patienceMs: number,
): Promise<string | Problem | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  const reader = request.body?.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, patienceMs, "late");
  });
  try {
    for (;;) {
      const next = reader && (await Promise.race([reader.read(), late]));
      if (next === "late") {
        void reader?.cancel().catch(() => {});
        return TOO_SLOW;
      }
      if (next === undefined || next.done) return text + decoder.decode();
      bytes += next.value.length;
      if (bytes > limit) {
        await reader?.cancel();
        return undefined;
      }
      text += decoder.decode(next.value, { stream: true });
    }
  } finally {
    clearTimeout(timer);
  }
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
