// The job index with an environment that fails, and Workflow instances that are only counted.
import { type JobIndex as Index, jobs, JobIndex as Real } from "../../worker/src/jobs/index.ts";

/** More than the platform tries an alarm again. */
const FAILURES = 8;

let failures = FAILURES;
const begun: string[] = [];

export class JobIndex extends Real {
  constructor(ctx: DurableObjectState, env: object) {
    const createBatch = async (batch: { id: string }[]) => begun.push(...batch.map(({ id }) => id));
    const get = (_: object, name: string) => {
      if (name === "INGEST") return { createBatch };
      if (name === "VODLIFT_STALE_SECONDS") return "1";
      if (name !== "VODLIFT_RUNNING" || failures === 0) return undefined;
      failures -= 1;
      throw new Error("not now");
    };
    super(ctx, new Proxy(env, { get }) as never);
  }

  begun(): { failures: number; begun: string[] } {
    return { failures, begun };
  }
}

export default {
  async fetch(request: Request, env: never): Promise<Response> {
    const index = jobs(env) as DurableObjectStub<Index & { begun(): object }>;
    const { id } = Object.fromEntries(new URL(request.url).searchParams);
    if (id === undefined) return Response.json(await index.begun());
    const job = {
      host: "a.example",
      url: "https://a.example/a.mp4",
      kind: "video",
      reference: "vodlift-0",
      request: "sealed",
    };
    const actor = { owner: "token:0", name: "test", all: true };
    return Response.json(await index.accept([{ id, ...job }], actor));
  },
};
