import type { Job } from "../../pkg/src/wasm/core.js";

/** The least that an upload can be about. */
export const job: Job = {
  media: { type: "video", title: "Film", fileName: "film.mp4" },
  source: { type: "slices", size: 10 },
  vod: {},
  oss: {},
  options: {},
  host: { concurrency: 1, maxConcurrency: 1, bufferBytes: 1024, buffersParts: false },
};
