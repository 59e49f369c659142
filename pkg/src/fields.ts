// Which options there are. The compiler holds these lists to the interfaces of options.ts: a field that is
// missing here, or is not there, is a type error.

import { invalid } from "./arguments.ts";
import type {
  PlaylistOptions,
  ResumeOptions,
  SliceOptions,
  TransferOptions,
  UploadAttachedMediaOptions,
  UploadImageOptions,
  UploadItem,
  UploadOptions,
  VodliftOptions,
} from "./options.ts";
import { nearest } from "./suggest.ts";

type All<T> = { readonly [Field in keyof T]-?: true };

/** Names of options, and whether fields of the caller's own may stand beside them. */
export interface Names {
  readonly known: readonly string[];
  readonly open: boolean;
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
};

const transfer: All<TransferOptions> = {
  partSize: true,
  concurrency: true,
  verify: true,
  headers: true,
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
  size: true,
  checkpoint: true,
  signal: true,
  onProgress: true,
  onSlowRequest: true,
  slowRequestMs: true,
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
  anyContentType: _anyContentType,
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

const image: All<UploadImageOptions> = {
  ...transfer,
  title: true,
  description: true,
  tags: true,
  storageLocation: true,
  appId: true,
  userData: true,
  fileName: true,
  cateId: true,
  imageType: true,
  imageExt: true,
};

const attached: All<UploadAttachedMediaOptions> = {
  ...transfer,
  title: true,
  description: true,
  tags: true,
  storageLocation: true,
  appId: true,
  userData: true,
  fileName: true,
  businessType: true,
  mediaExt: true,
  cateIds: true,
};

const resume: All<ResumeOptions & SliceOptions> = {
  ...slice,
  concurrency: true,
  verify: true,
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
  segments: true,
  limits: true,
  hosts: true,
  source: true,
};

const item: All<UploadItem> = { ...upload, source: true };

function names(table: object, open = false): Names {
  return { known: Object.keys(table), open };
}

export const FIELDS = {
  // Settings of a program often hold more than this package wants.
  account: names(account, true),
  upload: names(upload),
  playlist: names(playlist),
  image: names(image),
  attached: names(attached),
  resume: names(resume),
  item: names(item, true),
  /** Of `check`, which is told what it is to become. */
  any: names({ ...upload, ...playlist, ...image, ...attached }),
} as const;

/**
 * Refuses options that there are not: most often a slip of the pen, which would be ignored in silence.
 *
 * @throws VodliftError `invalid_argument`, naming the field and what may have been meant.
 */
export function mustBeKnown(
  options: object,
  { known, open }: Names,
  otherwise = "is no option here",
): void {
  if (typeof options !== "object" || options === null) {
    throw invalid("options", "must be an object");
  }
  for (const [field, value] of Object.entries(options)) {
    if (value === undefined || known.includes(field)) continue;
    const meant = nearest(field, known);
    if (meant !== undefined) throw invalid(field, `is no option: did you mean \`${meant}\`?`);
    if (!open) throw invalid(field, otherwise);
  }
}
