/** DeleteObject: https://www.alibabacloud.com/help/en/oss/developer-reference/deleteobject */
import type { OssOperation } from "./index.ts";

export const deleteObject: OssOperation = {
  name: "DeleteObject",
  method: "DELETE",
  level: "object",
  subResources: [],
  /** 204 whether or not the object existed. */
  run: async ({ world, bucket, key }) => {
    await world.objects.delete(bucket, key);
    return { status: 204 };
  },
};
