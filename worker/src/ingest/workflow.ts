// One ingest as a Workflow: start (guard, probe, create) → slices → verify → notify. The engine repeats a step that failed
// and never one that is done; within a step the core repeats requests. What is durable beside that (checkpoint, state,
// sealed source) lies in the job index, so steps return a few words only, and every step may run twice.
//
// Step names follow from nothing but their number. Events and results hold no key, token, credential or signed URL.
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { jobs } from "../jobs/index.ts";
import { tell, verify } from "./after.ts";
import { budgetOf } from "./budget.ts";
import { giveUp } from "./give-up.ts";
import { instanceId } from "./instance.ts";
import type { Shard } from "./shards.ts";
import { move, prepare, type SliceEnd } from "./slice.ts";

export interface RunParams {
  id: string;
  run: number;
  shard?: Shard;
}

const TRANSFER = {
  retries: { limit: 4, delay: "5 seconds", backoff: "exponential" },
  timeout: "30 minutes",
} as const;
/** From 5 seconds to hours: a receiver may be down for a while. */
const NOTICE = {
  retries: { limit: 12, delay: "5 seconds", backoff: "exponential" },
  timeout: "1 minute",
} as const;
/** Done and ready while done is told: no more can happen to one attempt. */
const MOST_ROUNDS = 3;
const SHARD_DONE = "shard-done";
/** Then the parent does what is left of it itself. */
const SHARD_PATIENCE = "1 day";

export class IngestWorkflow extends WorkflowEntrypoint<Env, RunParams> {
  override async run(event: Readonly<WorkflowEvent<RunParams>>, step: WorkflowStep): Promise<void> {
    const params = event.payload;
    if (params.shard) return this.#shard(params, params.shard, step);
    const done = await this.#upload(params, step).catch((error: unknown) =>
      step.do("give up", () => giveUp(this.env, params, error)),
    );
    await this.#notify(params, step, "end");
    const asked = done && (await step.do("verify", TRANSFER, () => verify(this.env, params)));
    if (asked) await this.#notify(params, step, "answer");
    // What came about since is another run's.
    await step.do("leave", TRANSFER, () => jobs(this.env).left(params.id, params.run));
  }

  /** Says whether the file has arrived. */
  async #upload(params: RunParams, step: WorkflowStep): Promise<boolean> {
    let { end, ...more } = (await step.do("start", TRANSFER, () =>
      prepare(this.env, params),
    )) as SliceEnd & { shards?: Shard[] };
    if (more.shards?.length) await this.#shareOut(params, more.shards, step);
    const { slices } = budgetOf(this.env);
    for (let n = 1; n <= slices && (end === "prepared" || end === "more"); n += 1) {
      ({ end } = await step.do(`slice ${n}`, TRANSFER, () => move(this.env, params)));
    }
    if (end === "more") {
      const { id, run } = params;
      await step.do("hand over", () => jobs(this.env).handOver(id, run));
    }
    return end === "done";
  }

  /** Children move the shards; the slices that follow complete the object, and move what a child has left. */
  async #shareOut(params: RunParams, shards: readonly Shard[], step: WorkflowStep): Promise<void> {
    const children = shards.map((shard) => ({ ...params, shard }));
    await step.do("share out", async () => {
      await this.env.INGEST.createBatch(
        children.map((child) => ({ id: instanceId(child), params: child })),
      );
      const text = `${children.length} workflows move it together.`;
      await jobs(this.env).note(params.id, params.run, "shards", text);
    });
    await Promise.all(
      children.map(({ shard }) =>
        step
          .waitForEvent(`shard ${shard.index}`, {
            type: `${SHARD_DONE}-${shard.index}`,
            timeout: SHARD_PATIENCE,
          })
          .catch(() => {}),
      ),
    );
  }

  async #shard(params: RunParams, shard: Shard, step: WorkflowStep): Promise<void> {
    const { slices } = budgetOf(this.env);
    let end: SliceEnd["end"] = "more";
    for (let n = 1; n <= slices && end === "more"; n += 1) {
      ({ end } = await step
        .do(`slice ${n}`, TRANSFER, () => move(this.env, params))
        .catch((): SliceEnd => ({ end: "over", why: "it failed again and again" })));
    }
    await step.do("report", TRANSFER, async () => {
      const { shard: _, ...parent } = params;
      const instance = await this.env.INGEST.get(instanceId(parent));
      await instance.sendEvent({ type: `${SHARD_DONE}-${shard.index}`, payload: { end } });
    });
  }

  /** A webhook that nobody takes changes nothing about the ingest. Something new may happen while one is told. */
  async #notify(params: RunParams, step: WorkflowStep, of: string): Promise<void> {
    for (let round = 1; round <= MOST_ROUNDS; round += 1) {
      const name = `${of} ${round}`;
      const { notices, hooks } = await step.do(`hooks of ${name}`, TRANSFER, () =>
        tell.plan(this.env, params),
      );
      if (notices.length === 0) return;
      const tellOne = async (nth: number): Promise<boolean> => {
        let delivered = true;
        // One after the other: who is told hears it in the order in which it happened.
        for (const seq of notices) {
          await step
            .do(`notify ${nth + 1} of ${seq}`, NOTICE, ({ attempt }) =>
              tell.one(this.env, params, seq, nth, attempt),
            )
            .catch(() => {
              delivered = false;
            });
        }
        return delivered;
      };
      const delivered = await Promise.all(Array.from({ length: hooks }, (_, nth) => tellOne(nth)));
      const webhook = delivered.every(Boolean) ? "delivered" : "failed";
      await step.do(`notified of ${name}`, TRANSFER, () =>
        jobs(this.env).notified(params.id, params.run, { notices, webhook }),
      );
    }
  }
}
