// A seed is a world that lives until all has come to rest. One that breaks a rule tells its seed, and what was said in it.
import { dice } from "../../support/dice.ts";
import { Broken } from "./rules.ts";
import { type Next, type Seen, World } from "./world.ts";

const SHOWN = 30;

/** @returns What it broke, if it broke a rule. */
export function live(seed: number, next: Next, seen?: Seen): Broken | undefined {
  const world = new World(dice(seed), next, { ...(seen && { seen }) });
  try {
    world.live();
  } catch (error) {
    if (error instanceof Broken) return error;
    throw error;
  }
  return undefined;
}

/** How it came to that, for whoever reads the failure. */
export function told(seed: number, next: Next): string {
  const world = new World(dice(seed), next, { isTraced: true });
  try {
    world.live();
  } catch (error) {
    const path = world.path.slice(-SHOWN).join("\n");
    return `SEED=${seed}: ${(error as Error).message}\n${path}`;
  }
  return `SEED=${seed}: nothing`;
}
