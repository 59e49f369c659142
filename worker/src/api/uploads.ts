// PUT /v1/uploads: the body of the request itself becomes a video, streamed through; it is stored nowhere on the way.
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { UploadOptions } from "vodlift";
import { videoName } from "vodlift/core";
import { asFailure, client, KnownFailure, limitOf, unready } from "../client.ts";
import type { Env } from "../env.ts";
import { ended } from "../ingest/ended.ts";
import { Heartbeat } from "../ingest/heartbeat.ts";
import { ownReference, REFERENCE_TAKEN, referenceOf } from "../ingest/reference.ts";
import { defined } from "../ingest/request.ts";
import { trail } from "../ingest/store.ts";
import type { RunParams } from "../ingest/workflow.ts";
import { jobs, type NewJob } from "../jobs/index.ts";
import { setting } from "../settings.ts";
import { identityOf, replacementOf } from "./accept.ts";
import type { Bound } from "./auth.ts";
import { bounded } from "./body.ts";
import { discarding } from "./discard.ts";
import { json, needs, problems } from "./documented.ts";
import { drop } from "./door.ts";
import { codingsOf, type Decoded, decoded } from "./encoding.ts";
import { full } from "./full.ts";
import { CONFLICT, Key, keyOf, keyTrouble } from "./idempotency.ts";
import { invalid, problem, statusOf, type Trouble, withField } from "./problem.ts";
import { Accepted, type Failure, type Ingest } from "./schema.ts";
import { UploadQuery } from "./upload-query.ts";
import { validatedBy } from "./validation.ts";

const FIELDS = Object.keys(UploadQuery.shape);
/** An upload of the same key is looked at again after so many seconds. */
const RETRY_AFTER_S = "30";

export const uploads = new OpenAPIHono<Bound>({ defaultHook: validatedBy(FIELDS) });

const Uploaded = Accepted.extend({ mediaId: z.string(), bytes: z.number().int() });
type Uploaded = z.infer<typeof Uploaded>;

