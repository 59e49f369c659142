// What must hold after every step of every life, judged by what was seen from outside: the judge keeps its own books, and
// asks nothing of the code that it judges.
import type { Life } from "../../../worker/src/life/life.ts";
import { keeps, lifeOf, storedOf } from "../../../worker/src/life/row.ts";
import type { Limits, Said, Step } from "../../../worker/src/life/said.ts";

/** Which rule was broken, and how. */
export class Broken extends Error {
  readonly rule: Rule;

  constructor(rule: Rule, how: string) {
    super(`${rule}: ${how}`);
    this.rule = rule;
  }
}

export const RULES = [
  "an attempt ends exactly once",
  "nothing changes by a run after the end",
  "a cancel is kept",
  "one run at a time has the lease",
  "who has no lease changes nothing",
  "each end is told once, in order",
  "a pause begins nothing",
  "a lease is no longer than it was asked for",
  "what can be gone on with is kept",
  "nothing is left behind",
  "runs that are lost one after the other end it",
  "what has taken too long ends",
  "a life is stored as it is",
  "it comes to rest",
] as const;
export type Rule = (typeof RULES)[number];

/** The longest silence that a run of the swarm announces. */
export const MOST_SILENCE_MS = 600_000;
const MOST_LOST = 6;

/** The books of one ingest. */
export class Judge {
  /** Which run was given the lease, and has not lost it yet. */
  #granted: number | undefined;
  #newest = 0;
  #ends: string[] = [];
  #told = new Map<string, number>();
  #attempt = 1;
  #canceled = false;
  /** Runs in a row that were lost without a byte. */
  #lost = 0;

  constructor(life: Life) {
    this.#newest = life.run;
    this.#granted = life.lease === null ? undefined : life.run;
  }

  get told(): ReadonlyMap<string, number> {
    return this.#told;
  }

  get wasCanceled(): boolean {
    return this.#canceled;
  }

  see(before: Life, said: Said, step: Step, now: number, limits: Limits): void {
    const { life } = step;
    const run = "run" in said ? said.run : undefined;
    if (run !== undefined) this.#strangers(before, run, step);
    this.#lease(before, said, step, now, limits);
    this.#attempts(before, said, step);
    this.#cancels(before, said, step);
    this.#tellings(before, step);
    if (limits.paused && said.type === "start" && life.at === "running" && before.at === "queued")
      throw new Broken("a pause begins nothing", "a run began");
    if (limits.paused && step.order === "go") throw new Broken("a pause begins nothing", "go");
    this.#kept(before, said, life);
    this.#losses(before, said, life);
    if (said.type === "tick" && life.at === "running" && (life.deadline ?? now) < now)
      throw new Broken("what has taken too long ends", `${now - (life.deadline ?? 0)} ms over`);
    stored(life, now);
  }

  #strangers(before: Life, run: number, { life, notes, tell, create, show }: Step): void {
    const same = isSame(before, life);
    const silent = notes.length === 0 && tell.length === 0 && Object.keys(show).length === 0;
    if (same && silent && !create) return;
    if (run !== this.#granted)
      throw new Broken("who has no lease changes nothing", `run ${run} of ${this.#newest}`);
    if (before.at === "over" && isAtRest(before))
      throw new Broken("nothing changes by a run after the end", `run ${run}`);
  }

