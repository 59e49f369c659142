// The shell around the brain: the same worlds, with every life in the tables of the index. SEED=7 runs that one alone.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { seeds } from "../support/dice.ts";
import { shelf } from "./life/shelf.ts";
import { live, told } from "./life/swarm.ts";

test("what is written of a life is all of it, whatever happens", () => {
  mock.timers.enable({ apis: ["Date"], now: 1 });
  for (const seed of seeds(60)) {
    if (live(seed, shelf())) assert.fail(told(seed, shelf()));
  }
});
