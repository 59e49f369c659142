// What must be stored but may hold secrets (a signed URL, a source's headers) is stored sealed, under a key derived from a
// secret of this Worker. Whoever reads the database or a log of it reads nothing.
import { sealingKey, seal as sealUnder, unseal as unsealUnder } from "vodlift/handler";
import type { Env } from "./env.ts";

/** What was sealed for one purpose does not open for another. */
type Purpose = "source" | "session";

export async function seal(env: Env, purpose: Purpose, value: object): Promise<string> {
  return sealUnder(await key(env, purpose), value);
}

/** What was sealed; nothing if that was not done here, under the same secret. */
export async function unseal<T>(env: Env, purpose: Purpose, text: string): Promise<T | undefined> {
  return (await unsealUnder(await key(env, purpose), text)) as T | undefined;
}

/** Deriving a key costs more than using it: a batch seals a thousand requests, a dashboard opens a session with each. */
const derived = new Map<string, CryptoKey>();

async function key(env: Env, purpose: Purpose): Promise<CryptoKey> {
  const secret = env.VODLIFT_SEAL_KEY || env.ALIBABA_CLOUD_ACCESS_KEY_SECRET;
  if (!secret)
    throw new Error("neither VODLIFT_SEAL_KEY nor ALIBABA_CLOUD_ACCESS_KEY_SECRET is set");
  const name = `${purpose} ${secret}`;
  const known = derived.get(name) ?? (await sealingKey(secret, `worker ${purpose}`));
  derived.set(name, known);
  return known;
}
