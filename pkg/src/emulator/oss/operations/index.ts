/** The operations OSS offers here, one file each, and the rule that picks one: method, level, sub-resources. */

import type { Answer } from "../../exchange.ts";
import { type Exchange, header } from "../../exchange.ts";
import type { Address } from "../address.ts";
import { OssError } from "../errors.ts";
import type { OssRequest } from "../service.ts";
import { abortMultipartUpload } from "./abort-multipart-upload.ts";
import { appendObject } from "./append-object.ts";
import { completeMultipartUpload } from "./complete-multipart-upload.ts";
import { deleteObject } from "./delete-object.ts";
import { getObject, getObjectMeta, headObject } from "./get-object.ts";
import { initiateMultipartUpload } from "./initiate-multipart-upload.ts";
import { listMultipartUploads } from "./list-multipart-uploads.ts";
import { listObjects } from "./list-objects.ts";
import { listParts } from "./list-parts.ts";
import { preflight } from "./preflight.ts";
import { putObject } from "./put-object.ts";
import { uploadPart } from "./upload-part.ts";
import { uploadPartCopy } from "./upload-part-copy.ts";

export { preflight };

export type OssOperation = {
  /** The API's own name. */
  name: string;
  method: string;
  level: "service" | "bucket" | "object";
  /** Exactly the sub-resources that select it. */
  subResources: readonly string[];
  /** Its bytes come from another object, named by `x-oss-copy-source`. */
  copies?: true;
  run(request: OssRequest): Promise<Answer>;
};

export const OPERATIONS: readonly OssOperation[] = [
  putObject,
  getObject,
  headObject,
  getObjectMeta,
  deleteObject,
  initiateMultipartUpload,
  appendObject,
  uploadPart,
  uploadPartCopy,
  listParts,
  completeMultipartUpload,
  abortMultipartUpload,
  listMultipartUploads,
  listObjects,
];

/** Query parameters that select an operation, also those of operations the emulator lacks: they must not pass for a plain PUT. */
const SELECTING = new Set(
  `acl append asyncFetch bucketInfo cors delete encryption inventory lifecycle live location logging metaQuery
  objectMeta partNumber policy qos referer replication requestPayment restore stat style symlink tagging
  transferAcceleration uploadId uploads versioning versions vod website worm x-oss-process`.split(
    /\s+/,
  ),
);

export function findOperation(exchange: Exchange, address: Address): OssOperation {
  if (exchange.method === "OPTIONS") return preflight;
  const level = levelOf(address);
  const names = exchange.query.map(([name]) => name).filter((name) => SELECTING.has(name));
  const selected = [...new Set(names)].toSorted().join("&");
  const copies = header(exchange, "x-oss-copy-source") !== undefined;
  const operation = OPERATIONS.find(
    (candidate) =>
      (candidate.copies ?? false) === copies &&
      candidate.method === exchange.method &&
      candidate.level === level &&
      candidate.subResources.join("&") === selected,
  );
  if (operation) return operation;
  throw new OssError(
    501,
    "NotImplemented",
    `The emulator has no ${exchange.method} for ${selected === "" ? `a ${level}` : `?${selected}`}${copies ? " with x-oss-copy-source" : ""}.`,
  );
}

function levelOf(address: Address): OssOperation["level"] {
  if (address.key !== undefined) return "object";
  return address.bucket === undefined ? "service" : "bucket";
}
