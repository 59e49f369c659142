// The types that options speak of: each entry that takes options exports them.

export type { HeaderFields } from "./arguments.ts";
export type { CheckpointStore } from "./checkpoint/index.ts";
export type { ByteReader, Host, Incoming, Outgoing } from "./hosts/host.ts";
export type { ClientOption, EveryOption, RunOption } from "./options.gen.ts";
export type {
  CallerCredentials,
  NamedSource,
  SliceOptions,
  UploadBudget,
  UploadCallback,
  VodliftOptions,
} from "./options.ts";
export type { Outcome } from "./outcome.ts";
export type { UploadProgress } from "./progress.ts";
export type { SlowRequest } from "./slow.ts";
export type { FileSource } from "./sources/file.ts";
export type { UploadSource, UrlSource } from "./sources/index.ts";
export type { HostRequest } from "./sources/playlist.ts";
export type { RangeBytes, RangeSource } from "./sources/ranged.ts";
export type { StoredObject } from "./sources/reply.ts";
export type { ByteStream } from "./sources/stream.ts";
export type {
  Adopt,
  BusinessType,
  Checkpoint,
  Code,
  Compared,
  CreateUploadAttachedMedia,
  CreateUploadImage,
  CreateUploadVideo,
  Error as ErrorData,
  ErrorClass,
  HostLimits,
  ImageType,
  InOrder,
  Media,
  MissingSegments,
  Outcome as CoreOutcome,
  Phase,
  PlaceMark,
  Plan,
  PlaylistLimits,
  PlaylistMark,
  Progress,
  Request as HostedRequest,
  Retry,
  SourceMark,
  Validator,
  VideoRef,
  Vouched,
} from "./wasm/core.js";
