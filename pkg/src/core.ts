// `vodlift/core`: the Rust core without any transport, for people who bring their own. It signs, decodes, plans and
// supervises; the wasm is instantiated at the first call, and nothing happens at import.

import * as door from "./door.ts";
import { call, Owned, parsed } from "./door.ts";
import { spelled } from "./urls.ts";
import type {
  Account,
  Ask,
  Checkpoint,
  Code,
  Credentials,
  DecodedUploadAuth,
  Effect,
  Error as ErrorData,
  Event,
  Heard,
  Job,
  RangeExpectation,
  Request,
  Step,
  UploadAddress,
  VodService,
} from "./wasm/core.js";
import type { Core } from "./wasm/index.ts";

export type { HeaderFields } from "./arguments.ts";
export { ErrorCode, type ErrorCodes } from "./codes.gen.ts";
export { type CoreModule, limits, provideCore } from "./door.ts";
export { isVodliftError, VodliftError } from "./error.ts";
export type {
  OssAnswer,
  OssAsk,
  OssHead,
  OssInitiated,
  OssListedPart,
  OssMultipart,
  OssMultipartWithHeaders,
  OssObject,
  OssObjectWithHeaders,
  OssPart,
  OssPartsPage,
  OssPresigning,
  OssReply,
  OssSigning,
  OssStored,
  PartPlan,
  PartPlanOptions,
  SignedRequest,
} from "./oss.ts";
export { ossRequest, planParts, presignOss, signOss } from "./oss.ts";
export type {
  Account,
  Adopt,
  Answer,
  Ask,
  Budget,
  BusinessType,
  Checkpoint,
  Code,
  Compared,
  CreateUploadAttachedMedia,
  CreateUploadImage,
  CreateUploadVideo,
  Credentials,
  DecodedUploadAuth,
  Deletion,
  Effect,
  Error as ErrorData,
  ErrorClass,
  Event,
  Failure,
  FailureKind,
  Heard,
  HostAccess,
  HostLimits,
  ImageType,
  InOrder,
  Job,
  Limits,
  Media,
  Mezzanine,
  MissingSegments,
  Options,
  OssCallback,
  OssNetwork,
  OssService,
  OssSignature,
  Outcome,
  Phase,
  PlaceMark,
  Plan,
  PlaylistLimits,
  PlaylistMark,
  PlaylistRoot,
  PlaylistSource,
  Progress,
  RangeExpectation,
  Readiness,
  ReplyHead,
  Request,
  Retry,
  Service,
  Shard,
  Source,
  SourceHosts,
  SourceMark,
  Step,
  Ticket,
  TransferBody,
  UploadAddress,
  UploadMediaByUrl,
  UrlMetadata,
  UrlUploadInfo,
  UrlUploadInfos,
  UrlUploadJob,
  UrlUploads,
  Validator,
  Verify,
  VideoInfo,
  VideoRef,
  VodService,
  VodSignature,
  Vouched,
} from "./wasm/core.js";

/**
 * One upload as a state machine without IO. Feed it events, run the effects it answers with; the rules of that, and a loop that
 * does it, are in `docs/core.md`. `Vodlift.upload` does all of it; this is for a transport of your own.
 */
export class Upload {
  readonly #machine: Owned<InstanceType<Core["Upload"]>>;

  private constructor(make: (core: Core) => InstanceType<Core["Upload"]>) {
    this.#machine = new Owned(make);
  }

  /**
   * A new upload.
   *
   * @param entropy 32 random bytes drawn for this upload alone, for nonces and jitter.
   * @param now Milliseconds since the epoch.
   * @throws VodliftError `invalid_argument`, naming the field.
   */
  static create(job: Job, account: Account, entropy: Uint8Array, now: number): Upload {
    const given = begun(job, account, entropy, now);
    return new Upload((core) => new core.Upload(...given));
  }

