// Exit codes: who has to act, so that a script can tell.

/** Of everything that a signal has ended. */
export const INTERRUPTED = 130;

/** By the error's class; the same numbers stand in the help and in the README. */
const EXIT_CODES: Readonly<Record<string, number>> = {
  usage: 2,
  source: 3,
  credentials: 4,
  service: 5,
  integrity: 6,
  guard: 7,
  interrupted: INTERRUPTED,
};

/** What a failure looks like to the command line, wherever it comes from. */
export interface CliFailure {
  code: string;
  class: string;
  message: string;
  hint: string;
  retryable: boolean;
  requestId?: string;
  /** What went wrong beside it. */
  warnings?: readonly Warning[];
}

/** What went wrong beside an upload, as the package tells it. */
export type Warning = Pick<CliFailure, "code" | "message" | "hint">;

export function exitCode(failure: CliFailure): number {
  return EXIT_CODES[failure.class] ?? 5;
}

/** A failure the command line itself finds, before any call. */
export class CliError extends Error implements CliFailure {
  readonly code: string;
  readonly class: string;
  readonly hint: string;
  readonly retryable: boolean;
  readonly requestId?: string;
  readonly warnings?: readonly Warning[];

  constructor(
    failure: Pick<CliFailure, "code" | "class" | "message" | "hint"> & Partial<CliFailure>,
  ) {
    super(failure.message);
    this.name = "CliError";
    this.code = failure.code;
    this.class = failure.class;
    this.hint = failure.hint;
    this.retryable = failure.retryable ?? false;
    if (failure.requestId !== undefined) this.requestId = failure.requestId;
    if (failure.warnings !== undefined) this.warnings = failure.warnings;
  }
}
