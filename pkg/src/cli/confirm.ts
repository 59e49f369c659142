// What a checkpoint names as its source, before it is read, and the media whose file it replaces, before that is
// overwritten: the file may have come from somebody else.
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { createInterface } from "node:readline";
import type { NamedSource, VideoRef, VodliftError } from "../index.ts";
import { isMissing } from "../sources/look.ts";
import { CliError } from "./exit.ts";
import { asFailure } from "./failure.ts";
import { RESUME } from "./options/commands.ts";
import { flagOf } from "./options/option.ts";
import { note, SCREEN } from "./output.ts";

/**
 * Asks about a local file that lies neither below the working directory nor beside its checkpoint. A URL is the guard's to
 * judge. Where nobody can be asked it is refused.
 */
export async function confirm({ path }: NamedSource, checkpoint: string): Promise<void> {
  if (path === undefined || (await isNear(path, checkpoint))) return;
  const where = `${checkpoint} names ${path}, outside of this folder`;
  const source = flagOf(RESUME.source.usage);
  await agreed(where, "Upload that file?", {
    code: "source_unconfirmed",
    hint: `Pass ${YES} if that is the file you mean, or name it yourself with ${source}.`,
  });
}

/** The file that a checkpoint names is still where it was; on another machine it seldom is. */
export async function mustStillBe({ path }: NamedSource, checkpoint: string): Promise<void> {
  if (path === undefined || (await isThere(path))) return;
  throw new CliError({
    code: "source_missing",
    class: "source",
    message: `${path}: no such file, and ${checkpoint} names it`,
    hint: `Where it lies elsewhere, name it with ${flagOf(RESUME.source.usage)}.`,
  });
}

/** Other troubles are told by who opens it. */
function isThere(path: string): Promise<boolean> {
  return stat(resolve(path)).then(
    () => true,
    (error) => !isMissing(error),
  );
}

/** Asks about the media whose file would be overwritten. Where nobody can be asked it is refused. */
export async function confirmReplaced(media: VideoRef, checkpoint: string): Promise<void> {
  const name = media.mediaId ?? `with the reference id ${media.referenceId}`;
  await agreed(`${checkpoint} replaces the file of the media ${name}`, "Overwrite it?", {
    code: "replace_unconfirmed",
    hint: `Pass ${YES} if that is the media you mean.`,
  });
}

/**
 * Asks about a media that nothing shows to be the checkpoint's own: another upload may be at work on it. Where nobody can be
 * asked it is refused.
 */
export async function confirmMedia(
  refused: VodliftError,
  question: string,
  checkpoint: string,
  signal?: AbortSignal,
): Promise<void> {
  const { code, hint } = asFailure(refused);
  await agreed(`${checkpoint}: ${refused.message}`, question, { code, hint }, signal);
}

const YES = flagOf(RESUME.yes.usage);

/** Who ends the question gives no answer. */
const UNANSWERED = {
  code: "aborted",
  class: "interrupted",
  hint: "Nothing was changed: run the same command again, and answer.",
};

async function agreed(
  what: string,
  question: string,
  refusal: { code: string; hint: string },
  signal?: AbortSignal,
): Promise<void> {
  const asking = process.stdin.isTTY && SCREEN.isTTY;
  if (asking) note(`${what}. ${question} [y/N]`);
  if (asking && (await saysYes(signal))) return;
  if (signal?.aborted) throw new CliError({ ...UNANSWERED, message: what });
  throw new CliError({ ...refusal, class: "guard", message: what });
}

/** Links are followed first: what counts is the file that would be read. */
async function isNear(path: string, checkpoint: string): Promise<boolean> {
  const [file, here, kept] = [
    await whereItIs(path),
    await whereItIs("."),
    await whereItIs(checkpoint),
  ];
  const beside = dirname(file) === dirname(kept) && !basename(file).startsWith(".");
  return beside || isBelow(file, here);
}

async function whereItIs(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

function isBelow(file: string, folder: string): boolean {
  const way = relative(folder, file);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The end of the input is no yes, and Ctrl-C is none either. */
async function saysYes(signal?: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, ...(signal && { signal }) });
  for await (const line of lines) {
    return /^y(es)?$/i.test(line.trim());
  }
  return false;
}