  /**
   * Goes on from a checkpoint. The job says where the source is now and how to go about it; the rest is the checkpoint's.
   *
   * @throws VodliftError `checkpoint_invalid`, `not_resumable` or `invalid_argument`.
   */
  static resume(
    checkpoint: Checkpoint,
    job: Job,
    account: Account,
    entropy: Uint8Array,
    now: number,
  ): Upload {
    const [stored, given] = [storedText(checkpoint), begun(job, account, entropy, now)];
    return new Upload((core) => core.Upload.resume(stored, ...given));
  }

  /** Removes what an upload has left on the server. It ends in `failed` with the code `aborted`. */
  static discard(
    checkpoint: Checkpoint,
    job: Job,
    account: Account,
    entropy: Uint8Array,
    now: number,
  ): Upload {
    const [stored, given] = [storedText(checkpoint), begun(job, account, entropy, now)];
    return new Upload((core) => core.Upload.discard(stored, ...given));
  }

  /** What to do next, in this order. Every event is answered in every state. */
  handle(event: Event, now: number): Effect[] {
    const [told, at] = [door.json("event", event), door.finite("now", now)];
    return parsed(this.#machine.use((machine) => machine.handle(told, at)));
  }

  /** Where it stands. */
  checkpoint(): Checkpoint {
    return parsed(this.#machine.use((machine) => machine.checkpoint()));
  }

  /** Bytes that its playlists take in the core, and what they name. */
  held(): number {
    return this.#machine.use((machine) => machine.held());
  }

  /** Releases its memory in the core. */
  free(): void {
    this.#machine.free();
  }
}

/**
 * A conversation with the VOD API as a state machine without IO: one call, or asking until something is done. Take each
 * step and tell what came of it, until one is `done` or `failed`. `Vodlift.call` and others do all of it.
 */
export class Conversation {
  readonly #machine: Owned<InstanceType<Core["Conversation"]>>;

  /**
   * @param entropy 32 random bytes drawn for this conversation alone, for nonces and jitter.
   * @param now Milliseconds since the epoch.
   * @throws VodliftError `invalid_argument`, naming the field.
   */
  constructor(service: VodService, account: Account, ask: Ask, entropy: Uint8Array, now: number) {
    const given = [
      door.json("service", service),
      door.json("account", account),
      door.json("ask", ask),
      door.octets("entropy", entropy),
      door.finite("now", now),
    ] as const;
    this.#machine = new Owned((core) => new core.Conversation(...given));
  }

  /** The first step. */
  start(now: number): Step {
    const at = door.finite("now", now);
    return parsed(this.#machine.use((machine) => machine.start(at)));
  }

  /** The step after this. */
  handle(heard: Heard, now: number): Step {
    const [told, at] = [door.json("heard", heard), door.finite("now", now)];
    return parsed(this.#machine.use((machine) => machine.handle(told, at)));
  }

  /** Releases its memory in the core. */
  free(): void {
    this.#machine.free();
  }
}

/** The core copies bytes before it looks at them. Its memory never shrinks, so it gets few at a time. */
const PIECE = 1 << 18;

/** A CRC-64/XZ that grows with the bytes, as OSS computes it (`x-oss-hash-crc64ecma`). */
export class Crc64 {
  readonly #crc: Owned<InstanceType<Core["Crc64"]>>;

  constructor() {
    this.#crc = new Owned((core) => new core.Crc64());
  }

  /** Adds bytes. */
  update(bytes: Uint8Array): void {
    const all = door.octets("bytes", bytes);
    this.#crc.use((crc) => {
      for (let at = 0; at < all.length; at += PIECE) crc.update(all.subarray(at, at + PIECE));
    });
  }

  /** The value so far, unsigned decimal. */
  digest(): string {
    return this.#crc.use((crc) => crc.digest());
  }

  /** Releases its memory in the core. */
  free(): void {
    this.#crc.free();
  }
}

/** The CRC-64 of `a` followed by `b`, from the CRC-64 of each and the length of `b` in bytes. */
export function crc64Combine(a: string, b: string, lengthOfB: number): string {
  const [first, second] = [door.text("a", a), door.text("b", b)];
  const length = door.finite("lengthOfB", lengthOfB);
  return call((core) => core.crc64Combine(first, second, length));
}

/** Signs one call of the VOD API. `nonce` is used once; `now` is in ms since the epoch. */
export function signVodRequest(
  service: VodService,
  credentials: Credentials,
  action: string,
  params: [string, string][],
  nonce: string,
  now: number,
): Request {
  const given = [
    door.json("service", service),
    door.json("credentials", credentials),
    door.text("action", action),
    door.json("params", params),
    door.text("nonce", nonce),
    door.finite("now", now),
  ] as const;
  return parsed(call((core) => core.signVodRequest(...given)));
}

/** Decodes the UploadAddress of a CreateUpload… reply. */
export function decodeUploadAddress(text: string): UploadAddress {
  const given = door.text("text", text);
  return parsed(call((core) => core.decodeUploadAddress(given)));
}

/** Decodes the UploadAuth of a CreateUpload… reply that came at `now`, in ms since the epoch. Keep it secret. */
export function decodeUploadAuth(text: string, now: number): DecodedUploadAuth {
  const [given, at] = [door.text("text", text), door.finite("now", now)];
  return parsed(call((core) => core.decodeUploadAuth(given, at)));
}

/**
 * Reads a checkpoint, version first.
 *
 * @param stored What a store gave back, or its JSON text.
 * @throws VodliftError `checkpoint_invalid`, naming the field.
 */
export function readCheckpoint(stored: unknown): Checkpoint {
  const given = storedText(stored);
  return parsed(call((core) => core.readCheckpoint(given)));
}

/** A checkpoint as JSON text. What cannot be written as that is none, and the core says so. */
function storedText(stored: unknown): string {
  if (typeof stored === "string") return door.text("checkpoint", stored);
  try {
    return door.json("checkpoint", stored);
  } catch {
    return "";
  }
}

/** What an upload begins with, as the core takes it. */
function begun(job: Job, account: Account, entropy: Uint8Array, now: number) {
  return [
    door.json("job", job),
    door.json("account", account),
    door.octets("entropy", entropy),
    door.finite("now", now),
  ] as const;
}

/** How long to wait while this machine has no free file handle, after so many ms; `undefined`: not any more. */
export function handleWaitMs(waitedMs: number): number | undefined {
  const waited = door.finite("waitedMs", waitedMs);
  return call((core) => core.handleWaitMs(waited));
}

/** The error, if there is one. */
function verdict(error: string | undefined): ErrorData | undefined {
  return error === undefined ? undefined : parsed(error);
}

/** Whether a source's reply is exactly the range that was asked for; `undefined` if it is. */
export function checkRange(
  expect: RangeExpectation,
  status: number,
  headers: [string, string][],
): ErrorData | undefined {
  const given = [
    door.json("expect", expect),
    door.status("status", status),
    door.json("headers", headers),
  ] as const;
  return verdict(call((core) => core.checkRange(...given)));
}

/** Whether a source's URL may be fetched; `undefined` if it may. Names are checked, not what they resolve to. */
export function checkUrl(url: string | URL, allowPrivate: boolean): ErrorData | undefined {
  const [given, allowed] = [door.url("url", url), door.flag("allowPrivate", allowPrivate)];
  return verdict(call((core) => core.checkUrl(spelled(given), allowed)));
}

/**
 * A file name for a video by its title and Content-Type, for whoever has no name of its own: `Film.mov` names its format
 * itself, the type tells that of `Launch 2026.11.22`, and where nothing does it is mp4.
 */
export function videoName(title: string, contentType?: string): string {
  const given = [door.text("title", title), door.optionalText("contentType", contentType)] as const;
  return call((core) => core.videoName(...given));
}

/** Whether an IP address may be contacted; `undefined` if it may. */
export function checkAddress(ip: string, allowPrivate: boolean): ErrorData | undefined {
  const [given, allowed] = [door.text("ip", ip), door.flag("allowPrivate", allowPrivate)];
  return verdict(call((core) => core.checkAddress(given, allowed)));
}

/** An error of this code, with class, hint and whether to retry filled in. */
export function errorOf(code: Code, message: string): ErrorData {
  return door.errorData(door.text("code", code) as Code, door.text("message", message));
}
