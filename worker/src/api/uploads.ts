// PUT /v1/uploads: the body of the request itself becomes a video, streamed through; it is stored nowhere on the way.
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { VodliftError } from "vodlift";
import { asFailure, client, limitOf, unready } from "../client.ts";
import { Heartbeat } from "../ingest/heartbeat.ts";
import { trail } from "../ingest/store.ts";
import { jobs } from "../jobs/index.ts";
import { randomId } from "./accept.ts";
import { type Bound, requireScope } from "./auth.ts";
import { json, problems, security } from "./documented.ts";
import { invalid, problem } from "./problem.ts";
import { Accepted, type Failure } from "./schema.ts";
import { validated } from "./validation.ts";

const text = z.string().min(1);

export const uploads = new OpenAPIHono<Bound>({ defaultHook: validated });

uploads.openapi(
  createRoute({
    method: "put",
    path: "/uploads",
    summary: "Upload the body as a video",
    description:
      "It answers when the file is complete and verified. The format follows from the extension of `fileName`, or of `title`.",
    security,
    middleware: requireScope("create"),
    request: {
      body: {
        required: true,
        description: "The file.",
        content: {
          "application/octet-stream": { schema: z.string().min(1).openapi({ format: "binary" }) },
        },
      },
      query: z.object({
        title: text.max(128).openapi({ example: "Film" }),
        fileName: text.optional().openapi({ example: "film.mp4" }),
        description: text.optional(),
        cateId: z.coerce.number().int().positive().optional(),
        templateGroupId: text.optional(),
        workflowId: text.optional(),
        storageLocation: text.optional(),
      }),
    },
    responses: {
      201: json(Accepted.extend({ mediaId: z.string(), bytes: z.number().int() }), "It is in VOD."),
      ...problems(400, 409, 413, 502),
    },
  }),
  async (context) => {
    const { env, req } = context;
    const trouble = unready(env);
    if (trouble) return problem(context, 503, trouble);
    const body = req.raw.body;
    if (!body) return problem(context, 400, invalid("the body", "must be the file"));
    const { title, fileName = fileNameOf(title), ...options } = req.valid("query");
    const length = req.header("content-length");
    const size = length === undefined ? {} : { size: Number(length) };
    const id = randomId();
    const index = jobs(env);
    await index.accept([{ id, host: "upload", url: "upload:", title, kind: "video", ...size }]);
    const params = { id, run: 1 };
    const beat = new Heartbeat(env, params);
    try {
      const { mediaId, bytes, parts } = await client(env).upload(body, {
        ...(options as object),
        ...size,
        title,
        fileName,
        signal: AbortSignal.any([beat.abort, beat.stop, req.raw.signal]),
        ...limitOf(env),
        onProgress: beat.onProgress,
        checkpoint: trail(env, params),
      });
      await beat.end();
      await index.finish(id, 1, { mediaId, bytes, parts, notify: false });
      return context.json({ id, state: "done" as const, mediaId, bytes }, 201);
    } catch (error) {
      await beat.end();
      const failure = asFailure(error);
      await index.fail(id, 1, failure, false);
      return problem(context, statusOf(failure, error), failure);
    }
  },
);

function statusOf({ code }: Failure, error: unknown): 400 | 409 | 413 | 502 {
  if (code === "too_large") return 413;
  if (code === "aborted") return 409;
  // What VOD rejects, the query says: the request itself is signed and well-formed.
  if (code === "vod_rejected") return 400;
  const callers: readonly string[] = ["usage", "source"];
  return error instanceof VodliftError && callers.includes(error.class) ? 400 : 502;
}

/** VOD tells the format by an extension only; where nobody names one, most are this. */
function fileNameOf(title: string): string {
  return /\.[0-9a-z]{2,5}$/i.test(title) ? title : `${title}.mp4`;
}
