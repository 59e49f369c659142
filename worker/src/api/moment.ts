const FORM =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|([-+ ])([01]\d|2[0-3]):([0-5]\d))$/;

/**
 * A date and time by RFC 3339, in ms since the epoch; nothing if it is none. A part of a millisecond counts as a whole one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function momentOf(text: string): number | undefined {
  const [, day = "", hour, minute, second, fraction = "", , sign, hours = 0, minutes = 0] =
    FORM.exec(text) ?? [];
  // A leap second is the first of the next minute.
  const leaps = second === "60";
  const local = `${day}T${hour}:${minute}:${leaps ? "59" : second}Z`;
  const ms = Date.parse(local);
  // There is no 30th of February, though it can be parsed.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== day) return undefined;
  const offset = (sign === "-" ? -60_000 : 60_000) * (Number(hours) * 60 + Number(minutes));
  return ms + (leaps ? 1_000 : 0) + Math.ceil(Number(`0${fraction}`) * 1_000) - offset;
}
