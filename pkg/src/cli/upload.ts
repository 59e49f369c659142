// `vodlift upload`: one call of the API, shown as it goes.
import { basename } from "node:path";
import {
  fileCheckpoint,
  fromFile,
  type Outcome,
  type PlaylistSource,
  type UploadAttachedMediaOptions,
  type UploadImageOptions,
  type UploadSource,
  type Vodlift,
} from "../index.ts";
import { isUrl, type UploadCommand, UsageError } from "./args.ts";
import { printable } from "./format.ts";
import { account, type Watched, watch } from "./session.ts";

export async function runUpload(command: UploadCommand, env: NodeJS.ProcessEnv): Promise<number> {
  const vod = account(command, env);
  await mustBeNew(command.checkpoint);
  return watch(command, printable(displayName(command)), env, async (watched) =>
    send(vod, command, watched),
  );
}

async function send(vod: Vodlift, command: UploadCommand, watched: Watched) {
  const waited = async (outcome: Outcome) => {
    if (command.wait) await vod.waitUntilReady(outcome.mediaId, { signal: watched.signal });
    return outcome;
  };
  const source = sourceFrom(command);
  const { cateId, ...options } = optionsFrom(command, watched);
  const category = cateId === undefined ? {} : { cateId };
  switch (command.kind) {
    case "image":
    case "attached":
      return uploadOther(vod, command.kind, source, { ...options, ...category });
    case "playlist":
      return waited(await vod.uploadPlaylist(placeOf(command), { ...options, ...category }));
    default:
      return waited(await vod.upload(source, { ...options, ...category }));
  }
}

/** What images and attached media may be told. */
export type OtherOptions = UploadImageOptions & Partial<UploadAttachedMediaOptions>;

/** Uploads an image or an attached media, each of which has its categories in its own way. */
export function uploadOther(
  vod: Vodlift,
  kind: "image" | "attached",
  source: UploadSource,
  { cateId, businessType = "material", ...options }: OtherOptions,
): Promise<Outcome> {
  if (kind === "image") {
    return vod.uploadImage(source, { ...options, ...(cateId !== undefined && { cateId }) });
  }
  const categories = cateId === undefined ? {} : { cateIds: [cateId] };
  return vod.uploadAttachedMedia(source, { ...options, ...categories, businessType });
}

/** A checkpoint that is there belongs to an upload that somebody may still want. */
async function mustBeNew(checkpoint: string | undefined): Promise<void> {
  if (checkpoint === undefined) return;
  const there = await fileCheckpoint(checkpoint)
    .load()
    .then((found) => found !== undefined)
    .catch(() => true);
  if (!there) return;
  throw new UsageError(
    `${checkpoint} exists already`,
    "upload",
    `Go on with \`vodlift resume ${checkpoint}\`, give it up with \`vodlift abort ${checkpoint}\`, or name another file.`,
  );
}

function sourceFrom(command: UploadCommand): UploadSource {
  return command.source === "-" ? process.stdin : placeOf(command);
}

function placeOf({ source, headers }: UploadCommand): PlaylistSource {
  if (!isUrl(source)) return fromFile(source);
  return Object.keys(headers).length > 0 ? { url: source, headers } : source;
}

function optionsFrom(command: UploadCommand, watched: Watched) {
  const { name: _, source, headers, region, endpoint, json, quiet, ...rest } = command;
  const { allowPrivate, checkpoint, kind, wait, objectHeaders, ...service } = rest;
  const { ossEndpoint, ossNetwork, ...media } = service;
  return {
    ...media,
    headers: objectHeaders,
    allowPrivateSources: allowPrivate,
    ...(checkpoint !== undefined && { checkpoint: fileCheckpoint(checkpoint) }),
    ...watched,
  };
}

/** What stands at the start of the progress line: never a query, it may hold a signature. */
function displayName(command: UploadCommand): string {
  const { source, fileName } = command;
  if (fileName !== undefined) return fileName;
  if (!isUrl(source)) return basename(source);
  const [path = ""] = source.split(/[?#]/);
  return basename(path);
}
