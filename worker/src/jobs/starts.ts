// How often runs of one owner begin. Each is work of its own for the index and for whoever runs it, however little comes of
// it: a thousand that fail at once are a thousand beginnings. So each owner has an allowance of them, and the rest waits.
import type { Env } from "../env.ts";
import { Allowances } from "../life/allowance.ts";
import { setting } from "../settings.ts";
import type { Row } from "./row.ts";

/** Seconds of its allowance that an owner may save up. */
const SAVED = 2;
/** A playlist of the longest kind takes a third of a second to be read, and is read twice: before it goes up, and as it does. */
const PLAYLIST = 20;

export class Starts {
  readonly #perSecond: number;
  readonly #allowances: Allowances;

  constructor(env: Pick<Env, "VODLIFT_STARTS_PER_CALLER">) {
    this.#perSecond = setting(env, "VODLIFT_STARTS_PER_CALLER");
    const perSecond = this.#perSecond;
    this.#allowances = new Allowances({ most: perSecond * SAVED, perSecond });
  }

  /** In how many ms another run of this owner may begin: 0 for now. */
  waitMs(owner: string): number {
    return this.#perSecond > 0 ? this.#allowances.waitMs(owner, Date.now()) : 0;
  }

  /** One has begun. */
  spend({ owner, kind }: Pick<Row, "owner" | "kind">): void {
    const cost = kind === "playlist" ? PLAYLIST : 1;
    if (this.#perSecond > 0) this.#allowances.spend(owner, cost, Date.now());
  }

  /** Begins one that stands in no queue: it waits here until it may. */
  async begin(run: Pick<Row, "owner" | "kind">): Promise<void> {
    const ms = this.waitMs(run.owner);
    this.spend(run);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }
}
