/** A comma-separated list of URLs, each percent-encoded by itself, because a URL may hold a comma. */
import { invalidParameter } from "./errors.ts";
import type { Parameters } from "./parameters.ts";

export function urlList(parameters: Parameters, name: string, maximum: number): string[] {
  const list = (parameters.text(name) ?? "").split(",").filter(Boolean);
  if (list.length > maximum) throw invalidParameter(name, `it takes at most ${maximum} URLs.`);
  return list.map((text) => decoded(name, text));
}

/** Also a URL that its sender forgot to encode: the service takes one as long as nothing in it is special. */
function decoded(name: string, text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    throw invalidParameter(name, "each URL must be percent-encoded by itself.");
  }
}
