// What a checkpoint names as its source, before it is read: the file may have come from somebody else.
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { createInterface } from "node:readline";
import type { NamedSource } from "../index.ts";
import { CliError } from "./exit.ts";
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
  const asking = process.stdin.isTTY && SCREEN.isTTY;
  if (asking) note(`${where}. Upload that file? [y/N]`);
  if (!asking || !(await saysYes())) throw unconfirmed(where);
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

/** What is not there is opened by nobody: that it is missing is told then. */
async function whereItIs(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

function isBelow(file: string, folder: string): boolean {
  const way = relative(folder, file);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The end of the input is no yes. */
async function saysYes(): Promise<boolean> {
  for await (const line of createInterface({ input: process.stdin })) {
    return /^y(es)?$/i.test(line.trim());
  }
  return false;
}

function unconfirmed(where: string): CliError {
  const yes = flagOf(RESUME.yes.usage);
  const source = flagOf(RESUME.source.usage);
  return new CliError({
    code: "source_unconfirmed",
    class: "guard",
    message: where,
    hint: `Pass ${yes} if that is the file you mean, or name it yourself with ${source}.`,
  });
}
