// How many Workflows may move one ingest together: each of them is work of its own, so each takes a place of its own.

/** Places that are taken, this ingest's own one among them. */
export interface Taken {
  byOwner: number;
  byAll: number;
}

/** Of those that it would like, as many as there are places that nobody has; 0: its own Workflow does it alone. */
export function sharesOf(
  wanted: number,
  { byOwner, byAll }: Taken,
  { running, perCaller }: { running: number; perCaller: number },
): number {
  const free = Math.min(running - byAll, perCaller - byOwner);
  const shares = Math.min(wanted, free + 1);
  return shares < 2 ? 0 : shares;
}
