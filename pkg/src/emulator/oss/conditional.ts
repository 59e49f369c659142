/** How ETags and times in conditions are compared: without quotes and case, to the second. */

export function etagMatches(condition: string, etag: string): boolean {
  const bare = (text: string) => text.trim().replaceAll('"', "").toUpperCase();
  return condition
    .split(",")
    .some((candidate) => bare(candidate) === "*" || bare(candidate) === bare(etag));
}

/** Unix ms; undefined when it is no date, as if it had not been sent. */
export function readDate(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? undefined : time;
}

export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
