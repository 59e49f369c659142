/** What a grant allows. VOD's upload credential writes media; what else it may do is a habit. */
import type { Grant } from "../credentials.ts";
import type { Habits } from "../habits.ts";
import type { World } from "../world.ts";
import { deniedByPolicy } from "./errors.ts";

const UPLOADING = [
  "PutObject",
  "InitiateMultipartUpload",
  "UploadPart",
  "CompleteMultipartUpload",
  "AbortMultipartUpload",
];
const LISTING = [...UPLOADING, "ListParts"];
const READING = [...LISTING, "GetObject", "HeadObject", "GetObjectMeta"];
const ALLOWED: Readonly<Record<Habits["credentialReads"], ReadonlySet<string>>> = {
  nothing: new Set(UPLOADING),
  "list-parts": new Set(LISTING),
  objects: new Set(READING),
};

export function authorize(
  world: World,
  grant: Grant,
  operation: string,
  address: { bucket: string | undefined; key: string | undefined },
): void {
  if (grant.kind === "account") return;
  const allowed = ALLOWED[world.habits.credentialReads].has(operation);
  if (allowed && address.bucket === grant.bucket && covers(grant, address.key)) return;
  throw deniedByPolicy();
}

function covers(grant: Extract<Grant, { kind: "upload" }>, key: string | undefined): boolean {
  if (key === undefined) return false;
  if (grant.key === undefined) return true;
  return key === grant.key || (grant.prefix !== undefined && key.startsWith(grant.prefix));
}
