// A refusal that comes late: whoever is refused and asks again at once must not cost as much as one that is served.
import { Allowances } from "../life/allowance.ts";

const LATE_MS = 1_000;
/** So many answers wait at the most; they hold a connection each. */
const MOST_LATE = 1_000;

/** Refusals that one address hears at once; of more than these it waits for each. */
const refusals = new Allowances({ most: 50, perSecond: 10 });
let late = 0;

/** Holds an answer back, if it is a refusal to one that is refused very often, or that asks too often. */
export async function inTime(answer: Response, from: string): Promise<Response> {
  if (answer.status < 400 || late >= MOST_LATE) return answer;
  const now = Date.now();
  const isOften = answer.status === 429 || refusals.waitMs(from, now) > 0;
  if (!isOften) refusals.spend(from, 1, now);
  if (!isOften) return answer;
  late += 1;
  try {
    await new Promise((resolve) => setTimeout(resolve, LATE_MS));
  } finally {
    late -= 1;
  }
  return answer;
}
