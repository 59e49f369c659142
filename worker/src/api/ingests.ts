// /v1/ingests: begin, list, look at, cancel, stop and retry ingests.
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { unready } from "../client.ts";
import type { Env } from "../env.ts";
import { Sharing } from "../ingest/shared.ts";
import { bare, parsed } from "../ingest/store.ts";
import { type Acceptance, type Actor, jobs, type NewJob } from "../jobs/index.ts";
import { toJob } from "./accept.ts";
import type { Bound } from "./auth.ts";
import { csv } from "./csv.ts";
import { cursorOf, NO_CURSOR, rowOf } from "./cursor.ts";
import { IdParam, json, needs, problems } from "./documented.ts";
import { codingsOf } from "./encoding.ts";
import { BYTES_PER_CALL, charge, full } from "./full.ts";
import { CONFLICT, Key, keyOf, keyTrouble } from "./idempotency.ts";
import { momentOf } from "./moment.ts";
import { crowded, oversized, tooHeavy } from "./oversized.ts";
import { invalid, problem, problemOf, statusOfRequest, type Trouble } from "./problem.ts";
import {
  Accepted,
  BatchAnswer,
  Ingest,
  IngestDetail,
  IngestPage,
  IngestRequest,
  ListQuery,
  MAX_BATCH,
} from "./schema.ts";
import { parseJson, textOf, troubleOf, validatedBy } from "./validation.ts";

/** A run hears of its end within a second or two, and finishes the parts in flight. */
const PATIENCE_MS = 20_000;

/** Requests of a batch that are looked at before others have their turn. */
const AT_ONCE = 8;
/** What a batch costs: so many requests count as one call. */
const PER_CALL = 3;

const POSTING = needs("create");
const FIELDS = Object.keys(IngestRequest.shape);

export const ingests = new OpenAPIHono<Bound>({
  defaultHook: validatedBy(Object.keys(ListQuery.shape)),
});

