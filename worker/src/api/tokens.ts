// Who may do what. Tokens are stored as SHA-256 digests, so the settings open nothing; digests are of one length, so the
// time a comparison takes tells nothing. There is no default token, and no way in without one.
import type { Env } from "../env.ts";
import { parseJson } from "./validation.ts";

export const SCOPES = ["create", "read", "cancel"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  name: string;
  scopes: readonly Scope[];
}

interface Known extends Caller {
  digest: Uint8Array;
}

let parsed: { text: string; known: Known[] } | undefined;

/** Everyone who may call; nobody if none is set, or if it cannot be read. What cannot be read is logged, once an isolate. */
export function callers(env: Env): readonly Known[] {
  const text = env.VODLIFT_TOKENS ?? "";
  if (parsed?.text !== text) parsed = { text, known: parse(text) };
  return parsed.known;
}

/** Whose token it is. Every digest is compared, whichever it is. */
export async function callerOf(env: Env, token: string): Promise<Caller | undefined> {
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)),
  );
  let found: Caller | undefined;
  for (const known of callers(env)) {
    if (crypto.subtle.timingSafeEqual(known.digest, digest)) found = known;
  }
  return found;
}

function parse(text: string): Known[] {
  if (text.trim() === "") return [];
  const list = parseJson(text);
  if (Array.isArray(list)) return list.flatMap(read);
  complain("it must be a JSON array");
  return [];
}

function read(
  one: { name?: unknown; sha256?: unknown; scopes?: unknown } | null,
  index: number,
): Known[] {
  if (typeof one?.sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(one.sha256)) {
    complain(`entry ${index + 1} opens nothing: its sha256 must be 64 hex digits`);
    return [];
  }
  const name = typeof one.name === "string" ? one.name : one.sha256.slice(0, 8);
  // What is no list, a text say, gives no scope: only leaving them out means all.
  const given: unknown[] =
    one.scopes === undefined ? [...SCOPES] : Array.isArray(one.scopes) ? one.scopes : [];
  const scopes = SCOPES.filter((scope) => given.includes(scope));
  if (scopes.length < given.length || given.length === 0) {
    complain(`entry ${index + 1}: its scopes must be a list of ${SCOPES.join(", ")}`);
  }
  return [{ name, scopes, digest: Uint8Array.fromHex(one.sha256) }];
}

/** For the operator; callers hear no more than that it is closed to them. Nothing of the text is quoted. */
function complain(what: string): void {
  console.error(`VODLIFT_TOKENS: ${what}`);
}
