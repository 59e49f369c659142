/** UploadPartCopy: https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpartcopy */
import { readRange } from "../../store/files.ts";
import { now } from "../../world.ts";
import { copySource } from "../copy-source.ts";
import { partNumber } from "../part-number.ts";
import { requestedUpload } from "../upload-lookup.ts";
import { element, xmlTime } from "../xml.ts";
import type { OssOperation } from "./index.ts";

export const uploadPartCopy: OssOperation = {
  name: "UploadPartCopy",
  method: "PUT",
  level: "object",
  subResources: ["partNumber", "uploadId"],
  copies: true,
  run: async (request) => {
    const { world } = request;
    const upload = requestedUpload(request);
    const number = partNumber(request, upload);
    const { object, start, end } = await copySource(request);
    const part = await world.uploads.receivePart(upload.id, {
      number,
      length: end - start,
      accept: () => {},
      body: readRange(world.objects.path(object), { start, end }),
      now: () => now(world),
    });
    return {
      status: 200,
      // The ETag in the body is for those who read the manual: oss2 and ali-oss take the header's.
      headers: {
        "Content-Type": "application/xml",
        ETag: part.etag,
        "x-oss-hash-crc64ecma": part.crc64,
      },
      body: element("CopyPartResult", [
        ["LastModified", xmlTime(part.modified)],
        ["ETag", part.etag],
      ]),
    };
  },
};
