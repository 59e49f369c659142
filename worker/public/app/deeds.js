// @ts-check
// What may be done to an ingest: each asks back where something would be lost, and says what came of it.
/** @import { Ingest } from "../../src/api/schema.ts" */
import * as api from "./api.js";
import { ask, say } from "./dialogs.js";
import { nameOf } from "./states.js";

/** @typedef {"cancel" | "stop" | "retry"} Deed */

const QUESTIONS = {
  cancel: {
    title: "Cancel this ingest?",
    text: "What has been uploaded of it is removed. A retry starts from the beginning.",
    yes: "Cancel ingest",
    danger: true,
  },
  stop: {
    title: "Stop this ingest?",
    text: "What has been uploaded is kept. A retry goes on from there.",
    yes: "Stop ingest",
    danger: false,
  },
  retry: undefined,
};
const SAID = { cancel: "Canceled", stop: "Stopped", retry: "Queued again" };
const CALLS = { cancel: api.cancel, stop: api.stop, retry: api.retry };

/**
 * @param {Deed} deed
 * @param {Ingest} ingest
 * @returns {Promise<boolean>} whether it was done
 */
export async function perform(deed, ingest) {
  const question = QUESTIONS[deed];
  if (question !== undefined && !(await ask(question))) return false;
  return attempt(() => CALLS[deed](ingest.id), `${SAID[deed]}: ${nameOf(ingest)}`);
}

/**
 * @param {() => Promise<unknown>} work
 * @param {string} done what to say then
 */
export async function attempt(work, done) {
  try {
    await work();
    say(done);
    return true;
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    say(error.text);
    return false;
  }
}
