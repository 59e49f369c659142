/** `2026-01-01T00:00:00Z`: the service's times have no fraction. */
export function utcSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