  #lease(before: Life, said: Said, { life, create }: Step, now: number, limits: Limits): void {
    const rule = "one run at a time has the lease";
    const own = "run" in said && said.run === this.#granted;
    const lapsed = before.lease !== null && before.lease < now;
    const goes = life.lease === null || life.run !== this.#granted;
    if (this.#granted !== undefined && goes) {
      // Who only tells of an end gives way to a caller who wants more of it.
      const gives = before.at === "over" && ["cancel", "retry", "send"].includes(said.type);
      if (!own && !lapsed && !gives && !isAtRest(life))
        throw new Broken(rule, `run ${this.#granted} lost it by ${said.type}`);
      this.#granted = undefined;
    }
    if (life.run < this.#newest) throw new Broken(rule, "a run counts twice");
    if (create && (this.#granted !== undefined || life.run !== this.#newest + 1))
      throw new Broken(rule, `run ${life.run} was made beside ${this.#newest}`);
    if (life.lease !== null) this.#granted = life.run;
    this.#newest = life.run;
    if (life.lease !== null && life.lease > now + limits.staleMs + MOST_SILENCE_MS)
      throw new Broken("a lease is no longer than it was asked for", `${life.lease - now} ms`);
    if ((life.at === "running" || life.at === "closing") && life.lease === null)
      throw new Broken(rule, `it is ${life.at} without one`);
    if (life.at === "over" && life.lease !== null && isAtRest(life))
      throw new Broken("nothing changes by a run after the end", "there is still a lease");
  }

  #attempts(before: Life, said: Said, { life, refusal }: Step): void {
    const rule = "an attempt ends exactly once";
    if (life.attempt !== this.#attempt) {
      const asked = said.type === "retry" || said.type === "send";
      if (!asked || refusal || life.attempt !== this.#attempt + 1 || before.at !== "over")
        throw new Broken(rule, `attempt ${life.attempt} by ${said.type}`);
      this.#attempt = life.attempt;
      this.#ends = [];
      this.#canceled = false;
      this.#lost = 0;
    } else if (before.at === "over" && life.at !== "over") {
      throw new Broken(rule, `it is ${life.at} after its end`);
    }
    if (life.at !== "over") return;
    if (this.#ends.at(-1) !== life.end) this.#ends.push(life.end);
    const ends = this.#ends.join();
    // What failed and kept a checkpoint may still be given up; what is done may be found ready.
    if (!["done", "ready", "failed", "canceled", "done,ready", "failed,canceled"].includes(ends))
      throw new Broken(rule, ends);
  }

  #cancels(before: Life, said: Said, { life, order, todo }: Step): void {
    const rule = "a cancel is kept";
    if (said.type === "cancel") {
      const isOpen = before.at !== "over";
      const isLeft = before.at === "over" && "left" in before && before.left === "checkpoint";
      this.#canceled ||= isOpen || isLeft;
    }
    if (!this.#canceled) return;
    if (life.at === "queued" || life.at === "running") throw new Broken(rule, `it is ${life.at}`);
    if (life.at === "over" && life.end === "failed") throw new Broken(rule, "it has failed");
    if (life.at === "over" && "left" in life && life.left === "checkpoint")
      throw new Broken(rule, "its parts are not removed");
    if (order === "go" || todo === "upload") throw new Broken(rule, "its run goes on");
    if (life.at === "closing" && life.verdict !== "cancel") throw new Broken(rule, life.verdict);
  }

  #tellings(before: Life, { life, tell }: Step): void {
    const rule = "each end is told once, in order";
    for (const state of tell) {
      const key = `${life.attempt}.${state}`;
      if (this.#told.has(key)) throw new Broken(rule, `${key} again`);
      this.#told.set(key, this.#told.size);
      if (!life.untold.some((one) => one.attempt === life.attempt && one.state === state))
        throw new Broken(rule, `${key} is lost`);
    }
    const ends = life.at === "over" && (before.at !== "over" || before.end !== life.end);
    if (!ends || !life.listened) return;
    for (const state of life.end === "ready" ? ["done", "ready"] : [life.end]) {
      if (!this.#told.has(`${life.attempt}.${state}`)) throw new Broken(rule, `${state} is not`);
    }
    const [done, ready] = ["done", "ready"].map((one) => this.#told.get(`${life.attempt}.${one}`));
    if (done !== undefined && ready !== undefined && ready < done) throw new Broken(rule, "order");
  }

  #kept(before: Life, said: Said, life: Life): void {
    const removes = before.at !== "over" || ("left" in before && before.left === "cleanup");
    const forgets = {
      save: removes && said.type === "save" && !said.checkpoint,
      cleaned: removes,
      finish: before.at !== "over",
    } as Readonly<Record<string, boolean>>;
    if (keeps(before) && !keeps(life) && !forgets[said.type])
      throw new Broken("what can be gone on with is kept", `lost by ${said.type}`);
  }

  #losses(before: Life, said: Said, life: Life): void {
    const wasLost = said.type === "tick" && before.at === "running" && life.at !== "closing";
    if (said.type === "report" && said.gained && said.run === this.#newest) this.#lost = 0;
    if (wasLost && life.at !== "running") this.#lost += 1;
    if (this.#lost > MOST_LOST || (this.#lost === MOST_LOST && life.at === "queued"))
      throw new Broken("runs that are lost one after the other end it", `${this.#lost} were`);
    if (life.at === "over") this.#lost = 0;
  }
}

/** Over, and nothing is left to do. */
export function isAtRest(life: Life): boolean {
  if (life.at !== "over" || life.untold.length > 0) return false;
  return !("left" in life && life.left === "cleanup") && !(life.end === "done" && life.ask);
}

function stored(life: Life, now: number): void {
  const { listened, untold } = life;
  const row = {
    ...storedOf(life, now),
    ...{ listened, untold },
    has_request: life.source === "stored" ? (1 as const) : (0 as const),
    has_checkpoint: keeps(life) ? (1 as const) : (0 as const),
  };
  const read = lifeOf(row);
  if (!isSame(life, read)) {
    const [was, is] = [life, read].map((one) => JSON.stringify(one));
    throw new Broken("a life is stored as it is", `${was} became ${is}`);
  }
}

/** Member by member, and those of a mark. */
function isSame(one: object, other: object): boolean {
  const [mine, yours] = [one, other] as Record<string, unknown>[];
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => {
    const [a, b] = [mine?.[name], yours?.[name]];
    return a === b || (isThing(a) && isThing(b) && isSame(a, b));
  });
}

function isThing(one: unknown): one is object {
  return typeof one === "object" && one !== null;
}
