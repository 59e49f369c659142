import assert from "node:assert/strict";
import { VodliftError } from "../../pkg/src/error.ts";

/** The error that work ends with; work that succeeds or fails otherwise fails the test. */
export async function failure(work: Promise<unknown>): Promise<VodliftError> {
  const error = await work.then(
    () => assert.fail("it went well"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof VodliftError, String(error));
  return error;
}
