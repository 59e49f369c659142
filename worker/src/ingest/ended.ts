import type { Outcome } from "vodlift";
import type { Ended } from "../jobs/index.ts";

/** What was compared to know that the file is whole, and no more than that. */
const COMPARED: Readonly<Record<Outcome["compared"], (bytes: number) => string>> = {
  crc64: (bytes) => `${bytes} bytes are stored; the CRC-64 of what was sent agrees with OSS's.`,
  parts: (bytes) =>
    `${bytes} bytes are stored; OSS's CRC-64 of the parts agrees with that of the whole.`,
  length: (bytes) => `${bytes} bytes are stored; their number agrees, no checksum was compared.`,
  existing_length: (bytes) =>
    `The media had a file of ${bytes} bytes, as many as the source has: nothing was sent, the contents were not compared.`,
};

/** Of a source that could have changed while it was read, and nobody would know. */
const UNVOUCHED =
  "Nothing vouched for the source: it has no ETag, date or digest, and was read in several requests.";

/** How an upload ended well, for the index. */
export function ended(outcome: Outcome, confirm: boolean): Ended {
  const { mediaId, bytes, parts, compared, vouched } = outcome;
  const unvouched = vouched === "nothing" ? ` ${UNVOUCHED}` : "";
  return { mediaId, bytes, parts, compared: COMPARED[compared](bytes) + unvouched, confirm };
}
