/** AbortMultipartUpload: https://www.alibabacloud.com/help/en/oss/developer-reference/abortmultipartupload */
import { requestedUpload } from "../upload-lookup.ts";
import type { OssOperation } from "./index.ts";

export const abortMultipartUpload: OssOperation = {
  name: "AbortMultipartUpload",
  method: "DELETE",
  level: "object",
  subResources: ["uploadId"],
  run: async (request) => {
    await request.world.uploads.abort(requestedUpload(request).id);
    return { status: 204 };
  },
};
