// How many uploads the system's limit of open files has room for. Uploads that hold a file each and wait for a
// connection would wait for each other for ever.

/** What the process itself has open, with room for lookups of names. */
const OWN = 32;
/** The file, its checkpoint, a call to VOD, and four parts with a connection to either side. */
const AN_UPLOAD = 11;

/** The soft limit, where the system says it (`ulimit -n`). */
export function openFilesLimit(): number | undefined {
  try {
    const report = process.report as typeof process.report & { excludeNetwork?: boolean };
    const { excludeNetwork } = report;
    // Otherwise it would look up the names of what is connected.
    report.excludeNetwork = true;
    const found = report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
    if (excludeNetwork !== undefined) report.excludeNetwork = excludeNetwork;
    const soft = found.userLimits?.open_files?.soft;
    return Number.isSafeInteger(soft) ? (soft as number) : undefined;
  } catch {
    return undefined;
  }
}

/** How many uploads may run at once under such a limit. */
export function jobsFor(limit: number | undefined): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor((limit - OWN) / AN_UPLOAD));
}

/** Says that they are fewer than was asked for. */
export function fewer(jobs: number): string {
  const uploads = jobs === 1 ? "one upload" : `${jobs} uploads`;
  return `note: only ${uploads} at once: the limit of open files (\`ulimit -n\`) has room for no more of --jobs`;
}
