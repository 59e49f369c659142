// @ts-check
// Many requests go out in batches, one after the other. A batch whose answer was lost is sent again under the same key.
/** @import { Outcome } from "./api.js" */
/** @import { Row } from "./manifest.js" */
import { ApiError, add } from "./api.js";

const BATCH = 1_000;
/** Bytes of JSON in one batch. More of long URLs would not be stored for one call. */
const BATCH_BYTES = 1_500_000;
/** When the service says that it is too much, and not for how long. */
const PAUSE = 2_000;

/** @typedef {{ row: Row, outcome: Outcome }} Sent */

/**
 * As many as go out at once, one at least.
 * @param {readonly Row[]} rows
 * @param {number} start
 */
export function batchOf(rows, start) {
  const encoder = new TextEncoder();
  let [end, left] = [start, BATCH_BYTES];
  for (const { request } of rows.slice(start, start + BATCH)) {
    left -= encoder.encode(JSON.stringify(request)).length;
    if (left < 0 && end > start) break;
    end += 1;
  }
  return rows.slice(start, end);
}

export class Sending {
  /** @type {Sent[]} */
  sent = [];
  stopped = false;
  #key = crypto.randomUUID();

  /** @param {readonly Row[]} rows */
  constructor(rows) {
    this.rows = rows;
  }

  get done() {
    return this.sent.length === this.rows.length;
  }

  /**
   * Sends what is left. Throws ApiError where it got stuck; calling it again goes on from there.
   * @param {() => void} onSent
   */
  async run(onSent) {
    while (!this.done && !this.stopped) {
      const start = this.sent.length;
      const batch = batchOf(this.rows, start);
      const answer = await this.#send(batch, `${this.#key}-${start}`);
      for (const [index, row] of batch.entries()) {
        const outcome = answer?.results[index];
        if (outcome !== undefined) this.sent.push({ row, outcome });
      }
      onSent();
    }
  }

  /**
   * @param {readonly Row[]} batch
   * @param {string} key
   */
  async #send(batch, key) {
    while (!this.stopped) {
      try {
        return await add(
          batch.map(({ request }) => request),
          key,
        );
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 429) throw error;
        await new Promise((resolve) => setTimeout(resolve, error.wait || PAUSE));
      }
    }
    return undefined;
  }
}
