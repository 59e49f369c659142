import { needed } from "./arguments.ts";

/** Where a query begins: also one that has lost its question mark, or whose mark was escaped with it. */
const QUERY = /[?#]|%3f|%23|(?:&|%26)[\w.-]+(?:=|%3d)/i;

/**
 * What may be shown and kept of a URL: neither its query, which may hold a signature, nor a user name and password. Of what
 * is no URL for all its scheme, nothing up to the last `@`.
 *
 * @throws VodliftError `invalid_argument` for what is no text.
 */
export function shownUrl(url: string): string {
  const [bare = ""] = needed("url", url).split(QUERY, 1);
  const user = URL.canParse(url)
    ? /^([a-z][a-z0-9+.-]*:\/\/)[\s/\\]*[^/\\]*@/i
    : /^([a-z][a-z0-9+.-]*:\/\/).*@/is;
  return bare.replace(user, "$1");
}
