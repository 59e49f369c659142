// Sizes and times as people write them: `16MiB`, `1.5GiB`, `30s`. Every shell reads them here.

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** Bytes, from text such as `16MiB`, `100KB` or `1048576`; undefined where it means none, or no whole number. */
export function sizeOf(text: string): number | undefined {
  return numberOf(text, BYTES, "b");
}

/**
 * Ms, from text such as `30s`, `5m` or `1500ms`; undefined where it means none, or no whole number.
 *
 * @param unit What a number alone counts.
 */
export function durationOf(text: string, unit: "ms" | "s" = "ms"): number | undefined {
  return numberOf(text, MS, unit);
}

function numberOf(
  text: string,
  units: Readonly<Record<string, number>>,
  usual: string,
): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const name = unit?.toLowerCase() || usual;
  if (digits === undefined || !Object.hasOwn(units, name)) return undefined;
  const exact = Number(digits) * (units[name] ?? 1);
  // 0.1 of anything is no exact number: what lies this close to a whole one means it.
  const whole = Math.round(exact);
  return Number.isSafeInteger(whole) && Math.abs(exact - whole) < 1e-6 ? whole : undefined;
}
