// What a request's body may hold: the options that src/options declares for the handler, and the URL.

import { optionsOf } from "../declared.ts";
import { renamed } from "../fields.ts";
import { fromJson } from "../given.ts";
import type { UploadOptions } from "../options.ts";
import { invalidField, type Problem, problem, problemOf } from "./problem.ts";

/** What an ingest has to do. */
export interface IngestRequest {
  /** Where the media is. */
  url: string;
  /** What it becomes, and how. */
  options: Partial<UploadOptions>;
}

const isWebUrl = (value: unknown) =>
  typeof value === "string" && /^https?:\/\//i.test(value) && URL.canParse(value);

const FIELDS: readonly string[] = ["url", ...optionsOf("handler")];

/** The body of `POST /v1/ingests`, or what is wrong with it. */
export function parseIngest(value: Record<string, unknown>): IngestRequest | Problem {
  if (value.url === undefined) {
    return invalidField("url", "is needed: the URL of the media to ingest");
  }
  for (const [field, given] of Object.entries(value)) {
    const broken = trouble(field, given);
    if (broken !== undefined) return broken;
  }
  const { url, ...options } = value;
  return { url, options } as IngestRequest;
}

/** What is wrong with a field, if anything is. What it may hold is declared with the option. */
function trouble(field: string, value: unknown): Problem | undefined {
  if (!FIELDS.includes(field)) {
    const now = renamed(field);
    return invalidField(field, now ?? `is not known; known are ${FIELDS.join(", ")}`);
  }
  if (field === "url") {
    return isWebUrl(value)
      ? undefined
      : invalidField(field, "must be an absolute http or https URL");
  }
  try {
    fromJson(field, value);
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

/** The `{ resume }` of the other calls, or what is wrong with it. */
export function parseResume(value: Record<string, unknown>): { resume: string } | Problem {
  const other = Object.keys(value).find((field) => field !== "resume");
  if (other !== undefined) return invalidField(other, "is not known; known is resume");
  const { resume } = value;
  if (typeof resume === "string" && resume !== "") return { resume };
  return invalidField("resume", "must be a text that is not empty: the last answer's `resume`");
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
