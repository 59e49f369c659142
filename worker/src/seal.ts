// What must be stored but may hold secrets (a signed URL, a source's headers) is stored sealed, under a key derived from a
// secret of this Worker. Whoever reads the database or a log of it reads nothing.
import {
  sealingKey,
  sealKeysIn,
  sealKeyTrouble,
  seal as sealUnder,
  unseal as unsealUnder,
} from "vodlift/handler";
import type { Env } from "./env.ts";

/** What was sealed for one purpose does not open for another. */
type Purpose = "source" | "session" | "cursor";

export async function seal(env: Env, purpose: Purpose, value: object): Promise<string> {
  return sealUnder(await key(secretOf(env), purpose), value);
}

/** What was sealed; nothing if that was not done here, under a secret that is still known. */
export async function unseal<T>(env: Env, purpose: Purpose, text: string): Promise<T | undefined> {
  for (const secret of secretsOf(env)) {
    const opened = await unsealUnder(await key(secret, purpose), text);
    if (opened !== undefined) return opened as T;
  }
  return undefined;
}

/** HMAC-SHA-256 in hex: the same text gives the same, and nobody else can tell what. */
export async function mark(
  env: Env,
  purpose: "reference" | "shared",
  text: string,
): Promise<string> {
  const bytes = new TextEncoder().encode(secretOf(env));
  const how = { name: "HMAC", hash: "SHA-256" };
  const hmacKey = await crypto.subtle.importKey("raw", bytes, how, false, ["sign"]);
  const content = new TextEncoder().encode(`vodlift worker ${purpose}\0${text}`);
  return new Uint8Array(await crypto.subtle.sign("HMAC", hmacKey, content)).toHex();
}

/** Why VODLIFT_SEAL_KEY seals nothing, if so. */
export function sealTrouble({ VODLIFT_SEAL_KEY: text = "" }: Env): string | undefined {
  if (text === "") return undefined;
  const keys = sealKeysIn(text);
  if (keys.length === 0) return "must be a text of at least 32 characters";
  return keys.map(sealKeyTrouble).find((trouble) => trouble !== undefined);
}

/** What seals from now on. */
function secretOf(env: Env): string {
  const [secret] = secretsOf(env);
  if (secret) return secret;
  throw new Error("neither VODLIFT_SEAL_KEY nor ALIBABA_CLOUD_ACCESS_KEY_SECRET is set");
}

/** The first seals, all open: the one before while it is replaced, and the AccessKey's secret, which seals without a key. */
function secretsOf({ VODLIFT_SEAL_KEY: text = "", ALIBABA_CLOUD_ACCESS_KEY_SECRET }: Env) {
  const own = ALIBABA_CLOUD_ACCESS_KEY_SECRET ? [ALIBABA_CLOUD_ACCESS_KEY_SECRET] : [];
  return [...sealKeysIn(text), ...own];
}

/** Deriving a key costs more than using it: a batch seals a thousand requests, a dashboard opens a session with each. */
const derived = new Map<string, CryptoKey>();

async function key(secret: string, purpose: Purpose): Promise<CryptoKey> {
  const name = `${purpose} ${secret}`;
  const known = derived.get(name) ?? (await sealingKey(secret, `worker ${purpose}`));
  derived.set(name, known);
  return known;
}
