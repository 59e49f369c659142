/**
 * Certificates for `tls: true`, made anew at every start: an authority that signs one certificate for the listener.
 *
 * node:crypto makes keys and signatures but writes no X.509, and openssl may not be there: so the few DER structures
 * of RFC 5280 that are needed are written here. Two certificates, not one that signs itself, because some TLS stacks
 * (rustls, thus Deno) refuse a certificate authority as a server's own certificate.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

export type TlsIdentity = {
  /** PEM; the listener's private key, never written to disk. */
  key: string;
  /** PEM; the listener's certificate, followed by the authority's. */
  cert: string;
  /** PEM; what a client must trust. */
  ca: string;
};

/** A month is enough for a test double, and old enough a start suits clients whose clock is behind. */
const LIFE_MS = 30 * 24 * 3600 * 1000;
const BEFORE_MS = 24 * 3600 * 1000;

/** `names` are host names and IP addresses the certificate is good for. */
export function createTlsIdentity(names: readonly string[], now: number): TlsIdentity {
  const period = [now - BEFORE_MS, now + LIFE_MS] as const;
  const authority = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const server = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  // A new name for every authority: clients that remember an old one must not mix them up.
  const issuer = `vodlift emulator ${randomBytes(4).toString("hex")}`;
  const ca = certificate({
    issuer,
    subject: issuer,
    period,
    publicKey: authority.publicKey,
    signer: authority,
    extensions: [
      extension(OID.basicConstraints, sequence(boolean(true)), true),
      // keyCertSign, cRLSign
      extension(OID.keyUsage, bitString(Buffer.of(0x06), 1), true),
    ],
  });
  const own = certificate({
    issuer,
    subject: "localhost",
    period,
    publicKey: server.publicKey,
    signer: authority,
    extensions: [
      extension(OID.basicConstraints, sequence(), true),
      // digitalSignature
      extension(OID.keyUsage, bitString(Buffer.of(0x80), 7), true),
      extension(OID.extendedKeyUsage, sequence(objectId(OID.serverAuth)), false),
      extension(OID.subjectAltName, sequence(...names.map(generalName)), false),
    ],
  });
  return {
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: own + ca,
    ca,
  };
}

const OID = {
  ecdsaWithSha256: [1, 2, 840, 10045, 4, 3, 2],
  commonName: [2, 5, 4, 3],
  subjectKeyIdentifier: [2, 5, 29, 14],
  keyUsage: [2, 5, 29, 15],
  subjectAltName: [2, 5, 29, 17],
  basicConstraints: [2, 5, 29, 19],
  authorityKeyIdentifier: [2, 5, 29, 35],
  extendedKeyUsage: [2, 5, 29, 37],
  serverAuth: [1, 3, 6, 1, 5, 5, 7, 3, 1],
} as const;

type Certificate = {
  issuer: string;
  subject: string;
  /** Unix ms, from and to. */
  period: readonly [number, number];
  publicKey: KeyObject;
  signer: { publicKey: KeyObject; privateKey: KeyObject };
  extensions: readonly Buffer[];
};

function certificate({ issuer, subject, period, publicKey, signer, extensions }: Certificate) {
  const algorithm = sequence(objectId(OID.ecdsaWithSha256));
  const signed = sequence(
    tagged(0, integer(Buffer.of(2))), // version 3
    integer(serialNumber()),
    algorithm,
    distinguishedName(issuer),
    sequence(...period.map(utcTime)),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(
      3,
      sequence(
        ...extensions,
        extension(OID.subjectKeyIdentifier, octetString(keyId(publicKey)), false),
        // [0] IMPLICIT: its tag replaces that of the octet string.
        extension(OID.authorityKeyIdentifier, sequence(der(0x80, keyId(signer.publicKey))), false),
      ),
    ),
  );
  const signature = bitString(sign("sha256", signed, signer.privateKey), 0);
  return pem(sequence(signed, algorithm, signature));
}

/** Positive, as an INTEGER with a leading bit of zero is. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(commonName: string): Buffer {
  const utf8 = der(0x0c, Buffer.from(commonName));
  return sequence(der(0x31, sequence(objectId(OID.commonName), utf8)));
}

function extension(id: readonly number[], value: Buffer, critical: boolean): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function generalName(name: string): Buffer {
  return isIP(name) === 0 ? der(0x82, Buffer.from(name, "ascii")) : der(0x87, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const zeros = Array<string>(8 - first.length - last.length).fill("0");
  return Buffer.concat(
    [...first, ...zeros, ...last].map((group) => {
      const value = Number.parseInt(group, 16);
      return Buffer.of(value >> 8, value & 0xff);
    }),
  );
}

/** `YYMMDDhhmmssZ`, good until 2049. */
function utcTime(time: number): Buffer {
  const digits = new Date(time).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function objectId([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

function sequence(...items: readonly Buffer[]): Buffer {
  return der(0x30, ...items);
}

function tagged(number: number, content: Buffer): Buffer {
  return der(0xa0 + number, content);
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.of(value ? 0xff : 0));
}

function octetString(bytes: Buffer): Buffer {
  return der(0x04, bytes);
}

function bitString(bytes: Buffer, unusedBits: number): Buffer {
  return der(0x03, Buffer.of(unusedBits), bytes);
}

/** Tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag, ...derLength(body.length)]), body]);
}

function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let left = length; left > 0; left >>>= 8) bytes.unshift(left & 0xff);
  return [0x80 | bytes.length, ...bytes];
}
