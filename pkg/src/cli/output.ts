// stdout is for results, stderr for people. Neither may take the process down when its reader goes away.
import { asFailure, type CliFailure, exitCode } from "./exit.ts";

/** `vodlift upload … | head` closes our pipe; that is the reader's right, and no fault. */
export function silenceBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

/** One line or block on stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One line on stderr. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Tells what failed and what to do; says the exit code. Never a stack, never a secret. */
export function reportFailure(
  error: unknown,
  options: { json: boolean; helpFor?: string | undefined },
): number {
  const failure = asFailure(error);
  note(`error: ${failure.message}`);
  if (failure.hint) note(`hint: ${failure.hint}`);
  if (failure.requestId) note(`request id: ${failure.requestId}`);
  if (options.helpFor !== undefined) {
    note(`help: ${["vodlift", options.helpFor, "--help"].filter(Boolean).join(" ")}`);
  }
  if (options.json) print(JSON.stringify({ error: errorFields(failure) }));
  return exitCode(failure);
}

/** An error as --json tells it. */
export function errorFields(failure: CliFailure): Record<string, unknown> {
  const { code, message, hint, retryable, requestId } = failure;
  return { code, message, hint, retryable, requestId: requestId ?? null };
}

/** Ends the process once everything written has been taken: a pipe may be slower than we are. */
export async function finish(code: number): Promise<never> {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) return resolve();
    stream.once("close", resolve);
    stream.write("", () => resolve());
  });
}
