// Which options there are. The compiler holds these lists to the interfaces of options.ts: a field that is
// missing here, or is not there, is a type error.

import { invalid, readable, record } from "./arguments.ts";
import type { Emulator } from "./emulator/options.ts";
import type {
  CallOptions,
  PlaylistOptions,
  ResumeOptions,
  SliceOptions,
  TransferOptions,
  UploadAttachedMediaOptions,
  UploadImageOptions,
  UploadItem,
  UploadMediaByUrlOptions,
  UploadOptions,
  VodliftOptions,
  WaitOptions,
} from "./options.ts";
import { isSignal } from "./patience.ts";
import { nearest } from "./suggest.ts";

type All<T> = { readonly [Field in keyof T]-?: true };

/** Names of options, and whether fields of the caller's own may stand beside them. */
export interface Names {
  readonly known: readonly string[];
  readonly open: boolean;
  /** What may stand there for others to read. */
  readonly others?: readonly string[];
}

const account: All<VodliftOptions> = {
  accessKeyId: true,
  accessKeySecret: true,
  securityToken: true,
  credentials: true,
  region: true,
  endpoint: true,
  vodSignature: true,
  ossSignature: true,
  ossEndpoint: true,
  ossNetwork: true,
  ossCname: true,
  ossRegion: true,
  trustedHosts: true,
  memory: true,
};

/** An emulator is passed as it is. */
const ofEmulator: All<Omit<Emulator, keyof VodliftOptions>> = {
  ca: true,
  bucket: true,
  dir: true,
  habits: true,
  log: true,
  events: true,
  issuedSecrets: true,
  setFaults: true,
  setCredentialLife: true,
  setClockOffset: true,
  issueTemporaryCredential: true,
  openUploads: true,
  close: true,
};

/** What an upload that goes on may be told anew, too. */
const everyRun: All<Pick<TransferOptions, keyof TransferOptions & keyof ResumeOptions>> = {
  concurrency: true,
  verify: true,
  sourceHeaders: true,
  trafficLimit: true,
  callback: true,
  maxBytes: true,
  ranges: true,
  sourceTimeoutMs: true,
  serviceTimeoutMs: true,
  anyContentType: true,
  allowPrivateSources: true,
  allowHosts: true,
  denyHosts: true,
  signal: true,
  onProgress: true,
  onSlowRequest: true,
  slowRequestMs: true,
  trace: true,
};

const transfer: All<TransferOptions> = {
  ...everyRun,
  partSize: true,
  objectHeaders: true,
  size: true,
  checkpoint: true,
};

const slice: All<SliceOptions> = { budget: true, shard: true, stop: true };

const upload: All<UploadOptions & SliceOptions> = {
  ...transfer,
  ...slice,
  title: true,
  description: true,
  tags: true,
  cateId: true,
  coverUrl: true,
  templateGroupId: true,
  workflowId: true,
  storageLocation: true,
  appId: true,
  userData: true,
  referenceId: true,
  adopt: true,
  replace: true,
  earlierMediaId: true,
  as: true,
  fileName: true,
  enableFirstFrameCover: true,
  generateThumbnail: true,
  showWatermark: true,
};

const {
  partSize: _partSize,
  size: _size,
  maxBytes: _maxBytes,
  ranges: _ranges,
  replace: _replace,
  as: _as,
  ...ofTrees
} = upload;
const playlist: All<PlaylistOptions & SliceOptions> = {
  ...ofTrees,
  segments: true,
  variants: true,
  complete: true,
  missingSegments: true,
  hosts: true,
  limits: true,
};

/** Of both below. */
const otherMedia: All<
  Pick<UploadImageOptions, keyof UploadImageOptions & keyof UploadAttachedMediaOptions>
> = {
  ...transfer,
  title: true,
  description: true,
  tags: true,
  storageLocation: true,
  appId: true,
  userData: true,
  fileName: true,
  cateId: true,
};

const image: All<UploadImageOptions> = {
  ...otherMedia,
  imageType: true,
  imageExt: true,
};

const attached: All<UploadAttachedMediaOptions> = {
  ...otherMedia,
  businessType: true,
  mediaExt: true,
  cateIds: true,
};

