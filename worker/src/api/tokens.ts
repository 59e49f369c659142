// Who calls, by the digest of a token. Tokens are stored as SHA-256 digests, so the settings open nothing; digests are of one
// length, so the time a comparison takes tells nothing. There is no default token, and no way in without one.
import type { Env } from "../env.ts";
import type { Actor } from "../jobs/contract.ts";
import { SCOPE_NAMES, type Scope, scopesOf } from "./scopes.ts";
import { parseJson } from "./validation.ts";

/** Whoever holds one token. */
export interface Caller {
  /** For people. Nothing is decided by it. */
  name: string;
  /** SHA-256 of the token in hex: who it is. Sessions and limits are bound to it. */
  digest: string;
  /**
   * Whom ingests belong to that it makes: the token itself (`token:` and its digest), or an owner that several tokens share
   * (`owner:` and its name). Quotas and Idempotency-Keys are per owner.
   */
  owner: string;
  scopes: readonly Scope[];
}

interface Known extends Caller {
  bytes: Uint8Array;
}

interface Parsed {
  text: string;
  known: readonly Known[];
  /** Two entries cannot be told apart: whoever holds the one would be taken for the other, so none is let in. */
  ambiguous: boolean;
}

let parsed: Parsed | undefined;

/** Everyone who may call; nobody if none is set, or if it cannot be read. What cannot be read is logged, once an isolate. */
export function callers(env: Env): readonly Known[] {
  return tokens(env).known;
}

/** Whether two tokens have one name, or two names are of one token. */
export function areAmbiguous(env: Env): boolean {
  return tokens(env).ambiguous;
}

/** Whose token it is. Every digest is compared, whichever it is. */
export async function callerOf(env: Env, token: string): Promise<Caller | undefined> {
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)),
  );
  let found: Caller | undefined;
  for (const known of callers(env)) {
    if (crypto.subtle.timingSafeEqual(known.bytes, digest)) found = known;
  }
  return found;
}

/** Who calls, as the index needs to know it. */
export function actorOf({ owner, name, scopes }: Caller): Actor {
  return { owner, name, all: scopes.includes("all") };
}

function tokens(env: Env): Parsed {
  const text = env.VODLIFT_TOKENS ?? "";
  if (parsed?.text !== text) parsed = parse(text);
  return parsed;
}

function parse(text: string): Parsed {
  const list = text.trim() === "" ? [] : parseJson(text);
  if (!Array.isArray(list)) {
    complain("it must be a JSON array");
    return { text, known: [], ambiguous: false };
  }
  const entries = list.map((one, index) => read(one, index, list.length === 1));
  const ambiguous = complainOfTwins(entries);
  return { text, known: ambiguous ? [] : entries.filter((one) => one !== undefined), ambiguous };
}

type Entry = { name?: unknown; sha256?: unknown; scopes?: unknown; owner?: unknown } | null;

const MEMBERS: readonly string[] = ["name", "sha256", "scopes", "owner"];
/** Digests of what `$TOKEN` is while it is not set: nothing, and what `echo` makes of that. */
const OF_NOTHING: ReadonlySet<string> = new Set([
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
]);

function read(one: Entry, index: number, isOnly: boolean): Known | undefined {
  const nth = `entry ${index + 1}`;
  // `scope` for `scopes` would be a token without any limit.
  if (Object.keys(one ?? {}).some((member) => !MEMBERS.includes(member))) {
    complain(`${nth} opens nothing: it may have no members but ${MEMBERS.join(", ")}`);
    return undefined;
  }
  if (typeof one?.sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(one.sha256)) {
    complain(`${nth} opens nothing: its sha256 must be 64 hex digits`);
    return undefined;
  }
  const digest = one.sha256.toLowerCase();
  if (OF_NOTHING.has(digest)) {
    complain(`${nth} opens nothing: its sha256 is that of an empty token`);
    return undefined;
  }
  const { name = digest.slice(0, 8), owner } = one;
  if (!isLabel(name) || (owner !== undefined && !isLabel(owner))) {
    complain(`${nth} opens nothing: its name and owner must be texts of 1 to 64 characters`);
    return undefined;
  }
  return {
    name,
    digest,
    owner: owner === undefined ? `token:${digest}` : `owner:${owner}`,
    scopes: scopesOf(scopesIn(one.scopes, nth), isOnly),
    bytes: Uint8Array.fromHex(digest),
  };
}

/** What is no list, a text say, gives no scope: only leaving them out means all. */
function scopesIn(given: unknown, nth: string): readonly Scope[] | undefined {
  if (given === undefined) return undefined;
  const list: unknown[] = Array.isArray(given) ? given : [];
  const scopes = SCOPE_NAMES.filter((name) => list.includes(name));
  if (list.length === 0 || list.some((one) => !scopes.includes(one as Scope))) {
    complain(`${nth}: its scopes must be a list of ${SCOPE_NAMES.join(", ")}`);
  }
  return scopes;
}

/** It stands in timelines and logs: no line ends, nothing that is not seen. */
function isLabel(text: unknown): text is string {
  return (
    typeof text === "string" &&
    /^(?!\s)[^\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]{1,64}(?<!\s)$/u.test(text)
  );
}

/** What people read as one is one: width, case, blanks. */
function asRead(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase().replace(/\s+/g, " ");
}

/** Says whether there are any: two names that people read as one, or one digest twice. */
function complainOfTwins(entries: readonly (Known | undefined)[]): boolean {
  const seen = new Map<string, number>();
  let found = false;
  for (const [index, one] of entries.entries()) {
    if (one === undefined) continue;
    const name = `name ${asRead(one.name)}`;
    const twin = seen.get(name) ?? seen.get(one.digest);
    if (twin !== undefined) {
      const what = seen.has(name) ? "name" : "sha256";
      complain(`entries ${twin} and ${index + 1} have one ${what}; give each one of its own`);
      found = true;
    }
    seen.set(name, index + 1).set(one.digest, index + 1);
  }
  return found;
}

/** For the operator; callers hear no more than that it is closed to them. Nothing of the text is quoted. */
function complain(what: string): void {
  console.error(`VODLIFT_TOKENS: ${what}`);
}