uploads.openapi(
  createRoute({
    method: "put",
    path: "/uploads",
    summary: "Upload the body as a video",
    description:
      "It answers when the file is complete. The format follows from the extension of `fileName`, else from the Content-Type, else from the extension of `title`, else it is mp4; `fileName` or `title` is needed. Under an Idempotency-Key a file is uploaded once: of a repeated request the query is compared and, where it is announced, the length of the body; the body itself is not. After a failure the same request tries again under the same id.",
    ...needs("create"),
    request: {
      headers: Key.extend({
        "content-encoding": z.string().optional().openapi({
          description: "`gzip` and `deflate` are undone; anything but `identity` beside is 415.",
        }),
      }),
      body: {
        required: true,
        description: "The file.",
        content: {
          "application/octet-stream": { schema: z.string().min(1).openapi({ format: "binary" }) },
        },
      },
      query: UploadQuery,
    },
    responses: {
      200: json(Uploaded, "It was uploaded under this Idempotency-Key before."),
      201: json(Uploaded, "It is in VOD."),
      ...problems(400, 403, 404, 409, 413, 415, 422, 500, 502),
    },
  }),
  async (context) => {
    const { env, req } = context;
    const trouble = await unready(env);
    if (trouble) return problem(context, 503, trouble);
    const key = req.header("idempotency-key");
    const broken = keyTrouble(key);
    if (broken) return problem(context, 400, broken);
    const codings = codingsOf(req.header("content-encoding"));
    if ("code" in codings) return problem(context, 415, codings);
    const body = req.raw.body;
    if (!body) return problem(context, 400, invalid("the body", "must be the file"));
    const contentType = req.header("content-type");
    if (/^\s*multipart\//i.test(contentType ?? "")) return problem(context, 415, NO_FORM);
    const query = defined(req.valid("query"));
    const named = namesOf(query, contentType);
    if ("code" in named) return problem(context, 400, named);
    // Of a coded body only its end tells the length.
    const length = codings.length === 0 ? req.header("content-length") : undefined;
    const size = length === undefined ? {} : { size: Number(length) };
    const owner = keyOf(context.get("actor").owner, key, "upload");
    const title = named.title === undefined ? {} : { title: named.title };
    const identity = await identityOf(owner, { ...query, ...named });
    const own = await replacementOf(env, query.replace, context.get("actor"));
    if (own && "code" in own) return problem(context, 404, own);
    const job: NewJob = {
      ...identity,
      reference: await ownReference(env, identity.id),
      ...{ host: "upload", url: "upload:", kind: "video", ...title, ...size },
    };
    const index = jobs(env);
    const opening = await index.open(job, size.size, context.get("actor"));
    switch (opening.todo) {
      case "conflict":
        return problem(context, 422, CONFLICT);
      case "wait":
        context.header("retry-after", RETRY_AFTER_S);
        return problem(context, 409, UNDER_WAY);
      case "full":
        await drop(context);
        return full(context, opening);
      case "nothing":
        return again.run(context, body, opening.view);
      default: {
        const { run } = opening;
        const params = { id: job.id, run };
        const known = referenceOf(opening, query);
        const options = {
          ...query,
          ...own,
          ...named,
          ...size,
          owner: context.get("actor").owner,
          // Only under a key the same upload may come again.
          ...((owner !== undefined || query.referenceId !== undefined) && known),
        };
        // The core judges a body by its type, too.
        const headers = contentType === undefined ? {} : { "content-type": contentType };
        const { body: plain, broken } = decoded(body, codings);
        const file = { body: new Response(plain, { headers }), broken };
        const end = await upload(env, params, file, options, req.raw.signal);
        if ("failure" in end) return problem(context, statusOf(end.error), withField(end.failure));
        return context.json({ id: job.id, ...end }, 201);
      }
    }
  },
);

async function upload(
  env: Env,
  params: RunParams,
  { body, broken }: { body: Response } & Pick<Decoded, "broken">,
  options: UploadOptions,
  gone: AbortSignal,
): Promise<Omit<Uploaded, "id"> | { failure: Failure; error: unknown }> {
  const { id, run } = params;
  const index = jobs(env);
  const beat = new Heartbeat(env, params);
  try {
    const { referenceId } = options;
    if (referenceId !== undefined && !(await index.claim(id, run, referenceId))) {
      throw new KnownFailure(REFERENCE_TAKEN);
    }
    const end = await client(env).upload(body, {
      ...options,
      signal: AbortSignal.any([beat.abort, beat.stop, gone]),
      ...(await limitOf(env)),
      onProgress: beat.onProgress,
      checkpoint: trail(env, params),
    });
    await beat.end();
    await index.finish(id, run, ended(end, false));
    return { state: "done", mediaId: end.mediaId, bytes: end.bytes };
  } catch (error) {
    await beat.end();
    // What the index has ended is told in its words.
    const over = beat.order === "go" ? undefined : await index.settled(id, 0);
    const told = over?.error ?? broken() ?? asFailure(error);
    const failure = isNoVideo(told) ? { ...told, hint: NO_VIDEO_HINT } : told;
    await index.fail(id, run, failure);
    return { failure, error };
  }
}

/** The same requests under the same keys, once more: how many of each caller are read at once. */
class Again {
  readonly #counts = new Map<string, number>();

  async run(context: Context<Bound>, body: ReadableStream<Uint8Array>, view: Ingest) {
    const { env } = context;
    const { owner } = context.get("actor");
    const most = setting(env, "VODLIFT_STREAMS_PER_CALLER");
    const count = this.#counts.get(owner) ?? 0;
    if (count >= most) {
      await drop(context);
      return full(context, {
        full: `VODLIFT_STREAMS_PER_CALLER lets ${most} of one caller's uploads be under way, and ${count} are`,
      });
    }
    this.#counts.set(owner, count + 1);
    try {
      return await sentBefore(context, body, view);
    } finally {
      this.#counts.set(owner, (this.#counts.get(owner) ?? 1) - 1);
    }
  }
}

const again = new Again();

/** It is read to its end, as far as it is as long as it was: who still sends hears no answer. */
async function sentBefore(
  context: Context<Bound>,
  body: ReadableStream<Uint8Array>,
  { id, state, mediaId, bytes }: Ingest,
) {
  const rest = bounded(body, bytes, patienceFor(context.env, bytes));
  await rest.pipeTo(discarding(context.get("actor").owner)).catch(() => {});
  if (mediaId === undefined || state === "canceled") return problem(context, 409, GIVEN_UP);
  return context.json({ id, state, mediaId, bytes }, 200);
}

/** What so many bytes may take, as the index has it of an upload. */
function patienceFor(env: Env, bytes: number): number {
  const rate = setting(env, "VODLIFT_LEAST_RATE");
  const longest = setting(env, "VODLIFT_LONGEST_SECONDS");
  const seconds = rate === 0 ? longest : bytes / rate + setting(env, "VODLIFT_LEAST_RATE_SECONDS");
  return Math.min(seconds, longest) * 1_000;
}

/** VOD tells the format by an extension only: a title is no file name. */
function namesOf(
  { title, fileName, replace }: { title?: string; fileName?: string; replace?: unknown },
  contentType: string | undefined,
): { title?: string; fileName?: string } | Trouble {
  const name = title ?? fileName;
  // A media that exists keeps its names.
  if (replace !== undefined) return {};
  if (name === undefined) return invalid("title", "is needed, or `fileName`");
  return { title: name, fileName: fileName ?? videoName(name, contentType) };
}

function isNoVideo({ code }: Failure): boolean {
  return code === "source_is_image" || code === "source_is_playlist" || code === "source_is_page";
}

const NO_VIDEO_HINT =
  "What is sent here becomes a video: correct the Content-Type, set `anyContentType`, or POST the URL of an image or a playlist to /v1/ingests.";
const NO_FORM: Trouble = {
  code: "content_type_unsupported",
  message: "the body is a form, not a file",
  hint: "Send the file itself as the body, as `curl -T` does, not as a field of a form.",
  field: "Content-Type",
};
const UNDER_WAY: Trouble = {
  code: "upload_under_way",
  message: "an upload under this Idempotency-Key is under way",
  hint: "Wait for it, then send the request again; it answers the same id.",
};
const GIVEN_UP: Trouble = {
  code: "already_over",
  message: "the upload under this Idempotency-Key was canceled",
  hint: "Use a new key to upload it after all.",
};
