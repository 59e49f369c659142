/**
 * The account's AccessKey and the temporary credentials issued under it.
 *
 * A security token carries its own claims, sealed with a key that lies in the emulator's folder. So no credential has
 * to be stored: those issued before a restart stay good, and stay bound to their key and their expiry.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { TemporaryCredential } from "./options.ts";
import { sameSignature } from "./sign/text.ts";

/**
 * What a credential may do: all of the account, or upload. Without a key it may upload to the whole bucket, with one to
 * that key alone (or below one prefix, for playlists).
 */
export type Grant =
  | { kind: "account" }
  | { kind: "upload"; bucket: string; key?: string; prefix?: string };

export type Lookup =
  | { found: true; secret: string; grant: Grant }
  | { found: false; problem: "unknown" | "malformed" | "mismatch" | "expired" };

type Claims = { id: string; expires: number; grant: Grant };

/** Real tokens begin like this; some clients tell STS credentials by it. */
const TOKEN_PREFIX = "CAIS";
const SEAL_BYTES = 32;
const REMEMBERED = 10_000;

export class Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly #sealKey: Buffer;
  /** What must not be found anywhere: the latest secrets and tokens that were handed out, and what they were wrapped in. */
  readonly issued: string[] = [];

  constructor(accessKeyId: string, accessKeySecret: string, sealKey: Buffer) {
    this.accessKeyId = accessKeyId;
    this.accessKeySecret = accessKeySecret;
    this.#sealKey = sealKey;
  }

  issue(grant: Grant, lifeSeconds: number, now: number): TemporaryCredential {
    const id = `STS.${randomBytes(12).toString("hex").toUpperCase()}`;
    const expires = now + Math.round(lifeSeconds * 1000);
    const claims: Claims = { id, expires, grant };
    const body = Buffer.from(JSON.stringify(claims));
    const token = Buffer.concat([this.#seal(body), body]).toString("base64");
    const credential = {
      accessKeyId: id,
      accessKeySecret: this.#secretOf(id),
      securityToken: TOKEN_PREFIX + token,
      expires: new Date(expires),
    };
    this.remember(credential.accessKeySecret, credential.securityToken);
    return credential;
  }

  remember(...secrets: string[]): void {
    this.issued.push(...secrets);
    this.issued.splice(0, this.issued.length - REMEMBERED);
  }

  /** The secret and the rights behind an AccessKey id and its token, as of `now` (unix ms). */
  find(accessKeyId: string, token: string | undefined, now: number): Lookup {
    if (token === undefined || token === "") {
      if (accessKeyId !== this.accessKeyId) return { found: false, problem: "unknown" };
      return { found: true, secret: this.accessKeySecret, grant: { kind: "account" } };
    }
    const claims = this.#open(token);
    if (!claims) return { found: false, problem: "malformed" };
    if (claims.id !== accessKeyId) return { found: false, problem: "mismatch" };
    if (now >= claims.expires) return { found: false, problem: "expired" };
    return { found: true, secret: this.#secretOf(claims.id), grant: claims.grant };
  }

  #open(token: string): Claims | undefined {
    if (!token.startsWith(TOKEN_PREFIX)) return undefined;
    const bytes = Buffer.from(token.slice(TOKEN_PREFIX.length), "base64");
    const seal = bytes.subarray(0, SEAL_BYTES);
    const body = bytes.subarray(SEAL_BYTES);
    if (!sameSignature(this.#seal(body).toString("hex"), seal.toString("hex"))) return undefined;
    // Only we can have written what is under our own seal.
    return JSON.parse(body.toString()) as Claims;
  }

  #seal(body: Buffer): Buffer {
    return createHmac("sha256", this.#sealKey).update("token:").update(body).digest();
  }

  #secretOf(id: string): string {
    return createHmac("sha256", this.#sealKey).update(`secret:${id}`).digest("base64url");
  }
}
