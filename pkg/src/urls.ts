// URLs and hosts as the core takes them: spelled by the platform's own parser, so that what is checked is what is fetched.
// The core knows the common scripts of host names; the parser knows all of Unicode.

/** An absolute URL as the parser spells it, its host in ASCII. What is no URL stays, and the core says so. */
export function spelled(url: string | URL): string {
  const text = String(url);
  return URL.canParse(text) ? new URL(text).href : text;
}

/** A rule of a list of hosts, such as `*.电影.example:8443`, likewise. What is no rule stays. */
export function spelledHost(rule: string): string {
  const [, below = "", host, port = ""] = /^(\*\.)?([^\s%*/:?#@\\]+)(:\d+)?$/.exec(rule) ?? [];
  if (host === undefined || isAscii(host) || !URL.canParse(`http://${host}/`)) return rule;
  return below + new URL(`http://${host}/`).hostname + port;
}

function isAscii(text: string): boolean {
  return [...text].every((one) => one <= "\x7f");
}
