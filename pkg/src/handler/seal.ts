// Resume tokens: JSON that only we can read and only we can have written, as text for URLs, JSON and headers.
//
// AES-256-GCM under a key derived by HKDF-SHA-256. A token is `v1.` and base64url of nonce, ciphertext and tag; the version
// is authenticated, so a token of a later form never opens as one of this.

import { invalid, needed, readable } from "../arguments.ts";
import { fromBase64Url, toBase64Url, utf8 } from "../base64.ts";
import { wordsOf } from "../hosts/failure.ts";
import { isCryptoKey } from "../kinds.ts";

const VERSION = "v1";
const PREFIX = `${VERSION}.`;
/** What GCM is made for: 96 random bits, enough for 2³² tokens under one key. */
const NONCE_BYTES = 12;

/** A `CryptoKey`. Not every runtime's types have that name. */
export type SealKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/**
 * The key that seals and opens tokens. The same secret and purpose give the same key everywhere.
 *
 * @param secret Of high entropy: an AccessKey secret, or 32 random bytes as text. It cannot be derived back from the key.
 * @param purpose What was sealed for one purpose does not open for another.
 */
export async function sealingKey(secret: string, purpose = "resume token"): Promise<SealKey> {
  const raw = utf8(needed("secret", secret));
  const material = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveKey"]);
  const how = {
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(0),
    info: utf8(`vodlift ${needed("purpose", purpose)}`),
  };
  const cipher = { name: "AES-GCM", length: 256 };
  return crypto.subtle.deriveKey(how, material, cipher, false, ["encrypt", "decrypt"]);
}

/**
 * Seals a value that JSON can hold. The text has 4/3 of the JSON's bytes and 41 more, and tells nothing but that length.
 * The same value gives another text each time.
 */
export async function seal(key: SealKey, value: object): Promise<string> {
  mustBeKey(key);
  const json = needed(
    "value",
    readable("value", () => JSON.stringify(value)),
  );
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealing = crypto.subtle.encrypt(cipher(nonce), key, utf8(json));
  const sealed = await sealing.catch((error) => {
    throw invalid("key", `cannot seal: ${wordsOf(error)}`);
  });
  const whole = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  whole.set(nonce);
  whole.set(new Uint8Array(sealed), NONCE_BYTES);
  return PREFIX + toBase64Url(whole);
}

/** What was sealed; `undefined` if the text was not sealed under this key, or is not what it was. */
export async function unseal(key: SealKey, token: string): Promise<unknown> {
  mustBeKey(key);
  if (!needed("token", token).startsWith(PREFIX)) return undefined;
  const whole = fromBase64Url(token.slice(PREFIX.length));
  if (whole === undefined) return undefined;
  try {
    const nonce = whole.subarray(0, NONCE_BYTES);
    const opened = await crypto.subtle.decrypt(cipher(nonce), key, whole.subarray(NONCE_BYTES));
    return JSON.parse(new TextDecoder().decode(opened));
  } catch {
    return undefined;
  }
}

function mustBeKey(key: unknown): void {
  if (!isCryptoKey(key)) throw invalid("key", "must be a key of `sealingKey`");
}

function cipher(nonce: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: "AES-GCM", iv: nonce, additionalData: utf8(VERSION) };
}
