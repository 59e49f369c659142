/** ListParts: https://www.alibabacloud.com/help/en/oss/developer-reference/listparts */
import { MAX_PARTS } from "../../store/uploads.ts";
import { keyEncoding } from "../encoding-type.ts";
import { integerParameter } from "../paging.ts";
import { requestedUpload } from "../upload-lookup.ts";
import { element, type XmlField, xmlTime } from "../xml.ts";
import type { OssOperation } from "./index.ts";

const MAX_PAGE = 1000;

export const listParts: OssOperation = {
  name: "ListParts",
  method: "GET",
  level: "object",
  subResources: ["uploadId"],
  run: async (request) => {
    const upload = requestedUpload(request);
    const encoding = keyEncoding(request);
    const maximum = integerParameter(request, "max-parts", MAX_PAGE, MAX_PAGE);
    const marker = integerParameter(request, "part-number-marker", 0, MAX_PARTS);
    const rest = request.world.uploads.parts(upload.id).filter((part) => part.number > marker);
    const page = rest.slice(0, maximum);
    const parts = page.map(
      (part): XmlField => [
        "Part",
        [
          ["PartNumber", part.number],
          ["LastModified", xmlTime(part.modified)],
          ["ETag", part.etag],
          ["HashCrc64ecma", part.crc64],
          ["Size", part.size],
        ],
      ],
    );
    return {
      status: 200,
      headers: { "Content-Type": "application/xml" },
      body: element("ListPartsResult", [
        ...encoding.fields,
        ["Bucket", upload.bucket],
        ["Key", encoding.encode(upload.key)],
        ["UploadId", upload.id],
        ["StorageClass", upload.headers["x-oss-storage-class"] ?? "Standard"],
        ["PartNumberMarker", marker],
        ["NextPartNumberMarker", page.at(-1)?.number ?? marker],
        ["MaxParts", maximum],
        ["IsTruncated", page.length < rest.length],
        ...parts,
      ]),
    };
  },
};
