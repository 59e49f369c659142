// @ts-check
// Numbers and moments for people.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/**
 * The number and its unit, apart.
 * @param {number} value
 * @returns {[string, string]}
 */
export function scaled(value) {
  let unit = 0;
  let amount = value;
  while (amount >= 999.95 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return [unit === 0 ? String(Math.round(amount)) : amount.toFixed(1), UNITS[unit] ?? ""];
}

/** @param {number} value */
export const bytes = (value) => scaled(value).join(" ");

/** @param {number} value bytes a second */
export const rate = (value) => `${bytes(value)}/s`;

/** @param {number} value */
export const whole = (value) => value.toLocaleString("en");

/**
 * `7 s`, `12 min`, `3 h 20 min`, `5 d`.
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 10 && minutes % 60 > 0) return `${hours} h ${minutes % 60} min`;
  if (hours < 48) return `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

/**
 * @param {string} instant ISO 8601
 * @param {number} now
 */
export function ago(instant, now) {
  const passed = now - Date.parse(instant);
  return passed < 5_000 ? "now" : duration(passed);
}

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** @param {string} instant ISO 8601 */
export const moment = (instant) => full.format(new Date(instant));

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export const counted = (count, one, many = `${one}s`) =>
  `${whole(count)} ${count === 1 ? one : many}`;
