// The fields of PUT /v1/uploads: derived from those of an ingest, so that both are held to the same rules.
import { z } from "@hono/zod-openapi";
import { IngestRequest } from "./schema.ts";
import { parseJson } from "./validation.ts";

/**
 * The fields of a video whose bytes come with the request, as query parameters: as in an IngestRequest, but for those that
 * are about a source, about other kinds of media and about the Workflow.
 */
export const UploadQuery = asQuery(
  IngestRequest.omit({
    url: true,
    sourceHeaders: true,
    as: true,
    imageType: true,
    imageExt: true,
    businessType: true,
    mediaExt: true,
    cateIds: true,
    ranges: true,
    sourceTimeoutMs: true,
    variants: true,
    complete: true,
    missingSegments: true,
    hosts: true,
    shards: true,
    wait: true,
    webhookUrl: true,
  }),
);

/** The same object out of texts: numbers as digits, `true` or `false`, lists with commas or as JSON, objects as JSON. */
function asQuery<T extends z.ZodRawShape>(object: z.ZodObject<T, z.core.$strict>) {
  const shape = Object.fromEntries(
    Object.entries(object.shape).map(([name, rule]) => [name, fromText(rule as z.ZodType)]),
  );
  return z.strictObject(shape as { [name in keyof T]: z.ZodPipe<z.ZodTransform, T[name]> });
}

function fromText(rule: z.ZodType): z.ZodType {
  const inner = rule instanceof z.ZodOptional ? (rule.unwrap() as z.ZodType) : rule;
  const read = (text: unknown): unknown => {
    if (inner instanceof z.ZodArray) {
      const list = typeof text === "string" && text.startsWith("[") ? parseJson(text) : undefined;
      return Array.isArray(list) ? list : [text].flat().flatMap(listed);
    }
    if (typeof text !== "string") return text;
    if (inner instanceof z.ZodNumber) return /^\d+$/.test(text) ? Number(text) : text;
    if (inner instanceof z.ZodUnion) return text.startsWith("{") ? (parseJson(text) ?? text) : text;
    if (inner instanceof z.ZodBoolean) return parseBoolean(text);
    return inner instanceof z.ZodRecord ? (parseJson(text) ?? text) : text;
  };
  return z.preprocess(read, rule);
}

function listed(text: unknown): unknown[] {
  return typeof text === "string" ? text.split(",").map((one) => one.trim()) : [text];
}

function parseBoolean(text: string): unknown {
  return text === "true" || text === "false" ? text === "true" : text;
}
