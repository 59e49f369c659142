/** UploadPart: https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpart */

import { readBody } from "../../body.ts";
import { now } from "../../world.ts";
import { md5Check, requiredLength } from "../conditions.ts";
import { partNumber } from "../part-number.ts";
import { requestedUpload } from "../upload-lookup.ts";
import type { OssOperation } from "./index.ts";

export const uploadPart: OssOperation = {
  name: "UploadPart",
  method: "PUT",
  level: "object",
  subResources: ["partNumber", "uploadId"],
  run: async (request) => {
    const { world, exchange, pace } = request;
    const upload = requestedUpload(request);
    const number = partNumber(request, upload);
    const length = requiredLength(exchange);
    const part = await world.uploads.receivePart(upload.id, {
      number,
      length,
      accept: md5Check(exchange),
      body: readBody(exchange, pace),
      now: () => now(world),
    });
    return {
      status: 200,
      headers: {
        ETag: part.etag,
        "x-oss-hash-crc64ecma": part.crc64,
        "Content-MD5": Buffer.from(part.etag.slice(1, -1), "hex").toString("base64"),
      },
    };
  },
};
