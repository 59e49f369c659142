// What goes over the wire of the HTTP API, written once: it checks requests, types the code, and becomes /openapi.json.
// The rules of VOD itself (how long a title may be) are the core's.
import { z } from "@hono/zod-openapi";
import { optionsOf } from "vodlift/shell";
import { momentOf } from "./moment.ts";
import { zodOf } from "./options.ts";

export const MAX_BATCH = 1_000;
export const MAX_PAGE = 200;

const webUrl = z.url({ protocol: /^https?$/, hostname: /./ }).max(8_192);

const STATES = ["queued", "running", "done", "ready", "failed", "canceled"] as const;
export const State = z.enum(STATES).openapi("State", {
  description:
    "`done`: the file is complete and verified in VOD's storage. `ready`: VOD has said so too, by its callback or when it was asked (`wait`).",
});
export type State = z.infer<typeof State>;

export const IngestRequest = z
  .strictObject({
    url: webUrl.openapi({
      description: "The media. It may be signed: its query is never shown again.",
      example: "https://example.com/film.mp4",
    }),
    ...zodOf(optionsOf("worker")),
  })
  .openapi("IngestRequest");
export type IngestRequest = z.infer<typeof IngestRequest>;

export const Failure = z
  .object({
    code: z.string(),
    message: z.string(),
    hint: z.string().openapi({ description: "What to do, in one sentence." }),
    retryable: z.boolean().optional(),
    requestId: z.string().optional(),
  })
  .openapi("Failure");
export type Failure = z.infer<typeof Failure>;

const instant = z.iso.datetime();

/** A moment as a caller may say it. In a query a plus that was not encoded arrives as a space. */
const moment = z.string().refine((text) => momentOf(text) !== undefined, {
  error: "must be a moment by RFC 3339, such as 2026-11-26T08:00:00+08:00 or 2026-11-26T00:00:00Z",
});

export const Ingest = z
  .object({
    id: z.string(),
    url: z.string().openapi({ description: "Without its query, which may hold a signature." }),
    title: z.string().optional(),
    owner: z.string().optional().openapi({ description: "Whose token has made it." }),
    kind: z.string(),
    state: State,
    phase: z.string().optional().openapi({ description: "What a running ingest is at." }),
    mediaId: z.string().optional(),
    size: z.number().int().optional().openapi({ description: "Bytes, once it is known." }),
    bytes: z.number().int().openapi({ description: "Bytes that have arrived in whole parts." }),
    rate: z
      .number()
      .int()
      .openapi({ description: "Bytes a second of late; 0 if it does not run." }),
    parts: z.number().int(),
    partsTotal: z.number().int().optional(),
    attempts: z.number().int().openapi({ description: "1, and 1 more for every retry asked for." }),
    error: Failure.optional(),
    resumable: z.boolean().openapi({ description: "There is a checkpoint to go on from." }),
    webhook: z.enum(["pending", "delivered", "failed"]).optional(),
    created: instant,
    started: instant.optional(),
    moved: instant.openapi({ description: "When anything was last heard of it." }),
    ended: instant.optional(),
  })
  .openapi("Ingest");
export type Ingest = z.infer<typeof Ingest>;

export const TimelineEntry = z
  .object({
    seq: z.number().int().openapi({
      description:
        "Of two entries of one ingest the later one has the greater, which is also its id in the event stream.",
    }),
    at: instant,
    type: z.string().openapi({
      description:
        "queued, started, created, slice, shards, paused, resumed, done, ready, failed, canceled, stopped, retried, webhook …",
    }),
    text: z.string().openapi({ description: "For people." }),
    actor: z.string().optional().openapi({ description: "Whose token did it, if one did." }),
  })
  .openapi("TimelineEntry");
export type TimelineEntry = z.infer<typeof TimelineEntry>;

export const IngestDetail = Ingest.extend({
  timeline: z.array(TimelineEntry),
  omitted: z.number().int().optional().openapi({
    description:
      "Of a long timeline: entries left out after the first twenty. The event stream tells all of them.",
  }),
}).openapi("IngestDetail");
export type IngestDetail = z.infer<typeof IngestDetail>;

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    hint: z.string(),
    field: z.string().optional(),
    retryable: z.boolean().optional(),
    requestId: z.string().optional(),
  })
  .openapi("Problem", { description: "RFC 9457." });
export type Problem = z.infer<typeof Problem>;

export const Accepted = z.object({ id: z.string(), state: State }).openapi("Accepted");
export const BatchAnswer = z
  .object({ results: z.array(z.union([Accepted, z.object({ error: Problem })])) })
  .openapi("BatchAnswer", { description: "One a request, in their order." });

export const IngestPage = z
  .object({
    ingests: z.array(Ingest),
    cursor: z.string().nullable().openapi({ description: "Of the next page; null on the last." }),
  })
  .openapi("IngestPage");

export const ListQuery = z.strictObject({
  state: z
    .string()
    .regex(
      new RegExp(`^(${STATES.join("|")})(,(${STATES.join("|")}))*$`),
      `must be of ${STATES.join(", ")}, with commas between`,
    )
    .optional()
    .openapi({ description: "One or several, with commas between.", example: "failed,canceled" }),
  q: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\0]*$/, "must not hold NUL")
    .optional()
    .openapi({
      description:
        "Part of the URL (of one beyond 512 characters its first 384 and its last 128), the title, the id or the media id.",
    }),
  since: moment
    .optional()
    .openapi({ format: "date-time", description: "Made at this moment or later." }),
  until: moment
    .optional()
    .openapi({ format: "date-time", description: "Made before this moment." }),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  cursor: z
    .string()
    .max(200)
    .optional()
    .openapi({ description: "That of the page before, as it is: it says nothing by itself." }),
});

export const Stats = z
  .object({
    counts: z.record(State, z.number().int()),
    paused: z.boolean(),
    rate: z.number().int().openapi({ description: "Bytes a second of all that runs." }),
    bytes: z.number().int().openapi({ description: "Bytes of all ingests that are done." }),
    moving: z.number().int().openapi({
      description: "Bytes that have arrived of those that run; they go if one is canceled.",
    }),
  })
  .openapi("Stats");
export type Stats = z.infer<typeof Stats>;
