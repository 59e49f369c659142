// Where a page ends, as text for callers. Rows are numbered over all callers, and the numbers would tell how much the others
// post: they are sealed.
import type { Env } from "../env.ts";
import { seal, unseal } from "../seal.ts";
import { invalid, type Trouble } from "./problem.ts";

interface Position {
  /** Digits, of one length: a longer text would tell of a larger number. */
  before: string;
}

const DIGITS = 16;

export async function cursorOf(env: Env, row: string | null): Promise<string | null> {
  const position: Position = { before: (row ?? "").padStart(DIGITS, "0") };
  return row === null ? null : seal(env, "cursor", position);
}

/** The row that a cursor stands for; undefined if it was not made here. */
export async function rowOf(env: Env, cursor: string): Promise<number | undefined> {
  const position = await unseal<Position>(env, "cursor", cursor);
  return position && Number(position.before);
}

export const NO_CURSOR: Trouble = {
  ...invalid("cursor", "is none that this Worker gives out, or one of an earlier version or key"),
  hint: "Begin again without it, then pass on the `cursor` of each page as it is.",
};
