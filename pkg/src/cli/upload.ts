// `vodlift upload`: one call of the API, shown as it goes.
import { basename } from "node:path";
import { fromFile, type UploadOptions, type UploadSource, Vodlift } from "../index.ts";
import { isUrl, type UploadCommand } from "./args.ts";
import { CliError } from "./exit.ts";
import { bytes, printable } from "./format.ts";
import { note, print } from "./output.ts";
import { type ProgressView, progressView } from "./progress.ts";
import { onInterrupt } from "./signals.ts";

export async function runUpload(command: UploadCommand, env: NodeJS.ProcessEnv): Promise<number> {
  const vod = new Vodlift({ ...keysFrom(env), ...serviceFrom(command, env) });
  const name = printable(displayName(command));
  const view = command.quiet ? undefined : progressView(name, process.stderr, env);
  const abort = new AbortController();
  onInterrupt(() => {
    view?.end();
    note("interrupted: removing what was uploaded (Ctrl-C again exits at once)");
    abort.abort();
  });
  try {
    const source = await sourceFrom(command);
    const result = await vod.upload(source, optionsFrom(command, abort.signal, view));
    view?.end();
    if (!command.quiet && !command.json) note(`${name}: ${bytes(result.bytes)} uploaded`);
    print(report(command, { ...result }));
    return 0;
  } catch (error) {
    view?.end();
    throw error;
  }
}

/** The keys, or a sentence that names the variables to set. */
function keysFrom(env: NodeJS.ProcessEnv) {
  const names = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"];
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new CliError({
      code: "credentials_missing",
      class: "credentials",
      message: `no credentials: ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not set`,
      hint: "Set them to a key that may call vod:CreateUploadVideo; `vodlift emulator` gives one to try with.",
    });
  }
  const token = env.ALIBABA_CLOUD_SECURITY_TOKEN;
  return {
    accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID ?? "",
    accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET ?? "",
    ...(token ? { securityToken: token } : {}),
  };
}

function serviceFrom(command: UploadCommand, env: NodeJS.ProcessEnv) {
  const region = command.region ?? env.VODLIFT_REGION;
  const endpoint = command.endpoint ?? env.VODLIFT_ENDPOINT;
  return { ...(region ? { region } : {}), ...(endpoint ? { endpoint } : {}) };
}

async function sourceFrom(command: UploadCommand): Promise<UploadSource> {
  const { source, headers } = command;
  if (source === "-") return process.stdin;
  if (!isUrl(source)) return fromFile(source);
  return Object.keys(headers).length > 0 ? { url: source, headers } : source;
}

function optionsFrom(
  command: UploadCommand,
  signal: AbortSignal,
  view: ProgressView | undefined,
): UploadOptions {
  const { name: _, source: __, headers: ___, region, endpoint, json, quiet, ...rest } = command;
  const { allowPrivate, ...media } = rest;
  return {
    ...media,
    allowPrivateSources: allowPrivate,
    signal,
    ...(view
      ? {
          onProgress: (now) =>
            view.update({
              phase: now.phase,
              bytes: now.bytesSent,
              total: now.bytesTotal,
              parts: now.partsAccepted,
              partsTotal: now.partsTotal,
              rate: now.rate,
              etaMs: now.etaMs,
            }),
        }
      : {}),
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

function report(command: UploadCommand, result: Record<string, unknown>): string {
  const { mediaId, kind, bucket, objectKey, parts, crc64, resumed, refreshes, retries } = result;
  const size = result.bytes;
  if (command.json) {
    const requestId = result.requestId ?? null;
    const fields = { mediaId, kind, bucket, objectKey, bytes: size, parts, crc64: crc64 ?? null };
    return JSON.stringify({ ...fields, resumed, refreshes, retries, requestId });
  }
  if (command.quiet) return String(mediaId);
  const facts = {
    "media id": mediaId,
    object: `${bucket}/${objectKey}`,
    bytes: size,
    parts,
    crc64,
  };
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([label, value]) => `${label.padEnd(10)}${value}`)
    .join("\n");
}
