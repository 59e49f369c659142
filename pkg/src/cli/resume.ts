// `vodlift resume` and `vodlift abort`: what becomes of an upload that has left a checkpoint.
import { replacedBy } from "../checkpoint/replaced.ts";
import { readCheckpoint } from "../core.ts";
import {
  type Checkpoint,
  fileCheckpoint,
  type NamedSource,
  type ResumeOptions,
  VodliftError,
} from "../index.ts";
import { isError } from "../kinds.ts";
import { fileReason } from "../sources/look.ts";
import type { AbortCommand, ResumeCommand } from "./args.ts";
import { confirm, confirmMedia, confirmReplaced, mustStillBe } from "./confirm.ts";
import { CliError } from "./exit.ts";
import { asFailure } from "./failure.ts";
import { mustBeFile, mustBeSource } from "./look.ts";
import { note, printJson } from "./output.ts";
import { account, watch } from "./session.ts";
import { placeOf, transferFrom } from "./upload.ts";

export async function runResume(command: ResumeCommand, env: NodeJS.ProcessEnv): Promise<number> {
  const { checkpoint, source, yes } = command;
  await mustBeThere(checkpoint, "resume");
  if (source !== undefined) await mustBeSource(source, "resume", { kind: "video" });
  const vod = account(command, env);
  const given = source === undefined ? {} : { source: placeOf(source) };
  const stored = await storedIn(checkpoint);
  if (source === undefined && stored) await mustStillBe(stored.source, checkpoint);
  const asking = yes ? {} : await confirmed(checkpoint, stored, source !== undefined);
  const options = { ...given, ...asking, ...(await transferFrom(command)) };
  return watch(command, checkpoint, env, async ({ interrupt, asking, ...watched }) => {
    const goOn = (vouched: Pick<ResumeOptions, "ownMediaOnly">) => {
      const how = { ...options, ...watched, ...vouched };
      return told(checkpoint, () => vod.resume(fileCheckpoint(checkpoint), how));
    };
    try {
      return await goOn({});
    } catch (error) {
      if (!isUnconfirmed(error)) throw error;
      await asking(() => confirmMedia(error, "Upload into it?", checkpoint, interrupt));
      return await goOn({ ownMediaOnly: false });
    }
  });
}

function storedIn(checkpoint: string): Promise<Checkpoint | undefined> {
  return told(checkpoint, async () => {
    const found = await fileCheckpoint(checkpoint).load();
    return found && readCheckpoint(found);
  });
}

/**
 * Asks before anything is shown that would be drawn over the question; what is read then has to name the same. A source that
 * was given is not asked about.
 */
async function confirmed(
  checkpoint: string,
  stored: Checkpoint | undefined,
  isGiven: boolean,
): Promise<Pick<ResumeOptions, "confirmSource" | "confirmReplace" | "ownMediaOnly">> {
  const named: NamedSource = stored?.source ?? {};
  const replaced = stored && replacedBy(stored);
  if (replaced !== undefined) await confirmReplaced(replaced, checkpoint);
  if (!isGiven) await confirm(named, checkpoint);
  return {
    // The media that was confirmed is known to have a file, and to be the one that is meant.
    ownMediaOnly: replaced === undefined,
    confirmSource: ({ path, url }) => path === named.path && url === named.url,
    confirmReplace: (media) =>
      media.mediaId === replaced?.mediaId && media.referenceId === replaced?.referenceId,
  };
}

export async function runAbort(command: AbortCommand, env: NodeJS.ProcessEnv): Promise<number> {
  const { checkpoint, yes } = command;
  await mustBeThere(checkpoint, "abort");
  const vod = account(command, env);
  const file = fileCheckpoint(checkpoint);
  const found = await told(checkpoint, () => file.load());
  // What was asked about is what is given up.
  const store = { ...file, load: async () => found };
  const giveUp = (vouched: Pick<ResumeOptions, "ownMediaOnly">) =>
    told(checkpoint, () => vod.abort(store, vouched));
  try {
    await giveUp(yes ? { ownMediaOnly: false } : {});
  } catch (error) {
    if (!isUnconfirmed(error)) throw error;
    await confirmMedia(error, "Remove what was uploaded for it?", checkpoint);
    await giveUp({ ownMediaOnly: false });
  }
  const gone =
    found?.media.type === "video"
      ? "its parts and its checkpoint are removed"
      : "its checkpoint is removed; VOD removes its parts within 7 days";
  if (command.json) printJson({ aborted: true });
  else if (!command.quiet) note(`aborted: ${gone}`);
  return 0;
}

function isUnconfirmed(error: unknown): error is VodliftError {
  return error instanceof VodliftError && error.code === "media_unconfirmed";
}

const CHECKPOINT_HINT =
  "Name the file that was passed to --checkpoint. It is removed when its upload is done.";

async function mustBeThere(checkpoint: string, topic: string): Promise<void> {
  try {
    await mustBeFile(
      checkpoint,
      topic,
      CHECKPOINT_HINT,
      "there is no checkpoint, and no such file",
    );
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError({ ...asFailure(error), message: error.message, code: "checkpoint_invalid" });
  }
}

/** Says which file it is that holds no checkpoint. */
async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reading = isError(error) && !(error instanceof VodliftError) && error.cause;
    const unreadable = error instanceof SyntaxError || fileReason(reading) !== undefined;
    const missing = error instanceof VodliftError && error.code === "checkpoint_invalid";
    if (!unreadable && !missing) throw error;
    const reason = fileReason(reading) ?? (missing ? error.message : "it is no checkpoint");
    throw new CliError({
      code: "checkpoint_invalid",
      class: "usage",
      message: `${path}: ${reason}`,
      hint: missing ? error.hint : CHECKPOINT_HINT,
    });
  }
}
