// Exit codes: who has to act, so that a script can tell.

import { EXIT_CODES } from "../codes.gen.ts";

/** Of everything that a signal has ended. */
export const INTERRUPTED = EXIT_CODES.interrupted;

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
  return (EXIT_CODES as Readonly<Record<string, number>>)[failure.class] ?? EXIT_CODES.service;
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
