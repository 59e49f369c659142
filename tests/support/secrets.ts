// Every secret that the suites use is named here, and what they would otherwise throw away is kept here: tests/run.ts
// (support/records.ts) searches all that a step has left for all of them. Without it this does nothing.
import { appendFileSync, cpSync } from "node:fs";
import { basename, join } from "node:path";

/** The folder of a step: what is secret, and what was kept. */
export const RECORDS = "VODLIFT_TEST_RECORDS";

/** Says that these are secrets, and what they are, as a finding names them. */
export function secret(kind: string, ...texts: readonly (string | undefined)[]): void {
  const folder = process.env[RECORDS];
  const lines = texts.filter(Boolean).map((text) => `${JSON.stringify({ kind, text })}\n`);
  if (folder && lines.length > 0) appendFileSync(join(folder, "secrets"), lines.join(""));
}

/** Keeps what somebody was told: an output, an answer, a log. */
export function keep(what: string, text: string): void {
  const folder = process.env[RECORDS];
  if (folder) appendFileSync(join(folder, "kept", `${what}-${process.pid}`), `${text}\n`);
}

/** Keeps a folder that is about to be removed. */
export function keepFolder(path: string): void {
  const folder = process.env[RECORDS];
  if (folder) cpSync(path, join(folder, "kept", basename(path)), { recursive: true, force: true });
}
