// Receivers of webhooks by their URLs: what leads to the same place is one receiver, told once and signed with one secret.

/** Each receiver once, however its URL is spelled. */
export function receiversOf(urls: readonly (string | undefined)[]): string[] {
  const named = urls.filter((url) => url !== undefined).filter((url) => url !== "");
  return [...new Set(named.map(spelled))];
}

/** Whether both lead to the same place. */
export function isSame(url: string, other: string | undefined): boolean {
  return other !== undefined && spelled(url) === spelled(other);
}

/** What stands behind `#` is never sent. */
function spelled(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  parsed.hash = "";
  return parsed.href;
}
