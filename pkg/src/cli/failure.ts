// What was thrown, as the command line tells it.
import type { OptionNames } from "../error.ts";
import { fileReason } from "../sources/look.ts";
import { CliError, type CliFailure } from "./exit.ts";
import { printable } from "./format.ts";
import { spelled } from "./spelling.ts";

/** Anything thrown, as a failure in the words of the command line, or of a manifest. */
export function asFailure(error: unknown, names?: OptionNames): CliFailure {
  if (error instanceof CliError) return error;
  if (isFailure(error)) {
    const { code, class: group, retryable, requestId } = error;
    const words = spelled(error, names);
    return { code, class: group, retryable, ...words, ...(requestId && { requestId }) };
  }
  const reason = fileReason(error);
  if (reason !== undefined) return refused(error as NodeJS.ErrnoException, reason);
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "internal",
    class: "service",
    message,
    hint: "This is a fault in vodlift: please report it with the message.",
    retryable: false,
  };
}

/** What the system would not do with a file is nobody's fault here. */
function refused({ path, code }: NodeJS.ErrnoException, reason: string): CliFailure {
  return {
    code: "io_failed",
    class: "usage",
    message: path === undefined ? `${reason} (${code})` : `${printable(path)}: ${reason}`,
    hint: "Let the file be read and written, with room on its disk, and run the command again.",
    retryable: false,
  };
}

function isFailure(error: unknown): error is Error & CliFailure {
  if (!(error instanceof Error)) return false;
  const { code, class: group, hint } = error as Partial<CliFailure>;
  return typeof code === "string" && typeof group === "string" && typeof hint === "string";
}
