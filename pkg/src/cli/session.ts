// What `upload`, `resume` and `abort` have in common: the account, the progress, the interrupt and the report.
import { type SlowRequest, type UploadProgress, Vodlift } from "../index.ts";
import { CliError, type Warning } from "./exit.ts";
import { asWarnings } from "./failure.ts";
import { bytes } from "./format.ts";
import { SERVICE } from "./options/commands.ts";
import { pick, type Values } from "./options/option.ts";
import { note, print, printJson, SCREEN, warningLine } from "./output.ts";
import { progressView, type Snapshot } from "./progress.ts";
import { quoted } from "./shell.ts";
import { onInterrupt } from "./signals.ts";
import { slowLine } from "./slow.ts";
import { traceTo } from "./trace.ts";

/** Options that every command has that talks to VOD. */
export type ServiceArguments = Partial<Values<typeof SERVICE>> & { json: boolean; quiet: boolean };

/** The account to work for. */
export function account(command: ServiceArguments, env: NodeJS.ProcessEnv): Vodlift {
  return new Vodlift({ ...keysFrom(env), ...serviceFrom(command, env) });
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

function serviceFrom(command: ServiceArguments, env: NodeJS.ProcessEnv) {
  const { VODLIFT_REGION: region, VODLIFT_ENDPOINT: endpoint } = env;
  return {
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...pick(command, SERVICE),
  };
}

/** What an upload is run with: signals for Ctrl-C, and somebody to tell. */
export interface Watched {
  signal: AbortSignal;
  stop?: AbortSignal;
  /** Ctrl-C, whatever it does to the upload. */
  interrupt: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
  onSlowRequest?: (slow: SlowRequest) => void;
  trace?: (line: string) => void;
  /** Asks whoever sits there, while nothing is drawn. */
  asking(question: () => Promise<void>): Promise<void>;
}

/** How it ended. */
type End =
  | { suspended: true; warnings?: readonly Warning[] }
  | {
      suspended?: never;
      mediaId: string;
      bytes: number;
      missingSegments?: string[];
      warnings?: readonly Warning[];
    };

/**
 * Runs an upload in front of somebody. Ctrl-C cleans up; with a checkpoint file it finishes the parts in flight instead
 * and leaves the rest for `vodlift resume`.
 */
export async function watch(
  command: ServiceArguments & { checkpoint?: string; slowRequestMs?: number; trace?: string },
  name: string,
  env: NodeJS.ProcessEnv,
  work: (watched: Watched) => Promise<End>,
  goOn = goOnWith(command.checkpoint ?? ""),
): Promise<number> {
  const trace = await traceTo(command.trace);
  const view = command.quiet ? undefined : progressView(name, SCREEN, env);
  const interrupt = new AbortController();
  const { checkpoint, slowRequestMs } = command;
  let last: UploadProgress | undefined;
  onInterrupt(() => {
    // The upload says at once what it does about it.
    interrupt.abort();
    const text = `interrupted: ${answer(last, checkpoint)} (Ctrl-C again exits at once)`;
    if (view === undefined) note(text);
    else view.note(text);
  });
  const idle = new AbortController();
  const signals =
    checkpoint === undefined
      ? { signal: interrupt.signal }
      : { signal: idle.signal, stop: interrupt.signal };
  const seen = (now: UploadProgress) => {
    if (now.notice !== last?.notice) view?.note(`note: ${now.notice}`);
    last = now;
    view?.update(snapshot(now));
  };
  try {
    const end = await work({
      ...signals,
      ...trace.options,
      interrupt: interrupt.signal,
      asking: async (question) => {
        view?.pause(true);
        await question().finally(() => view?.pause(false));
      },
      onProgress: seen,
      // Who names no threshold hears of none.
      ...(view &&
        slowRequestMs !== undefined && { onSlowRequest: (slow) => view.note(slowLine(slow)) }),
    });
    view?.end();
    if (end.suspended) throw interrupted(goOn, asWarnings(end.warnings));
    const missing = end.missingSegments?.length ?? 0;
    if (missing > 0 && !command.quiet) {
      note(`${name}: ${missing} segments were not there, and are gaps now: ${end.missingSegments}`);
    }
    if (!command.quiet && !command.json) note(`${name}: ${bytes(end.bytes)} uploaded`);
    const warnings = asWarnings(end.warnings);
    for (const warning of warnings) note(warningLine(warning));
    report(command, { ...end, ...(end.warnings && { warnings }) });
    return 0;
  } finally {
    view?.end();
    await trace.close();
  }
}

/** What an upload does about Ctrl-C, by where it is then. */
function answer(now: UploadProgress | undefined, checkpoint: string | undefined): string {
  if (now?.removing) return "removing what was uploaded";
  if (now?.phase === "ended" || checkpoint === undefined) return "stopping";
  const moving = now?.phase === "uploading" || now?.phase === "suspending";
  return moving ? "finishing the parts in flight" : "finishing what is under way";
}

function goOnWith(checkpoint: string): string {
  const name = quoted(checkpoint);
  return `Go on with \`vodlift resume ${name}\`, or give it up with \`vodlift abort ${name}\`.`;
}

function interrupted(hint: string, warnings: readonly Warning[]): CliError {
  return new CliError({
    ...(warnings.length > 0 && { warnings }),
    code: "suspended",
    class: "interrupted",
    message: "the upload was interrupted; its checkpoint is kept",
    hint,
  });
}

/** What is shown of an upload's progress. */
export function snapshot(now: UploadProgress): Snapshot {
  return {
    phase: now.phase,
    bytes: now.bytesSent,
    total: now.bytesTotal,
    parts: now.partsAccepted,
    partsTotal: now.partsTotal,
    rate: now.rate,
    etaMs: now.etaMs,
    retry: now.retry,
    removing: now.removing === true,
  };
}

/** Of a source that could have changed while it was read, and nobody would know. */
const UNVOUCHED = "the source has no ETag, date or digest, and was read in several requests";

function report(command: ServiceArguments, result: Record<string, unknown>): void {
  const {
    mediaId,
    kind,
    bucket,
    objectKey,
    parts,
    crc64,
    compared,
    vouched,
    resumed,
    refreshes,
    retries,
    restarts,
  } = result;
  const size = result.bytes;
  if (command.json) {
    const requestId = result.requestId ?? null;
    const fields = {
      mediaId,
      kind,
      bucket,
      objectKey,
      bytes: size,
      parts,
      crc64: crc64 ?? null,
      compared,
      vouched: vouched ?? null,
    };
    // Not imageUrl and mediaUrl: where the domain asks for it they are signed, and output ends up in logs.
    const { fileUrl } = result;
    // Said where it is so: most uploads make a new media.
    const replaced = result.replaced ? { replaced: true, notice: result.notice } : {};
    const { missingSegments, warnings } = result;
    const counts = { resumed, refreshes, retries, restarts, missingSegments, requestId, warnings };
    printJson({ ...fields, fileUrl, ...replaced, ...counts });
    return;
  }
  if (command.quiet) {
    print(String(mediaId));
    return;
  }
  const facts = {
    "media id": mediaId,
    object: `${bucket}/${objectKey}`,
    bytes: size,
    parts,
    crc64,
    url: result.fileUrl,
    ...(restarts ? { restarts } : {}),
    ...(result.replaced ? { replaced: "yes", note: result.notice } : {}),
    ...(vouched === "nothing" ? { unvouched: UNVOUCHED } : {}),
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  print(...known.map(([label, value]) => `${label.padEnd(10)}${value}`));
}
