// `vodlift upload`: one call of the API, shown as it goes.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import {
  fileCheckpoint,
  fromFile,
  type Outcome,
  type PlaylistSource,
  type Suspended,
  type VideoRef,
  type Vodlift,
} from "../index.ts";
import { shownUrl } from "../shown-url.ts";
import { fileReason } from "../sources/look.ts";
import { type UploadCommand, UsageError } from "./args.ts";
import { CliError } from "./exit.ts";
import { asFailure } from "./failure.ts";
import { mustBeReadable, mustBeSource, mustBeWritable } from "./look.ts";
import { AGAIN, UPLOAD_SECTIONS } from "./options/commands.ts";
import { pick, type Values } from "./options/option.ts";
import { account, type Watched, watch } from "./session.ts";
import { quoted } from "./shell.ts";
import { isUrl } from "./urls.ts";

export async function runUpload(command: UploadCommand, env: NodeJS.ProcessEnv): Promise<number> {
  mustBeReadable(command.source, process.stdin);
  await mustBeSource(command.source, "upload", command);
  const vod = account(command, env);
  await mustBeNew(command.checkpoint);
  const options = await optionsFrom(command);
  return watch(command, displayName(command), env, ({ interrupt, asking: _, ...watched }) =>
    send(vod, command, { ...options, ...watched }, interrupt),
  );
}

async function send(
  vod: Vodlift,
  command: UploadCommand,
  options: Awaited<ReturnType<typeof optionsFrom>> & Omit<Watched, "interrupt" | "asking">,
  interrupt: AbortSignal,
): Promise<Outcome | Suspended> {
  const source = command.source === "-" ? process.stdin : placeOf(command.source);
  const end = await vod.upload(source, options);
  if (command.wait && !("suspended" in end)) await waited(vod, end, interrupt);
  return end;
}

/** The upload is done, whatever comes of the waiting: its media id must not be lost. */
async function waited(
  vod: Vodlift,
  { mediaId, bytes, replaced }: Outcome,
  signal: AbortSignal,
): Promise<void> {
  // One that was replaced was ready before: VOD has to report the new size.
  const size = replaced ? { size: bytes } : {};
  try {
    await vod.waitUntilReady(mediaId, { signal, ...size });
  } catch (error) {
    const failure = asFailure(error);
    const message = `${mediaId} is uploaded, but VOD has not confirmed it: ${failure.message}`;
    throw new CliError({ ...failure, message });
  }
}

/** A checkpoint that is there belongs to an upload that somebody may still want. */
async function mustBeNew(checkpoint: string | undefined): Promise<void> {
  if (checkpoint === undefined) return;
  await mustBeWritable(checkpoint, "upload", "Name a file that is not there yet.");
  const there = await fileCheckpoint(checkpoint)
    .load()
    .then((found) => found !== undefined)
    .catch(() => true);
  if (!there) return;
  const name = quoted(checkpoint);
  throw new UsageError(
    `${checkpoint} exists already`,
    "upload",
    `Go on with \`vodlift resume ${name}\`, give it up with \`vodlift abort ${name}\`, or name another file.`,
  );
}

/** A source that is no stream. */
export function placeOf(source: string): PlaylistSource {
  if (!isUrl(source)) return fromFile(source);
  // The URL may hold a signature, so it is not repeated.
  if (!URL.canParse(source))
    throw new UsageError("the source is no URL that can be read", "upload");
  return source;
}

async function optionsFrom(command: UploadCommand) {
  const { media, transfer } = UPLOAD_SECTIONS;
  const { replace, replaceReferenceId, ...become } = pick(command, media);
  const { checkpoint, trace: _, wait: __, segments, ...how } = pick(command, transfer);
  return {
    ...become,
    ...how,
    ...replaceFrom(replace, replaceReferenceId),
    ...(segments !== undefined && { segments: await linesOf(segments) }),
    ...(checkpoint !== undefined && { checkpoint: fileCheckpoint(checkpoint) }),
  };
}

/** The media to replace, by the ids that were given: that there is only one the core sees to. */
export function replaceFrom(
  replace: string | VideoRef | undefined,
  referenceId: string | undefined,
): { replace?: string | VideoRef } {
  if (referenceId === undefined) return replace === undefined ? {} : { replace };
  const ids = typeof replace === "string" ? { mediaId: replace } : replace;
  return { replace: { ...ids, referenceId } };
}

/** How to go about it, also where it is resumed. */
export async function transferFrom(command: Values<typeof AGAIN>) {
  const { source: _, trace: __, segments, ...how } = pick(command, AGAIN);
  return { ...how, ...(segments !== undefined && { segments: await linesOf(segments) }) };
}

async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--segments ${path}: ${fileReason(error) ?? error.message}`, "upload");
  });
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

/** What stands at the start of the progress line. */
function displayName(command: UploadCommand): string {
  const { source, fileName } = command;
  if (fileName !== undefined) return fileName;
  return basename(isUrl(source) ? shownUrl(source) : source);
}
