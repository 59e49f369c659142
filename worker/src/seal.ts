// What must be stored but may hold secrets (a signed URL, a source's headers) is stored sealed: AES-256-GCM under a key that
// is derived from a secret of this Worker. Whoever reads the database or a log of it reads nothing.
import type { Env } from "./env.ts";

const IV_BYTES = 12;

export async function seal(env: Env, value: unknown): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(env), plain);
  const bytes = new Uint8Array(IV_BYTES + sealed.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(sealed), IV_BYTES);
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** @throws DOMException when it was sealed under another key, or tampered with. */
export async function unseal<T>(env: Env, text: string): Promise<T> {
  const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
  const iv = bytes.subarray(0, IV_BYTES);
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv },
    await key(env),
    bytes.subarray(IV_BYTES),
  );
  return JSON.parse(new TextDecoder().decode(plain)) as T;
}

async function key(env: Env): Promise<CryptoKey> {
  const secret = env.VODLIFT_SEAL_KEY || env.ALIBABA_CLOUD_ACCESS_KEY_SECRET;
  if (!secret)
    throw new Error("neither VODLIFT_SEAL_KEY nor ALIBABA_CLOUD_ACCESS_KEY_SECRET is set");
  const encoder = new TextEncoder();
  const base = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, [
    "deriveKey",
  ]);
  const info = encoder.encode("vodlift worker 1");
  const salt = new Uint8Array();
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}
