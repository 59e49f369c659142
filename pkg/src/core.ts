// `vodlift/core`: the Rust core without any transport, for people who bring their own. It signs, decodes, plans and
// supervises; the wasm is instantiated at the first call, and nothing happens at import.

import { VodliftError } from "./error.ts";
import { isError } from "./kinds.ts";
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
import { type Core, core, restartCore } from "./wasm/index.ts";

export { VodliftError } from "./error.ts";
export type {
  Account,
  Answer,
  Ask,
  Budget,
  BusinessType,
  Checkpoint,
  Code,
  CreateUploadAttachedMedia,
  CreateUploadImage,
  CreateUploadVideo,
  Credentials,
  DecodedUploadAuth,
  Effect,
  Error as ErrorData,
  ErrorClass,
  Event,
  Failure,
  FailureKind,
  Heard,
  HostLimits,
  ImageType,
  Job,
  Media,
  Options,
  OssCallback,
  OssNetwork,
  OssService,
  OssSignature,
  Outcome,
  Phase,
  PlaylistLimits,
  PlaylistRoot,
  PlaylistSource,
  Progress,
  RangeExpectation,
  Readiness,
  Request,
  Service,
  Shard,
  Source,
  Step,
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
  VodService,
  VodSignature,
} from "./wasm/core.js";

/** Counts instances of the core: what a dropped one has made must not be used with the next. */
let instance = 0;

/**
 * Calls the core. Its errors come out as `VodliftError`. A trap makes an instance unusable, so it is dropped: the call
 * that met it fails with `internal`, and so does everything the old instance had made.
 */
function call<T>(use: (core: Core) => T): T {
  try {
    return use(core());
  } catch (error) {
    if (isErrorData(error)) throw new VodliftError(error);
    // A trap, of whatever realm the runtime makes it in.
    if (!isError(error) || error.name !== "RuntimeError") throw error;
    instance += 1;
    restartCore();
    throw internal("the core stopped unexpectedly", error);
  }
}

function internal(message: string, cause?: unknown): VodliftError {
  return new VodliftError(errorOf("internal", message), cause);
}

function isErrorData(error: unknown): error is ErrorData {
  return typeof error === "object" && error !== null && "code" in error && "hint" in error;
}

/** Something made by one instance of the core, gone with it. */
class Owned<T extends { free(): void }> {
  readonly #value: T;
  readonly #instance: number;

  constructor(make: (core: Core) => T) {
    this.#value = call(make);
    this.#instance = instance;
  }

  use<R>(action: (value: T) => R): R {
    if (this.#instance !== instance) throw internal("the core was restarted after a fault");
    return call(() => action(this.#value));
  }

  free(): void {
    if (this.#instance === instance) this.#value.free();
  }
}

/**
 * One upload as a state machine without IO. Feed it events, run the effects it answers with; the rules of that are in
 * `src/upload/mod.rs`. `Vodlift.upload` does all of it; this is for a transport of your own.
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
    return new Upload((core) => new core.Upload(job, account, entropy, now));
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
    return new Upload((core) => core.Upload.resume(jsonOf(checkpoint), job, account, entropy, now));
  }

  /** Removes what an upload has left on the server. It ends in `failed` with the code `aborted`. */
  static discard(
    checkpoint: Checkpoint,
    job: Job,
    account: Account,
    entropy: Uint8Array,
    now: number,
  ): Upload {
    return new Upload((core) =>
      core.Upload.discard(jsonOf(checkpoint), job, account, entropy, now),
    );
  }

  /** What to do next, in this order. Every event is answered in every state. */
  handle(event: Event, now: number): Effect[] {
    return this.#machine.use((machine) => machine.handle(event, now));
  }

  /** Where it stands. */
  checkpoint(): Checkpoint {
    return this.#machine.use((machine) => machine.checkpoint());
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
    this.#machine = new Owned((core) => new core.Conversation(service, account, ask, entropy, now));
  }

  /** The first step. */
  start(now: number): Step {
    return this.#machine.use((machine) => machine.start(now));
  }

  /** The step after this. */
  handle(heard: Heard, now: number): Step {
    return this.#machine.use((machine) => machine.handle(heard, now));
  }

  /** Releases its memory in the core. */
  free(): void {
    this.#machine.free();
  }
}

/** A CRC-64/XZ that grows with the bytes, as OSS computes it (`x-oss-hash-crc64ecma`). */
export class Crc64 {
  readonly #crc: Owned<InstanceType<Core["Crc64"]>>;

  constructor() {
    this.#crc = new Owned((core) => new core.Crc64());
  }

  /** Adds bytes. */
  update(bytes: Uint8Array): void {
    this.#crc.use((crc) => crc.update(bytes));
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
  return call((core) => core.crc64Combine(a, b, lengthOfB));
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
  return call((core) => core.signVodRequest(service, credentials, action, params, nonce, now));
}

/** Decodes the UploadAddress of a CreateUpload… reply. */
export function decodeUploadAddress(text: string): UploadAddress {
  return call((core) => core.decodeUploadAddress(text));
}

/** Decodes the UploadAuth of a CreateUpload… reply that came at `now`, in ms since the epoch. Keep it secret. */
export function decodeUploadAuth(text: string, now: number): DecodedUploadAuth {
  return call((core) => core.decodeUploadAuth(text, now));
}

/**
 * Reads a checkpoint, version first.
 *
 * @param stored What a store gave back, or its JSON text.
 * @throws VodliftError `checkpoint_invalid`, naming the field.
 */
export function readCheckpoint(stored: unknown): Checkpoint {
  return call((core) => core.readCheckpoint(jsonOf(stored)));
}

/** What has no JSON is none. */
function jsonOf(stored: unknown): string {
  if (typeof stored === "string") return stored;
  try {
    return JSON.stringify(stored) ?? "";
  } catch {
    return "";
  }
}

/** How long to wait while this machine has no free file handle, after so many ms; `undefined`: not any more. */
export function handleWaitMs(waitedMs: number): number | undefined {
  return call((core) => core.handleWaitMs(waitedMs));
}

/** Whether a source's reply is exactly the range that was asked for; `undefined` if it is. */
export function checkRange(
  expect: RangeExpectation,
  status: number,
  headers: [string, string][],
): ErrorData | undefined {
  return call((core) => core.checkRange(expect, status, headers));
}

/** Whether a source's URL may be fetched; `undefined` if it may. Names are checked, not what they resolve to. */
export function checkUrl(url: string, allowPrivate: boolean): ErrorData | undefined {
  return call((core) => core.checkUrl(spelled(url), allowPrivate));
}

/**
 * A file name for a video by its title and Content-Type, for whoever has no name of its own: `Film.mov` names its format
 * itself, the type tells that of `Launch 2026.11.22`, and where nothing does it is mp4.
 */
export function videoName(title: string, contentType?: string): string {
  return call((core) => core.videoName(title, contentType));
}

/** Whether an IP address may be contacted; `undefined` if it may. */
export function checkAddress(ip: string, allowPrivate: boolean): ErrorData | undefined {
  return call((core) => core.checkAddress(ip, allowPrivate));
}

/** An error of this code, with class, hint and whether to retry filled in. */
export function errorOf(code: Code, message: string): ErrorData {
  return call((core) => core.errorOf(code, message));
}
