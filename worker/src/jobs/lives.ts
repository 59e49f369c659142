// The shell of an ingest's life: reads it from its rows, lets ../life decide, and writes what that says. Nothing is decided
// here.
import type { Env } from "../env.ts";
import { holds, type Life } from "../life/life.ts";
import { next } from "../life/next.ts";
import { keeps, lifeOf, storedOf } from "../life/row.ts";
import type { Limits, OtherSaid, RunSaid, Said, Step } from "../life/said.ts";
import { setting } from "../settings.ts";
import type { Notices } from "./notices.ts";
import type { Row } from "./row.ts";
import type { Table } from "./table.ts";

/** What is noted beside: numbers that are shown, and decide nothing. Only if who says it is heard. */
type Beside = (step: Step) => Partial<Row>;

export class Lives {
  readonly #env: Env;
  readonly #table: Table;
  readonly #notices: Notices;
  readonly #wake: () => void;

  constructor(env: Env, table: Table, notices: Notices, wake: () => void) {
    this.#env = env;
    this.#table = table;
    this.#notices = notices;
    this.#wake = wake;
  }

  /** @param actor Who said it, where somebody did. */
  happens(row: Row, said: OtherSaid, actor?: string, beside: Beside = NOTHING): Step {
    return this.#say(row, said, beside, actor);
  }

  /** A run says it. One without a lease is not heard. */
  says(row: Row, said: RunSaid, beside: Beside = NOTHING): Step {
    return this.#say(row, said, beside);
  }

  /** What would follow, without that it does. */
  would(row: Row, said: OtherSaid): Step {
    return next(this.#lifeOf(row), said, Date.now(), this.limits());
  }

  limits(): Limits {
    const ms = (name: `VODLIFT_${"STALE" | "LONGEST" | "LEAST_RATE"}_SECONDS`) =>
      setting(this.#env, name) * 1_000;
    return {
      staleMs: ms("VODLIFT_STALE_SECONDS"),
      longestMs: ms("VODLIFT_LONGEST_SECONDS"),
      leastRate: setting(this.#env, "VODLIFT_LEAST_RATE"),
      leastOverMs: ms("VODLIFT_LEAST_RATE_SECONDS"),
      paused: this.#table.paused(),
    };
  }

  #lifeOf(row: Row): Life {
    return lifeOf({
      ...row,
      listened: this.#notices.areWanted(row),
      untold: this.#notices.untold(row),
    });
  }

  #say(row: Row, said: Said, beside: Beside, actor?: string): Step {
    const now = Date.now();
    const before = this.#lifeOf(row);
    const step = next(before, said, now, this.limits());
    if ("run" in said && !holds(before, said.run)) return step;
    this.#write(row, step, { before, beside: beside(step), now });
    if (said.type === "told") this.#notices.settle(row, said.notices);
    const written = this.#table.find(row.id) ?? row;
    for (const state of step.tell) this.#notices.add(written, state);
    for (const { type, text } of step.notes) this.#table.note(row, type, text, actor);
    if (step.wake) this.#wake();
    return step;
  }

  #write(
    row: Row,
    { life, show }: Step,
    { before, beside, now }: { before: Life; beside: Partial<Row>; now: number },
  ): void {
    const { error, ...shown } = show;
    const all: Partial<Row> = {
      ...storedOf(life, row.confirmed || now),
      ...(life.at !== "running" && { rate: 0 }),
      ...shown,
      ...(error !== undefined && { error: error && JSON.stringify(error) }),
      ...beside,
    };
    const changed = Object.entries(all).filter(([name, value]) => row[name as keyof Row] !== value);
    const names = changed.map(([name]) => name);
    if (names.join() === "lease") this.#table.renew(row, life.lease);
    else if (names.length > 0) this.#table.change(row, Object.fromEntries(changed));
    if (row.has_checkpoint === 1 && !keeps(life)) this.#table.save(row, null);
    if (life.at === "over" && before.at !== "over") this.#table.dropShards(row);
  }
}

const NOTHING: Beside = () => ({});
