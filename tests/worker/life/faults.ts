// Which misfortunes a seed brings, and how often. Each axis is drawn for itself, so that some worlds have one alone.
import type { Limits } from "../../../worker/src/life/said.ts";
import type { Dice } from "../../support/dice.ts";

/** Of a thousand times. */
export interface Faults {
  /** A word of a run never arrives. */
  lost: number;
  /** It arrives, and its answer does not. */
  unanswered: number;
  /** It arrives twice. */
  twice: number;
  /** A run stands still for longer than it may. */
  late: number;
  /** A run dies. */
  dies: number;
  /** The Durable Object dies in the middle of an alarm, or the alarm throws. */
  alarm: number;
  /** An instance could not be made. */
  unmade: number;
  /** The source or the service refuses: for now, or for good. */
  source: number;
  /** A webhook's receiver does not take it. */
  deaf: number;
  /** A clean-up is refused for now. */
  stuck: number;
}

export interface Draw {
  faults: Faults;
  limits: Limits;
  /** Of a thousand steps so many are a caller's. */
  callers: number;
  callbacks: number;
  /** All is paused or goes on, a caller is held or let go, another one's turn. */
  operators: number;
  ingests: number;
  places: number;
}

export const CALM: Faults = {
  ...{ lost: 0, unanswered: 0, twice: 0, late: 0, dies: 0 },
  ...{ alarm: 0, unmade: 0, source: 0, deaf: 0, stuck: 0 },
};

export function draw(luck: Dice): Draw {
  const often = () => luck.pick([0, 0, 10, 50, 200]);
  const faults = Object.fromEntries(
    Object.keys(CALM).map((name) => [name, often()]),
  ) as unknown as Faults;
  return {
    faults,
    limits: {
      staleMs: luck.pick([4_000, 120_000]),
      longestMs: luck.pick([5_000, 20_000, 86_400_000]),
      leastRate: luck.pick([0, 16_384]),
      leastOverMs: luck.pick([10_000, 300_000]),
      paused: false,
    },
    callers: luck.pick([0, 20, 100]),
    callbacks: luck.pick([0, 50, 200]),
    operators: luck.pick([0, 10, 50]),
    ingests: 1 + luck.below(3),
    places: 1 + luck.below(2),
  };
}