ingests.openAPIRegistry.registerPath(
  createRoute({
    method: "post",
    path: "/ingests",
    summary: "Begin one ingest, or up to 1,000",
    description:
      "A request has at most 65,536 characters of JSON. What a batch would store ends at 4,000,000 bytes; headers that its requests have alike count once.",
    security: POSTING.security,
    request: {
      headers: Key,
      body: {
        required: true,
        content: {
          "application/json": {
            schema: z.union([IngestRequest, z.array(IngestRequest).min(1).max(MAX_BATCH)]),
          },
        },
      },
    },
    responses: {
      202: json(z.union([Accepted, BatchAnswer]), "Accepted: of a batch, one result a request."),
      ...problems(400, 404, 413, 415, 422),
    },
  }),
);
ingests.post("/ingests", POSTING.middleware, async (context) => {
  const { env, req } = context;
  const trouble = await unready(env);
  if (trouble) return problem(context, 503, trouble);
  const key = req.header("idempotency-key");
  const broken = keyTrouble(key);
  if (broken) return problem(context, 400, broken);
  const codings = codingsOf(req.header("content-encoding"));
  if ("code" in codings || codings.length > 0) return problem(context, 415, PLAIN_ONLY);
  const text = textOf(await req.arrayBuffer());
  if (text === undefined) return problem(context, 400, invalid("the body", "must be UTF-8"));
  const caller = context.get("caller").digest;
  // The door has seen no length.
  if (req.header("content-length") === undefined) charge(env, caller, text.length / BYTES_PER_CALL);
  const crowd = crowded(text);
  if (crowd) return problem(context, 400, crowd);
  const body = parseJson(text);
  if (body === undefined) return problem(context, 400, invalid("the body", "must be JSON"));
  const actor = context.get("actor");
  const sharing = new Sharing(env, actor.owner);
  if (!Array.isArray(body)) {
    const job = await check(env, body, keyOf(actor.owner, key, null), actor, sharing);
    if (!("kind" in job)) return problem(context, statusOfRequest(job), job);
    const answers = await jobs(env).accept([job], actor);
    if ("full" in answers) return full(context, answers);
    const [answer] = answers;
    if (!answer || "conflict" in answer) return problem(context, 422, CONFLICT);
    context.header("location", `/v1/ingests/${answer.id}`);
    return context.json({ id: answer.id, state: answer.state }, 202);
  }
  if (body.length < 1 || body.length > MAX_BATCH) {
    return problem(context, 400, invalid("the body", `must hold 1 to ${MAX_BATCH} ingests`));
  }
  charge(env, caller, body.length / PER_CALL);
  const checked: (NewJob | Trouble)[] = [];
  for (let at = 0; at < body.length; at += AT_ONCE) {
    const some = body.slice(at, at + AT_ONCE);
    const jobs = some.map((one, n) =>
      check(env, one, keyOf(actor.owner, key, at + n), actor, sharing),
    );
    checked.push(...(await Promise.all(jobs)));
    // Others have their turn between: a batch takes as long as hundreds of other calls.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const jobsOfIt = checked.filter((job) => "kind" in job);
  const heavy = tooHeavy(jobsOfIt);
  if (heavy) return problem(context, 413, heavy);
  const answers = await jobs(env).accept(jobsOfIt, actor);
  if ("full" in answers) return full(context, answers);
  const results = checked.map((job) => ("kind" in job ? result(answers.shift()) : refused(job)));
  return context.json({ results }, 202);
});

ingests.openapi(
  createRoute({
    method: "get",
    path: "/ingests",
    summary: "List ingests, newest first",
    ...needs("read"),
    request: { query: ListQuery },
    responses: { 200: json(IngestPage, "A page."), ...problems(400) },
  }),
  async (context) => {
    const { env, req } = context;
    const { cursor, ...query } = req.valid("query");
    const before = cursor === undefined ? undefined : await rowOf(env, cursor);
    if (cursor !== undefined && before === undefined) return problem(context, 400, NO_CURSOR);
    const page = await jobs(env).page(
      { ...filters(query), limit: query.limit, ...(before !== undefined && { before }) },
      context.get("actor"),
    );
    if ("full" in page) return full(context, page);
    return context.json({ ...page, cursor: await cursorOf(env, page.cursor) }, 200);
  },
);

ingests.openapi(
  createRoute({
    method: "get",
    path: "/ingests.csv",
    summary: "All ingests as CSV, newest first",
    ...needs("read"),
    request: { query: ListQuery.omit({ limit: true, cursor: true }) },
    responses: {
      200: {
        description: "A header row, then one row an ingest.",
        content: { "text/csv": { schema: z.string() } },
      },
      ...problems(400),
    },
  }),
  async (context) => {
    const filtered = filters(context.req.valid("query"));
    const all = await csv(context.env, filtered, context.get("actor"));
    return "full" in all ? full(context, all) : all;
  },
);

ingests.openapi(
  createRoute({
    method: "get",
    path: "/ingests/{id}",
    summary: "Look at an ingest",
    ...needs("read"),
    request: { params: IdParam },
    responses: {
      200: json(IngestDetail, "How it stands, and what happened."),
      ...problems(400, 404),
    },
  }),
  async (context) => {
    const detail = await jobs(context.env).look(context.req.param("id"), context.get("actor"));
    return detail ? context.json(detail, 200) : problem(context, 404, NOT_FOUND);
  },
);

ingests.openapi(
  createRoute({
    method: "delete",
    path: "/ingests/{id}",
    summary: "Cancel an ingest, and remove what was uploaded",
    ...needs("cancel"),
    request: { params: IdParam },
    responses: { 200: json(Ingest, "It is canceled."), ...problems(400, 404, 409) },
  }),
  async (context) => {
    const index = jobs(context.env);
    const id = context.req.param("id");
    const view =
      (await index.cancel(id, context.get("actor"))) && (await index.settled(id, PATIENCE_MS));
    if (!view) return problem(context, 404, NOT_FOUND);
    return view.state === "canceled" ? context.json(view, 200) : problem(context, 409, over(view));
  },
);

ingests.openapi(
  createRoute({
    method: "post",
    path: "/ingests/{id}/stop",
    summary: "Stop an ingest, and keep its checkpoint for somebody else",
    ...needs("cancel"),
    request: { params: IdParam },
    responses: { 200: json(Ingest, "It has stopped."), ...problems(400, 404, 409) },
  }),
  async (context) => {
    const index = jobs(context.env);
    const id = context.req.param("id");
    const view =
      (await index.stop(id, context.get("actor"))) && (await index.settled(id, PATIENCE_MS));
    if (!view) return problem(context, 404, NOT_FOUND);
    return view.state === "canceled" ? context.json(view, 200) : problem(context, 409, over(view));
  },
);

ingests.openapi(
  createRoute({
    method: "post",
    path: "/ingests/{id}/retry",
    summary: "Queue again what has failed or was canceled; it goes on from its checkpoint",
    ...needs("create"),
    request: { params: IdParam },
    responses: { 202: json(Accepted, "It is queued."), ...problems(400, 404, 409) },
  }),
  async (context) => {
    const view = await jobs(context.env).retry(context.req.param("id"), context.get("actor"));
    if (!view) return problem(context, 404, NOT_FOUND);
    if (view === "over" || view === "gone") return problem(context, 409, NOT_RETRYABLE);
    if (view === "forgotten") return problem(context, 409, FORGOTTEN);
    if ("full" in view) return full(context, view);
    return context.json({ id: view.id, state: view.state }, 202);
  },
);

ingests.openapi(
  createRoute({
    method: "get",
    path: "/ingests/{id}/checkpoint",
    summary: "Where it stands, for `vodlift resume`",
    ...needs("read"),
    request: { params: IdParam },
    responses: {
      200: json(
        z.record(z.string(), z.unknown()),
        "A checkpoint. It holds no secret, and nothing of the query of its source: pass that again to resume.",
      ),
      ...problems(400, 404, 409),
    },
  }),
  async (context) => {
    const index = jobs(context.env);
    const id = context.req.param("id");
    const view = await index.look(id, context.get("actor"));
    if (!view) return problem(context, 404, NOT_FOUND);
    const checkpoint = parsed(view.resumable ? await index.checkpoint(id) : null);
    if (checkpoint !== undefined)
      return context.json(JSON.parse(JSON.stringify(bare(checkpoint))), 200);
    return problem(context, 409, {
      code: "no_checkpoint",
      message: `this ingest is ${view.state}, and there is no checkpoint to hand out`,
      hint: "POST /v1/ingests/:id/stop ends one that runs and leaves its checkpoint.",
    });
  },
);

/** A job, or what is wrong with the request. */
async function check(
  env: Env,
  body: unknown,
  key: string | undefined,
  actor: Actor,
  sharing: Sharing,
): Promise<NewJob | Trouble> {
  const large = oversized(body);
  if (large) return large;
  const parsed = IngestRequest.safeParse(body);
  return parsed.success
    ? toJob(env, parsed.data, key, actor, sharing)
    : troubleOf(parsed.error, FIELDS);
}

function result(answer: Acceptance | undefined) {
  if (!answer || "conflict" in answer) return { error: problemOf(422, CONFLICT) };
  return { id: answer.id, state: answer.state };
}

function refused(trouble: Trouble) {
  return { error: problemOf(statusOfRequest(trouble), trouble) };
}

function filters({ state, q, since, until }: Partial<z.infer<typeof ListQuery>>) {
  return {
    ...(state !== undefined && { state: state.split(",") as Ingest["state"][] }),
    ...(q !== undefined && { q }),
    ...(since !== undefined && { since: momentOf(since) ?? 0 }),
    ...(until !== undefined && { until: momentOf(until) ?? 0 }),
  };
}

function over({ state }: Ingest): Trouble {
  return {
    code: "already_over",
    message: `this ingest is ${state}`,
    hint: "Only one that is queued or running can be stopped; one that is done stays in VOD.",
  };
}

const PLAIN_ONLY: Trouble = {
  code: "content_encoding_unsupported",
  message: "the body's Content-Encoding must be identity",
  hint: "Send the JSON as it is.",
  field: "Content-Encoding",
};
export const NOT_FOUND: Trouble = {
  code: "not_found",
  message: "there is nothing at this address",
  hint: "POST /v1/ingests begins an ingest, GET /v1/ingests lists them, /openapi.json names everything.",
};
const FORGOTTEN: Trouble = {
  code: "request_forgotten",
  message: "it ended too long ago: what it was asked for with is not kept any more",
  hint: "Post it again; VODLIFT_RETRY_DAYS says how long it is kept.",
};
const NOT_RETRYABLE: Trouble = {
  code: "not_retryable",
  message:
    "only an ingest by URL that has failed or was canceled, and was cleaned up, can be tried again",
  hint: "Look at its state and timeline; an upload must be sent again.",
};
