/** PutObject: https://www.alibabacloud.com/help/en/oss/developer-reference/putobject */

import { readBody } from "../../body.ts";
import { now } from "../../world.ts";
import { readCallback } from "../callback.ts";
import { checkOverwrite, lengthOrChunked, md5Check, withinLimit } from "../conditions.ts";
import { answerStored } from "../stored.ts";
import { storedHeaders } from "../stored-headers.ts";
import type { OssOperation } from "./index.ts";

export const putObject: OssOperation = {
  name: "PutObject",
  method: "PUT",
  level: "object",
  subResources: [],
  run: async ({ world, exchange, bucket, key, pace }) => {
    lengthOrChunked(exchange);
    const checkMd5 = md5Check(exchange);
    const callback = readCallback(exchange);
    const headers = storedHeaders(exchange);
    await checkOverwrite(world, exchange, bucket, key);
    const { path, digest } = await world.objects.receive(readBody(exchange, pace));
    const etag = `"${digest.md5.toString("hex").toUpperCase()}"`;
    const crc64 = digest.crc64.toString();
    const object = {
      bucket,
      key,
      size: digest.size,
      etag,
      crc64,
      type: "Normal",
      modified: now(world),
      headers,
    } as const;
    try {
      checkMd5(digest);
      withinLimit(digest.size);
      // Once more: another upload may have been faster.
      await checkOverwrite(world, exchange, bucket, key);
      await world.objects.publish(path, object);
    } catch (error) {
      await world.objects.discard(path);
      throw error;
    }
    return answerStored(world, exchange, object, callback, {
      status: 200,
      headers: {
        ETag: etag,
        "x-oss-hash-crc64ecma": crc64,
        "Content-MD5": digest.md5.toString("base64"),
      },
    });
  },
};
