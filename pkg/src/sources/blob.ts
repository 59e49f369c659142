import { isFile } from "../kinds.ts";
import type { Slices } from "./source.ts";
import { StreamReader } from "./web-stream.ts";

/** A `Blob` as a source, with its media type; a `File` also tells its name and when it changed. */
export function blobSource(blob: Blob): Slices {
  const file = isFile(blob) ? blob : undefined;
  return {
    size: blob.size,
    ...(file && { name: file.name, modified: file.lastModified }),
    ...(blob.type !== "" && { contentType: blob.type }),
    slice: (offset, length) => new StreamReader(blob.slice(offset, offset + length).stream()),
    close: async () => {},
  };
}
