/** AppendObject: https://www.alibabacloud.com/help/en/oss/developer-reference/appendobject */
import { readBody } from "../../body.ts";
import { queryValue } from "../../exchange.ts";
import { NotAppendable, type ObjectMetadata, WrongPosition } from "../../store/objects.ts";
import { now } from "../../world.ts";
import { checkOverwrite, lengthOrChunked, md5Check, withinLimit } from "../conditions.ts";
import { invalidArgument, OssError } from "../errors.ts";
import { storedHeaders } from "../stored-headers.ts";
import type { OssOperation } from "./index.ts";

const NEXT = "x-oss-next-append-position";

export const appendObject: OssOperation = {
  name: "AppendObject",
  method: "POST",
  level: "object",
  subResources: ["append"],
  run: async ({ world, exchange, bucket, key, pace }) => {
    const text = queryValue(exchange, "position") ?? "";
    if (!/^\d+$/.test(text)) {
      throw invalidArgument("position", text, "The position must be a whole number.");
    }
    const position = Number(text);
    lengthOrChunked(exchange);
    const checkMd5 = md5Check(exchange);
    const headers = storedHeaders(exchange);
    const check = async () => {
      // Only what creates an object can overwrite one.
      if (position === 0) await checkOverwrite(world, exchange, bucket, key);
      checkPosition(await world.objects.find(bucket, key), position);
    };
    await check();
    const { path, digest } = await world.objects.receive(readBody(exchange, pace));
    try {
      checkMd5(digest);
      withinLimit(position + digest.size);
      const object = await world.objects.append(path, digest, {
        bucket,
        key,
        position,
        headers,
        modified: now(world),
      });
      return {
        status: 200,
        headers: {
          ETag: object.etag,
          "x-oss-hash-crc64ecma": object.crc64,
          [NEXT]: String(object.size),
        },
      };
    } catch (error) {
      throw toOssError(error);
    } finally {
      await world.objects.discard(path);
    }
  },
};

/** Before the body is sent in vain. Whether it still holds then is seen while appending. */
function checkPosition(object: ObjectMetadata | undefined, position: number): void {
  if (object && object.type !== "Appendable") throw toOssError(new NotAppendable());
  const size = object?.size ?? 0;
  if (position !== size) throw toOssError(new WrongPosition(size));
}

function toOssError(error: unknown): unknown {
  if (error instanceof NotAppendable) {
    return new OssError(409, "ObjectNotAppendable", "The object is not appendable.");
  }
  if (error instanceof WrongPosition) {
    return new OssError(
      409,
      "PositionNotEqualToLength",
      "Position is not equal to file length.",
      [],
      { [NEXT]: String(error.size) },
    );
  }
  return error;
}
