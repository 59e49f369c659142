// `--trace FILE`: what happens in an upload, written down as it does. It is written at once, so that also a process that dies
// has said what it did last.
import { writeSync } from "node:fs";
import { openNew } from "../plain-files.ts";
import { fileReason } from "../sources/look.ts";
import { UsageError } from "./usage.ts";

/** What a run is told to have its steps written down, and how that ends. */
export interface TraceFile {
  readonly options: { readonly trace?: (line: string) => void };
  close(): Promise<void>;
}

/** @throws UsageError Where the file cannot be made, or is there already. */
export async function traceTo(path: string | undefined): Promise<TraceFile> {
  if (path === undefined) return { options: {}, close: async () => {} };
  const file = await openNew(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "EEXIST" ? "it exists already" : fileReason(error);
    throw new UsageError(
      `--trace ${path}: ${reason ?? error.message}`,
      "upload",
      "Name a new file.",
    );
  });
  return {
    options: { trace: (line) => writeSync(file.fd, `${line}\n`) },
    close: () => file.close(),
  };
}
