/** The upload a request names: it must exist, and belong to the object in the URL. */
import { queryValue } from "../exchange.ts";
import type { Upload } from "../store/uploads.ts";
import { noSuchUpload } from "./errors.ts";
import type { OssRequest } from "./service.ts";

export function requestedUpload({ world, exchange, bucket, key }: OssRequest): Upload {
  const id = queryValue(exchange, "uploadId") ?? "";
  const upload = world.uploads.find(id);
  if (upload?.bucket !== bucket || upload.key !== key) throw noSuchUpload(id);
  return upload;
}