const resume: All<ResumeOptions & SliceOptions> = {
  ...everyRun,
  ...slice,
  segments: true,
  limits: true,
  hosts: true,
  source: true,
  confirmSource: true,
  confirmReplace: true,
  ownMediaOnly: true,
};

const item: All<UploadItem> = { ...upload, source: true };

const waiting: All<WaitOptions> = { signal: true, timeout: true };

const byUrl: All<UploadMediaByUrlOptions> = {
  templateGroupId: true,
  workflowId: true,
  storageLocation: true,
  appId: true,
  userData: true,
  enableFirstFrameCover: true,
  generateThumbnail: true,
  metadatas: true,
  sessionId: true,
  signal: true,
};

/** So is the line that `vodlift emulator --json` or `make dev` prints. */
const OF_READY_LINE = ["caFile", "worker", "token"];

function names(table: object, open = false): Names {
  return { known: Object.keys(table), open };
}

export const FIELDS = {
  account: { ...names(account), others: [...Object.keys(ofEmulator), ...OF_READY_LINE] },
  upload: names(upload),
  playlist: names(playlist),
  image: names(image),
  attached: names(attached),
  resume: names(resume),
  abort: names({ ownMediaOnly: true }),
  item: names(item, true),
  /** Of `check`, which is told what it is to become. */
  any: names({ ...upload, ...playlist, ...image, ...attached }),
  call: names({ signal: true, repeatable: true } satisfies All<CallOptions>),
  /** Of calls that only can be given up. */
  asking: names({ signal: true }),
  waiting: names(waiting),
  ready: names({ ...waiting, until: true, size: true }),
  byUrl: names(byUrl),
  many: names({ jobs: true }),
} as const;

const isFunction = (value: unknown) => typeof value === "function";
const holds = (value: unknown, ...methods: string[]) =>
  typeof value === "object" &&
  value !== null &&
  methods.every((method) => isFunction((value as Record<string, unknown>)[method]));

/** What is called while an upload runs has to be what it is taken for: it would fail midway otherwise. */
const SHAPES: Readonly<Record<string, [fits: (value: unknown) => boolean, rule: string]>> = {
  signal: [isSignal, "must be an AbortSignal"],
  stop: [isSignal, "must be an AbortSignal"],
  onProgress: [isFunction, "must be a function"],
  onSlowRequest: [isFunction, "must be a function"],
  confirmSource: [isFunction, "must be a function"],
  confirmReplace: [isFunction, "must be a function"],
  checkpoint: [
    (value) => holds(value, "load", "save", "remove"),
    "must be a store, such as fileCheckpoint(path)",
  ],
};

/** What an option was called once, or is called elsewhere, and what to write now. */
const RENAMED: Readonly<Record<string, string>> = {
  headers:
    "is no option: `objectHeaders` are stored with the object, `sourceHeaders` are sent to the source",
};

/** The rule for an old or foreign name of an option. The same words in every shell. */
export function renamed(field: string): string | undefined {
  return Object.hasOwn(RENAMED, field) ? RENAMED[field] : undefined;
}

/**
 * Reads a caller's options, each once: what is read twice may be two things. Refuses options that there are not: most often a
 * slip of the pen, which would be ignored in silence. And those that cannot be called as they must be.
 *
 * @returns The options that are set.
 * @throws VodliftError `invalid_argument`, naming the field and what may have been meant.
 */
export function taken<T extends object>(
  options: T,
  { known, open, others = [] }: Names,
  otherwise = "is no option here",
): T {
  const read: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(record("options", options))) {
    if (value === undefined || others.includes(field)) continue;
    if (known.includes(field)) {
      mustFit(field, value);
      read[field] = value;
      continue;
    }
    const now = renamed(field);
    if (now !== undefined) throw invalid(field, now);
    const meant = nearest(field, known);
    if (meant !== undefined) throw invalid(field, `is no option: did you mean \`${meant}\`?`);
    if (!open) throw invalid(field, otherwise);
  }
  return read as T;
}

function mustFit(field: string, value: unknown): void {
  if (!Object.hasOwn(SHAPES, field)) return;
  const [fits, rule] = SHAPES[field] ?? [() => true, ""];
  if (!readable(field, () => fits(value))) throw invalid(field, rule);
}
