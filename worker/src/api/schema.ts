// What goes over the wire of the HTTP API, written once: it checks requests, types the code, and becomes /openapi.json.
// The rules of VOD itself (how long a title may be) are the core's.
import { z } from "@hono/zod-openapi";
import { limits } from "vodlift/core";
import { momentOf } from "./moment.ts";
import { isReserved, RESERVED } from "./reserved.ts";

export const MAX_BATCH = 1_000;
export const MAX_PAGE = 200;

const text = z.string().min(1);
const referenceId = text.refine((id) => !isReserved(id), {
  error: `must not begin with ${RESERVED}, which ids of this Worker do`,
});
const webUrl = z.url({ protocol: /^https?$/, hostname: /./ }).max(8_192);
const fields = z
  .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string())
  .refine((all) => Object.entries(all).flat().join("").length <= limits().headerBytes, {
    error: () => `must have at most ${limits().headerBytes} bytes in all`,
  });
const wholeNumber = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);

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
    sourceHeaders: fields
      .optional()
      .openapi({ description: "Sent to the source's own origin only." }),
    as: z.enum(["video", "image", "attached", "playlist"]).optional().openapi({
      description:
        "What it becomes in VOD: a video if it is left out, and then what looks like a playlist or an image is refused.",
    }),
    title: text.optional().openapi({
      description:
        "At most 128 characters, of attached media 128 bytes of UTF-8; made from the file's name if left out.",
    }),
    fileName: text.optional(),
    description: text.optional().openapi({
      description: "At most 1024 characters, of attached media 1024 bytes of UTF-8.",
    }),
    tags: z.array(z.string()).max(16).optional(),
    cateId: wholeNumber.optional(),
    coverUrl: webUrl.optional(),
    templateGroupId: text.optional(),
    workflowId: text.optional(),
    storageLocation: text.optional(),
    appId: text.optional(),
    userData: text.optional().openapi({ description: "A JSON object as text." }),
    referenceId: referenceId.optional().openapi({
      description: `An id of your own, which VOD takes once. It does not begin with ${RESERVED}: those are this Worker's.`,
    }),
    replace: z
      .union([text, z.strictObject({ mediaId: text }), z.strictObject({ referenceId })])
      .optional()
      .openapi({
        description:
          "A video or audio that exists and gets these bytes in place of its own: its media id, or one of `mediaId` and `referenceId`. Nothing else of it changes; VOD transcodes it once more.",
      }),
    enableFirstFrameCover: z.boolean().optional(),
    generateThumbnail: z.boolean().optional(),
    imageType: z.enum(["default", "cover"]).optional(),
    imageExt: text.optional(),
    businessType: z.enum(["watermark", "subtitle", "material"]).optional(),
    mediaExt: text.optional(),
    cateIds: z.array(wholeNumber).max(5).optional(),
    showWatermark: z.boolean().optional(),
    objectHeaders: fields.optional().openapi({ description: "Stored with the object." }),
    trafficLimit: wholeNumber
      .optional()
      .openapi({ description: "Bit/s of one connection to OSS." }),
    ranges: z.boolean().optional().openapi({
      description:
        "`false`: read the URL in one request, in order, for a link that works only once.",
    }),
    sourceTimeoutMs: wholeNumber.optional().openapi({
      description:
        "How long the source may stand still: 300,000 ms before its first byte and 60,000 between two if left out.",
    }),
    serviceTimeoutMs: wholeNumber.optional().openapi({
      description:
        "How long VOD and OSS may stand still: 60,000 ms if left out, and what a part needs at 16 KiB/s.",
    }),
    anyContentType: z.boolean().optional().openapi({
      description:
        "Take the source for what it is uploaded as, whatever its Content-Type and first bytes say.",
    }),
    httpsOnly: z.boolean().optional().openapi({
      description: "Refuse the source over plain http, also where it redirects to.",
    }),
    partSize: wholeNumber.optional().openapi({ description: "Bytes a part." }),
    concurrency: wholeNumber
      .max(5)
      .optional()
      .openapi({ description: "Parts in flight at once: 3 unless told otherwise." }),
    verify: z.enum(["length", "crc64"]).optional(),
    variants: z
      .array(text)
      .min(1)
      .max(50)
      .optional()
      .openapi({
        description:
          "Only these variants of a master playlist: best, worst, 720p, <=720p, 2500000 (bit/s), <=2500000, name=HD.",
        example: ["best"],
      }),
    complete: z.boolean().optional().openapi({
      description: "Take live or unfinished playlists as ended: what they list is all there is.",
    }),
    missingSegments: z.enum(["fail", "gap"]).optional().openapi({
      description: "`gap`: go on without segments that are not there, marked with EXT-X-GAP.",
    }),
    hosts: z
      .record(text, z.strictObject({ headers: fields.optional(), query: z.string().optional() }))
      .optional()
      .openapi({
        description: "What the hosts that a playlist leads to are asked with, host by host.",
      }),
    shards: wholeNumber.max(16).optional().openapi({
      description:
        "Workflow instances that move one large object at once; by its size if left out.",
    }),
    wait: z.boolean().default(false).openapi({
      description: "Ask VOD until it has the file; then the ingest is `ready`.",
    }),
    webhookUrl: webUrl.optional().openapi({
      description:
        "Told when it is done, ready, failed or canceled (Standard Webhooks), beside the Worker's own.",
    }),
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
