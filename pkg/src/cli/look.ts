// Looks at a path of the command line before anything is begun: what is no file would be waited for, or be gone once a file
// takes its place.
import { fstatSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileReason, isMissing, strangeness } from "../sources/look.ts";
import type { UploadKind } from "./options/option.ts";
import { quoted } from "./shell.ts";
import { isUrl, MISSPELT_HINT } from "./urls.ts";
import { UsageError } from "./usage.ts";

/** What a path leads to. */
type Found = "a file" | "nothing" | { readonly other: string };

/** @throws UsageError When the system does not even say. */
async function found(path: string, topic: string): Promise<Found> {
  try {
    const other = strangeness(await stat(path));
    return other === undefined ? "a file" : { other };
  } catch (error) {
    if (isMissing(error)) return "nothing";
    throw new UsageError(`${path}: ${fileReason(error) ?? String(error)}`, topic);
  }
}

/** A file that is to be read. */
export async function mustBeFile(
  path: string,
  topic: string,
  hint: string,
  missing = "no such file",
): Promise<void> {
  const it = await found(path, topic);
  if (it === "a file") return;
  const reason = it === "nothing" ? missing : `it is ${it.other}, not a regular file`;
  throw new UsageError(`${path}: ${reason}`, topic, hint);
}

/** A file that is to be written, whether or not it is there yet. */
export async function mustBeWritable(path: string, topic: string, hint: string): Promise<void> {
  const it = await found(path, topic);
  if (typeof it === "string") return;
  throw new UsageError(`${path}: it is ${it.other}, not a regular file`, topic, hint);
}

/** A source that can be read more than once. That there is none is told by who opens it. */
export async function mustBeSource(
  source: string,
  topic: string,
  { kind, fileName = "film.mp4" }: { kind: UploadKind; fileName?: string | undefined },
): Promise<void> {
  if (source === "-" || isUrl(source)) return;
  const it = await found(source, topic).catch(() => "nothing" as const);
  if (it === "nothing" && /^www\./i.test(source)) {
    throw new UsageError("the source is no file that is there, and no URL", topic, MISSPELT_HINT);
  }
  if (typeof it === "string" || it.other === "a directory") return;
  const message = `${source}: it is ${it.other}, not a regular file`;
  const standard = `vodlift upload - --file-name ${quoted(basename(fileName))}`;
  const hint =
    kind === "playlist" || topic !== "upload"
      ? "Save what it gives as a file, and name that."
      : `It can be read only once, so pass it as standard input: … | ${standard}`;
  throw new UsageError(message, topic, hint);
}

/** Nobody types a film, and a directory as standard input would look like an empty one. */
export function mustBeReadable(source: string, stdin: { isTTY?: boolean }): void {
  if (source !== "-") return;
  const what = stdin.isTTY === true ? "a terminal" : directoryOf(0);
  if (what === undefined) return;
  throw new UsageError(
    `standard input is ${what}, and - reads the media from there`,
    "upload",
    "Pass the media in, such as: ffmpeg … -f mp4 - | vodlift upload - --file-name film.mp4, or name a file.",
  );
}

function directoryOf(descriptor: number): string | undefined {
  try {
    return fstatSync(descriptor).isDirectory() ? "a directory" : undefined;
  } catch {
    return undefined;
  }
}
