/** What the JavaScript runners share: the emulator's address, named checks, and the closing line. */
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TemporaryCredential } from "../../pkg/src/emulator/index.ts";

type Description = {
  endpoint: string;
  accessKeyId: string;
  accessKeySecret: string;
  region: string;
  bucket: string;
  dir: string;
  temporaryCredential: TemporaryCredential;
};

export const emulator: Description = JSON.parse(process.env.VODLIFT_EMULATOR ?? "{}");

let passed = 0;
let failed = 0;

/** Runs one check; a failure is printed and counted, and the others go on. */
export async function check(name: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
    passed += 1;
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}`);
    console.log(error);
  }
}

export function finish(): void {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

export function sample(size: number): Buffer {
  return randomBytes(size);
}

export function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** The object as the emulator keeps it: a plain file. */
export function stored(key: string): Promise<Buffer> {
  return readFile(join(emulator.dir, emulator.bucket, ...key.split("/")));
}

/** Status and code of the error the call must end in. */
export async function refusal(call: Promise<unknown>): Promise<{ status: unknown; code: unknown }> {
  try {
    await call;
  } catch (error) {
    if (typeof error !== "object" || error === null) throw error;
    const { status, code } = error as { status?: unknown; code?: unknown };
    return { status, code };
  }
  throw new Error("the call was not refused");
}
