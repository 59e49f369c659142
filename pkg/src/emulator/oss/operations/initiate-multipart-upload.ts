/** InitiateMultipartUpload: https://www.alibabacloud.com/help/en/oss/developer-reference/initiatemultipartupload */
import { queryValue } from "../../exchange.ts";
import { now } from "../../world.ts";
import { checkOverwrite } from "../conditions.ts";
import { keyEncoding } from "../encoding-type.ts";
import { storedHeaders } from "../stored-headers.ts";
import { element } from "../xml.ts";
import type { OssOperation } from "./index.ts";

export const initiateMultipartUpload: OssOperation = {
  name: "InitiateMultipartUpload",
  method: "POST",
  level: "object",
  subResources: ["uploads"],
  run: async (request) => {
    const { world, exchange, bucket, key } = request;
    const encoding = keyEncoding(request);
    await checkOverwrite(world, exchange, bucket, key);
    const upload = await world.uploads.initiate(bucket, key, storedHeaders(exchange), now(world), {
      sequential: queryValue(exchange, "sequential") !== undefined,
    });
    exchange.info.uploadId = upload.id;
    return {
      status: 200,
      headers: { "Content-Type": "application/xml" },
      body: element("InitiateMultipartUploadResult", [
        ...encoding.fields,
        ["Bucket", bucket],
        ["Key", encoding.encode(key)],
        ["UploadId", upload.id],
      ]),
    };
  },
};
