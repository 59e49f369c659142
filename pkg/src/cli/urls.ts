// What a text on the command line or in a manifest is: a URL, a path, or a URL that is spelled wrong. And what may be shown of it.

import { shownUrl } from "../shown-url.ts";
import { UsageError } from "./usage.ts";

/** A source that is fetched, in whatever case the scheme is written. */
export function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

/**
 * A URL all the same, as browsers read one (`http:user:pw@host`, `https:\\host`, a blank before it), or one in quotes,
 * behind a word, or without its colon. As a path it would be told with the password that it holds.
 */
export function isMisspeltUrl(source: string): boolean {
  if (isUrl(source)) return false;
  // The URL standard drops these wherever they stand.
  const read = source.replace(/[\t\n\r]/g, "");
  const begins = /^[^\p{L}\p{N}./\\~_-]*((https?|ftp|wss?|file):|https?;?[/\\]{2})/iu.test(read);
  return begins || /(https?|ftp|wss?|file):[/\\]{2}/i.test(read);
}

/**
 * @throws UsageError Which repeats nothing of it.
 */
export function mustBeNoMisspeltUrl(source: string, topic: string): void {
  if (isMisspeltUrl(source)) throw new UsageError(`the source ${MISSPELT}`, topic, MISSPELT_HINT);
}

export const MISSPELT = "looks like a URL, and does not begin as one";
export const MISSPELT_HINT =
  "A URL begins with https:// or http://, such as https://example.com/film.mp4; a file that is called so is named by its " +
  "folder, such as ./http:film.mp4.";

/** What was typed, to be said again: a URL's query may hold a signature, and an option's value a token. */
export function named(word: string): string {
  if (isMisspeltUrl(word)) return "a URL";
  return shownUrl(word).split("=", 1)[0] ?? "";
}
