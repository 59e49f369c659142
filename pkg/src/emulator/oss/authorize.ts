/** What a grant allows. VOD's upload credential reaches one object, and only to write it. */
import type { Grant } from "../credentials.ts";
import type { World } from "../world.ts";
import { accessDenied } from "./errors.ts";

const UPLOADING = new Set([
  "PutObject",
  "InitiateMultipartUpload",
  "UploadPart",
  "ListParts",
  "CompleteMultipartUpload",
  "AbortMultipartUpload",
]);
const READING = new Set(["GetObject", "HeadObject", "GetObjectMeta"]);

export function authorize(
  world: World,
  grant: Grant,
  operation: string,
  address: { bucket: string | undefined; key: string | undefined },
): void {
  if (grant.kind === "account") return;
  const allowed = UPLOADING.has(operation) || (world.stsMayRead && READING.has(operation));
  if (allowed && address.bucket === grant.bucket && covers(grant, address.key)) return;
  throw accessDenied(
    "You have no right to access this object because of the policy of your security token.",
  );
}

function covers(grant: Extract<Grant, { kind: "upload" }>, key: string | undefined): boolean {
  if (key === undefined) return false;
  return key === grant.key || (grant.prefix !== undefined && key.startsWith(grant.prefix));
}
