import type { Error as ErrorData, Outcome as Made } from "./wasm/core.js";

/** What a finished upload has made. */
export interface Outcome extends Made {
  /**
   * What went wrong beside it, if anything: the checkpoint could not be removed
   * (`checkpoint_failed`), or an `async` function such as `onProgress` has rejected
   * (`listener_failed`, the first time of each).
   */
  warnings?: readonly ErrorData[];
}
