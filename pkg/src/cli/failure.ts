// What was thrown, as the command line tells it.
import type { OptionNames } from "../error.ts";
import { isShortOfHandles } from "../hosts/failure.ts";
import { isError } from "../kinds.ts";
import { fileReason } from "../sources/look.ts";
import { CliError, type CliFailure, type Warning } from "./exit.ts";
import { spelled } from "./spelling.ts";

/** Anything thrown, as a failure in the words of the command line, or of a manifest. */
export function asFailure(error: unknown, names?: OptionNames): CliFailure {
  if (error instanceof CliError) return error;
  if (isFailure(error)) {
    const { code, class: group, retryable, requestId, warnings = [] } = error;
    const words = spelled(error, names);
    const failure = { code, class: group, retryable, ...words, ...(requestId && { requestId }) };
    return { ...failure, ...(warnings.length > 0 && { warnings: asWarnings(warnings, names) }) };
  }
  if (isShortOfHandles(error)) return SHORT_OF_HANDLES;
  const reason = fileReason(error);
  if (reason !== undefined) return refused(error as NodeJS.ErrnoException, reason);
  const message = isError(error) ? error.message : String(error);
  return {
    code: "internal",
    class: "service",
    message,
    hint: "This is a fault in vodlift: please report it with the message.",
    retryable: false,
  };
}

/** What went wrong beside an upload, in the words of the command line. */
export function asWarnings(warnings: readonly Warning[] = [], names?: OptionNames): Warning[] {
  return warnings.map((warning) => ({ code: warning.code, ...spelled(warning, names) }));
}

/** Said by itself: the core may be in a file that could not be opened. */
const SHORT_OF_HANDLES: CliFailure = {
  code: "too_many_files",
  class: "usage",
  message: "too many files are open",
  hint: "Raise this machine's limit of open files (`ulimit -n`), or lower --jobs.",
  retryable: true,
};

/** What the system would not do with a file is nobody's fault here. */
function refused({ path, code }: NodeJS.ErrnoException, reason: string): CliFailure {
  return {
    code: "io_failed",
    class: "usage",
    message: path === undefined ? `${reason} (${code})` : `${path}: ${reason}`,
    hint: "Let the file be read and written, with room on its disk, and run the command again.",
    retryable: false,
  };
}

function isFailure(error: unknown): error is Error & CliFailure {
  if (!isError(error)) return false;
  const { code, class: group, hint } = error as Partial<CliFailure>;
  return typeof code === "string" && typeof group === "string" && typeof hint === "string";
}
