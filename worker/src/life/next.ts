// What an ingest's life may do next: the one place that decides it. Pure: the same life, words, time and limits give the same
// step. Who has no lease changes nothing, whatever it says and however late.

import { happened } from "./happened.ts";
import { heard } from "./heard.ts";
import { holds, type Life } from "./life.ts";
import type { Limits, Said, Step } from "./said.ts";
import { still } from "./steps.ts";

export function next(life: Life, said: Said, now: number, limits: Limits): Step {
  if (!("run" in said)) return happened(life, said, now, limits);
  if (holds(life, said.run)) return heard(life, said, now, limits);
  return { ...still(life), order: "stop", todo: null };
}
