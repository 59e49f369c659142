// @ts-check
// The states of an ingest, as this page names them.
/** @import { Ingest, State } from "../../src/api/schema.ts" */

/** The URL of what came as the body of a request. */
const UPLOAD = "upload:";

/** @type {Readonly<Record<State, string>>} */
export const STATE_NAMES = {
  queued: "Queued",
  running: "Running",
  done: "Done",
  ready: "Ready",
  failed: "Failed",
  canceled: "Canceled",
};

export const STATES = /** @type {State[]} */ (Object.keys(STATE_NAMES));

/** @param {Ingest} ingest */
export const isOpen = ({ state }) => state === "queued" || state === "running";
/**
 * What came as the body of a request has to be sent again: there is no URL to fetch it from.
 * @param {Ingest} ingest
 */
export const isRetryable = ({ state, url }) =>
  (state === "failed" || state === "canceled") && url !== UPLOAD;
/** @param {Ingest} ingest */
export const isStored = ({ state }) => state === "done" || state === "ready";

/**
 * What to call it: its title, or the last piece of its URL; of a body that has neither, what it became.
 * @param {{ title?: string | undefined, url: string, mediaId?: string | undefined }} ingest
 */
export function nameOf({ title, url, mediaId }) {
  if (title) return title;
  if (url === UPLOAD) return mediaId ?? "Upload";
  const last = url.split("/").filter(Boolean).at(-1) ?? url;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/**
 * How much of it has arrived, 0 to 1, if its size is known.
 * @param {Ingest} ingest
 */
export function shareOf(ingest) {
  if (isStored(ingest)) return 1;
  return ingest.size ? Math.min(1, ingest.bytes / ingest.size) : undefined;
}

/**
 * Milliseconds until it has arrived, at its present rate.
 * @param {Ingest} ingest
 */
export function leftOf({ state, size, bytes, rate }) {
  if (state !== "running" || !size || rate <= 0) return undefined;
  return ((size - bytes) / rate) * 1000;
}
